"""``resources-py check --format sarif``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import jsonschema
import pytest
import yaml

from resources_py._reasons import HELP, Reason
from resources_py.cli.diagnostics import Diagnostic, Place
from resources_py.cli.sarif import print_sarif

Run = Callable[..., "subprocess.CompletedProcess[str]"]
HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((HERE / "sarif-2.1.0.json").read_text())

LIMITS = {"limits": {"cpu": "1x", "memory": "100m", "mem": 1}}
WEB = {"name": "web", "namespace": "shop"}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": WEB,
    "spec": {"containers": [{"name": "nginx", "resources": LIMITS}], "resources": {"requests": {"cpu": "2x"}}},
}


def results(printed: str) -> list[dict[str, Any]]:
    """Return the results of a log that is valid."""
    log = json.loads(printed)
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def test_the_log_is_valid(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(POD) + "---\ncpu: [2, 1]\n---\ncpu: [\n")
    finished = cli("check", "--format", "sarif", "a.yaml", "nowhere.yaml")
    assert finished.returncode == 2
    found = results(finished.stdout)
    assert [(each["level"], each["ruleId"]) for each in found] == [
        ("error", "INVALID_QUANTITY"),
        ("error", "UNKNOWN_KEY"),
        ("warning", "FRACTIONAL_BYTES"),
        ("error", "INVALID_QUANTITY"),
        ("error", "REQUEST_ABOVE_LIMIT"),
        ("error", "UNREADABLE"),
        ("error", "UNREADABLE"),
    ]
    first = found[0]
    assert first["message"]["text"].startswith("limits[\"cpu\"]: '1x' is not a quantity")
    assert first["message"]["text"].endswith(" (in Pod/web, container nginx)")
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a.yaml"},
                "region": {"startLine": 11, "startColumn": 14, "endColumn": 16},
            },
            "logicalLocations": [{"fullyQualifiedName": "shop/Pod/web, container nginx", "kind": "resource"}],
        }
    ]
    assert first["properties"] == {
        "field": 'limits["cpu"]',
        "namespace": "shop",
        "kind": "Pod",
        "name": "web",
        "container": "nginx",
        "role": "container",
    }
    assert found[-1]["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "nowhere.yaml"}}}]


def test_a_log_without_results_is_valid(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("cpu: 1\n")
    finished = cli("check", "--format", "sarif", "a.yaml")
    assert finished.returncode == 0
    assert results(finished.stdout) == []


def test_every_reason_is_a_rule(cli: Run) -> None:
    reasons = {value for name, value in vars(Reason).items() if not name.startswith("_")}
    assert set(HELP) == reasons
    log = json.loads(cli("check", "--format", "sarif", stdin="cpu: 1\n").stdout)
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert set(rules) == reasons
    assert rules["NEGATIVE"]["shortDescription"] == {"text": "The value is below zero."}
    assert rules["NEGATIVE"]["help"] == {"text": "The value is below zero. Write 0 or more."}
    for rule in rules.values():
        assert len(rule["help"]["text"]) > len(rule["shortDescription"]["text"]) > 20


# ---- fingerprints


def fingerprints(cli: Run, text: str) -> list[str]:
    found = results(cli("check", "--format", "sarif", stdin=text).stdout)
    return [value for each in found for value in each["partialFingerprints"].values()]


def test_fingerprints_do_not_change_when_lines_move(cli: Run) -> None:
    before = fingerprints(cli, yaml.safe_dump(POD))
    assert len(set(before)) == 4
    moved = "# a comment\n\n---\n" + yaml.safe_dump(POD, sort_keys=False, indent=8).replace("\n", "\r\n")
    assert sorted(fingerprints(cli, moved)) == sorted(before)
    assert sorted(fingerprints(cli, json.dumps(POD))) == sorted(before)  # quotes do not count


@pytest.mark.parametrize(
    ("old", "new"),
    [("web", "app"), ("shop", "bank"), ("nginx", "proxy"), ("1x", "2x"), ("cpu: 1x", "memory: 1x"), ("1x", "-1")],
    ids=["name", "namespace", "container", "value", "field", "reason"],
)
def test_fingerprints_tell_findings_apart(cli: Run, old: str, new: str) -> None:
    text = yaml.safe_dump(POD | {"spec": {"containers": [{"name": "nginx", "resources": {"limits": {"cpu": "1x"}}}]}})
    (before,), (after,) = (fingerprints(cli, each) for each in (text, text.replace(old, new)))
    assert before != after


# ---- URIs


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a.yaml", "a.yaml"),
        ("./k8s/a b.yaml", "k8s/a%20b.yaml"),
        ("../x/é#1%.yaml", "../x/%C3%A9%231%25.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),  # a scheme, if it were not escaped
        ("<stdin>", "%3Cstdin%3E"),
        (os.fsdecode(b"a\xff.yaml"), "a%FF.yaml"),
        ("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml"),
        ("{cwd}/k8s/a.yaml", "k8s/a.yaml"),
    ],
)
def test_uris_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: str, uri: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = path.replace("{cwd}", str(Path.cwd()))
    print_sarif([Diagnostic(Place(path, 1, 1), "error", "NEGATIVE", "cpu", "below zero")])
    (found,) = results(capsys.readouterr().out)
    written = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert written == uri
    if not path.startswith("<"):
        resolved = urljoin(tmp_path.as_uri() + "/", written).removeprefix("file://")
        assert os.path.normpath(unquote(resolved, errors="surrogateescape")) == os.path.normpath(tmp_path / path)


def test_the_log_is_written_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    """Each result is on a line of its own, printed before the next is asked for."""

    def findings() -> Any:
        for number in range(3):
            yield Diagnostic(Place("a.yaml", number + 1, 1), "error", "NEGATIVE", "cpu", f"{number}")
            seen.append(capsys.readouterr().out)

    seen: list[str] = []
    print_sarif(findings())
    assert [f'"text": "cpu: {number}"' in text for number, text in enumerate(seen)] == [True] * 3
    assert len(results("".join(seen) + capsys.readouterr().out)) == 3
