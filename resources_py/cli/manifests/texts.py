"""Warnings about what only the text knows: keys that are written twice, and numbers that look like others."""

from collections.abc import Collection
from typing import Any

from resources_py._errors import quoted
from resources_py._reasons import Reason
from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.manifests.problems import CheckedObject, Path


def warn_about_duplicates(
    found: CheckedObject, mapping: DuplicateDict, path: Path, keys: Collection[str] | None = None
) -> None:
    """Warn about keys that are written twice, if they are among `keys`; None stands for entries of any name."""
    for key in mapping.duplicates:
        if keys is None or key in keys:
            described = f"{quoted(key)[1:-1]} is written twice: the last one counts, and strict readers reject it"
            at = (*path, key)
            found.add(Reason.DUPLICATE_KEY, described, at, is_entry=keys is None, about_key=True, warn=True)


def warn_about_number(found: CheckedObject, value: Any, path: Path, *, is_entry: bool = False) -> None:
    """Warn about a number that does not mean what it looks like."""
    if type(value) is MisreadInt:
        described = f"{value.written} is read as {int(value)}: write {int(value)}, or quote it"
        found.add(Reason.NOT_DECIMAL, described, path, is_entry=is_entry, warn=True)
