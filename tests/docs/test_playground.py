"""What the playground shows, without a browser. tests/site opens the page itself."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from resources_py import Reason

PLAYGROUND = Path(__file__).resolve().parents[2] / "docs" / "_static" / "playground"


@pytest.fixture(scope="module")
def evaluate() -> Any:
    specification = importlib.util.spec_from_file_location("playground_evaluate", PLAYGROUND / "evaluate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.evaluate


def test_a_declaration(evaluate: Any) -> None:
    report = evaluate('half = "500m"\nResources(cpu=(half, 2))')
    both = {"requests": {"cpu": "500m"}, "limits": {"cpu": "2"}}
    assert yaml.safe_load(report["outputs"].pop("stanza")) == {"resources": both}
    assert report == {
        "error": "",
        "violations": [],
        "warnings": [],
        "printed": "",
        "outputs": {
            "json": '{"cpu": ["500m", 2], "mem": null, "gpu": null, "ephemeral_storage": null}',
            # requests = 1 { name = 1: CPU, value = 2: "500m" }, limits = 2 { name = 1: CPU, value = 2: "2" }
            "bytes": "0a 08 08 01 12 04 35 30 30 6d 12 05 08 01 12 01 32",
            "length": 17,
        },
    }


def test_errors_are_rows(evaluate: Any) -> None:
    report = evaluate('Resources(cpu=(2, 1), mem="123Mb")')
    assert [row[:2] for row in report["violations"]] == [
        ["cpu[0]", Reason.REQUEST_ABOVE_LIMIT],
        ["mem", Reason.INVALID_QUANTITY],
    ]
    assert all(len(row) == 3 and row[2] for row in report["violations"])
    assert (report["error"], report["outputs"]) == ("", {})


def test_each_warning_is_one_row(evaluate: Any) -> None:
    report = evaluate('Resources(mem="100m")')
    assert [row[:2] for row in report["warnings"]] == [["mem", Reason.FRACTIONAL_BYTES]]
    # Reading bytes warns of nothing by itself.
    report = evaluate('Resources.from_bytes(bytes(Resources(mem="100m")))')
    assert [row[:2] for row in report["warnings"]] == [["mem", Reason.FRACTIONAL_BYTES]]


def test_what_only_kubernetes_rejects_keeps_its_bytes(evaluate: Any) -> None:
    report = evaluate("Resources(gpu=(1, 2))")
    assert [row[1] for row in report["violations"]] == [Reason.REQUEST_NOT_EQUAL_LIMIT]
    assert report["outputs"].keys() == {"json", "bytes", "length"}


def test_a_container_shows_what_belongs_to_the_pod(evaluate: Any) -> None:
    report = evaluate('ContainerResources(Resources(gpu=1), ExtendedResources("A100", shared_memory=True))')
    container, pod = report["outputs"]["stanza"].split("# the Pod's spec\n")
    assert yaml.safe_load(container).keys() == {"resources", "volumeMounts"}
    assert "volumes" in yaml.safe_load(pod)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("Resources(", r"line 1\b.*SyntaxError"),
        ("x = 1\nResources(cpu=y)", "^line 2: NameError"),
        ("raise SystemExit", "^line 1: SystemExit"),
        ("def f():\n    f()\nf()", "RecursionError"),
        ("", "the last line must be a declaration"),
        ("Resources", "the last line must be a declaration"),
        ("Quantity(1)", "the last line must be a declaration"),
    ],
)
def test_python_errors_are_shown(evaluate: Any, source: str, error: str) -> None:
    report = evaluate(source)
    assert re.search(error, report["error"], re.S), report["error"]
    assert report["outputs"] == {}


def test_printed_text_is_shown(evaluate: Any) -> None:
    assert evaluate("print(1)\nResources()")["printed"] == "1\n"


def test_every_example_of_the_page_runs(evaluate: Any) -> None:
    page = (PLAYGROUND.parents[1] / "playground.md").read_text("utf-8")
    examples = re.findall(r"<option value='(.*?)'>", page)
    assert len(examples) > 4
    assert [example for example in examples if evaluate(example.replace("&#10;", "\n"))["error"]] == []
