"""``resources-py show``."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_table(cli: Run) -> None:
    finished = cli("show", "--cpu", "500m,2", "--mem", "1Gi", "--gpu", "1", "--ephemeral-storage", ",10G")
    assert (finished.returncode, finished.stderr) == (0, "")
    rows = [line.split() for line in finished.stdout.splitlines()]
    assert rows[0] == ["resource", "written", "canonical", "amount"]
    assert set(rows[1][0]) == {"─"}
    assert rows[2:] == [
        ["cpu", "request", "500m", "500m", "0.5", "cores"],
        ["limit", "2", "2", "2", "cores"],
        ["mem", "request", "1Gi", "1Gi", "1,073,741,824", "bytes"],
        ["limit", "1Gi", "1Gi", "1,073,741,824", "bytes"],
        ["gpu", "request", "1", "1", "1", "device"],
        ["limit", "1", "1", "1", "device"],
        ["ephemeral_storage", "limit", "10G", "10G", "10,000,000,000", "bytes"],
    ]


def test_warnings_stand_in_their_place(cli: Run) -> None:
    finished = cli("show", "--cpu", "1,1500u", "--mem", "100m")
    assert finished.returncode == 1  # 1 is above 1500u
    finished = cli("show", "--cpu", "1u,1", "--mem", "100m")
    assert finished.returncode == 0
    lines = finished.stdout.splitlines()
    assert [line.split("warning")[0].split() for line in lines[:1]] == [["resource", "written", "canonical", "amount"]]
    request, limit, memory, memory_limit = lines[2:]
    assert "FINER_THAN_MILLI" in request
    assert "FINER_THAN_MILLI" not in limit
    assert "FRACTIONAL_BYTES" in memory
    assert memory_limit.split() == ["limit", "100m", "100m", "0.1", "bytes"]
    assert finished.stderr == ""


def test_json(cli: Run) -> None:
    finished = cli("show", "--json", "--cpu", "0.5,1500m", "--mem", ",100m")
    assert finished.returncode == 0
    shown = json.loads(finished.stdout)
    assert shown["cpu"] == {
        "request": {"written": "0.5", "canonical": "500m", "number": 0.5},
        "limit": {"written": "1500m", "canonical": "1500m", "number": 1.5},
        "unit": "cores",
    }
    assert shown["mem"] == {"limit": {"written": "100m", "canonical": "100m", "number": 0.1}, "unit": "bytes"}
    assert [(w["field"], w["reason"]) for w in shown["warnings"]] == [
        ("mem[1]", "FRACTIONAL_BYTES"),
    ]
    assert set(shown) == {"cpu", "mem", "warnings"}


def test_json_numbers_have_all_their_digits(cli: Run) -> None:
    finished = cli("show", "--json", "--mem", "9223372036854775807", "--cpu", "123456789.123456789")
    assert '"number": 9223372036854775807}' in finished.stdout
    assert '"number": 123456789.123456789}' in finished.stdout


def test_values_are_shown_as_written(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"cpu": 0.5, "mem": [1073741824, "2Gi"]}')
    shown = json.loads(cli("show", "a.json", "--json").stdout)
    assert shown["file"] == "a.json"
    assert shown["cpu"]["request"]["written"] == "0.5"
    assert shown["mem"]["request"] == {"written": "1073741824", "canonical": "1073741824", "number": 1073741824}


def test_many(cli: Run) -> None:
    finished = cli("show", "--from", "jsonl", stdin='{"cpu": 1}\n{"cpu": "1x"}\n{}\n')
    assert finished.returncode == 1
    assert "<stdin>:1\n" in finished.stdout
    assert "<stdin>:3\nnothing is requested, and nothing is limited\n" in finished.stdout
    assert finished.stderr.startswith("<stdin>:2:9: INVALID_QUANTITY cpu: '1x' is not a quantity")


def test_manifest(cli: Run, manifests: Path) -> None:
    finished = cli("show", manifests / "vllm-deployment.yaml", "--json")
    assert finished.returncode == 0
    assert "as manifest" in finished.stderr
    shown = json.loads(finished.stdout)
    assert shown["subject"] == "Deployment/vllm-gemma-deployment, container inference-server"
    assert shown["gpu"]["limit"]["number"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cpu", "1x"], "--cpu: INVALID_QUANTITY cpu: '1x' is not a quantity"),
        (["--cpu", "2,1"], "--cpu: REQUEST_ABOVE_LIMIT cpu[0]:"),
        (["--cpu", "1,2,3"], "--cpu: WRONG_LENGTH cpu:"),
        (["--cpu", ","], "--cpu: WRONG_LENGTH cpu:"),
        (["--gpu", "0.5"], "--gpu: NOT_WHOLE gpu:"),
        (["--ephemeral-storage", "-1"], "--ephemeral-storage: NEGATIVE ephemeral_storage:"),
        (["--mem", "9" * 65], "--mem: INVALID_QUANTITY mem:"),
        (["--mem", "1e9999"], "--mem: OUT_OF_RANGE mem:"),
    ],
)
def test_wrong_values(cli: Run, arguments: list[str], said: str) -> None:
    finished = cli("show", *arguments)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.startswith(said), finished.stderr


def test_all_errors_are_reported_together(cli: Run) -> None:
    finished = cli("show", "--cpu", "2,1", "--mem", "123Mb", "--gpu", "-1")
    assert [line.split(":")[0] for line in finished.stderr.splitlines()] == ["--cpu", "--mem", "--gpu"]


def test_gpu_resource(cli: Run) -> None:
    stanza = "limits: {amd.com/gpu: 2}\n"
    shown = json.loads(cli("show", "--json", "--gpu-resource", "amd.com/gpu", stdin=stanza).stdout)
    assert shown["gpu"]["limit"]["number"] == 2
    assert "named" not in shown
    shown = json.loads(cli("show", "--json", stdin=stanza).stdout)
    assert "gpu" not in shown
    assert shown["named"]["amd.com/gpu"]["limit"]["number"] == 2


def test_hostile_text_does_not_reach_the_terminal(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text('cpu: "1\\e[31m"\n"\\e]0;x": 1\n')
    for command in ("show", "check"):
        finished = cli(command, "a.yaml")
        assert finished.returncode == 1
        assert "\x1b" not in finished.stdout + finished.stderr
