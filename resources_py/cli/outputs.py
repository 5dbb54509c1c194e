"""Where data goes: stdout, or a file that is replaced only when it is complete."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
        self.put: Callable[[bytes], object] = out.write
        if format_.many or format_.separator:
            self.put = self._put_single if format_.many else self._put_separated

    def _put_single(self, data: bytes) -> None:
        if self._held is not None:
            name, many = self._format.name, self._format.many
            raise Failure(f"there is more than one to write, and {name} holds one: write {many} instead")
        self._held = data  # written at the end, so that half an answer is never written

    def _put_separated(self, data: bytes) -> None:
        self._out.write(self._separator + data)
        self._separator = self._format.separator

    def close(self) -> None:
        """Write what was held back."""
        if self._held is not None:
            self._out.write(self._held)
        self._out.flush()


@contextmanager
def open_output(path: str | None, *, is_binary: bool) -> Iterator[IO[bytes]]:
    """Open a file, or stdout, to write bytes to.

    A file is written beside its place and moved there at the end, so that it may be the one that is read, and is never
    half of what it should be. Raises Failure for what cannot be written.
    """
    if path is None or path == "-":
        yield _stdout(is_binary=is_binary)
        return
    target = Path(path)
    try:
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            with target.open("wb") as stream:
                yield stream
            return
        target = Path(os.path.realpath(target))  # a link stays one
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise Failure(f"{path}: {error.strerror or error}") from error
    try:
        with open(descriptor, "wb") as stream:
            yield stream
        os.chmod(name, stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
        os.replace(name, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _stdout(*, is_binary: bool) -> IO[bytes]:
    if sys.stdout is None:
        raise Failure("stdout is closed: write to a file")
    if is_binary and is_terminal(sys.stdout):
        raise Failure("binary data cannot be shown in a terminal: write to a file or a pipe")
    return sys.stdout.buffer


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
