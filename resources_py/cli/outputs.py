"""Where data goes: stdout, or a file that is replaced only when it is complete."""

import os
import secrets
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

from resources_py.cli.formats import Format
from resources_py.cli.terminal import Failure, is_terminal


class Sink:
    """Writes one item after the other, as the format has it."""

    def __init__(self, format_: Format, out: IO[bytes]) -> None:
        self._format = format_
        self._out = out
        self._held: bytes | None = None
        self._separator = b""
        self.flush = out.flush

    def put(self, data: bytes) -> None:
        """Write an item. If the format holds one, it is held back, so that half an answer is never written."""
        if self._held is not None:
            raise Failure(
                f"there are several items to write, but {self._format.name} holds one: write {self._format.many}"
            )
        if self._format.many:
            self._held = data
        else:
            self._out.write(self._separator + data)
            self._separator = self._format.separator

    def finish(self) -> None:
        """Write what was held back."""
        self._out.write(self._held or b"")
        self.flush()


@contextmanager
def open_sink(path: str | None, format_: Format) -> Iterator[Sink]:
    """Open a file, or stdout, to write items to.

    A file is written beside its place and moved there at the end, so that it may be the one that is read, and is never
    half of what it should be. Raises Failure for what cannot be written.
    """
    if path is None or path == "-":
        opened: AbstractContextManager[IO[bytes]] = nullcontext(_stdout(is_binary=format_.is_binary))
    elif os.path.exists(path) and not os.path.isfile(path):  # a device, or a pipe
        opened = _open(path, "wb", path)
    else:
        opened = _replacing(path)
    with opened as out:
        sink = Sink(format_, out)
        yield sink
        sink.finish()


def _stdout(*, is_binary: bool) -> IO[bytes]:
    if sys.stdout is None:
        raise Failure("stdout is closed: write to a file")
    if is_binary and is_terminal(sys.stdout):
        raise Failure("binary data cannot be shown in a terminal: write to a file or a pipe")
    return sys.stdout.buffer


def _open(path: str | Path, mode: str, shown: str) -> IO[bytes]:
    try:
        return open(path, mode)
    except OSError as error:
        raise Failure(f"{shown}: {error.strerror or error}") from error


@contextmanager
def _replacing(path: str) -> Iterator[IO[bytes]]:
    target = Path(os.path.realpath(path))  # a link stays one
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # which would leave the temporary file behind
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        with _open(temporary, "xb", path) as stream:
            if target.exists():
                shutil.copymode(target, temporary)
            yield stream
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
