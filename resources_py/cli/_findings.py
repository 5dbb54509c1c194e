"""What was found wrong or odd, and where: what every command reports, in one shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from resources_py import ResourcesWarning, Violation

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """Where something stands. Lines, columns and records count from 1; 0 is not known."""

    file: str
    line: int = 0
    column: int = 0
    record: int = 0

    def __str__(self) -> str:
        """Write it as editors and other tools do.

        >>> print(Place("a.yaml", 3, 5), Place("a.jsonl", 3), Place("a.pb", record=3), Place("--cpu"))
        a.yaml:3:5 a.jsonl:3 a.pb:record 3 --cpu
        """
        if self.record:
            return f"{self.file}:record {self.record}"
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


class Finding(NamedTuple):
    """One thing that is wrong, or legal and hardly meant."""

    place: Place
    severity: Severity
    code: str
    field: str
    description: str
    subject: str = ""  # whose resources: "Deployment/web, container nginx"
    width: int = 1  # how many characters of the line it is about

    @property
    def message(self) -> str:
        """The field and what is wrong with it."""
        return f"{self.field}: {self.description}" if self.field else self.description


def errors(place: Place, violations: Iterable[Violation], subject: str = "") -> list[Finding]:
    """Give the findings of a ResourcesError's violations."""
    return [Finding(place, "error", v.reason, v.field, v.description, subject) for v in violations]


def warned(place: Place, notes: Iterable[ResourcesWarning], subject: str = "") -> list[Finding]:
    """Give the findings of what is legal and hardly meant."""
    return [Finding(place, "warning", note.reason, note.field, note.description, subject) for note in notes]
