"""How the command speaks to people: escaped lines, and color where a person looks."""

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, Final, NamedTuple

import click

NAME: Final = "resources-py"
# What begins a command to the CI system that shows the output: GitHub's `::` and `##[`, Azure's `##vso[`. `::` on its
# own is left alone: `check --format github` begins its lines with it.
_WORKFLOW_COMMAND: Final = re.compile(r"\A\s*:(?=:.)|#(?=#(vso)?\[)")


class Failure(Exception):  # noqa: N818
    """The command cannot do what was asked: one line for a person, exit code 2."""


class Styled(NamedTuple):
    """Part of a line, with its style for a person who wants color."""

    text: str
    style: Mapping[str, Any]


def write_line(stream: IO[str], *parts: str | Styled) -> None:
    """Print a line. All text leaves here: whatever in it would act on a terminal or begin another line is escaped."""
    has_color = colored(stream)
    line = ""
    for part in parts:
        text, style = (part, {}) if isinstance(part, str) else part
        line += click.style(printable(text), **style) if has_color else printable(text)
    print(line, file=stream, flush=True)


def say(*parts: str | Styled) -> None:
    """Print a line to stderr, and ignore it if that fails."""
    with suppress(OSError, ValueError):
        write_line(sys.stderr, *parts)


def printable(text: str) -> str:
    r"""Escape whatever in `text` would not simply show: control characters, lone surrogates, workflow commands.

    >>> print(printable("a\x1b[31m\n"), printable("::error::x"))
    a\x1b[31m\n \x3a:error::x
    """
    text = _WORKFLOW_COMMAND.sub(lambda match: f"{match[0][:-1]}\\x{ord(match[0][-1]):02x}", text)
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def colored(stream: IO[Any]) -> bool:
    """Return whether `stream` is shown to a person who wants color: see no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def is_terminal(stream: IO[Any] | None) -> bool:
    """Return whether `stream` is a terminal; None is one that was closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
