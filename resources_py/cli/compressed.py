"""Gzip, known by its first bytes."""

import gzip
import zlib
from collections.abc import Callable
from typing import Any, Final

_MAGIC: Final = b"\x1f\x8b"
Read = Callable[[int], bytes]


class MaybeGzip:
    """Reads bytes, and decompresses them if they begin as gzip does: never more at a time than is asked for."""

    def __init__(self, read: Read) -> None:
        self._read_more = read
        self._read: Read | None = None
        self._seen = b""

    def read(self, size: int) -> bytes:
        """Read at most so many bytes; none at the end.

        Raises gzip.BadGzipFile, an OSError.
        """
        read = self._read
        if read is None:
            while len(self._seen) < len(_MAGIC) and (data := self._read_more(size)):
                self._seen += data
            file: Any = _File(self._read_again)
            read = self._read = gzip.GzipFile(fileobj=file).read1 if self._seen.startswith(_MAGIC) else file.read
        try:
            return read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise gzip.BadGzipFile(f"the gzip data is damaged: {error}") from error

    def _read_again(self, size: int) -> bytes:
        """Read what was looked at, and then the rest."""
        data, self._seen = self._seen[:size], self._seen[size:]
        return data or self._read_more(size)


class _File:
    """What a GzipFile needs of a file."""

    def __init__(self, read: Read) -> None:
        self.read = read
