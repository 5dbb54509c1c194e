"""How the command speaks: data on stdout, words on stderr, colour where a person looks."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Self

import click

from resources_py.cli._findings import Finding

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

NAME: Final = "resources-py"
# Of each reason, this many warnings are shown; how many there were is said at the end.
_SHOWN_WARNINGS: Final = 20
# Control characters, and those that turn the direction of writing: they would act on the terminal, not show in it.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Failure(click.ClickException):
    """The command cannot do what it was asked to: one line for a person, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        say(f"{NAME}: {self.format_message()}")


def printable(text: str) -> str:
    r"""Give `text` without anything that acts on a terminal.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)


def coloured(stream: IO[Any]) -> bool:
    """Say whether a person who wants colour looks at `stream`: see no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def is_terminal(stream: IO[Any] | None) -> bool:
    """Say whether `stream` is a terminal; None is one that was closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def say(line: str) -> None:
    """Print a line to stderr; whether anybody reads it is not our problem."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def styled(text: str, use: bool, **style: Any) -> str:
    """Give `text` in a style, if styles are in use."""
    return click.style(text, **style) if use else text


def severity_style(finding: Finding) -> dict[str, Any]:
    """Give the style of a finding's code."""
    return {"fg": "red" if finding.severity == "error" else "yellow", "bold": True}


class Messages:
    """What is said on stderr of the items that are read, as it is found."""

    def __init__(self) -> None:
        self.errors = 0
        self._warnings: Counter[str] = Counter()
        self._colour = coloured(sys.stderr)
        self.progress: Progress | None = None

    def report(self, findings: Iterable[Finding]) -> None:
        """Say each on a line of its own."""
        for finding in findings:
            if finding.severity == "error":
                self.errors += 1
            else:
                self._warnings[finding.code] += 1
                if self._warnings[finding.code] > _SHOWN_WARNINGS:
                    continue
            self._line(finding)

    def _line(self, finding: Finding) -> None:
        place = styled(printable(str(finding.place)), self._colour, bold=True)
        kind = "warning: " if finding.severity == "warning" else ""
        code = styled(finding.code, self._colour, **severity_style(finding))
        subject = f" ({printable(finding.subject)})" if finding.subject else ""
        line = f"{place}: {kind}{code} {printable(finding.message)}{subject}"
        if self.progress is not None:
            self.progress.hide()
        say(line)

    def finish(self) -> int:
        """Say what was not shown, and give the exit code: 1 where anything was wrong."""
        for reason, count in sorted(self._warnings.items()):
            if count > _SHOWN_WARNINGS:
                say(f"{NAME}: {count - _SHOWN_WARNINGS:,} more warnings of {reason} are not shown")
        return 1 if self.errors else 0


class Progress:
    """A bar on stderr, for a person, once the work takes longer than a second.

    It is not shown where the data goes to a terminal too: the two would write over each other.
    """

    PATIENCE: Final = 1.0
    _EVERY: Final = 0.1

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._wanted = is_terminal(sys.stderr) and not is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"
        self._next = time.monotonic() + self.PATIENCE
        self._bar: RichProgress | None = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.hide()

    def update(self, position: int, items: int) -> None:
        """Say how many bytes were read, and how many items that were: cheap enough to be called often."""
        if not self._wanted or (now := time.monotonic()) < self._next:
            return
        self._next = now + self._EVERY
        if self._bar is None:
            self._bar, self._task = _bar(self._total)
            self._bar.start()
        self._bar.update(self._task, completed=position, items=f"{items:,}", refresh=True)

    def hide(self) -> None:
        """Take the bar away: what is printed next stands where it was. The next update shows it anew."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(total: int | None) -> tuple[RichProgress, Any]:
    try:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
    except ModuleNotFoundError as error:
        raise missing(error, "cli") from error
    size = DownloadColumn(binary_units=True)
    columns = [BarColumn(), size, TextColumn("{task.fields[items]} items")]
    columns.append(TimeElapsedColumn() if total is None else TimeRemainingColumn())
    console = Console(stderr=True, no_color=not coloured(sys.stderr))
    bar = Progress(*columns, console=console, transient=True, auto_refresh=False)
    return bar, bar.add_task("", total=total, items="0")


class Missing(Failure):
    """Something is not installed."""


def missing(error: ImportError, extra: str) -> Missing:
    """Say what to install."""
    module = (error.name or "a module").partition(".")[0]
    return Missing(f"this needs {module}, which is not installed: pip install '{NAME}[{extra}]'")
