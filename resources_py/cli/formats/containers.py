"""What a container asks for beyond the four resources, and what of it an output cannot hold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import resources_py
from resources_py import Violation
from resources_py._errors import field_path, quoted
from resources_py._reasons import Reason
from resources_py.cli.formats.base import AnyResources, Places, Reading

if TYPE_CHECKING:
    from resources_py import ContainerResources, Resources


class Lost(NamedTuple):
    """A part that an output cannot hold."""

    part: str  # extended, named or claims
    name: str  # in this part; nothing for claims
    description: str

    @property
    def violation(self) -> Violation:
        """The loss as an error's violation."""
        field = field_path(self.part, self.name) if self.part == "named" else f"{self.part}.{self.name}".rstrip(".")
        return Violation(field, Reason.UNKNOWN_KEY, self.description)


def find_lost(declared: AnyResources, reading: Reading) -> list[Lost]:
    """Return the parts that the output cannot hold."""
    return (
        [] if isinstance(declared, resources_py.Resources) else [*_iter_lost(declared, reading.places, reading.advice)]
    )


def _iter_lost(container: "ContainerResources", places: Places, advice: str) -> Iterator[Lost]:
    def lost(part: str, name: str) -> Lost:
        what = quoted(name) if part == "named" else name or part
        return Lost(part, name, f"{places.holder} has no place for {what}: {places.advice or advice}")

    if not places.extended:
        yield from (lost("extended", name) for name in extended_of(container))
    if not places.named:
        yield from (lost("named", name) for name in container.named)
    if not places.claims and container.claims:
        yield lost("claims", "")


def simplify(declared: AnyResources) -> AnyResources:
    """Return a Resources, if that can hold all of it."""
    if isinstance(declared, resources_py.Resources) or declared.named or declared.claims or extended_of(declared):
        return declared
    return declared.resources


def resources_of(declared: AnyResources) -> "Resources":
    """Return the four resources."""
    return declared if isinstance(declared, resources_py.Resources) else declared.resources


def container_of(declared: AnyResources) -> "ContainerResources":
    """Return everything as one value."""
    return resources_py.ContainerResources(declared) if isinstance(declared, resources_py.Resources) else declared


def extended_of(container: "ContainerResources") -> dict[str, Any]:
    """Return what is set of the accelerator and the shared memory."""
    return _without_none(container.extended.to_dict()) if bytes(container.extended) else {}


def to_dict(declared: AnyResources) -> dict[str, Any]:
    """Return the dict that reads back as the same, without what is not set."""
    if isinstance(declared, resources_py.Resources):
        return _without_none(declared.to_dict())
    values = declared.to_dict() | {"resources": to_dict(declared.resources), "extended": extended_of(declared)}
    return {key: value for key, value in values.items() if value or key == "resources"}


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
