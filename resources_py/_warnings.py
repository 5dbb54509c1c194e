"""Values that are legal but probably a mistake."""

from __future__ import annotations

from resources_py._amounts import Amount, Problem, Resource
from resources_py._parameters import _notes


def find_warning(resource: Resource, value: str | int | float, amount: Amount) -> Problem | None:
    """Return the warning about a value, if there is one."""
    for _, reason, description in _notes(resource, "", value, amount):
        return Problem(reason, description)
    return None
