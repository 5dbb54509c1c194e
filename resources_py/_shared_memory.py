"""Shared memory of a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resourceidl.v1 import extended_resources_pb2 as pb
from resources_py._amounts import MEMORY, Problem, parse_amount
from resources_py._container_rules import check_extended
from resources_py._errors import ResourcesError, Violation
from resources_py._quantity._type import Quantity
from resources_py._texts import read_size, read_text, text_of_size
from resources_py._value import AS_WRITTEN, Content, DeclaredValue, immutable
from resources_py._warnings import find_warning

# flytekit's.
MOUNT_PATH: Final = "/dev/shm"
MOUNT_NAME: Final = "flyte-shared-memory"


@immutable
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class SharedMemory(DeclaredValue):
    """A memory file system of a container.

    Args:
        size_limit: The most bytes that it can hold: a str or an int. As much as the container's memory if omitted.
        mount_path: Where it is mounted.
        mount_name: The name of the volume.

    Raises:
        ResourcesError: With a :class:`Violation` for everything that is wrong.

    Example:
        >>> SharedMemory("8Gi")
        SharedMemory(size_limit='8Gi')
    """

    size_limit: str | int | None = field(default=None, metadata=AS_WRITTEN)
    """The most bytes, as written."""
    mount_path: str = field(default=MOUNT_PATH, metadata=AS_WRITTEN)
    """Where it is mounted."""
    mount_name: str = field(default=MOUNT_NAME, metadata=AS_WRITTEN)
    """The name of the volume."""

    _message_type = pb.SharedMemory

    if TYPE_CHECKING:

        def __init__(
            self,
            size_limit: str | int | Quantity | None = None,
            mount_path: str = MOUNT_PATH,
            mount_name: str = MOUNT_NAME,
        ) -> None: ...
    else:

        def __init__(
            self,
            size_limit: str | int | Quantity | None = None,
            mount_path: str = MOUNT_PATH,
            mount_name: str = MOUNT_NAME,
            **unknown: object,
        ) -> None:
            self._init({"size_limit": size_limit, "mount_path": mount_path, "mount_name": mount_name}, unknown)

    @classmethod
    def _declare(cls, given: dict[str, Any], violations: list[Violation]) -> Content:
        found: list[Violation] = []
        attributes = {
            "size_limit": read_size("size_limit", given.get("size_limit"), found),
            "mount_path": read_text("mount_path", given.get("mount_path", MOUNT_PATH), MOUNT_PATH, found),
            "mount_name": read_text("mount_name", given.get("mount_name", MOUNT_NAME), "shm", found),
        }
        message = pb.SharedMemory(**{**attributes, "size_limit": text_of_size(attributes["size_limit"])})  # type: ignore[arg-type]
        violations += found or cls._check(message, for_kubernetes=False)
        return Content(attributes, message)

    @classmethod
    def _check(cls, message: Any, *, for_kubernetes: bool) -> list[Violation]:
        found = check_extended(pb.ExtendedResources(shared_memory=message), for_kubernetes=for_kubernetes)
        return [violation._replace(field=violation.field.removeprefix("shared_memory.")) for violation in found]

    @classmethod
    def _read(cls, message: Any) -> Content:
        names = {"mount_path": message.mount_path, "mount_name": message.mount_name}
        return Content({"size_limit": message.size_limit or None, **names}, message)

    def _find_warnings(self) -> list[tuple[str, Problem]]:
        if self.size_limit is None:
            return []
        amount = parse_amount(MEMORY, text_of_size(self.size_limit))
        warning = None if isinstance(amount, Problem) else find_warning(MEMORY, self.size_limit, amount)
        return [("size_limit", warning)] if warning else []

    def _meaning(self) -> object:
        amount = self.size_limit is not None and parse_amount(MEMORY, text_of_size(self.size_limit))
        return amount and amount[0], self.mount_path, self.mount_name


def read_shared_memory(value: object, violations: list[Violation]) -> tuple[Any, pb.SharedMemory | None]:
    """Return what to keep of the parameter `shared_memory`, and the message that it means."""
    if value is None or value is False:
        return value, None
    found: list[Violation] = []
    if isinstance(value, SharedMemory):
        return value, value._message()
    if isinstance(value, Mapping):
        try:
            shared = SharedMemory.from_dict(value)
            return shared, shared._message()
        except ResourcesError as error:
            violations += [v._replace(field=f"shared_memory.{v.field}") for v in error.violations]
            return None, None
    content = SharedMemory._declare({} if value is True else {"size_limit": value}, found)
    violations += [v._replace(field="shared_memory") for v in found]
    return value is True or content.attributes["size_limit"], content.message
