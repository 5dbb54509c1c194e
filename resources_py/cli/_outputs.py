"""Where data goes: stdout, or a file that is replaced only when it is complete."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from resources_py.cli._terminal import Failure, is_terminal


@contextmanager
def written(path: str | None, *, binary: bool) -> Iterator[IO[bytes]]:
    """Open a file, or stdout, to write bytes to.

    A file is written beside its place and moved there at the end, so that it may be the one that is read, and is never
    half of what it should be. Raises Failure for what cannot be written.
    """
    if path is None or path == "-":
        yield _stdout(binary=binary)
        return
    target = Path(path)
    try:
        special = target.exists() and not stat.S_ISREG(target.stat().st_mode)
        if special:
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


def _stdout(*, binary: bool) -> IO[bytes]:
    if sys.stdout is None:
        raise Failure("stdout is closed: use --output FILE")
    if binary and is_terminal(sys.stdout):
        raise Failure("binary data is nothing for a terminal: use --output FILE, or a pipe")
    return sys.stdout.buffer


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
