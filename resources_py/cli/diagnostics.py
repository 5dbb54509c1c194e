"""What is wrong, or probably a mistake, and where: what every command reports, in one shape."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from resources_py import ResourcesWarning, Violation
from resources_py._reasons import Reason
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject
from resources_py.cli.terminal import NAME, Styled, printable, say

if TYPE_CHECKING:
    from resources_py.cli.documents.document import Document

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
    subject: Subject = NO_SUBJECT  # whose resources
    document: "Document | None" = None  # to show the line
    written: str = ""  # the value that is wrong, or the key, as written; nothing for a list or a mapping

    @property
    def message(self) -> str:
        """The field and what is wrong with it."""
        return f"{self.field}: {self.description}" if self.field else self.description


def unreadable(place: Place, description: str, reason: str = Reason.UNDECODABLE) -> Diagnostic:
    """Return the error for a line, a record, a document or a file that cannot be read."""
    return Diagnostic(place, "error", reason, "", description)


def diagnose(
    found: Iterable[Violation | ResourcesWarning], place: Place, subject: Subject = NO_SUBJECT
) -> list[Diagnostic]:
    """Convert violations or warnings of what is at a place."""
    return [Diagnostic(place, severity_of(each), each.reason, each.field, each.description, subject) for each in found]


def severity_of(found: Violation | ResourcesWarning) -> Severity:
    """Return whether a problem of a `Resources` is an error."""
    return "warning" if isinstance(found, ResourcesWarning) else "error"


# ---- showing them

_Line = list[str | Styled]
_MAX_WIDTH: Final = 120
_STYLES: Final = {"error": {"fg": "red", "bold": True}, "warning": {"fg": "yellow", "bold": True}}


def render(diagnostic: Diagnostic) -> _Line:
    """Write a diagnostic for people, on one line."""
    kind = "warning: " if diagnostic.severity == "warning" else ""
    reason = Styled(diagnostic.reason, _STYLES[diagnostic.severity])
    return [Styled(str(diagnostic.place), {"bold": True}), f": {kind}", reason, f" {diagnostic.message}"]


def render_excerpt(diagnostic: Diagnostic) -> Iterator[_Line]:
    """Show the line of the document, of a long one what is around the place, and a mark under the place."""
    document, place = diagnostic.document, diagnostic.place
    start, at, end = document.line_around(place) if document else (0, 0, 0)
    if document is None or start == end:
        return
    first = max(start, min(at - _MAX_WIDTH // 2, end - _MAX_WIDTH))
    last = min(first + _MAX_WIDTH, end)
    middle = min(at + place.width, last)
    before, marked, after = document.text[first:at], document.text[at:middle], document.text[middle:last]
    before = ("…" if first > start else "") + before.replace("\t", " ")
    after = after.replace("\t", " ") + ("…" if last < end else "")
    yield [Styled(f"{place.line:5} | ", {"dim": True}), before, marked, after]
    mark = Styled("^" * max(1, len(printable(marked))), _STYLES[diagnostic.severity])
    yield [Styled("      | ", {"dim": True}), " " * len(printable(before)), mark]


class Reporter:
    """Prints diagnostics to stderr as they are found, and counts them."""

    MAX_SHOWN: Final = 20  # warnings for each reason; their number is printed at the end

    def __init__(self) -> None:
        self._errors = self._unreadable = 0
        self._warnings: Counter[str] = Counter()
        self.before_print: Callable[[], object] = lambda: None

    def shows(self, reason: str) -> bool:
        """Return whether another warning for this reason would be printed."""
        return self._warnings[reason] < self.MAX_SHOWN

    def report(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Print each on a line of its own."""
        for diagnostic in diagnostics:
            is_error = diagnostic.severity == "error"
            if is_error or self.shows(diagnostic.reason):
                self.before_print()
                say(*render(diagnostic), f" ({diagnostic.subject})" if any(diagnostic.subject) else "")
            if is_error:
                self._errors += 1
                self._unreadable += diagnostic.reason == Reason.UNREADABLE
            else:
                self._warnings[diagnostic.reason] += 1

    def finish(self) -> int:
        """Print how many warnings were not shown, and return the exit code."""
        for reason, count in sorted(self._warnings.items()):
            if count > self.MAX_SHOWN:
                say(f"{NAME}: {count - self.MAX_SHOWN:,} more warnings of {reason} are not shown")
        return self.exit_code

    @property
    def exit_code(self) -> int:
        """2 if a file could not be read, else 1 if there were errors."""
        return 2 if self._unreadable else 1 if self._errors else 0
