"""How `check` prints what it finds: for people, for scripts, and as annotations of a GitHub workflow."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from resources_py.cli.diagnostics import Diagnostic, render, render_excerpt
from resources_py.cli.terminal import write_line

_MAX_WRITTEN: Final = 100  # characters of a value that are compared


def print_text(diagnostics: Iterable[Diagnostic], *, show_all: bool = False) -> None:
    """Print each with its line of the file; of those that repeat, the first, and how many more there are."""
    repeats = Repeats()
    for diagnostic in diagnostics:
        if not repeats.count(diagnostic) and not show_all:
            continue
        write_line(sys.stdout, *render(diagnostic))
        for line in render_excerpt(diagnostic):
            write_line(sys.stdout, *line)
        if any(diagnostic.subject):
            write_line(sys.stdout, f"    = in {diagnostic.subject}")
    for what, number in () if show_all else repeats.not_shown():
        write_line(sys.stdout, f"{number:,} more not shown (--all shows them): {what}")


class Repeats:
    """Counts findings that are the same but for their place. The number of groups is bounded."""

    MAX_SHOWN: Final = 10  # of a group
    MAX_GROUPS: Final = 1000  # a finding of another joins all the others of its reason

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, diagnostic: Diagnostic) -> bool:
        """Count a finding, and return whether to show it."""
        key = (diagnostic.reason, diagnostic.field, diagnostic.written[:_MAX_WRITTEN] or diagnostic.description)
        if key not in self._counts and len(self._counts) >= self.MAX_GROUPS:
            key = (diagnostic.reason, "", "")
        self._counts[key] += 1
        return self._counts[key] <= self.MAX_SHOWN

    def not_shown(self) -> list[tuple[str, int]]:
        """Return the groups that were not shown in full, each with the number of those left out."""
        return [
            (" ".join(part for part in (reason, field, value) if part), number - self.MAX_SHOWN)
            for (reason, field, value), number in self._counts.items()
            if number > self.MAX_SHOWN
        ]


def print_json(diagnostics: Iterable[Diagnostic]) -> None:
    """Print one array, an object on each line, so that it can also be read as it comes."""
    separator = "[\n"
    for place, severity, reason, field, description, subject, *_ in diagnostics:
        described = {
            "file": place.file,
            "line": place.line or None,
            "column": place.column or None,
            "severity": severity,
            "reason": reason,
            "field": field,
            "message": description,
            "subject": str(subject),
            **subject._asdict(),
        }
        print(separator + json.dumps(described))
        separator = ","
    print("[]" if separator == "[\n" else "]")


def print_github(diagnostics: Iterable[Diagnostic]) -> None:
    """Print the commands that make annotations of a GitHub workflow."""
    for diagnostic in diagnostics:
        place = diagnostic.place
        properties = {"file": place.file, "line": place.line, "col": place.column, "title": diagnostic.reason}
        written = ",".join(f"{name}={_escape(str(value), ':,')}" for name, value in properties.items() if value)
        message = diagnostic.message + (f" (in {diagnostic.subject})" if any(diagnostic.subject) else "")
        write_line(sys.stdout, "::", f"{diagnostic.severity} {written}::{_escape(message)}")


def _print_sarif(diagnostics: Iterable[Diagnostic]) -> None:
    from resources_py.cli.sarif import print_sarif  # late: the version that it names is slow to find

    print_sarif(diagnostics)


def _escape(text: str, more: str = "") -> str:
    return text.translate({ord(character): f"%{ord(character):02X}" for character in "%" + more})


# The reports that always hold every finding: programs read them.
REPORTS: Final[dict[str, Callable[[Iterable[Diagnostic]], None]]] = {
    "text": print_text,
    "json": print_json,
    "github": print_github,
    "sarif": _print_sarif,
}
