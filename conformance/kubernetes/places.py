"""The places of findings: ours are paths from the object's root, the API server's are fields: `spec.hard[cpu]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from oracle import FieldError

Path = tuple[str | int, ...]

# The maps whose keys are names of resources: the API server writes these keys in brackets.
_MAPS: Final = {
    *("requests", "limits", "overhead", "podFixed", "hard", "used", "capacity", "allocatable", "allocatedResources"),
    *("min", "max", "default", "defaultRequest", "maxLimitRequestRatio"),
}
# Where the field of an error is not the path of what is wrong: the field, what the message begins with, and the paths
# that are meant. `{name}` is the resource that the message names.
_ELSEWHERE: Final = tuple(
    (re.compile(field + r"\Z"), re.compile(detail), paths)
    for field, detail, paths in (
        (
            r"(.*)\.requests",
            r".*?: must be (?:equal to|less than or equal to) (?P<name>.*) limit of ",
            r"\1.requests[{name}]",
        ),
        (r"(.*)\.limits", r"Required value: Limit must be set for non overcommitable resources", r"\1.requests[*]"),
        (r"(.*\.resources)", r"Forbidden: HugePages require cpu or memory", r"\1.*[hugepages-*]"),
        # Overhead is validated as if it were the limits of a container.
        (r"(.*\.)?overhead", r"Forbidden: HugePages require cpu or memory", r"\1overhead*[hugepages-*]"),
        (r"(.*\.spec|spec)\.overhead\.limits(\[.*\])", r"", r"\1.overhead\2"),
        (r"overhead\.limits(\[.*\])", r"", r"overhead.podFixed\1"),
        # A container's limits beside those of its pod.
        (r"(.*)\.resources\.(containers\[\d+\])\[(.*)\]\.limits", r"", r"\1.\2.resources.limits[\3]"),
        # The item of a list, or the entry of a map, is missing.
        (r"(.*\.resizePolicy)", r"", r"\1*"),
        (r"(spec\.capacity)", r"Unsupported value", r"\1*"),
        (r"(.*\.downwardAPI)\.(resourceFieldRef\.divisor)", r"", r"\1.items[*].\2"),
        # An entry of a map is written like a field, or a field is added.
        (r"(status\.(?:capacity|allocatable))\.(.*)", r"", r"\1[\2]"),
        (r"(spec\.limits\[\d+\])\.limits", r"", r"\1"),
        # A claim template's warnings lack its spec.
        (r"(.*\.volumeClaimTemplates\[\d+\])(\.resources.*)", r"", r"\1.spec\2"),
        # A claim's one request.
        (r"(.*\.resources)\[storage\]", r"", r"\1.requests[storage]"),
    )
)


def field_of(path: Path) -> str:
    """Return the field of a path as the API server writes it."""
    field = ""
    for parent, key in zip(("", *path), path, strict=False):
        if isinstance(key, int) or (parent in _MAPS and key not in _MAPS):
            field += f"[{key}]"
        else:
            field += f".{key}" if field else key
    return field


def unshifted(error: FieldError, value: Any) -> FieldError:
    """Return an error of a StatefulSet with its volumes counted as they stand there.

    Validation puts the volumes of its claim templates in front of them.
    """
    if value.get("kind") != "StatefulSet":
        return error
    count = len(value["spec"].get("volumeClaimTemplates", ()))
    field = re.sub(
        r"^(spec\.template\.spec\.volumes)\[(\d+)\]", lambda found: f"{found[1]}[{int(found[2]) - count}]", error.field
    )
    return error._replace(field=field)


def is_at(error: FieldError, path: Path) -> bool:
    """Return whether an error of the API server is about a path."""
    field = field_of(path)
    return error.field == field or any(_matches(place, field) for place in _places(error))


def _places(error: FieldError) -> Iterator[str]:
    """Yield the patterns of the paths that an error may be about."""
    for field, detail, paths in _ELSEWHERE:
        found, message = field.match(error.field), detail.match(error.detail)
        if found and message:
            yield found.expand(paths).replace("{name}", message.groupdict().get("name", ""))
            return
    yield error.field


def _matches(pattern: str, field: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), field, re.DOTALL) is not None


def find(value: Any, field: str) -> Path | None:
    """Return the path in an object that a field of the API server means; None if nothing stands there."""
    return next((path for path in _paths(value) if is_at(FieldError("", field, ""), path)), None)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from _paths(each, (*path, key))


def value_at(value: Any, path: Path) -> Any:
    """Return what stands at a path; None if there is nothing."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
