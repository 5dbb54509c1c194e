"""What a Resources converts to and from: protobuf, Kubernetes, pydantic."""

import copy
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from resourceidl.v1 import resources_pb2 as pb
from resources_py import _json_schema, _wire
from resources_py._amounts import GPU, Values
from resources_py._errors import ResourcesTypeError, Violation, with_type
from resources_py._parameters import Written, declare
from resources_py._quantity._type import Quantity
from resources_py._reasons import Reason

_Message = TypeVar("_Message")
_C = TypeVar("_C", bound="Conversions")


class Conversions:
    """The methods of :class:`Resources` for other representations, and the bytes that it holds beside its fields."""

    __slots__ = ("_wire",)

    if TYPE_CHECKING:  # mashumaro would take annotations for fields
        _wire: bytes | None  # None until they are asked for, if the Resources was not declared but read

        @property
        def requests(self) -> Mapping[str, Quantity]: ...
        @property
        def limits(self) -> Mapping[str, Quantity]: ...
        def _written(self) -> tuple[Written, ...]: ...

        @classmethod
        def _from_values(cls, values: Values) -> Self: ...

    # ---- protobuf

    def __bytes__(self) -> bytes:
        """Return the bytes of ``resourceidl.v1.Resources``: canonical, so equal for equal values of equal format."""
        wire = self._wire
        if wire is None:
            *_, wire, _ = declare(*self._written())
            _set_wire(self, wire)
        return wire

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, *, kubernetes: bool = False) -> Self:
        """Read the bytes of ``resourceidl.v1.Resources``, which are treated as untrusted.

        Args:
            data: The bytes.
            kubernetes: Also reject what only Kubernetes rejects: a GPU request without a limit or below it, and a
                count that Kubernetes cannot hold.

        Raises:
            ResourcesError: With all violations. The comments of the schema are the specification.
            ResourcesTypeError: `data` is not bytes.

        Example:
            >>> Resources.from_bytes(bytes(Resources(cpu="0.5")))
            Resources(cpu='500m')
        """
        if type(data) is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                described = f"{with_type(data)}: pass bytes"
                raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
            data = bytes(memoryview(data))  # never a subclass, whose hash and equality are its own
        decode = _decode_cached if len(data) <= _MAX_CACHED_BYTES else _decode
        return decode(cls, data, bool(kubernetes))  # type: ignore[arg-type]  # typeshed: a class is not Hashable

    @overload
    def to_proto(self) -> pb.Resources: ...
    @overload
    def to_proto(self, message_type: type[_Message]) -> _Message: ...
    def to_proto(self, message_type: Any = pb.Resources) -> Any:
        """Convert to a protobuf message.

        Args:
            message_type: A class that reads these bytes: of our official binding, betterproto's or flyteidl's.

        Raises:
            ResourcesTypeError: `message_type` is not a message class.

        Example:
            >>> Resources(cpu=1).to_proto().requests[0].value
            '1'
        """
        return _wire.convert_to_message(message_type, bytes(self))

    @classmethod
    def from_proto(cls, message: object, *, kubernetes: bool = False) -> Self:
        """Read a message of any binding whose bytes are those of ``resourceidl.v1.Resources``.

        Args:
            message: The message.
            kubernetes: As in :meth:`from_bytes`.

        Raises:
            ResourcesError: As :meth:`from_bytes`.
            ResourcesTypeError: `message` is not a protobuf message.
        """
        return cls.from_bytes(_wire.convert_to_bytes(message), kubernetes=kubernetes)

    # ---- Kubernetes

    def to_kubernetes(self, gpu_resource: str = GPU.kubernetes) -> dict[str, dict[str, str]]:
        """Return the ``resources:`` stanza of a container, as plain dicts of canonical strings.

        Args:
            gpu_resource: The cluster's name for its GPUs.

        Raises:
            ResourcesError: The API server would reject the stanza: a GPU request has no limit, or differs from it.

        Example:
            >>> Resources(cpu=("0.5", 2), gpu=1).to_kubernetes()
            {'requests': {'cpu': '500m', 'nvidia.com/gpu': '1'}, 'limits': {'cpu': '2', 'nvidia.com/gpu': '1'}}
        """
        from resources_py import _kubernetes  # a tenth of the import

        return _kubernetes.to_stanza(self.requests, self.limits, gpu_resource)

    @classmethod
    def from_kubernetes(cls, stanza: Mapping[str, Any], gpu_resource: str = GPU.kubernetes) -> Self:
        """Read the ``resources:`` stanza of a container.

        Args:
            stanza: Requests and limits; values are strings (spaces around them are trimmed), ints or floats.
            gpu_resource: The cluster's name for its GPUs.

        Raises:
            ResourcesError: The API server would reject the stanza, or a key would be lost.

        Example:
            >>> Resources.from_kubernetes({"limits": {"cpu": 0.5, "memory": "1Gi"}})
            Resources(cpu=(None, '0.5'), mem=(None, '1Gi'))
        """
        from resources_py import _kubernetes

        return cls._from_values(_kubernetes.read_stanza(stanza, gpu_resource))

    # ---- pydantic

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Return the schema of a pydantic field of this type."""
        from resources_py import _pydantic

        return _pydantic.schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON Schema that mashumaro returns."""
        return {**copy.deepcopy(_json_schema.SCHEMA), "title": cls.__name__}


_set_wire: Final = vars(Conversions)["_wire"].__set__


def _decode(cls: type[_C], data: bytes, kubernetes: bool) -> _C:
    return cls._from_values(_wire.read(_wire.decode(data), for_kubernetes=kubernetes))


# A backend receives the same few declarations over and over. What they decode to is immutable, so equal bytes share it:
# 1,024 messages of at most 512 bytes are two megabytes. Errors are not kept.
_MAX_CACHED_BYTES: Final = 512
_decode_cached: Final = lru_cache(maxsize=1024)(_decode)
