"""A progress bar for long conversions."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from resources_py.cli.terminal import colored, is_terminal, missing

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class Progress:
    """A bar on stderr, for a person, once the work takes longer than a second.

    It is not shown where the data goes to a terminal too: the two would write over each other.
    """

    DELAY: Final = 1.0
    INTERVAL: Final = 0.1

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._is_wanted = is_terminal(sys.stderr) and not is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"
        self._next = time.monotonic() + self.DELAY
        self._bar: RichProgress | None = None
        self._task: Any = None

    def update(self, position: int, items: int) -> None:
        """Show how many bytes were read, and how many items that were: cheap enough to be called often."""
        if not self._is_wanted or (now := time.monotonic()) < self._next:
            return
        self._next = now + self.INTERVAL
        if self._bar is None:
            self._bar, self._task = _bar(self._total)
            self._bar.start()
        self._bar.update(self._task, completed=position, items=f"{items:,}", refresh=True)

    def hide(self) -> None:
        """Remove the bar: what is printed next takes its place. The next update shows it again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(total: int | None) -> tuple[RichProgress, Any]:
    try:
        from rich import progress
        from rich.console import Console
    except ModuleNotFoundError as error:
        raise missing(error, "cli") from error
    size = progress.DownloadColumn(binary_units=True)
    time_column = progress.TimeElapsedColumn() if total is None else progress.TimeRemainingColumn()
    columns = [progress.BarColumn(), size, progress.TextColumn("{task.fields[items]} items"), time_column]
    console = Console(stderr=True, no_color=not colored(sys.stderr))
    bar = progress.Progress(*columns, console=console, transient=True, auto_refresh=False)
    return bar, bar.add_task("", total=total, items="0")
