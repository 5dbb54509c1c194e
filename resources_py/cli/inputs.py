"""The files and stdin that are read."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from resources_py.cli.terminal import Failure, is_terminal

# Of a document, a line or a record. Stated in `resources-py --help`, and tested.
MAX_DOCUMENT_BYTES: Final = 16 * 2**20
MAX_HEAD_BYTES: Final = 2**16


class Source:
    """A file or stdin, as bytes, with a look ahead."""

    def __init__(self, path: str, raw: Any, size: int | None) -> None:
        self.path = path
        self.name = "<stdin>" if path == "-" else path
        self.size = size  # None for a pipe or a terminal
        self.count = 0  # items read; the number of the last, where they are numbered
        self._raw = _PeekableStream(raw)
        self.stream = io.BufferedReader(self._raw, MAX_HEAD_BYTES)

    @property
    def position(self) -> int:
        """How many bytes were read."""
        return self._raw.position

    def before_waiting(self, act: Callable[[], object]) -> None:
        """Call `act` before each read that may have to wait, so that what is ready goes out first.

        Without this call, stdout is flushed.
        """
        self._raw.before_read = act

    def head(self, is_enough: Callable[[bytes], bool]) -> bytes:
        """Look ahead, until `is_enough` or 64 KiB or the end, whichever is first."""
        return self._raw.peek(is_enough)

    @property
    def encoding(self) -> str:
        """The encoding of a text: UTF-8, unless a byte order mark says that it is UTF-16, as PowerShell writes it."""
        head = self.head(lambda seen: len(seen) >= 4)
        return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


class _PeekableStream(io.RawIOBase):
    """A raw stream that can be looked into before it is read."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._head = b""
        self._is_ended = False
        self.position = 0
        self.before_read: Callable[[], object] = flush_stdout

    def readable(self) -> bool:
        return True

    def _read(self, size: int) -> bytes:
        if self._is_ended:
            return b""
        self.before_read()
        data: bytes | None = self._raw.read1(size) if hasattr(self._raw, "read1") else self._raw.read(size)
        self._is_ended = not data
        return data or b""

    def peek(self, is_enough: Callable[[bytes], bool]) -> bytes:
        while len(self._head) < MAX_HEAD_BYTES and not is_enough(self._head):
            data = self._read(MAX_HEAD_BYTES - len(self._head))
            if not data:
                break
            self._head += data
        return self._head

    def readinto(self, buffer: Any) -> int:
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = self._read(len(buffer))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def flush_stdout() -> None:
    """Flush stdout, if it is open."""
    if sys.stdout is not None:
        sys.stdout.flush()


@contextmanager
def open_source(path: str | None) -> Iterator[Source]:
    """Open a file; stdin for ``-``, and for None unless a person would have to type it.

    Raises Failure for what cannot be opened.
    """
    if path is None and is_terminal(sys.stdin):
        raise Failure("nothing to read: name a FILE, or pipe something in (- reads what you type)")
    if path is None or path == "-":
        if sys.stdin is None:
            raise Failure("stdin is closed: name a FILE")
        # Below its buffer, whose lock a waiting thread would hold there: Python could not exit, and would abort.
        stdin: Any = sys.stdin.buffer
        yield Source("-", getattr(stdin, "raw", stdin), _size(sys.stdin.fileno()))
        return
    try:
        raw = Path(path).open("rb", buffering=0)  # noqa: SIM115 - later errors are not about opening it
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Failure(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    with raw:
        yield Source(path, raw, _size(raw.fileno()))


def _size(descriptor: int) -> int | None:
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else None
