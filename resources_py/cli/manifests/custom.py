"""Quantities in custom resources and values files, found by their shape: only the grammar is judged.

A mapping under ``resources`` (or ``computeResources``) with requests or limits is a stanza, whatever the kind. A
mapping that has only names of resources as keys, cpu or memory among them, is a list of resources: a VPA's
``maxAllowed``.
"""

from collections.abc import Iterator
from typing import Any, Final

from resources_py._resource_names import HUGE_PAGES, is_extended_resource
from resources_py._stanza import SIDES
from resources_py.cli.documents.plain import DuplicateDict
from resources_py.cli.manifests.containers import ROLES, looks_like_a_pod
from resources_py.cli.manifests.problems import CheckedObject, Path, is_other
from resources_py.cli.manifests.subjects import name_of
from resources_py.cli.manifests.texts import warn_about_duplicates
from resources_py.cli.manifests.walk import read_quantity

_STANZAS: Final = ("resources", "computeResources")
# Schemas describe quantities, and labels may have any names.
_IGNORED: Final = frozenset(
    ("openAPIV3Schema", "labels", "annotations", "matchLabels", "nodeSelector", "commonLabels", "commonAnnotations")
)
_COMPUTE: Final = frozenset(("cpu", "memory"))
_STORAGE: Final = frozenset(("storage", "ephemeral-storage", "pods"))
_PATTERN: Final = frozenset("*?<>|&!=()")  # the policies of Kyverno describe quantities with these
_SIGNS: Final = frozenset("0123456789.+-")


def check_by_shape(found: CheckedObject, root: Any) -> None:
    """Check all that has the shape of a stanza, or of a list of resources."""
    todo: list[tuple[Path, Any]] = [((), root)] if _holds(root) else []
    while todo:
        path, value = todo.pop()
        if isinstance(value, list):
            todo += [((*path, index), each) for index, each in reversed([*enumerate(value)]) if _holds(each)]
        elif _is_resource_list(value):
            found.count += 1
            _check_entries(found, value, path, only_numbers=True)
        else:
            if looks_like_a_pod(value):
                found.count += sum(len(value[key]) for key in ROLES if isinstance(value.get(key), list))
            todo += reversed([*_check_mapping(found, value, path)])


def _check_mapping(found: CheckedObject, value: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """Check the stanzas of a mapping; yield its other members that hold values."""
    for key, child in value.items():
        if not _holds(child) or key in _IGNORED:
            continue
        if key in _STANZAS and _is_stanza(child):
            _check_stanza(found, value, child, (*path, key))
        else:
            yield (*path, key), child


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _is_stanza(value: Any) -> bool:
    """Return whether requests or limits stand here, of which none holds other values."""
    if not isinstance(value, dict):
        return False
    sides = [value[side] for side in SIDES if value.get(side) is not None]
    return bool(sides) and all(
        isinstance(side, dict) and not any(isinstance(each, dict | list) for each in side.values()) for side in sides
    )


def _is_resource_list(value: dict[str, Any]) -> bool:
    return not _COMPUTE.isdisjoint(value) and all(
        not isinstance(each, dict | list)
        and (key in _COMPUTE or key in _STORAGE or key.startswith(HUGE_PAGES) or is_extended_resource(key))
        for key, each in value.items()
    )


def _check_stanza(found: CheckedObject, owner: dict[str, Any], stanza: dict[str, Any], path: Path) -> None:
    key, index = path[-3:-1] if len(path) > 2 else ("", "")
    if key in ROLES and isinstance(index, int):
        found.container, found.role = name_of(owner.get("name")) or f"{key}[{index}]", ROLES[str(key)]
        found.depth = len(path)
    else:
        found.count += 1
    if found.is_new(stanza):
        for side in SIDES:
            if isinstance(entries := stanza.get(side), dict):
                _check_entries(found, entries, (*path, side))
    found.container = found.role = ""
    found.depth = 0


def _check_entries(found: CheckedObject, entries: dict[str, Any], path: Path, *, only_numbers: bool = False) -> None:
    """Hold the values to the grammar; with `only_numbers`, those that begin as a number does."""
    for name, value in entries.items():
        is_number = not isinstance(value, str) or (value[:1] in _SIGNS and not value.endswith("%"))
        if value is None or is_other(name) or (only_numbers and (isinstance(value, bool) or not is_number)):
            continue
        if not isinstance(value, str) or _PATTERN.isdisjoint(value):
            read_quantity(found, value, (*path, name), is_entry=True)
    if type(entries) is DuplicateDict:
        warn_about_duplicates(found, entries, path)
