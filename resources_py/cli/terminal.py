"""How the command speaks to people: words on stderr, color where a person looks."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import IO, Any, Final

import click

NAME: Final = "resources-py"
# Control characters, and those that change the direction of text: they would act on the terminal, not show in it.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Failure(click.ClickException):
    """The command cannot do what it was asked to: one line for a person, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        say(f"{NAME}: {self.format_message()}")


class Missing(Failure):
    """Something is not installed."""


def missing(error: ImportError, extra: str) -> Missing:
    """Return the error that names what to install."""
    module = (error.name or "a module").partition(".")[0]
    return Missing(f"this needs {module}, which is not installed: pip install '{NAME}[{extra}]'")


def printable(text: str) -> str:
    r"""Escape whatever in `text` would act on a terminal.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)


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


def say(line: str) -> None:
    """Print a line to stderr, and ignore it if that fails."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def styled(text: str, use: bool, **style: Any) -> str:
    """Style a text, if styles are in use."""
    return click.style(text, **style) if use else text
