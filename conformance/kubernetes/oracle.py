"""Talks to the program that answers with the code of the Kubernetes API server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from threading import Thread
from typing import Any, NamedTuple


class FieldError(NamedTuple):
    """An error of the API server's validation."""

    type: str
    field: str
    detail: str


class Verdict(NamedTuple):
    """What the API server makes of an object."""

    accepted: bool
    decoding: str  # why the object cannot be decoded; there is nothing else then
    errors: list[FieldError]
    warnings: list[str]
    stored: Any

    @classmethod
    def from_json(cls, line: bytes) -> Verdict:
        """Read an answer of `judge`."""
        answer = json.loads(line)
        errors = [FieldError(**error) for error in answer.get("errors", ())]
        return cls(
            answer["accepted"], answer.get("decoding", ""), errors, answer.get("warnings", []), answer.get("stored")
        )


class Oracle:
    """The program, while it runs."""

    def __init__(self, program: str) -> None:
        self._judge = _start(program, "judge")
        self._defaulted = _start(program, "defaulted")

    def judge(self, objects: list[Any]) -> list[Verdict]:
        """Ask what the API server would make of each object."""
        return [Verdict.from_json(line) for line in _ask(self._judge, objects)]

    def defaulted(self, stanzas: list[Any]) -> list[Any]:
        """Ask what resources_go's Defaulted makes of each container's resources."""
        return [json.loads(line) for line in _ask(self._defaulted, stanzas)]

    def close(self) -> None:
        """Stop the program."""
        for process in (self._judge, self._defaulted):
            process.communicate()


def _start(program: str, command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([program, command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask(process: subprocess.Popen[bytes], values: list[Any]) -> Iterable[bytes]:
    """Send values, one a line, and return as many lines."""
    assert process.stdout
    lines = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    # Both ends would block if the program's answers were read only once all is written.
    writer = Thread(target=_write, args=(process, lines))
    writer.start()
    answers = [process.stdout.readline() for _ in values]
    writer.join()
    if not all(answers):
        raise SystemExit(f"the oracle stopped with status {process.wait()}")
    return answers


def _write(process: subprocess.Popen[bytes], lines: bytes) -> None:
    assert process.stdin
    process.stdin.write(lines)
    process.stdin.flush()
