"""What is skipped, and counted: files without resources, templates, and values that a template has yet to fill in."""

import re
from typing import Final

from resources_py._amounts import NAMES
from resources_py.cli.diagnostics import Diagnostic
from resources_py.cli.terminal import say

# What does not parse holds resources only if one of these stands in it.
_RESOURCE_WORDS: Final = re.compile(rf"\b(apiVersion|requests|limits|{'|'.join(NAMES)})\b")


def counted(count: int, word: str) -> str:
    """Return a number of things.

    >>> counted(1, "file"), counted(1000, "file")
    ('1 file', '1,000 files')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


class Skips:
    """Counts what is skipped, and prints notes about some of it."""

    MAX_NOTES: Final = 10  # their number is printed at the end

    def __init__(self) -> None:
        self.files = 0  # read, and not skipped
        self.values = 0
        self._others = self._templates = self._notes = 0
        self._template: Diagnostic | None = None  # the first in the file that is being read

    def keep(self, unreadable: Diagnostic) -> bool:
        """Return whether to report a document that cannot be read: it may hold resources, and is not a template."""
        text = unreadable.document.text if unreadable.document else ""
        if "{{" in text:
            self._template = self._template or unreadable
            return False
        # Of another reason than its syntax, such as its size, it is known to be YAML or JSON.
        is_of_syntax = bool(text) and unreadable.description.startswith("invalid ")
        return not is_of_syntax or _RESOURCE_WORDS.search(text) is not None

    def end_file(self, *, is_used: bool) -> None:
        """Count a file by what was found in it."""
        if self._template is not None:
            self._templates += 1
            self.note(f"{self._template.place}: skipped, as a template: render it first")
        elif not is_used:
            self._others += 1
        self.files += is_used
        self._template = None

    def note(self, text: str) -> None:
        """Print why something is skipped, if not too many were already."""
        self._notes += 1
        if self._notes <= self.MAX_NOTES:
            say(text)

    def nothing_found(self) -> str:
        """Return that no file has resources."""
        files = counted(self.files + self._others + self._templates, "file")
        skipped = self._list(self._templates, 0)
        return f"no resources found in {files}" + (f" ({skipped})" if skipped else "")

    def __str__(self) -> str:
        """Return what was skipped; nothing if nothing was."""
        return self._list(self._templates, self._others)

    def _list(self, templates: int, others: int) -> str:
        counts = ((others, "other file"), (templates, "template"), (self.values, "templated value"))
        listed = ", ".join(counted(count, word) for count, word in counts if count)
        return f"{listed} skipped" if listed else ""
