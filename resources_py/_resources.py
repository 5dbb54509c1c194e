"""What a container needs, as people like to write it."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from mashumaro import field_options, pass_through
from mashumaro.config import ADD_DIALECT_SUPPORT, BaseConfig
from mashumaro.mixins.json import DataClassJSONMixin

from resourceidl.v1 import resources_pb2 as pb
from resources_py import _amounts, _json_schema, _kubernetes, _wire
from resources_py._amounts import RESOURCES
from resources_py._errors import ResourcesTypeError, ResourcesWarning, Violation, quoted, raise_all
from resources_py._json import decode_json
from resources_py._parameters import (
    CPU_PARAMETER,
    EPHEMERAL_STORAGE_PARAMETER,
    GPU_PARAMETER,
    MEM_PARAMETER,
    NAMES,
    PARAMETERS,
    CpuValue,
    Declared,
    ResourceValue,
    Written,
    declare,
    unknown_key,
    violations_of,
    warnings_of,
)
from resources_py._quantity import Quantity

_Message = TypeVar("_Message")
_R = TypeVar("_R", bound="Resources")


def _listed(value: Written) -> object:
    return list(value) if type(value) is tuple else value


_AS_WRITTEN: Final = field_options(serialize=_listed, deserialize=pass_through)


class _Encoded:
    """Holds the bytes of a Resources beside its fields: they are made while it is declared, and asked for most."""

    __slots__ = ("_wire",)

    if TYPE_CHECKING:  # mashumaro would take an annotation for a field
        _wire: bytes | None  # None until someone asks, if it was not declared but read


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Resources(_Encoded, DataClassJSONMixin):
    """What a container needs: CPU, memory, GPUs and ephemeral storage, each as request and limit.

    One value sets request and limit; a pair, as tuple or list, sets (request, limit), and holds None for a side that
    is not set. Values are Kubernetes quantities: `cpu` in cores, `gpu` in devices, `mem` and `ephemeral_storage` in
    bytes.

    >>> r = Resources(cpu=("500m", 2), mem="1Gi", gpu=1)
    >>> r
    Resources(cpu=('500m', 2), mem='1Gi', gpu=1)
    >>> r.requests["cpu"], r.limits["cpu"], r.limits["mem"]
    (Quantity('500m'), Quantity('2'), Quantity('1Gi'))

    It is immutable, and equal to whatever means the same:

    >>> Resources(cpu=1) == Resources(cpu=(1, "1000m"))
    True

    It is valid by construction. Raises :class:`ResourcesError` with every :class:`Violation` at once, or
    :class:`ResourcesTypeError` where each of them is a wrong type; and warns with :class:`ResourcesWarning` of what is
    legal and hardly meant, such as a tenth of a byte of memory.

    >>> Resources(mem="123Mb")
    Traceback (most recent call last):
    resources_py.ResourcesError: mem: '123Mb' is not a quantity (format): did you mean 123M or 123Mi?
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
        """mashumaro's settings: `to_dict` and the rest take a dialect."""

        code_generation_options = [ADD_DIALECT_SUPPORT]  # type: ignore[list-item]  # noqa: RUF012
        json_schema = {"properties": _json_schema.PROPERTIES}  # noqa: RUF012

    if TYPE_CHECKING:
        # A checker that saw `**unknown` would refuse `Resources(**mapping)`, and could not say which name was meant.
        def __init__(
            self,
            cpu: CpuValue = None,
            mem: ResourceValue = None,
            gpu: ResourceValue = None,
            ephemeral_storage: ResourceValue = None,
        ) -> None: ...
    else:

        def __init__(self, cpu=None, mem=None, gpu=None, ephemeral_storage=None, **unknown) -> None:
            c = declare(CPU_PARAMETER, cpu)
            m = declare(MEM_PARAMETER, mem)
            g = declare(GPU_PARAMETER, gpu)
            e = declare(EPHEMERAL_STORAGE_PARAMETER, ephemeral_storage)
            if unknown or c.remarked or m.remarked or g.remarked or e.remarked:
                # A misspelt keyword is a TypeError, as it is everywhere in Python.
                found = [*violations_of((c, m, g, e)), *(unknown_key(name) for name in unknown)]
                raise_all(found, wrong_types=("WRONG_TYPE", "UNKNOWN_KEY"))
                _warn(warnings_of((c, m, g, e)))
            _fill(self, c, m, g, e)

    @classmethod
    def _from_values(cls, values: _wire.Values) -> Self:
        """Build, without a warning, from what was read of the wire or a stanza and found sound."""
        self = object.__new__(cls)
        for resource, set_attribute in _BY_RESOURCE:
            sides = values.get(resource)
            if sides is not None and sides[0] == sides[1]:
                set_attribute(self, sides[0])  # one value where both sides say the same
            else:
                set_attribute(self, sides)
        _set_wire(self, None)
        return self

    @classmethod
    def from_requests_and_limits(
        cls,
        requests: Mapping[str, Any] | Resources | None = None,
        limits: Mapping[str, Any] | Resources | None = None,
    ) -> Self:
        """Build from two sides, as flytekit's `requests=` and `limits=` name them.

        Each side is a mapping from the parameter's name to one value, or a `Resources` whose values are single.
        Raises and warns as the constructor does; a request is ``cpu[0]`` in a violation, a limit ``cpu[1]``.

        >>> Resources.from_requests_and_limits(requests={"cpu": "500m"}, limits={"cpu": 2, "mem": "1Gi"})
        Resources(cpu=('500m', 2), mem=(None, '1Gi'))
        """
        sides = {"requests": requests, "limits": limits}
        violations: list[Violation] = []
        mappings: list[Mapping[str, Any]] = []
        for side, given in sides.items():
            if isinstance(given, Resources):
                given = {name: getattr(given, name) for name in NAMES}
            elif given is None:
                given = {}
            elif not isinstance(given, Mapping):
                described = f"{quoted(given)} is no mapping: write {side}={{'cpu': 1}}"
                violations.append(Violation(side, "WRONG_TYPE", described))
                given = {}
            violations += [unknown_key(key, side + '["{}"]') for key in given if key not in NAMES]
            mappings.append(given)
        pairs = [tuple(mapping.get(name) for mapping in mappings) for name in NAMES]
        values = [None if pair == (None, None) else pair for pair in pairs]
        declared = list(map(declare, PARAMETERS, values))
        raise_all(violations_of(declared) + violations)
        self = object.__new__(cls)
        _fill(self, *declared)
        _warn(warnings_of(declared))
        return self

    @property
    def requests(self) -> Mapping[str, Quantity]:
        """What is requested: a read-only mapping from the parameter's name to its quantity.

        >>> dict(Resources(cpu=(1, None), mem=(None, "1Gi")).requests)
        {'cpu': Quantity('1')}
        """
        return self._quantities(0)

    @property
    def limits(self) -> Mapping[str, Quantity]:
        """What is limited, as :attr:`requests`."""
        return self._quantities(1)

    @property
    def warnings(self) -> tuple[ResourcesWarning, ...]:
        """All that is legal and hardly meant.

        >>> print(Resources.from_kubernetes({"limits": {"memory": "1024"}}).warnings[0])
        mem[1]: '1024' is less than 1Mi: is the unit missing, as in 1024Mi? [TINY_MEMORY]
        """
        return tuple(warnings_of(self._declared()))

    # ---- dict and JSON: mashumaro's methods; what follows is where they meet the contract

    @classmethod
    def __pre_deserialize__(cls, d: dict[Any, Any]) -> dict[Any, Any]:
        """Refuse keys and values together, before mashumaro looks at them."""
        if type(d) is not dict and not isinstance(d, Mapping):
            raise ResourcesTypeError(
                [Violation("", "WRONG_TYPE", f"{quoted(d)} is no mapping: write {{'cpu': '500m', 'mem': '1Gi'}}")]
            )
        if not _PARAMETER_SET.issuperset(d):
            declared = [declare(p, d.get(p.resource.parameter)) for p in PARAMETERS]
            raise_all(violations_of(declared) + [unknown_key(key) for key in d if key not in NAMES])
        return d

    @classmethod
    def from_json(
        cls, data: str | bytes | bytearray, decoder: Callable[[Any], Any] | None = None, **from_dict_kwargs: Any
    ) -> Self:
        """Read what `to_json` wrote.

        `decoder` takes `data` and gives the dict; the default one refuses a key given twice, NaN and Infinity. Raises
        and warns as the constructor does, with reason UNDECODABLE for what is no JSON.

        >>> Resources.from_json('{"cpu": ["500m", 2], "mem": "1Gi"}')
        Resources(cpu=('500m', 2), mem='1Gi')
        """
        return cls.from_dict(decode_json(data) if decoder is None else decoder(data), **from_dict_kwargs)

    # ---- pydantic, should it ask

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Be the type of a pydantic field."""
        from resources_py import _pydantic

        return _pydantic.schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        """Give the JSON Schema that mashumaro gives."""
        return {**copy.deepcopy(_json_schema.SCHEMA), "title": cls.__name__}

    # ---- the wire

    def __bytes__(self) -> bytes:
        """Give the bytes of ``resourceidl.v1.Resources``: canonical, so equal for equal values of equal format."""
        wire = self._wire
        if wire is None:
            declared = self._declared()
            wire = b"".join([each.requests_wire for each in declared] + [each.limits_wire for each in declared])
            _set_wire(self, wire)
        return wire

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Self:
        """Read the bytes of ``resourceidl.v1.Resources``, from anyone.

        Raises ResourcesError with all that is wrong: the rules stand in the schema's comments. Warns of nothing.

        >>> Resources.from_bytes(bytes(Resources(cpu="0.5")))
        Resources(cpu='500m')
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise ResourcesTypeError(
                [Violation("", "WRONG_TYPE", f"{quoted(data)} is a {type(data).__name__[:20]}: give bytes")]
            )
        data = bytes(data)
        read = _kept if len(data) <= _LONGEST_KEPT else _decoded
        return read(cls, data)  # type: ignore[arg-type]  # typeshed: a class is not Hashable

    @overload
    def to_proto(self) -> pb.Resources: ...
    @overload
    def to_proto(self, message_type: type[_Message]) -> _Message: ...
    def to_proto(self, message_type: Any = pb.Resources) -> Any:
        """Give the message, of our official binding or of any class that reads these bytes: betterproto's, flyteidl's.

        Raises ResourcesTypeError for a class that does not.

        >>> Resources(cpu=1).to_proto().requests[0].value
        '1'
        """
        return _wire.message_of(message_type, bytes(self))

    @classmethod
    def from_proto(cls, message: object) -> Self:
        """Read a message of any binding whose bytes are those of ``resourceidl.v1.Resources``.

        Raises as :meth:`from_bytes`, and ResourcesTypeError for what is no message.
        """
        return cls.from_bytes(_wire.bytes_of(message))

    # ---- Kubernetes

    def to_kubernetes(self, gpu_resource: str = _kubernetes.DEFAULT_GPU_RESOURCE) -> dict[str, dict[str, str]]:
        """Give the ``resources:`` stanza of a container, as plain dicts of canonical strings.

        `gpu_resource` is the cluster's name for its GPUs. Raises ResourcesError for what the API server refuses: a GPU
        request without a limit, or unequal to it.

        >>> Resources(cpu=("0.5", 2), gpu=1).to_kubernetes()
        {'requests': {'cpu': '500m', 'nvidia.com/gpu': '1'}, 'limits': {'cpu': '2', 'nvidia.com/gpu': '1'}}
        """
        gpu = declare(GPU_PARAMETER, self.gpu)
        refused = _amounts.check_gpu_limit(gpu.request, gpu.limit)
        return _kubernetes.to_stanza(self.requests, self.limits, refused, gpu_resource)

    @classmethod
    def from_kubernetes(cls, stanza: Mapping[str, Any], gpu_resource: str = _kubernetes.DEFAULT_GPU_RESOURCE) -> Self:
        """Read the ``resources:`` stanza of a container.

        Values are strings (white space at their ends is trimmed, as Go's JSON reader does), ints or floats. Raises
        ResourcesError for what the API server refuses, and for keys that would be lost. Warns of nothing.

        >>> Resources.from_kubernetes({"limits": {"cpu": 0.5, "memory": "1Gi"}})
        Resources(cpu=(None, '0.5'), mem=(None, '1Gi'))
        """
        return cls._from_values(_kubernetes.read_stanza(stanza, gpu_resource))

    # ---- a value

    def _written(self) -> tuple[Written, ...]:
        return self.cpu, self.mem, self.gpu, self.ephemeral_storage

    def _declared(self) -> list[Declared]:
        return [declare(parameter, value) for parameter, value in zip(PARAMETERS, self._written(), strict=True)]

    def _quantities(self, side: int) -> Mapping[str, Quantity]:
        values = {name: getattr(self, name) for name in NAMES}
        sides = {name: value[side] if type(value) is tuple else value for name, value in values.items()}
        return MappingProxyType({name: Quantity(value) for name, value in sides.items() if value is not None})

    def _meaning(self) -> list[tuple[int | None, int | None]]:
        return [(d.request and d.request[0], d.limit and d.limit[0]) for d in self._declared()]

    def __eq__(self, other: object) -> bool:
        """Compare by meaning: spelling plays no part."""
        if not isinstance(other, Resources):
            return NotImplemented
        return (
            self._written() == other._written()  # 1 and 1.0 mean the same, too
            or bytes(self) == bytes(other)
            or self._meaning() == other._meaning()
        )

    def __hash__(self) -> int:
        """Hash by meaning, as `==` compares."""
        return hash(tuple(self._meaning()))

    def __repr__(self) -> str:
        """Give the call that makes this again, without what is not set."""
        values = ((name, getattr(self, name)) for name in NAMES)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values if value is not None)})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle and copy what is written; being read back is no declaration, and warns of nothing."""
        return _rebuild, (type(self), tuple(getattr(self, name) for name in NAMES))


# The slots' own setters, which pass by the frozen dataclass's __setattr__.
_SETTERS: Final = tuple(getattr(Resources, name).__set__ for name in NAMES)
_BY_RESOURCE: Final = tuple(zip(RESOURCES, _SETTERS, strict=True))
_set_cpu, _set_mem, _set_gpu, _set_ephemeral_storage = _SETTERS
_set_wire: Final = vars(_Encoded)["_wire"].__set__
_PARAMETER_SET: Final = frozenset(NAMES)


def _fill(self: Resources, c: Declared, m: Declared, g: Declared, e: Declared) -> None:
    """Set what a new Resources holds. Written out, and not as a loop, since every declaration comes through here."""
    _set_cpu(self, c.written)
    _set_mem(self, m.written)
    _set_gpu(self, g.written)
    _set_ephemeral_storage(self, e.written)
    parts = (
        c.requests_wire,
        m.requests_wire,
        g.requests_wire,
        e.requests_wire,
        c.limits_wire,
        m.limits_wire,
        g.limits_wire,
        e.limits_wire,
    )
    _set_wire(self, b"".join(parts))


def _decoded(cls: type[_R], data: bytes) -> _R:
    return cls._from_values(_wire.read(_wire.decode(data), for_kubernetes=False))


# A backend is sent the same few declarations over and over. What they are decoded to is immutable, and can be given to
# all who ask: 1024 messages of at most 512 bytes, some two megabytes when full. Refusals are not kept.
_LONGEST_KEPT: Final = 512
_kept: Final = lru_cache(maxsize=1024)(_decoded)


def _rebuild(cls: type[_R], values: tuple[object, ...]) -> _R:
    self = object.__new__(cls)
    _fill(self, *map(declare, PARAMETERS, values))
    return self


_OURS: Final = ("resources_py", "mashumaro", "pydantic", "dataclasses")


def _warn(notes: list[ResourcesWarning]) -> None:
    """Warn, pointing at the line of whoever called into this package, however deep the call went."""
    level, frame = 1, sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    for note in notes:
        warnings.warn(note, stacklevel=level)
