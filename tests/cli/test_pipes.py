"""A pipe that stays open: all output for the input so far appears immediately."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

Exchange = Callable[[str, int], list[str]]


@contextmanager
def conversation(
    command: list[str], environment: dict[str, str], folder: Path, stdin: IO[bytes] | int = subprocess.PIPE
) -> Iterator[Exchange]:
    """Run a command with stdin kept open: write text and read the expected number of lines.

    A line that does not come is waited for until the run's own limit says where.
    """
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=folder
    ) as process:
        assert process.stdout is not None

        def exchange(text: str, count: int) -> list[str]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(text.encode())
            process.stdin.flush()
            return [process.stdout.readline().decode().rstrip("\n") for _ in range(count)]

        try:
            yield exchange
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.kill()


@pytest.mark.parametrize("options", [["--from", "jsonl"], []])
def test_show(as_module: list[str], environment: dict[str, str], tmp_path: Path, options: list[str]) -> None:
    with conversation([*as_module, "show", "--json", *options], environment, tmp_path) as exchange:
        for number in range(1, 4):
            (line,) = exchange(json.dumps({"cpu": number}) + "\n", 1)
            assert json.loads(line)["cpu"]["request"]["canonical"] == str(number)


def test_show_a_table(as_module: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    with conversation([*as_module, "show", "--from", "jsonl"], environment, tmp_path) as exchange:
        for number in range(1, 4):
            lines = exchange(json.dumps({"cpu": number}) + "\n", 5 if number == 1 else 6)
            assert lines[-1].split() == ["limit", str(number), str(number), str(number), "core" + "s" * (number > 1)]


@pytest.mark.parametrize("options", [["--from", "jsonl"], []])
def test_convert(as_module: list[str], environment: dict[str, str], tmp_path: Path, options: list[str]) -> None:
    with conversation([*as_module, "convert", "--to", "protojsonl", *options], environment, tmp_path) as exchange:
        for number in range(1, 4):
            (line,) = exchange(json.dumps({"cpu": [number, None]}) + "\n", 1)
            assert json.loads(line) == {"requests": [{"name": "CPU", "value": str(number)}]}


def test_convert_documents(as_module: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    with conversation([*as_module, "convert", "--from", "yaml", "--to", "jsonl"], environment, tmp_path) as exchange:
        for number in range(1, 4):  # a document ends where the next begins
            assert exchange(f"cpu: {number}\n---\n", 1) == [json.dumps({"cpu": number})]


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_check(as_module: list[str], environment: dict[str, str], tmp_path: Path, form: str) -> None:
    with conversation([*as_module, "check", "--format", form, "-"], environment, tmp_path) as exchange:
        for number in range(1, 4):
            lines = 3 if form == "text" else 2 if (form, number) == ("json", 1) else 1
            line = exchange(f"cpu: {number}x\n---\n", lines)[-1 if form == "json" else 0]
            if form == "json":
                assert json.loads(line.removeprefix(","))["line"] == 2 * number - 1
            elif form == "text":
                assert line.startswith(f"<stdin>:{2 * number - 1}:6: INVALID_QUANTITY cpu: '{number}x'")
            else:
                assert line.startswith(f"::error file=<stdin>,line={2 * number - 1},col=6,")


@pytest.mark.parametrize("options", [["--from", "jsonl"], []])
@pytest.mark.parametrize("form", ["jsonl", "table"])
def test_resolve(
    as_module: list[str],
    python_server: list[str],
    launch: Callable[..., object],
    environment: dict[str, str],
    tmp_path: Path,
    form: str,
    options: list[str],
) -> None:
    with launch(python_server) as (_, address):  # type: ignore[attr-defined]
        written = ["--to", form] if form == "jsonl" else []
        command = [*as_module, "resolve", "--target", address, *written, *options]
        with conversation(command, environment, tmp_path) as exchange:
            for number in range(1, 4):
                question = json.dumps({"cpu": [None, number]}) + "\n"
                if form == "jsonl":
                    assert exchange(question, 1) == [json.dumps({"cpu": str(number)})]
                else:
                    lines = exchange(question, 5 if number == 1 else 6)
                    assert lines[-1].split()[:3] == ["limit", str(number), str(number)]
