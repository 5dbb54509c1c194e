"""The nodes of a document, and the document itself."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeAlias

from resources_py.cli.diagnostics import Place

# Stated in `resources-py --help`, and tested.
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 1_000_000
MAX_REPEATED: Final = 100_000  # values, by YAML's aliases and merge keys

Plain: TypeAlias = str | int | float | bool | None


class DocumentError(Exception):
    """The text is not a document that can be read; `offset` is where in the text."""

    def __init__(self, description: str, offset: int) -> None:
        super().__init__(description)
        self.description, self.offset = description, offset


@dataclass(slots=True, eq=False)
class Scalar:
    """A value that holds no others."""

    value: Plain
    written: str  # without quotes
    start: int
    end: int
    is_merge: bool = False  # as a key, it merges another mapping

    @property
    def go_value(self) -> str | bool | None:
        """What Go's reader of quantities receives: the text of a string or number, else the value."""
        if isinstance(self.value, bool) or self.value is None:
            return self.value
        return _go_float(self.value) if isinstance(self.value, float) else str(self.value)

    @property
    def misread(self) -> str | None:
        """The value of a number that does not look like it (``010`` is 8), else None."""
        if type(self.value) is not int or not re.fullmatch(r"[-+]?0[0-9xXoObB_][0-9a-fA-F_]*", self.written):
            return None
        return str(self.value) if self.written.strip("+-0_") != str(abs(self.value)).strip("0") else None


class Sequence(list["Node"]):
    """A list."""

    __slots__ = ("start",)

    def __init__(self, start: int) -> None:
        self.start = start

    def __repr__(self) -> str:
        return "a list"


@dataclass(slots=True, eq=False, repr=False)
class Mapping:
    """A mapping, with merge keys followed."""

    start: int
    entries: dict[str, tuple[Scalar, "Node"]] = field(default_factory=dict)  # each key's node and value, by its text
    duplicates: list[Scalar] = field(default_factory=list)  # each key that equals an earlier one, which it replaces

    def __repr__(self) -> str:
        return "a mapping"

    def get(self, key: str) -> "Node | None":
        """Return the value of a key."""
        found = self.entries.get(key)
        return found[1] if found else None


Node: TypeAlias = Scalar | Sequence | Mapping


def is_null(node: Node | None) -> bool:
    """Return whether a node is missing, or null."""
    return node is None or (isinstance(node, Scalar) and node.value is None)


def to_python(node: Node, levels: int) -> Any:
    """Convert a node to Python's own values, so many levels deep: by aliases, it may be very deep."""
    if isinstance(node, Scalar):
        return node.value
    if levels == 0:
        return node
    if isinstance(node, Sequence):
        return [to_python(item, levels - 1) for item in node]
    return {key: to_python(value, levels - 1) for key, (_, value) in node.entries.items()}


@dataclass(eq=False)
class Document:
    """A text, the line of the file where it begins, and what it holds: each tree that is not null."""

    file: str
    text: str
    first_line: int = 1
    roots: list[Node] = field(default_factory=list)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, node: Node | int) -> Place:
        """Return the place of a node, or of an offset in the text."""
        offset = min(node, len(self.text)) if isinstance(node, int) else node.start
        width = node.end - node.start if isinstance(node, Scalar) else 1
        line = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[line] + 1
        return Place(self.file, self.first_line + line, column, width=max(width, 1))

    def line_span(self, number: int) -> tuple[int, int]:
        """Return where in the text a line begins and ends, by its number in the file."""
        index = number - self.first_line
        start, *rest = self._starts[index : index + 2]
        end = rest[0] - 1 if rest else len(self.text)
        return start, end - self.text.endswith("\r", start, end)


def _go_float(value: float) -> str:
    """Write a float as Go's encoding/json does."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    mantissa, _, exponent = repr(value).partition("e")
    sign = "-" if exponent.startswith("-") else "+"
    return f"{mantissa}e{sign}{exponent.lstrip('+-').lstrip('0')}"
