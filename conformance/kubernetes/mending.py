"""Mending an object: putting right what was found, so that something else can be seen alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from places import Path, value_at

# A wrong item of these lists is removed whole: without the wrong value, it would lack what is required.
_LISTS: Final = frozenset(("claims", "resizePolicy"))
_VALID: Final = "1"

Place = tuple[Path, bool]  # a path, and whether its key is wrong rather than its value


def mended(value: Any, places: Iterable[Place]) -> Any:
    """Return a copy in which nothing is wrong at `places`, or less than before."""
    value = json.loads(json.dumps(value))
    # From the back: the places in front of an item that is removed stay what they are.
    for path, is_about_key in sorted(places, key=lambda place: [*map(_rank, place[0])], reverse=True):
        _mend(value, path, is_about_key)
    return value


def _rank(key: str | int) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)


def _mend(value: Any, path: Path, is_about_key: bool) -> None:
    for at, key in enumerate(path[:-1]):
        if key in _LISTS and isinstance(path[at + 1], int):
            path, is_about_key = path[: at + 2], True
            break
    if not path:
        return
    key = path[-1]
    parent = value_at(value, path[:-1])
    if isinstance(parent, list) and isinstance(key, int) and key < len(parent):
        del parent[key]
    elif isinstance(parent, dict) and key in parent:
        # Where a valid quantity does not help, as in a map that is a string, nothing should stand.
        if is_about_key or parent[key] == _VALID or isinstance(parent[key], dict | list):
            del parent[key]
        else:
            parent[key] = _VALID
