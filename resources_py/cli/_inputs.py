"""What is read: files and stdin, cut into lines, records and documents, each of bounded size."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from resources_py import Violation
from resources_py.cli._terminal import Failure, is_terminal

# Stated in `resources-py --help`, and tested.
LONGEST_RECORD: Final = 2**20  # a JSON line, a length-delimited message
LARGEST_DOCUMENT: Final = 16 * 2**20  # a YAML or JSON document, a protobuf message or text
_HEAD: Final = 2**16


class Unreadable(NamedTuple):
    """Why a line, record or document could not be read."""

    reason: str
    description: str

    def violation(self) -> Violation:
        """Give it as what is wrong with an item."""
        return Violation("", self.reason, self.description)


class Source:
    """A file or stdin, as bytes, with a look ahead."""

    def __init__(self, path: str, raw: Any, size: int | None) -> None:
        self.path = path
        self.name = "<stdin>" if path == "-" else path
        self.size = size
        self._raw = _Ahead(raw)
        self._raw.before_read = flush_stdout
        self.stream = io.BufferedReader(self._raw, _HEAD)

    @property
    def position(self) -> int:
        """How many bytes were read."""
        return self._raw.position

    def before_waiting(self, act: Callable[[], object]) -> None:
        """Call `act` before each read that may have to wait, so that what is ready goes out first.

        Without this call, stdout is flushed.
        """
        self._raw.before_read = act

    def head(self, enough: Callable[[bytes], bool]) -> bytes:
        """Look ahead, until `enough` or 64 KiB or the end, whichever is first."""
        return self._raw.look(enough, _HEAD)


class _Ahead(io.RawIOBase):
    """A raw stream that can be looked into before it is read."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._head = b""
        self._ended = False
        self.position = 0
        self.before_read: Callable[[], object] | None = None

    def readable(self) -> bool:
        return True

    def _read(self, size: int) -> bytes:
        if self._ended:
            return b""
        if self.before_read is not None:
            self.before_read()
        data: bytes | None = self._raw.read1(size) if hasattr(self._raw, "read1") else self._raw.read(size)
        self._ended = not data
        return data or b""

    def look(self, enough: Callable[[bytes], bool], most: int) -> bytes:
        while len(self._head) < most and not enough(self._head):
            data = self._read(most - len(self._head))
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
def opened(path: str) -> Iterator[Source]:
    """Open a file, or stdin for ``-``.

    Raises Failure for what cannot be opened or read.
    """
    if path == "-":
        if sys.stdin is None:
            raise Failure("stdin is closed: name a FILE")
        # Below its buffer, whose lock a thread that waits in there would hold: Python could not end, and would abort.
        stdin: Any = sys.stdin.buffer
        yield Source(path, getattr(stdin, "raw", stdin), _size(sys.stdin.fileno()))
        return
    try:
        raw = Path(path).open("rb", buffering=0)  # noqa: SIM115 - what goes wrong later is not of the opening
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Failure(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    with raw:
        yield Source(path, raw, _size(raw.fileno()))


def stdin_or_refuse(path: str | None) -> str:
    """Give the path, stdin where none is given; but nobody types a stream into a terminal without asking to."""
    if path is not None:
        return path
    if sys.stdin is not None and is_terminal(sys.stdin):
        raise Failure("nothing to read: name a FILE, or pipe something in (- reads what you type)")
    return "-"


def _size(descriptor: int) -> int | None:
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else None


# ---- cutting


def lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | Unreadable]]:
    """Give each line that is not blank, with its number."""
    number = 0
    while line := stream.readline(LONGEST_RECORD + 1):
        number += 1
        if len(line) > LONGEST_RECORD and not line.endswith(b"\n"):
            while (rest := stream.readline(_HEAD)) and not rest.endswith(b"\n"):
                pass
            yield number, Unreadable("UNDECODABLE", f"the line is longer than {_bytes(LONGEST_RECORD)}")
            continue
        if number == 1 and line.startswith(codecs.BOM_UTF8):
            line = line[len(codecs.BOM_UTF8) :]
        if not line.isspace():
            yield number, line


def records(stream: IO[bytes]) -> Iterator[tuple[int, bytes | Unreadable]]:
    """Give each length-delimited record, with its number.

    Where a length cannot be read there is no telling where the next record begins: that is the last thing given.
    """
    number = 0
    while prefix := stream.read(1):
        number += 1
        size = prefix[0]
        if size >= 0x80:
            found = _long_size(size, stream)
            if isinstance(found, Unreadable):
                yield number, found
                return
            size = found
        if size > LONGEST_RECORD:
            left = size
            while left and (skipped := stream.read(min(left, _HEAD))):
                left -= len(skipped)
            if not left:
                yield number, Unreadable("UNDECODABLE", f"the record is longer than {_bytes(LONGEST_RECORD)}")
                continue
            yield (
                number,
                Unreadable("UNDECODABLE", f"its length is given as {size} bytes, but {left} of them are missing"),
            )
            return
        data = stream.read(size)
        if len(data) < size:
            yield (
                number,
                Unreadable(
                    "UNDECODABLE", f"its length is given as {size} bytes, but {size - len(data)} of them are missing"
                ),
            )
            return
        yield number, data


def _long_size(first: int, stream: IO[bytes]) -> int | Unreadable:
    size = first & 0x7F
    for shift in range(7, 70, 7):
        byte = stream.read(1)
        if not byte:
            return Unreadable("UNDECODABLE", "the stream ends within a length")
        size |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return size
    return Unreadable("UNDECODABLE", "its length is no varint: what follows cannot be told apart")


def length_prefix(size: int) -> bytes:
    """Encode a length as a varint."""
    prefix = bytearray()
    while size >= 0x80:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    prefix.append(size)
    return bytes(prefix)


def whole(stream: IO[bytes]) -> bytes | Unreadable:
    """Read all of it."""
    data = stream.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        return Unreadable("UNDECODABLE", f"it is larger than {_bytes(LARGEST_DOCUMENT)}")
    return data


def _bytes(size: int) -> str:
    return f"{size // 2**20} MiB"


def encoding_of(head: bytes) -> str:
    """Give the encoding of a text: UTF-8, unless a byte order mark says that it is UTF-16, as PowerShell writes it."""
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
