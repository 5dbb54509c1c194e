"""JSON, read strictly, with the position of each value."""

from __future__ import annotations

import json.decoder
import re
from typing import Final

from resources_py.cli.documents.nodes import (
    MAX_DEPTH,
    MAX_VALUES,
    Document,
    DocumentError,
    Mapping,
    Node,
    Plain,
    Scalar,
    Sequence,
)

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_CONSTANT: Final = re.compile("true|false|null")
_CONSTANTS: Final[dict[str, Plain]] = {"true": True, "false": False, "null": None}
_MAX_DIGITS: Final = 400  # of an int: a longer one is read as a float


def parse_json(file: str, text: str, first_line: int = 1) -> list[Document]:
    """Read the documents of a text: one after the other, as kubectl accepts them.

    Raises DocumentError for what is not JSON.
    """
    reader = _Reader(text)
    documents: list[Document] = []
    while reader.peek():
        documents.append(Document(file, text, first_line, reader.node(0)))
    return documents


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._count = 0

    def peek(self) -> str:
        """Skip white space; return the next character, or nothing at the end."""
        space = _SPACE.match(self._text, self._position)
        assert space is not None
        self._position = space.end()
        return self._text[self._position : self._position + 1]

    def node(self, depth: int) -> Node:
        opening = self.peek()
        if opening not in ("{", "["):
            node: Node = self._scalar()
        elif depth == MAX_DEPTH:
            raise DocumentError(f"it is nested deeper than {MAX_DEPTH} levels", self._position)
        else:
            node = self._mapping(depth) if opening == "{" else self._sequence(depth)
        self._count += 1
        if self._count > MAX_VALUES:
            raise DocumentError(f"it holds more than {MAX_VALUES:,} values", self._position)
        return node

    def _mapping(self, depth: int) -> Mapping:
        node = Mapping(self._position)
        is_open = self._opens("}")
        while is_open:
            if self.peek() != '"':
                raise DocumentError("invalid JSON: expected a key in double quotes", self._position)
            key = self._scalar()
            if self.peek() != ":":
                raise DocumentError("invalid JSON: expected :", self._position)
            self._position += 1
            node.pairs.append((key, self.node(depth + 1)))
            is_open = self._goes_on("}")
        node.end = self._position
        return node

    def _sequence(self, depth: int) -> Sequence:
        node = Sequence(self._position)
        is_open = self._opens("]")
        while is_open:
            node.append(self.node(depth + 1))
            is_open = self._goes_on("]")
        node.end = self._position
        return node

    def _opens(self, closing: str) -> bool:
        self._position += 1
        if self.peek() != closing:
            return True
        self._position += 1
        return False

    def _goes_on(self, closing: str) -> bool:
        character = self.peek()
        if character not in (",", closing):
            raise DocumentError(f"invalid JSON: expected , or {closing}", self._position)
        self._position += 1
        return character == ","

    def _scalar(self) -> Scalar:
        text, start = self._text, self._position
        value: Plain
        if text.startswith('"', start):
            try:
                value, self._position = json.decoder.scanstring(text, start + 1, True)  # type: ignore[attr-defined]
            except json.JSONDecodeError as error:
                raise DocumentError(f"invalid JSON: {error.msg}", error.pos) from error
            return Scalar(value, str(value), start, self._position)
        if match := _NUMBER.match(text, start):
            written = match[0]
            value = float(written) if match[1] or match[2] or len(written) > _MAX_DIGITS else int(written)
        elif match := _CONSTANT.match(text, start):
            value = _CONSTANTS[match[0]]
        else:
            raise DocumentError("invalid JSON: expected a value", start)
        self._position = match.end()
        return Scalar(value, match[0], start, self._position)
