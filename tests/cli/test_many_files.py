"""``resources-py show`` and ``convert`` of many files and folders, and whose resources they read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resources_py import Resources

Run = Callable[..., "subprocess.CompletedProcess[str]"]

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  initContainers:
  - name: first
    resources: {limits: {cpu: 1}}
  containers:
  - name: nginx
    resources: {requests: {memory: 1Gi}}
  - name: bare
"""
FOREIGN = """\
apiVersion: v1
kind: Pod
metadata: {name: pages}
spec:
  containers:
  - name: a
    resources:
      limits: {cpu: 1, hugepages-2Mi: 4Mi, example.com/x: 1}
      claims: [{name: x}]
  - name: b
    resources: {limits: {cpu: 2}}
"""
WEB = {"namespace": "shop", "kind": "Pod", "name": "web"}
LINES = [
    {**WEB, "container": "first", "role": "init container", "resources": {"cpu": [None, "1"]}},
    {**WEB, "container": "nginx", "role": "container", "resources": {"mem": ["1Gi", None]}},
    {**WEB, "container": "bare", "role": "container", "resources": {}},
]


def lines(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in finished.stdout.splitlines()]


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    texts = {
        "k8s/pod.yaml": POD,
        "k8s/more/a.json": '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c"}]}}',
        "k8s/values.txt": "cpu: 9\n",
        "k8s/service.yaml": "apiVersion: v1\nkind: Service\n",
        "k8s/dict.yaml": "cpu: 9\n",
        "k8s/template.yaml": "apiVersion: {{ .v }}\n  kind: Pod\n",
        "dict.json": '{"cpu": 4}',
        "many.jsonl": '{"cpu": 5}\n{"cpu": 6}\n',
        "foreign.yaml": FOREIGN,
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "a.binpb").write_bytes(bytes(Resources(cpu=7)))


# ---- many


def test_convert_files_and_folders(cli: Run) -> None:
    """In order. A folder stands for its manifests alone; a file that is named may hold anything."""
    finished = cli("convert", "dict.json", "k8s", "many.jsonl", "a.binpb", "--to", "jsonl")
    assert finished.returncode == 0
    assert lines(finished) == [
        {"cpu": 4},
        *LINES,
        {"kind": "Pod", "container": "c", "role": "container", "resources": {}},
        {"cpu": 5},
        {"cpu": 6},
        {"cpu": "7"},
    ]
    note, summary = finished.stderr.splitlines()
    assert note.startswith("k8s/template.yaml:1:")
    assert note.endswith(": skipped, as a template: render it first")
    assert summary == "resources-py: 2 other files, 1 template skipped"


def test_convert_writes_other_formats_without_a_subject(cli: Run) -> None:
    finished = cli("convert", "k8s", "--exclude", "more", "--to", "yaml")
    assert finished.returncode == 0
    assert finished.stdout == 'cpu: [null, "1"]\n---\nmem: [1Gi, null]\n---\n{}\n'


def test_show_files_and_folders(cli: Run) -> None:
    shown = lines(cli("show", "--json", "k8s", "many.jsonl"))
    keys = ("file", "line", "namespace", "kind", "name", "container", "role")
    assert [tuple(each.get(key) for key in keys) for each in shown] == [
        ("k8s/pod.yaml", 7, "shop", "Pod", "web", "first", "init container"),
        ("k8s/pod.yaml", 10, "shop", "Pod", "web", "nginx", "container"),
        ("k8s/pod.yaml", 11, "shop", "Pod", "web", "bare", "container"),
        ("k8s/more/a.json", 1, None, "Pod", None, "c", "container"),
        ("many.jsonl", 1, None, None, None, None, None),
        ("many.jsonl", 2, None, None, None, None, None),
    ]
    assert "k8s/pod.yaml:7:16 Pod/web, init container first\n" in cli("show", "k8s").stdout


def test_from_is_the_format_of_all(cli: Run) -> None:
    finished = cli("convert", "k8s/dict.yaml", "dict.json", "--from", "yaml", "--to", "jsonl")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, '{"cpu": 9}\n{"cpu": 4}\n', "")


@pytest.mark.parametrize("command", [["show", "--json"], ["convert", "--to", "jsonl"]], ids=["show", "convert"])
def test_nothing_to_read(cli: Run, command: list[str]) -> None:
    for arguments in (["k8s/service.yaml", "k8s/template.yaml"], ["k8s", "--exclude", "*.json", "--exclude", "pod.*"]):
        finished = cli(*command, *arguments)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "resources-py: no resources found in " in finished.stderr
        assert finished.stderr.endswith(" (1 template skipped)\n")


@pytest.mark.parametrize("command", [["show", "--json"], ["convert", "--to", "jsonl"]], ids=["show", "convert"])
def test_a_file_that_cannot_be_read_does_not_hide_the_others(cli: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"cpu: \xff\n")
    (tmp_path / "broken.yaml").write_text("limits: [\n")
    finished = cli(*command, "nowhere.yaml", "many.jsonl", "latin.yaml", "broken.yaml")
    assert finished.returncode == 2
    assert len(lines(finished)) == 2
    said = [line.split(" ")[:2] for line in finished.stderr.splitlines()]
    assert said == [
        ["nowhere.yaml:", "UNREADABLE"],
        ["latin.yaml:1:", "UNDECODABLE"],
        ["broken.yaml:2:1:", "UNDECODABLE"],
    ]


def test_output_is_not_written_if_a_file_cannot_be_read(cli: Run, tmp_path: Path) -> None:
    """Half of the files is not what was asked for. An item that is invalid is left out."""
    (tmp_path / "out.jsonl").write_text("old\n")
    finished = cli("convert", "many.jsonl", "nowhere.yaml", "-o", "out.jsonl")
    assert finished.returncode == 2
    assert finished.stderr.endswith("resources-py: out.jsonl: not written, since something could not be read\n")
    assert (tmp_path / "out.jsonl").read_text() == "old\n"
    (tmp_path / "bad.yaml").write_text("cpu: 1x\n")
    assert cli("convert", "many.jsonl", "bad.yaml", "-o", "out.jsonl").returncode == 1
    assert (tmp_path / "out.jsonl").read_text() == '{"cpu": 5}\n{"cpu": 6}\n'


# ---- whose resources


@pytest.mark.parametrize("name", ["a.jsonl", "-"])
def test_the_subject_comes_back(cli: Run, tmp_path: Path, name: str) -> None:
    """From JSON Lines, to every command, and out again."""
    written = cli("convert", "k8s/pod.yaml", "--to", "jsonl").stdout
    assert [json.loads(line) for line in written.splitlines()] == LINES
    assert [Resources.from_dict(json.loads(line)["resources"]) for line in written.splitlines()] == [
        Resources(cpu=(None, 1)),
        Resources(mem=("1Gi", None)),
        Resources(),
    ]
    (tmp_path / "a.jsonl").write_text(written)
    stdin = written if name == "-" else ""
    assert cli("convert", name, "--to", "jsonl", stdin=stdin).stdout == written
    assert (
        cli("convert", name, "--to", "yaml", stdin=stdin).stdout == 'cpu: [null, "1"]\n---\nmem: [1Gi, null]\n---\n{}\n'
    )
    shown = lines(cli("show", "--json", name, stdin=stdin))
    assert [each["subject"] for each in shown] == [
        "Pod/web, init container first",
        "Pod/web, container nginx",
        "Pod/web, container bare",
    ]
    wrong = written.replace('"1Gi"', '"1Gb"')
    (tmp_path / "a.jsonl").write_text(wrong)
    (found,) = json.loads(cli("check", "--format", "json", name, stdin=wrong if name == "-" else "").stdout)
    assert (found["line"], found["column"], found["field"], found["container"]) == (2, 118, "mem[0]", "nginx")


def test_what_has_no_place_leaves_the_rest_intact(cli: Run) -> None:
    finished = cli("convert", "foreign.yaml", "--to", "protojsonl")
    assert finished.returncode == 1
    assert lines(finished) == [{"limits": [{"name": "CPU", "value": value}]} for value in ("1", "2")]
    said = [line.split(" ")[:3] for line in finished.stderr.splitlines() if "UNKNOWN_KEY" in line]
    assert said == [
        ["foreign.yaml:8:24:", "UNKNOWN_KEY", 'limits["hugepages-2Mi"]:'],
        ["foreign.yaml:8:44:", "UNKNOWN_KEY", 'limits["example.com/x"]:'],
        ["foreign.yaml:9:7:", "UNKNOWN_KEY", "claims:"],
    ]


def test_what_is_invalid_is_left_out(cli: Run, tmp_path: Path) -> None:
    """With or without something that is not carried: what it means is not known."""
    for limits in ("{cpu: 1x}", "{cpu: 1x, example.com/x: 1}", "{cpu: 1, cpu: 2, example.com/x: 1}"):
        (tmp_path / "a.yaml").write_text(f"limits: {limits}\n")
        finished = cli("convert", "a.yaml", "--to", "jsonl")
        assert (finished.returncode, finished.stdout) == (1, "")
