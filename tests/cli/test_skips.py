"""What `check` skips and counts, and what it is told to leave out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, resources: {limits: {cpu: 1x}}}]}\n"
)
TEMPLATE = "apiVersion: v1\nkind: Pod\n{{- with .Values.labels }}\nmetadata:\n  labels: {{ . }}\n{{- end }}\n"
OTHERS = {
    "empty.yaml": "",
    "comment.yaml": "# nothing\n",
    "list.json": "[1, 2]\n",
    "object.json": "{}\n",
    "package.json": '{"name": "x", "scripts": {}}\n',
    "tsconfig.json": '{\n  // a comment\n  "include": ["src"],\n}\n',
    "workflow.yaml": "on: push\njobs: {test: {runs-on: '${{ matrix.os }}'}}\n",
    "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n",
    "fragment.yaml": "name: c\nresources: {limits: {cpu: 1x}}\n",
    "close.yaml": "cpus: 4\nimage: x\n",  # one key is close to a parameter's name
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("arguments", [["."], list(OTHERS)], ids=["in a folder", "named"])
def test_files_without_resources(cli: Run, tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path, OTHERS)
    finished = cli("check", *arguments)
    assert (finished.returncode, finished.stdout) == (0, "")
    assert finished.stderr == f"resources-py: no resources found in {len(OTHERS)} files\n"


@pytest.mark.parametrize("arguments", [["."], ["pod.yaml", *OTHERS]], ids=["in a folder", "named"])
def test_files_without_resources_beside_others(cli: Run, tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path, {"pod.yaml": POD, **OTHERS})
    finished = cli("check", *arguments)
    assert finished.returncode == 1
    assert finished.stderr == f"resources-py: 1 declaration in 1 file: 1 error ({len(OTHERS)} other files skipped)\n"


@pytest.mark.parametrize("text", ['"limits": {"cpu": 1,}', '"apiVersion": "v1",'])
def test_what_may_hold_resources_must_parse(cli: Run, tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a.json": f"{{{text}}}"})
    finished = cli("check", "a.json")
    assert finished.returncode == 2
    assert "UNREADABLE" in finished.stdout


# ---- templates


@pytest.mark.parametrize("arguments", [["."], ["a.yaml", "b.json", "c.yaml"]], ids=["in a folder", "named"])
def test_templates(cli: Run, tmp_path: Path, arguments: list[str]) -> None:
    """A file is one template, however many of its documents do not parse. The other documents are checked."""
    files = {
        "a.yaml": f"{TEMPLATE}---\n{TEMPLATE}",
        "b.json": '{"limits": {{ .x }}}',
        "c.yaml": f"{TEMPLATE}---\n{POD}",
    }
    write(tmp_path, files)
    finished = cli("check", *arguments)
    assert finished.returncode == 1
    assert finished.stdout.startswith("c.yaml:11:57: INVALID_QUANTITY")
    assert finished.stderr.splitlines() == [
        "a.yaml:4:1: skipped, as a template: render it first",
        "b.json:1:13: skipped, as a template: render it first",
        "c.yaml:4:1: skipped, as a template: render it first",
        "resources-py: 1 declaration in 1 file: 1 error (3 templates skipped)",
    ]


def test_only_templates(cli: Run, tmp_path: Path) -> None:
    """After ten, the notes end; the summary has their number."""
    write(tmp_path, {f"{number:02}.yaml": TEMPLATE for number in range(12)} | {"other.yaml": "a: 1\n"})
    finished = cli("check", ".")
    assert (finished.returncode, finished.stdout) == (0, "")
    *notes, summary = finished.stderr.splitlines()
    assert [note.partition(":")[0] for note in notes] == [f"{number:02}.yaml" for number in range(10)]
    assert summary == "resources-py: no resources found in 13 files (12 templates skipped)"


# ---- --exclude and --from


def test_exclude(cli: Run, tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": POD, "charts/b.yaml": POD, "c.tmp.yaml": POD})
    for arguments in (["."], ["a.yaml", "charts/b.yaml", "c.tmp.yaml"]):
        finished = cli("check", *arguments, "--exclude", "charts", "--exclude", "*.tmp.yaml")
        assert finished.returncode == 1
        assert finished.stderr == "resources-py: 1 declaration in 1 file: 1 error\n"
    assert cli("check", "a.yaml", "--exclude", "a.*").stderr == "resources-py: no resources found in 0 files\n"


@pytest.mark.parametrize(
    ("format_", "text", "place"),
    [
        ("manifest", POD, "4:57"),
        ("kubernetes", "limits: {cpu: 1x}\n", "1:15"),
        ("yaml", "cpu: 1x\n", "1:6"),
        ("json", '{"cpu": "1x"}', "1:9"),
        ("jsonl", '{}\n{"cpu": "1x"}\n', "2:9"),
        ("protojson", '{"limits": [{"name": "CPU", "value": "1x"}]}', ""),
        ("txtpb", 'limits { name: CPU value: "1x" }', ""),
        ("protojsonl", '{}\n{"limits": [{"name": "CPU", "value": "1x"}]}', "2"),
    ],
)
def test_from(cli: Run, tmp_path: Path, format_: str, text: str, place: str) -> None:
    """Of every format that can be read; the name of the file does not matter, nor whether it is in a folder."""
    write(tmp_path, {"k8s/a.yaml": text})
    for path in ("k8s/a.yaml", "k8s"):
        finished = cli("check", "--from", format_, path)
        assert finished.returncode == 1
        assert finished.stdout.startswith(":".join(["k8s/a.yaml", *filter(None, [place])]) + ": INVALID_QUANTITY ")


def test_from_leaves_nothing_out(cli: Run, tmp_path: Path) -> None:
    """What is said to have resources must be readable."""
    write(tmp_path, {"a.yaml": "[\n", "b.yaml": "replicas: 1\n"})
    finished = cli("check", "--from", "yaml", "a.yaml", "b.yaml")
    assert finished.returncode == 2
    assert [line.split(" ")[1] for line in finished.stdout.splitlines() if ".yaml:" in line] == [
        "UNREADABLE",
        "UNKNOWN_KEY",
    ]


def test_protojson_is_not_mistaken(cli: Run, tmp_path: Path) -> None:
    write(tmp_path, {"p.json": '{"requests": [{"name": "CPU", "value": "1"}]}'})
    finished = cli("check", "p.json")
    assert (finished.returncode, finished.stdout) == (0, "")
    assert finished.stderr.splitlines() == [
        "p.json:1:1: skipped; if it is ProtoJSON, --from protojson checks it",
        "resources-py: no resources found in 1 file",
    ]


def test_values_that_a_template_fills_in(cli: Run, tmp_path: Path) -> None:
    limits = "{cpu: '{{inputs.parameters.cpu}}', memory: 1Gb}"
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec: {templates: [{name: a, container: "
    write(tmp_path, {"a.yaml": f"{head}{{image: i, resources: {{limits: {limits}}}}}}}]}}\n"})
    finished = cli("check", "a.yaml")
    assert finished.returncode == 1
    assert finished.stdout.count("INVALID_QUANTITY") == 1
    assert finished.stderr == "resources-py: 1 declaration in 1 file: 1 error (1 templated value skipped)\n"


def test_values_files(cli: Run, tmp_path: Path) -> None:
    """Documents without apiVersion and kind are looked into if their file is named so, or with --from."""
    text = "web:\n  resources:\n    limits: {cpu: 1x}\n"
    write(tmp_path, {"values.yaml": text, "chart/values-prod.yml": text, "other.yaml": text})
    for arguments in (["."], ["values.yaml", "chart/values-prod.yml", "other.yaml"]):
        finished = cli("check", *arguments)
        assert finished.returncode == 1
        assert finished.stdout.count(":3:19: INVALID_QUANTITY ") == 2
        assert finished.stderr == "resources-py: 2 declarations in 2 files: 2 errors (1 other file skipped)\n"
    assert cli("check", "--from", "manifest", "other.yaml").stdout.startswith("other.yaml:3:19: INVALID_QUANTITY ")


@pytest.mark.parametrize("name", ["-", "a.yaml"])
def test_flow_mappings_on_one_line(cli: Run, tmp_path: Path, name: str) -> None:
    """They begin as JSON does, and are not skipped with their line."""
    write(tmp_path, {"a.yaml": "{cpu: 1x}"})
    finished = cli("check", name, stdin="{cpu: 1x}")
    assert finished.returncode == 1
    assert ":1:7: INVALID_QUANTITY " in finished.stdout
