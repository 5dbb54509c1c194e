"""A document: a plain value, and where in its file each part of it is."""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from resources_py.cli.diagnostics import Diagnostic, Place, Severity
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject

# Stated in `resources-py --help`, and tested.
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 1_000_000

Path: TypeAlias = tuple[str | int, ...]  # keys and indexes, from the root
TOO_DEEP: Final = f"it is nested deeper than {MAX_DEPTH} levels"
TOO_MANY: Final = f"it holds more than {MAX_VALUES:,} values"


class DocumentError(Exception):
    """The text is not a document that can be read; `offset` is where in the text."""

    def __init__(self, description: str, offset: int) -> None:
        super().__init__(description)
        self.description, self.offset = description, offset


class Span(NamedTuple):
    """Where in a text a key or a value is, and what is written there."""

    start: int
    end: int
    written: str  # a text without its quotes; nothing for a list or a mapping


# Finds the value at a path, or the key at its end. Of what is not there, it finds the nearest part that is.
Finder: TypeAlias = Callable[[Path, bool], Span]


class Document:
    """A value, the text that holds it, and where in the file the text begins.

    Most documents are never asked for a place, so that whatever finds one is left for then.
    """

    def __init__(
        self,
        file: str,
        text: str,
        value: Any = None,
        find: Finder = lambda path, about_key: Span(0, 1, ""),
        line: int = 1,
        column: int = 1,
        listed_in: dict[str, Any] | None = None,
    ) -> None:
        self.file, self.text, self.value = file, text, value
        self.listed_in = listed_in  # what stands before the items of the list that this is an item of
        self._find, self._line, self._column = find, line, column

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, path: Path = (), *, about_key: bool = False) -> Place:
        """Return the place of the value at a path, or of the key at its end."""
        start, end, _ = self._find(path, about_key)
        return self.place_of_offset(start, end - start)

    def place_of_offset(self, offset: int, width: int = 1) -> Place:
        """Return the place of an offset in the text."""
        offset = min(offset, len(self.text))
        index = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[index] + (1 if index else self._column)
        return Place(self.file, self._line + index, column, width=max(width, 1))

    def diagnose(
        self,
        path: Path,
        reason: str,
        field: str,
        description: str,
        subject: Subject = NO_SUBJECT,
        *,
        severity: Severity = "error",
        about_key: bool = False,
    ) -> Diagnostic:
        """Return the diagnostic about the value at a path, or about the key at its end."""
        start, end, written = self._find(path, about_key)
        place = self.place_of_offset(start, end - start)
        return Diagnostic(place, severity, reason, field, description, subject, self, written)

    def line_around(self, place: Place) -> tuple[int, int, int]:
        """Return where in the text the line of a place begins, where the place is, and where the line ends."""
        index = place.line - self._line
        start, *rest = self._starts[index : index + 2]
        end = rest[0] - 1 if rest else len(self.text)
        end -= self.text.endswith("\r", start, end)
        return start, start + max(place.column - (1 if index else self._column), 0), end


def is_list_of_objects(header: dict[str, Any], first: Any) -> bool:
    """Return whether a list holds objects, by what stands before its items, and the first of them.

    kubectl writes the kind of a list after its items, each of which then names its own.
    """
    kind = header.get("kind", "List" if isinstance(first, dict) and "kind" in first else "")
    return isinstance(kind, str) and kind.endswith("List")
