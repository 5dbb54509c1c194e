"""How `check` prints findings: as text, with repetitions counted, as JSON, and as annotations of a workflow."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from resources_py.cli.diagnostics import Diagnostic, Place
from resources_py.cli.reports import Repeats

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pods(count: int, cpu: str = "1x") -> str:
    """Pods with the same mistake, a document each."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{}}}\nspec:\n  containers:\n  - name: c\n    resources: {{limits: {{cpu: {}}}}}\n"
    return "---\n".join(pod.format(number, cpu) for number in range(count))


# ---- text: what repeats


def test_a_finding_that_repeats_is_shown_ten_times_and_counted(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pods(25))
    (tmp_path / "b.yaml").write_text(pods(10, "2x") + "---\n" + pods(11, "3x"))
    finished = cli("check", "a.yaml", "b.yaml")
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    heads = [line.split(":")[0] for line in lines if "INVALID_QUANTITY limits" in line and "not shown" not in line]
    assert heads == ["a.yaml"] * 10 + ["b.yaml"] * 20
    assert lines[-2:] == [
        '15 more not shown (--all shows them): INVALID_QUANTITY limits["cpu"] 1x',
        '1 more not shown (--all shows them): INVALID_QUANTITY limits["cpu"] 3x',
    ]
    assert finished.stderr == "resources-py: 46 declarations in 2 files: 46 errors\n"


def test_all_shows_every_repetition(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pods(25))
    finished = cli("check", "--all", "a.yaml")
    assert finished.returncode == 1
    assert finished.stdout.count("INVALID_QUANTITY") == 25
    assert "not shown" not in finished.stdout


@pytest.mark.parametrize(("form", "count"), [("json", 25), ("github", 25), ("sarif", 26)])  # one is the rule's
def test_other_formats_hold_every_repetition(cli: Run, tmp_path: Path, form: str, count: int) -> None:
    (tmp_path / "a.yaml").write_text(pods(25))
    finished = cli("check", "--format", form, "a.yaml")
    assert finished.returncode == 1
    assert finished.stdout.count("INVALID_QUANTITY") == count
    assert "not shown" not in finished.stdout


def test_repetitions_that_are_not_shown_count_for_the_exit_code(cli: Run, tmp_path: Path) -> None:
    """An error that is only counted is an error; so is a file that cannot be read."""
    names = [f"{number}.yaml" for number in range(15)]
    finished = cli("check", *names)
    assert finished.returncode == 2
    assert finished.stdout.splitlines()[10:] == [
        "5 more not shown (--all shows them): UNREADABLE No such file or directory"
    ]


def finding(reason: str, field: str, description: str) -> Diagnostic:
    return Diagnostic(Place("a.yaml", 1, 1), "error", reason, field, description)


def test_the_groups_are_bounded() -> None:
    """Beyond a thousand, findings of a reason share one group: every thousandth value is shown, not each."""
    repeats = Repeats()
    assert all(repeats.count(finding("INVALID_QUANTITY", "cpu", f"{number} is bad")) for number in range(1000))
    shown = sum(repeats.count(finding("INVALID_QUANTITY", "mem", f"{number} is bad")) for number in range(500))
    assert shown == 10
    assert repeats.count(finding("NEGATIVE", "mem", "-1 is bad"))
    assert len(repeats._counts) == 1002
    assert repeats.not_shown() == [("INVALID_QUANTITY", 490)]


# ---- JSON


def test_the_parts_of_a_subject_stand_apart(cli: Run, tmp_path: Path) -> None:
    limits = {"limits": {"cpu": "1x"}}
    pod = {"initContainers": [{"name": "first", "resources": limits}], "resources": limits}
    objects = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": pod},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"generateName": "job-"},
            "spec": {"containers": [{"resources": limits}]},
        },
    ]
    (tmp_path / "a.yaml").write_text("".join(f"---\n{json.dumps(each)}\n" for each in [*objects, {"cpu": "1x"}]))
    finished = cli("check", "--format", "json", "a.yaml")
    keys = ("namespace", "kind", "name", "container", "role", "field", "subject")
    assert [tuple(found[key] for key in keys) for found in json.loads(finished.stdout)] == [
        ("shop", "Pod", "web", "first", "init container", 'limits["cpu"]', "Pod/web, init container first"),
        ("shop", "Pod", "web", "", "the pod's own", 'limits["cpu"]', "Pod/web, the pod's own"),
        ("", "Pod", "job-", "containers[0]", "container", 'limits["cpu"]', "Pod/job-, container containers[0]"),
        ("", "", "", "", "", "cpu", ""),
    ]


# ---- annotations of a workflow


class Annotation(NamedTuple):
    command: str
    properties: dict[str, str]
    message: str


def read_workflow_command(line: str) -> Annotation | None:
    """Read a line as GitHub's runner does: ActionCommand.TryParseV2 of github.com/actions/runner, MIT license."""
    line = line.lstrip()
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    command, _, rest = line[2:end].partition(" ")
    if command not in ("error", "warning", "notice"):
        return None
    pairs = (part.partition("=") for part in rest.strip().split(",") if part)
    properties = {name: unescape(value, ("%0D", "%0A", "%3A", "%2C", "%25")) for name, _, value in pairs if value}
    return Annotation(command, properties, unescape(line[end + 2 :], ("%0D", "%0A", "%25")))


def unescape(text: str, escapes: tuple[str, ...]) -> str:
    for escape in escapes:
        text = text.replace(escape, chr(int(escape[1:], 16)))
    return text


def test_the_runner_reads_every_annotation(cli: Run, tmp_path: Path) -> None:
    """Names and values with every character that the runner's syntax uses come back as they are."""
    name = "50%25, a=b: c::d.yaml"
    value = "1%0A::x,y=z"
    pod = {"containers": [{"name": "c,d::e%", "resources": {"limits": {"cpu": value, "memory": "100m"}}}]}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": pod}
    (tmp_path / name).write_text(yaml.safe_dump(manifest))
    lines = (tmp_path / name).read_text().splitlines()
    as_json = json.loads(cli("check", "--format", "json", name, "nowhere.yaml").stdout)
    finished = cli("check", "--format", "github", name, "nowhere.yaml")
    assert finished.returncode == 2
    annotations = [read_workflow_command(line) for line in finished.stdout.splitlines()]
    assert [each and each.command for each in annotations] == ["error", "warning", "error"]
    for annotation, found in zip(annotations, as_json, strict=True):
        assert annotation is not None
        expected = {"file": found["file"], "line": found["line"], "col": found["column"], "title": found["reason"]}
        assert annotation.properties == {key: str(value) for key, value in expected.items() if value}
        assert found["message"] in annotation.message
    invalid, fraction, missing = annotations
    assert invalid is not None
    assert invalid.properties["file"] == name
    assert lines[int(invalid.properties["line"]) - 1][int(invalid.properties["col"]) - 1 :] == value
    assert invalid.message.startswith(f"limits[\"cpu\"]: '{value}' is not a quantity")
    assert invalid.message.endswith(" (in Pod/p, container c,d::e%)")
    assert fraction is not None
    assert fraction.properties["title"] == "FRACTIONAL_BYTES"
    assert missing == Annotation("error", {"file": "nowhere.yaml", "title": "UNREADABLE"}, "No such file or directory")
    assert [read_workflow_command(line) for line in finished.stderr.splitlines()] == [None]
