"""What a container needs besides amounts: an accelerator, and shared memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from resourceidl.v1 import extended_resources_pb2 as pb
from resources_py import _accelerators
from resources_py._accelerators import Class, Model
from resources_py._advice import split_device
from resources_py._amounts import Problem
from resources_py._container_rules import check_extended
from resources_py._errors import Violation, quoted
from resources_py._quantity._type import Quantity
from resources_py._reasons import Reason
from resources_py._shared_memory import SharedMemory, read_shared_memory
from resources_py._texts import name_of, read_enum, read_text
from resources_py._value import AS_WRITTEN, Content, DeclaredValue, immutable


@immutable
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class ExtendedResources(DeclaredValue):
    """What a container needs besides amounts: the accelerator that `gpu` counts, and shared memory.

    Args:
        accelerator: A name of the catalogue, such as "A100", "V5P" or "MI300X"; or any device string, as the cluster's
            nodes have it in a label.
        partition: The size of a partition, such as "1g.5gb", or the topology of a slice, such as "2x2x1". False: the
            device must not be partitioned. None: it does not matter.
        device_class: A name of ``GPUAccelerator.DeviceClass``. That of the catalogue if omitted.
        accelerator_model: A name of ``AcceleratorModel``, for a reader that does not know the device string.
        shared_memory: A SharedMemory; True, for one as large as the memory; or its size.

    Raises:
        ResourcesError: With a :class:`Violation` for everything that is wrong.

    Warns:
        ResourcesWarning: The catalogue does not have this partition, or has the device in another spelling; or the
            device ends with a count, as in "A100:8".

    Example:
        >>> extended = ExtendedResources("A100", "1g.5gb", shared_memory="8Gi")
        >>> extended.to_proto().gpu_accelerator.device
        'nvidia-tesla-a100'
        >>> extended
        ExtendedResources(accelerator='A100', partition='1g.5gb', shared_memory='8Gi')
    """

    accelerator: str | None = field(default=None, metadata=AS_WRITTEN)
    """The accelerator, as written."""
    partition: str | Literal[False] | None = field(default=None, metadata=AS_WRITTEN)
    """The partition; False if the device must not be partitioned."""
    device_class: str | int | None = field(default=None, metadata=AS_WRITTEN)
    """The class, as written; a number if the schema has no name for it."""
    accelerator_model: str | int | None = field(default=None, metadata=AS_WRITTEN)
    """The model, as written; a number if the schema has no name for it."""
    shared_memory: SharedMemory | str | int | bool | None = field(default=None, metadata=AS_WRITTEN)
    """The shared memory, as written."""

    _message_type = pb.ExtendedResources

    if TYPE_CHECKING:

        def __init__(
            self,
            accelerator: str | None = None,
            partition: str | Literal[False] | None = None,
            *,
            device_class: str | int | None = None,
            accelerator_model: str | int | None = None,
            shared_memory: SharedMemory | Mapping[str, Any] | Quantity | str | int | bool | None = None,
        ) -> None: ...
    else:

        def __init__(
            self,
            accelerator: str | None = None,
            partition: str | Literal[False] | None = None,
            *,
            device_class: str | int | None = None,
            accelerator_model: str | int | None = None,
            shared_memory: SharedMemory | Mapping[str, Any] | Quantity | str | int | bool | None = None,
            **unknown: object,
        ) -> None:
            values = accelerator, partition, device_class, accelerator_model, shared_memory
            self._init(dict(zip(_NAMES, values, strict=True)), unknown)

    @classmethod
    def _declare(cls, given: dict[str, Any], violations: list[Violation]) -> Content:
        found: list[Violation] = []
        accelerator, partition = given.get("accelerator"), given.get("partition")
        if accelerator is not None:
            accelerator = read_text("accelerator", accelerator, "A100", found)
        if partition is not None and partition is not False:
            partition = read_text("partition", partition, "1g.5gb", found)
        device_class, class_number = read_enum("device_class", given.get("device_class"), Class, found)
        model, model_number = read_enum("accelerator_model", given.get("accelerator_model"), Model, found)
        shared, memory = read_shared_memory(given.get("shared_memory"), found)
        entry = _accelerators.find(accelerator) if accelerator and device_class is None else None
        message = pb.ExtendedResources(shared_memory=memory)
        if (accelerator, partition, device_class, model) != (None, None, None, None):
            wanted = message.gpu_accelerator
            wanted.SetInParent()
            wanted.device = _accelerators.resolve(accelerator or "")
            wanted.device_class = entry.device_class if entry else class_number  # type: ignore[assignment]
            wanted.accelerator_model = model_number  # type: ignore[assignment]
            if partition is False:
                wanted.unpartitioned = True
            elif partition:
                wanted.partition_size = partition
        judged = cls._check(message, for_kubernetes=False)
        violations += found or [v._replace(field=PARAMETERS[v.field]) for v in judged]
        attributes = dict(zip(_NAMES, (accelerator, partition, device_class, model, shared), strict=True))
        return Content(attributes, message)

    @classmethod
    def _check(cls, message: Any, *, for_kubernetes: bool) -> list[Violation]:
        return check_extended(message, for_kubernetes=for_kubernetes)

    @classmethod
    def _read(cls, message: Any) -> Content:
        wanted = message.gpu_accelerator
        partition = False if wanted.unpartitioned else wanted.partition_size or None
        device_class, model = name_of(Class, wanted.device_class), name_of(Model, wanted.accelerator_model)
        accelerator = wanted.device or None
        if message.HasField("gpu_accelerator") and (partition, device_class, model) == (None, None, None):
            accelerator = wanted.device  # any accelerator, if it is empty
        shared = SharedMemory._from_message(message.shared_memory) if message.HasField("shared_memory") else None
        return Content(dict(zip(_NAMES, (accelerator, partition, device_class, model, shared), strict=True)), message)

    def _find_warnings(self) -> list[tuple[str, Problem]]:
        found: list[tuple[str, Problem]] = []
        entry = _accelerators.find(self.accelerator) if self.accelerator else None
        if self.accelerator and entry is None and (described := _describe_unknown(self.accelerator)):
            found.append(("accelerator", Problem(Reason.UNKNOWN_DEVICE, described)))
        if self.partition and entry and self.partition not in entry.partitions:
            known = ", ".join(entry.partitions) or "none"
            described = f"{quoted(self.partition)} is not a known partition of {entry.name}: {known}"
            found.append(("partition", Problem(Reason.UNKNOWN_PARTITION, described)))
        if isinstance(self.shared_memory, SharedMemory):
            found += [(f"shared_memory.{name}", problem) for name, problem in self.shared_memory._find_warnings()]
        elif self.shared_memory is not None and not isinstance(self.shared_memory, bool):
            shared = SharedMemory._from_message(self._message().shared_memory)
            found += [("shared_memory", problem) for _, problem in shared._find_warnings()]
        return found

    def _find_own_warnings(self) -> list[tuple[str, Problem]]:
        """Return the warnings without those that a SharedMemory has raised by itself."""
        return [(name, problem) for name, problem in self._find_warnings() if not name.startswith("shared_memory.")]

    def _meaning(self) -> object:
        message = self._message()
        wanted = message.gpu_accelerator
        accelerator = message.HasField("gpu_accelerator") and (
            _accelerators.device_of(wanted),
            False if wanted.unpartitioned else wanted.partition_size or None,
            _accelerators.class_of(wanted),
            wanted.accelerator_model,
        )
        shared = message.HasField("shared_memory") and SharedMemory._from_message(message.shared_memory)._meaning()
        return accelerator, shared


def _describe_unknown(accelerator: str) -> str | None:
    """Describe a device that the catalogue does not have, if it is probably a mistake."""
    if device := split_device(accelerator):
        advice = f"write gpu={device[1]} and ExtendedResources({quoted(device[0])}), or use parse_accelerator"
        return f"{quoted(accelerator)} names a device and a count: {advice}"
    if similar := _accelerators.find_similar(accelerator):
        return f"{quoted(accelerator)} is sent as it is: did you mean {similar.name}?"
    return None


_NAMES = tuple(ExtendedResources.__dataclass_fields__)
# The parameter of each field that may have a violation.
PARAMETERS = {
    "gpu_accelerator": "accelerator",
    "gpu_accelerator.device": "accelerator",
    "gpu_accelerator.partition_size": "partition",
    "gpu_accelerator.device_class": "device_class",
    "gpu_accelerator.accelerator_model": "accelerator_model",
    "shared_memory.mount_path": "shared_memory.mount_path",
    "shared_memory.mount_name": "shared_memory.mount_name",
    "shared_memory.size_limit": "shared_memory.size_limit",
}
