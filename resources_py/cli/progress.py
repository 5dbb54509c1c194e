"""A progress bar for long conversions."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from resources_py.cli.inputs import Source
from resources_py.cli.terminal import colored, is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class Progress:
    """A bar on stderr, for a person, once the work takes longer than a second.

    It is not shown where the data goes to a terminal too, since the two would write over each other, unless it is
    hidden before each line of data.
    """

    DELAY: Final = 1.0
    INTERVAL: Final = 0.1

    def __init__(self, *, is_hidden_for_data: bool = False) -> None:
        has_place = is_hidden_for_data or not is_terminal(sys.stdout)
        self._is_wanted = is_terminal(sys.stderr) and has_place and os.environ.get("TERM") != "dumb"
        self._next = time.monotonic() + self.DELAY
        self._bar: RichProgress | None = None

    def update(self, position: int, total: int | None, items: int) -> None:
        """Show how many bytes were read, of how many, and how many items that were: cheap enough to be called often."""
        if not self._is_wanted or (now := time.monotonic()) < self._next:
            return
        self._next = now + self.INTERVAL
        if self._bar is None:
            self._bar = _start_bar(total)
        self._bar.update(self._bar.task_ids[0], completed=position, items=f"{items:,}", refresh=True)

    def hide(self) -> None:
        """Remove the bar: what is printed next takes its place. The next update shows it again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def reading_progress(source: Source) -> Iterator[Progress]:
    """Show how much of a source was read. Hide it before each line of data."""
    progress, flush = Progress(is_hidden_for_data=True), source.before_waiting

    def before_waiting() -> None:
        flush()
        progress.update(source.position, source.size, source.count)

    source.before_waiting = before_waiting
    try:
        yield progress
    finally:
        progress.hide()


def _start_bar(total: int | None) -> "RichProgress":
    from rich import progress
    from rich.console import Console

    bar = progress.Progress(
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TextColumn("{task.fields[items]} items"),
        progress.TimeElapsedColumn() if total is None else progress.TimeRemainingColumn(),
        console=Console(stderr=True, no_color=not colored(sys.stderr)),
        transient=True,
        auto_refresh=False,
    )
    bar.add_task("", total=total, items="0")
    bar.start()
    return bar
