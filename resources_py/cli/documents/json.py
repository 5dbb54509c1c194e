"""JSON, read strictly, with the position of each value."""

import json
import re
from typing import Final

from resources_py._json import reject_constant
from resources_py.cli.documents.nodes import (
    MAX_DEPTH,
    MAX_VALUES,
    DocumentError,
    Mapping,
    Node,
    Scalar,
    Sequence,
)

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_MAX_DIGITS: Final = 400  # of an int: a longer one is read as a float


def parse_json(text: str) -> list[Node]:
    """Read the documents of a text: one after the other, as kubectl accepts them.

    Raises DocumentError for what is not JSON.
    """
    reader = _Reader(text)
    roots = []
    while reader.peek():
        roots.append(reader.node(0))
    return roots


_DECODER: Final = json.JSONDecoder(
    parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else float(digits),
    parse_constant=reject_constant,
)


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
        self._count += 1
        if self._count > MAX_VALUES:
            raise DocumentError(f"it holds more than {MAX_VALUES:,} values", self._position)
        if opening not in ("{", "["):
            return self._scalar()
        if depth == MAX_DEPTH:
            raise DocumentError(f"it is nested deeper than {MAX_DEPTH} levels", self._position)
        return self._mapping(depth) if opening == "{" else self._sequence(depth)

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
            if key.written in node.entries:
                node.duplicates.append(key)
            node.entries[key.written] = key, self.node(depth + 1)
            is_open = self._goes_on("}")
        return node

    def _sequence(self, depth: int) -> Sequence:
        node = Sequence(self._position)
        is_open = self._opens("]")
        while is_open:
            node.append(self.node(depth + 1))
            is_open = self._goes_on("]")
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
        start = self._position
        try:
            value, self._position = _DECODER.raw_decode(self._text, start)
        except ValueError as error:
            described, offset = getattr(error, "msg", error), getattr(error, "pos", start)
            raise DocumentError(f"invalid JSON: {described}", offset) from error
        written = value if isinstance(value, str) else self._text[start : self._position]
        return Scalar(value, written, start, self._position)
