"""Splitting a stream into lines, into length-delimited records, or not at all."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO, Final

from resources_py.cli.inputs import MAX_DOCUMENT_BYTES

# A record's number, and its bytes or why it cannot be read.
Record = tuple[int, bytes | str]
_CHUNK: Final = 2**16
_SIZE: Final = f"{MAX_DOCUMENT_BYTES // 2**20} MiB"
TOO_LARGE: Final = f"it is larger than {_SIZE}"


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
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, f"the line is longer than {_SIZE}"
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
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
        while left and (skipped := stream.read(min(left, _CHUNK))):
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
