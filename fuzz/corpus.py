"""The committed corpus: one file per target, one input per line, quoted so that Python and Go can read it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def read(target: str) -> list[bytes]:
    lines = (FOLDER / f"{target}.txt").read_text(encoding="ascii").splitlines()
    return [unquoted(line) for line in lines]


def write(target: str, inputs: Iterable[bytes]) -> None:
    lines = {quoted(data) for data in inputs}
    text = "".join(f"{line}\n" for line in sorted(lines, key=lambda line: (len(line), line)))
    (FOLDER / f"{target}.txt").write_text(text, encoding="ascii")


def quoted(data: bytes) -> str:
    r"""Write `data` in double quotes, with no escapes but ``\\``, ``\"`` and ``\xff``."""
    return '"' + "".join(_ESCAPES.get(byte) or chr(byte) for byte in data) + '"'


def unquoted(line: str) -> bytes:
    data: bytes = ast.literal_eval(f"b{line}")
    return data


_ESCAPES = {
    **{byte: f"\\x{byte:02x}" for byte in range(256) if not 32 <= byte < 127},
    ord("\\"): "\\\\",
    ord('"'): '\\"',
}
