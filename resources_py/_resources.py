"""What a container needs, as people like to write it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeVar, overload

from mashumaro import field_options, pass_through
from mashumaro.config import ADD_DIALECT_SUPPORT, BaseConfig
from mashumaro.mixins.json import DataClassJSONMixin

from resourceidl.v1 import resources_pb2 as pb
from resources_py import _json_schema, _kubernetes, _wire
from resources_py._amounts import RESOURCES, check_gpu_limit
from resources_py._errors import ResourcesError, ResourcesTypeError, ResourcesWarning, Violation, quoted, raise_all
from resources_py._json import decode_json
from resources_py._parameters import (
    NAMES,
    CpuValue,
    Declaration,
    ResourceValue,
    Written,
    declare,
    unknown_key,
)
from resources_py._quantity import Quantity, from_state
from resources_py._reasons import Reason
from resources_py._warnings import warn_caller

_Message = TypeVar("_Message")
_R = TypeVar("_R", bound="Resources")


def _listed(value: Written) -> object:
    return list(value) if type(value) is tuple else value


_AS_WRITTEN: Final = field_options(serialize=_listed, deserialize=pass_through)


class _Encoded:
    """Holds the bytes of a Resources beside its fields."""

    __slots__ = ("_wire",)

    if TYPE_CHECKING:  # mashumaro would take an annotation for a field
        _wire: bytes | None  # None until they are asked for, if the Resources was not declared but read


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Resources(_Encoded, DataClassJSONMixin):
    """What a container needs: CPU, memory, GPUs and ephemeral storage, each as request and limit.

    One value sets request and limit. A pair, as tuple or list, sets (request, limit), and holds None for a side that
    is not set. Values are Kubernetes quantities. A Resources is immutable, hashable, and equal to whatever means the
    same.

    Args:
        cpu: CPU in cores: a str, an int, a float, a Decimal, or a pair of them.
        mem: Memory in bytes: a str, an int, or a pair of them.
        gpu: Number of GPUs, whole: a str, an int, or a pair of them.
        ephemeral_storage: Scratch disk in bytes: a str, an int, or a pair of them.

    Raises:
        ResourcesError: With a :class:`Violation` for everything that is wrong.
        ResourcesTypeError: Every violation is a wrong type, or a misspelled keyword.

    Warns:
        ResourcesWarning: For each value that is legal but probably a mistake, at the caller's line.

    Example:
        >>> r = Resources(cpu=("500m", 2), mem="1Gi", gpu=1)
        >>> r
        Resources(cpu=('500m', 2), mem='1Gi', gpu=1)
        >>> r.requests["cpu"], r.limits["cpu"], r.limits["mem"]
        (Quantity('500m'), Quantity('2'), Quantity('1Gi'))
        >>> Resources(cpu=1) == Resources(cpu=(1, "1000m"))
        True
        >>> Resources(mem="123Mb")
        Traceback (most recent call last):
        resources_py.ResourcesError: mem: '123Mb' is not a quantity: did you mean 123M or 123Mi?

    """

    cpu: str | int | float | tuple[str | int | float | None, str | int | float | None] | None = field(
        default=None, metadata=_AS_WRITTEN
    )
    """CPU in cores, as written."""
    mem: str | int | tuple[str | int | None, str | int | None] | None = field(default=None, metadata=_AS_WRITTEN)
    """Memory in bytes, as written."""
    gpu: str | int | tuple[str | int | None, str | int | None] | None = field(default=None, metadata=_AS_WRITTEN)
    """Number of GPUs, as written."""
    ephemeral_storage: str | int | tuple[str | int | None, str | int | None] | None = field(
        default=None, metadata=_AS_WRITTEN
    )
    """Scratch disk in bytes, as written."""

    class Config(BaseConfig):
        """mashumaro's settings: `to_dict` and the rest accept a dialect."""

        code_generation_options = [ADD_DIALECT_SUPPORT]  # type: ignore[list-item]  # noqa: RUF012
        json_schema = {"properties": _json_schema.PROPERTIES}  # noqa: RUF012

    if TYPE_CHECKING:
        # With `**unknown`, a type checker would accept any keyword.
        def __init__(
            self,
            cpu: CpuValue = None,
            mem: ResourceValue = None,
            gpu: ResourceValue = None,
            ephemeral_storage: ResourceValue = None,
        ) -> None: ...
    else:

        def __init__(
            self,
            cpu: CpuValue = None,
            mem: ResourceValue = None,
            gpu: ResourceValue = None,
            ephemeral_storage: ResourceValue = None,
            **unknown: object,
        ) -> None:
            values = (cpu, mem, gpu, ephemeral_storage)
            if unknown:  # a TypeError, as everywhere in Python
                _raise_unknown(values, map(unknown_key, unknown), (Reason.WRONG_TYPE, Reason.UNKNOWN_KEY))
            _fill(self, declare(values))

    @classmethod
    def _from_values(cls, values: _wire.Values) -> Self:
        """Build, without a warning, from what was read from the wire or a stanza, and is valid."""
        self = object.__new__(cls)
        for resource, set_field in zip(RESOURCES, _SETTERS, strict=True):
            sides = values.get(resource)
            set_field(self, sides[0] if sides is not None and sides[0] == sides[1] else sides)
        _set_wire(self, None)
        return self

    @classmethod
    def from_requests_and_limits(
        cls,
        requests: Mapping[str, Any] | Resources | None = None,
        limits: Mapping[str, Any] | Resources | None = None,
    ) -> Self:
        """Build from two sides, as flytekit's `requests=` and `limits=` name them.

        Args:
            requests: A mapping from the parameter's name to one value, or a Resources whose values are single.
            limits: Likewise.

        Returns:
            A Resources whose values are pairs.

        Raises:
            ResourcesError: As the constructor. The field of a request is ``cpu[0]``, of a limit ``cpu[1]``.

        Warns:
            ResourcesWarning: As the constructor.

        Example:
            >>> Resources.from_requests_and_limits(requests={"cpu": "500m"}, limits={"cpu": 2, "mem": "1Gi"})
            Resources(cpu=('500m', 2), mem=(None, '1Gi'))

        """
        violations: list[Violation] = []
        mappings: list[Mapping[str, Any]] = []
        for side, given in (("requests", requests), ("limits", limits)):
            if isinstance(given, Resources):
                given = dict(zip(NAMES, given._written(), strict=True))
            if given is not None and not isinstance(given, Mapping):
                described = f"{quoted(given)} is not a mapping: write {side}={{'cpu': 1}}"
                violations.append(Violation(side, Reason.WRONG_TYPE, described))
                given = None
            mappings.append(given or {})
            violations += [unknown_key(key, side + '["{}"]') for key in given or () if key not in NAMES]
        pairs = [tuple(mapping.get(name) for mapping in mappings) for name in NAMES]
        values = [None if request is None and limit is None else (request, limit) for request, limit in pairs]
        if violations:
            _raise_unknown(values, violations)
        self = object.__new__(cls)
        _fill(self, declare(values))
        return self

    @property
    def requests(self) -> Mapping[str, Quantity]:
        """The requests that are set: a read-only mapping from the parameter's name to its Quantity.

        Example:
            >>> dict(Resources(cpu=(1, None), mem=(None, "1Gi")).requests)
            {'cpu': Quantity('1')}

        """
        settings = zip(NAMES, self._declaration().settings, strict=True)
        return MappingProxyType({name: from_state(s.request) for name, s in settings if s.request is not None})

    @property
    def limits(self) -> Mapping[str, Quantity]:
        """The limits that are set, like :attr:`requests`."""
        settings = zip(NAMES, self._declaration().settings, strict=True)
        return MappingProxyType({name: from_state(s.limit) for name, s in settings if s.limit is not None})

    @property
    def warnings(self) -> tuple[ResourcesWarning, ...]:
        """A warning for each value that is legal but probably a mistake.

        Example:
            >>> print(Resources.from_kubernetes({"limits": {"memory": "1024"}}).warnings[0])
            mem[1]: '1024' is less than 1 MiB: is the unit missing, as in 1024Mi? [TINY_MEMORY]

        """
        return tuple(ResourcesWarning(field_, *problem) for field_, problem in self._declaration().warnings)

    # ---- dict and JSON: mashumaro's methods, where they differ from its defaults

    @classmethod
    def __pre_deserialize__(cls, d: dict[Any, Any]) -> dict[Any, Any]:
        """Reject keys and values together, before mashumaro looks at them."""
        if not isinstance(d, Mapping):
            described = f"{quoted(d)} is not a mapping: write {{'cpu': '500m', 'mem': '1Gi'}}"
            raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
        if unknown := [unknown_key(key) for key in d if key not in NAMES]:
            _raise_unknown([d.get(name) for name in NAMES], unknown)
        return d

    @classmethod
    def from_json(
        cls, data: str | bytes | bytearray, decoder: Callable[[Any], Any] | None = None, **from_dict_kwargs: Any
    ) -> Self:
        """Read what `to_json` wrote.

        Args:
            data: JSON.
            decoder: Takes `data` and returns the dict. The default rejects duplicate keys, NaN and Infinity.
            **from_dict_kwargs: Arguments of `from_dict`.

        Raises:
            ResourcesError: As the constructor; with reason UNDECODABLE, `data` is not JSON.

        Warns:
            ResourcesWarning: As the constructor.

        Example:
            >>> Resources.from_json('{"cpu": ["500m", 2], "mem": "1Gi"}')
            Resources(cpu=('500m', 2), mem='1Gi')

        """
        return cls.from_dict(decode_json(data) if decoder is None else decoder(data), **from_dict_kwargs)

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

    # ---- the wire

    def __bytes__(self) -> bytes:
        """Return the bytes of ``resourceidl.v1.Resources``: canonical, so equal for equal values of equal format."""
        if self._wire is None:
            _set_wire(self, self._declaration().wire)
        return self._wire  # type: ignore[return-value]

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
        if not isinstance(data, (bytes, bytearray, memoryview)):
            described = f"{quoted(data)} is a {type(data).__name__[:20]}: pass bytes"
            raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
        data = bytes(data)
        decode = _decode_cached if len(data) <= _MAX_CACHED_BYTES else _decode
        return decode(cls, data, kubernetes)  # type: ignore[arg-type]  # typeshed: a class is not Hashable

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

    def to_kubernetes(self, gpu_resource: str = _kubernetes.DEFAULT_GPU_RESOURCE) -> dict[str, dict[str, str]]:
        """Return the ``resources:`` stanza of a container, as plain dicts of canonical strings.

        Args:
            gpu_resource: The cluster's name for its GPUs.

        Raises:
            ResourcesError: The API server would reject the stanza: a GPU request has no limit, or differs from it.

        Example:
            >>> Resources(cpu=("0.5", 2), gpu=1).to_kubernetes()
            {'requests': {'cpu': '500m', 'nvidia.com/gpu': '1'}, 'limits': {'cpu': '2', 'nvidia.com/gpu': '1'}}

        """
        gpu = self._declaration().settings[NAMES.index("gpu")]
        problem = check_gpu_limit(gpu.request, gpu.limit)
        return _kubernetes.to_stanza(self.requests, self.limits, problem, gpu_resource)

    @classmethod
    def from_kubernetes(cls, stanza: Mapping[str, Any], gpu_resource: str = _kubernetes.DEFAULT_GPU_RESOURCE) -> Self:
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
        return cls._from_values(_kubernetes.read_stanza(stanza, gpu_resource))

    # ---- a value

    def _written(self) -> tuple[Written, ...]:
        return self.cpu, self.mem, self.gpu, self.ephemeral_storage

    def _declaration(self) -> Declaration:
        return declare(self._written())

    def _meaning(self) -> list[tuple[int | None, int | None]]:
        return [(s.request and s.request[0], s.limit and s.limit[0]) for s in self._declaration().settings]

    def __eq__(self, other: object) -> bool:
        """Compare by meaning, however the values were written."""
        if not isinstance(other, Resources):
            return NotImplemented
        return bytes(self) == bytes(other) or self._meaning() == other._meaning()

    def __hash__(self) -> int:
        """Hash by meaning, as `==` compares."""
        return hash(tuple(self._meaning()))

    def __repr__(self) -> str:
        """Return the call that makes this again, without what is not set."""
        values = zip(NAMES, self._written(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values if value is not None)})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle and copy what was written, without warning again."""
        return _rebuild, (type(self), self._written())


def _reject_assignment(self: Resources, name: str, *_: object) -> NoReturn:
    advice = f": use dataclasses.replace(resources, {name}=…)" if name in NAMES else ""
    raise FrozenInstanceError(f"cannot change {name!r} of an immutable Resources{advice}")


# help() and editors show no `**unknown`: a keyword that is not a parameter is an error, which names what was meant.
_signature = inspect.signature(Resources)
Resources.__signature__ = _signature.replace(  # type: ignore[attr-defined]
    parameters=[_signature.parameters[name] for name in NAMES]
)
Resources.__setattr__ = Resources.__delattr__ = _reject_assignment  # type: ignore[assignment]

# The slots' own setters, which pass by __setattr__.
_SETTERS: Final = tuple(getattr(Resources, name).__set__ for name in NAMES)
_set_wire: Final = vars(_Encoded)["_wire"].__set__


def _fill(self: Resources, declaration: Declaration, *, warn: bool = True) -> None:
    """Set what a new Resources holds."""
    for setting, set_field in zip(declaration.settings, _SETTERS, strict=True):
        set_field(self, setting.written)
    _set_wire(self, declaration.wire)
    if warn and declaration.warnings:
        warn_caller(declaration.warnings)


def _raise_unknown(
    values: Iterable[object], unknown: Iterable[Violation], wrong_types: tuple[str, ...] = (Reason.WRONG_TYPE,)
) -> NoReturn:
    """Raise the violations of unknown keys, after those of the values."""
    violations: list[Violation] = []
    try:
        declare(values)
    except ResourcesError as error:
        violations += error.violations
    raise_all([*violations, *unknown], wrong_types)
    raise AssertionError("no key is unknown")


def _rebuild(cls: type[_R], values: tuple[object, ...]) -> _R:
    self = object.__new__(cls)
    _fill(self, declare(values), warn=False)
    return self


def _decode(cls: type[_R], data: bytes, kubernetes: bool) -> _R:
    return cls._from_values(_wire.read(_wire.decode(data), for_kubernetes=kubernetes))


# A backend receives the same few declarations over and over. What they decode to is immutable, so equal bytes share it:
# 1,024 messages of at most 512 bytes are two megabytes. Errors are not kept.
_MAX_CACHED_BYTES: Final = 512
_decode_cached: Final = lru_cache(maxsize=1024)(_decode)
