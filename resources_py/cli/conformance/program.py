"""Asks a program: a line of JSON on its stdin, a line of JSON on its stdout."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from typing import Final

from resources_py.cli.conformance.cases import Case, Json, Observation, SilentError
from resources_py.cli.terminal import Failure

_MAX_LINE: Final = 1 << 20


async def observe(command: Sequence[str], cases: Iterable[Case], timeout: float) -> AsyncIterator[Observation]:
    """Yield what the program answers to each case.

    Args:
        command: The program and its arguments.
        cases: The cases of the suite ``quantity`` or ``declare``.
        timeout: When to end a program that does not answer, in seconds.

    Raises:
        Failure: The program cannot be started, or ends before the last answer.
        SilentError: It does not answer.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=_MAX_LINE)
    except OSError as error:
        raise Failure(error.strerror or str(error)) from error
    try:
        for case in cases:
            answer = await _ask(process, case, timeout)
            yield Observation(case.key, "program", case.expected, comparable(answer, case.expected))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ask(process: asyncio.subprocess.Process, case: Case, timeout: float) -> Json:
    assert process.stdin is not None
    assert process.stdout is not None
    line = b""
    try:
        with suppress(ConnectionError):  # the program has ended: the empty line tells
            process.stdin.write(json.dumps(case.asked).encode() + b"\n")
            await asyncio.wait_for(process.stdin.drain(), timeout)
        line = await asyncio.wait_for(process.stdout.readline(), timeout)
        answer = json.loads(line)
    except TimeoutError:
        raise SilentError(f"no answer to {case.key!r}") from None
    except ValueError:
        if not line:
            raise Failure(f"the program ended without an answer to {case.key!r}") from None
        return {"problem": f"not a line of JSON: {line[:80]!r}"}
    return answer if isinstance(answer, dict) else {"problem": f"not an object: {line[:80]!r}"}


def comparable(answer: Json, expected: Json) -> Json:
    """Return what is compared of an answer: more keys than expected do no harm, and an empty reason stands for any."""
    if "reason" in expected:
        return expected if answer.get("reason") == "" else answer
    compared = {*expected, "capped", "reason", "wire", "warnings", "violations", "refused", "problem"}
    return {key: value for key, value in answer.items() if key in compared}
