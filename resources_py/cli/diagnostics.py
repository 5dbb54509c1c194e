"""What is wrong, or probably a mistake, and where: what every command reports, in one shape."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from resources_py import ResourcesWarning, Violation
from resources_py._reasons import Reason
from resources_py.cli.terminal import NAME, colored, printable, say, styled

if TYPE_CHECKING:
    from resources_py.cli.documents.nodes import Document

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """Where something is. Lines, columns and records count from 1; 0 is unknown."""

    file: str
    line: int = 0
    column: int = 0
    record: int = 0
    width: int = 1  # in characters of the line

    def __str__(self) -> str:
        """Write it as editors and other tools do.

        >>> print(Place("a.yaml", 3, 5), Place("a.jsonl", 3), Place("a.pb", record=3), Place("--cpu"))
        a.yaml:3:5 a.jsonl:3 a.pb:record 3 --cpu
        """
        if self.record:
            return f"{self.file}:record {self.record}"
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


class Diagnostic(NamedTuple):
    """One thing that is wrong, or legal but probably a mistake."""

    place: Place
    severity: Severity
    reason: str
    field: str
    description: str
    subject: str = ""  # whose resources: "Deployment/web, container nginx"
    document: Document | None = None  # to show the line

    @property
    def message(self) -> str:
        """The field and what is wrong with it."""
        return f"{self.field}: {self.description}" if self.field else self.description


def unreadable(place: Place, description: str) -> Diagnostic:
    """Return the error for a line, a record or a document that cannot be read."""
    return Diagnostic(place, "error", Reason.UNDECODABLE, "", description)


def diagnose(
    found: Iterable[Violation | ResourcesWarning],
    locate: Callable[[str, str], Place],
    subject: str = "",
    document: Document | None = None,
) -> list[Diagnostic]:
    """Convert violations or warnings; `locate` returns the place of a field and reason."""
    return [
        Diagnostic(
            locate(each.field, each.reason),
            "warning" if isinstance(each, ResourcesWarning) else "error",
            each.reason,
            each.field,
            each.description,
            subject,
            document,
        )
        for each in found
    ]


# ---- showing them

_MAX_WIDTH: Final = 120


def render(diagnostic: Diagnostic, *, color: bool, excerpt: bool = False) -> str:
    """Write a diagnostic for people: on one line, or with an excerpt of the document on the lines after it."""
    style = {"fg": "red" if diagnostic.severity == "error" else "yellow", "bold": True}
    place = styled(printable(str(diagnostic.place)), color, bold=True)
    kind = "warning: " if diagnostic.severity == "warning" else ""
    text = f"{place}: {kind}{styled(diagnostic.reason, color, **style)} {printable(diagnostic.message)}"
    subject = printable(diagnostic.subject)
    if not excerpt:
        return f"{text} ({subject})" if subject else text
    lines = [text]
    if diagnostic.document is not None and (line := diagnostic.document.line(diagnostic.place.line)):
        shown, mark = _excerpt(line, diagnostic.place)
        gutter = f"{diagnostic.place.line:5} | "
        lines.append(styled(gutter, color, dim=True) + shown)
        indent = " " * (len(mark) - mark.count("^"))
        lines.append(styled(f"{'|':>7} ", color, dim=True) + indent + styled(mark.strip(), color, **style))
    if subject:
        lines.append(f"    = in {subject}")
    return "\n".join(lines)


def _excerpt(line: str, place: Place) -> tuple[str, str]:
    """Return a line, of a long one what is around the place, and a line with a mark under the place."""
    start = max(place.column - 1, 0)
    cut = max(0, min(start - _MAX_WIDTH // 2, len(line) - _MAX_WIDTH))
    before, after = "…" if cut else "", "…" if len(line) > cut + _MAX_WIDTH else ""
    left = printable(before + line[cut:start].replace("\t", " "))
    right = printable(line[start : cut + _MAX_WIDTH].replace("\t", " "))
    return left + right + after, " " * len(left) + "^" * max(1, min(place.width, len(right)))


class Reporter:
    """Prints diagnostics to stderr as they are found, and counts them."""

    MAX_SHOWN: Final = 20  # warnings for each reason; their number is printed at the end

    def __init__(self) -> None:
        self._errors = 0
        self._warnings: Counter[str] = Counter()
        self._color = colored(sys.stderr)
        self.before_print: Callable[[], object] = lambda: None

    def shows(self, reason: str) -> bool:
        """Return whether another warning for this reason would be printed."""
        return self._warnings[reason] < self.MAX_SHOWN

    def report(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Print each on a line of its own."""
        for diagnostic in diagnostics:
            is_shown = True
            if diagnostic.severity == "error":
                self._errors += 1
            else:
                is_shown = self.shows(diagnostic.reason)
                self._warnings[diagnostic.reason] += 1
            if is_shown:
                self.before_print()
                say(render(diagnostic, color=self._color))

    def finish(self) -> int:
        """Print how many warnings were not shown, and return the exit code: 1 if there were errors."""
        for reason, count in sorted(self._warnings.items()):
            if count > self.MAX_SHOWN:
                say(f"{NAME}: {count - self.MAX_SHOWN:,} more warnings of {reason} are not shown")
        return 1 if self._errors else 0
