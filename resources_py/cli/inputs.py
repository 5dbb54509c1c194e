"""The files and stdin that are read: as lines, as length-delimited records, or whole."""

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

from resources_py.cli.compressed import MaybeGzip
from resources_py.cli.terminal import Failure, is_terminal

# Of a document, a line or a record. Stated in `resources-py --help`, and tested.
MAX_DOCUMENT_BYTES: Final = 16 * 2**20
MAX_HEAD_BYTES: Final = 2**16


# A record's number, and its bytes or why it cannot be read.
Record = tuple[int, bytes | str]
_SIZE: Final = f"{MAX_DOCUMENT_BYTES // 2**20} MiB"
TOO_LARGE: Final = f"it is larger than {_SIZE}"


class Source(io.RawIOBase):
    """A file or stdin, as bytes, that can be looked into before `stream` is read. Gzip is decompressed."""

    def __init__(self, path: str, raw: Any, size: int | None) -> None:
        self.path = path
        self.name = "<stdin>" if path == "-" else path
        self.size = size  # None for a pipe or a terminal
        self.count = 0  # items read; the number of the last, where they are numbered
        self.position = 0  # bytes read, before they are decompressed
        # Called before each read that may have to wait, so that what is ready goes out first.
        self.before_waiting: Callable[[], object] = flush_stdout
        self.stream = io.BufferedReader(self, MAX_HEAD_BYTES)
        self._raw, self._content = raw, MaybeGzip(self._read_file)
        self._head = b""
        self._is_ended = False

    def readable(self) -> bool:
        """Return whether it can be read: always."""
        return True

    @property
    def encoding(self) -> str:
        """The encoding of a text."""
        return encoding_of(self.head(lambda seen: len(seen) >= 4))

    def head(self, is_enough: Callable[[bytes], bool]) -> bytes:
        """Look ahead, until `is_enough` or 64 KiB or the end, whichever is first."""
        while len(self._head) < MAX_HEAD_BYTES and not is_enough(self._head):
            data = self._read(MAX_HEAD_BYTES - len(self._head))
            if not data:
                break
            self._head += data
        return self._head

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer: first what was looked at."""
        data = self._head[: len(buffer)] or self._read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def _read(self, size: int) -> bytes:
        if self._is_ended:
            return b""
        data = self._content.read(size)
        self._is_ended = not data
        return data

    def _read_file(self, size: int) -> bytes:
        self.before_waiting()
        data: bytes | None = self._raw.read1(size) if hasattr(self._raw, "read1") else self._raw.read(size)
        self.position += len(data or b"")
        return data or b""


def encoding_of(text: bytes) -> str:
    """Return the encoding: UTF-8, unless a byte order mark says that it is UTF-16, as PowerShell writes it."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Skipping a mark that is not there takes a tenth of the time of a line of JSON.
    return "utf-8-sig" if text.startswith(codecs.BOM_UTF8) else "utf-8"


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
        raw = open(path, "rb", buffering=0)  # noqa: SIM115 - later errors are not about opening it
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Failure(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    with raw:
        yield Source(path, raw, _size(raw.fileno()))


def _size(descriptor: int) -> int | None:
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_whole(stream: IO[bytes]) -> Iterator[Record]:
    """Yield all of it as one record."""
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    yield 0, data if len(data) <= MAX_DOCUMENT_BYTES else TOO_LARGE


def split_lines(stream: IO[bytes]) -> Iterator[Record]:
    """Yield each line that is not blank."""
    number = 0
    while line := stream.readline(MAX_DOCUMENT_BYTES + 1):
        number += 1
        if len(line) > MAX_DOCUMENT_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_HEAD_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, f"the line is longer than {_SIZE}"
            continue
        if not line.isspace():
            yield number, line


def split_delimited(stream: IO[bytes]) -> Iterator[Record]:
    """Yield each length-delimited record.

    After a length that cannot be read, nothing tells where the next record begins: the error is the last one.
    """
    number = 0
    while first := stream.read(1):
        number += 1
        size = first[0] if first[0] < 0x80 else _read_length(first[0], stream)
        if isinstance(size, str):
            yield number, size
            return
        data, left = b"", size
        if size <= MAX_DOCUMENT_BYTES:
            data = stream.read(size)
            left -= len(data)
        while left and (skipped := stream.read(min(left, MAX_HEAD_BYTES))):
            left -= len(skipped)
        if left:
            yield number, f"its length is given as {size} bytes, but {left} of them are missing"
            return
        yield number, data if size <= MAX_DOCUMENT_BYTES else f"the record is longer than {_SIZE}"


def _read_length(first: int, stream: IO[bytes]) -> int | str:
    size = first & 0x7F
    for shift in range(7, 70, 7):
        byte = stream.read(1)
        if not byte:
            return "the stream ends within a length"
        size |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return size
    return "its length is not a varint: nothing after it can be read"
