"""What a container needs, as people like to write it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeAlias, TypeVar

from mashumaro import field_options
from mashumaro.config import ADD_DIALECT_SUPPORT, BaseConfig
from mashumaro.mixins.json import DataClassJSONMixin

from resources_py import _json_schema
from resources_py._amounts import NAMES, RESOURCES, Values
from resources_py._combining import Combining
from resources_py._conversions import Conversions
from resources_py._errors import ResourcesTypeError, ResourcesWarning, Violation, quoted
from resources_py._json import decode_json
from resources_py._parameters import (
    CpuValue,
    Declaration,
    ResourceValue,
    Written,
    convert,
    declare,
    declare_values,
    raise_with_unknown,
    split_keys,
)
from resources_py._quantity._type import Quantity, from_state
from resources_py._reasons import Reason
from resources_py._warnings import warn_caller

_Cpu: TypeAlias = str | int | float | tuple[str | int | float | None, str | int | float | None] | None
_Amount: TypeAlias = str | int | tuple[str | int | None, str | int | None] | None
_TYPES = {"_Cpu": _Cpu, "_Amount": _Amount}
# Until the class is made: mashumaro would analyze the types, of values that it passes on as they are, for 3 ms of the
# import.
globals().update(dict.fromkeys(_TYPES, Any))

_R = TypeVar("_R", bound="Resources")

# Pairs are tuples here and lists in a dict.
_AS_WRITTEN: Final = field_options(
    serialize=lambda value: list(value) if type(value) is tuple else value,
    deserialize=lambda value: tuple(value) if type(value) is list else value,
)


# In a class of their own, since `slots=True` makes a class twice, and mashumaro compiles its methods for each.
@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class _Fields(Conversions):
    cpu: _Cpu = field(default=None, metadata=_AS_WRITTEN)
    """CPU in cores, as written."""
    mem: _Amount = field(default=None, metadata=_AS_WRITTEN)
    """Memory in bytes, as written."""
    gpu: _Amount = field(default=None, metadata=_AS_WRITTEN)
    """Number of GPUs, as written."""
    ephemeral_storage: _Amount = field(default=None, metadata=_AS_WRITTEN)
    """Scratch disk in bytes, as written."""


class Resources(Combining, _Fields, DataClassJSONMixin):
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

    __slots__ = ()

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
            if unknown:  # a TypeError, as everywhere in Python
                names = dict(zip(NAMES, (cpu, mem, gpu, ephemeral_storage), strict=True))
                declare_values(names | unknown)
            _fill(self, declare(cpu, mem, gpu, ephemeral_storage))

    def __post_init__(self) -> None:
        """Validate in a subclass that is a dataclass: its own constructor only sets the fields."""
        _fill(self, declare(*self._written()))

    @classmethod
    def _from_values(cls, values: Values) -> Self:
        """Build, without a warning, from what was read from the wire or a stanza, and is valid."""
        sides = [values.get(resource) for resource in RESOURCES]
        return _restore(cls, [pair and (pair[0] if pair[0] == pair[1] else pair) for pair in sides])

    @classmethod
    def _from_written(cls, written: Iterable[Any]) -> Self:
        self = object.__new__(cls)
        _fill(self, declare(*written))
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
        mappings: list[dict[str, Any]] = []
        for side, given in (("requests", requests), ("limits", limits)):
            if isinstance(given, Resources):
                given = dict(zip(NAMES, given._written(), strict=True))
            if given is not None and not isinstance(given, Mapping):
                described = f"{quoted(given)} is not a mapping: write {side}={{'cpu': 1}}"
                violations.append(Violation(side, Reason.WRONG_TYPE, described))
                given = None
            known, unknown = split_keys(given or {}, side)
            mappings.append(known)
            violations += unknown
        pairs = [tuple(mapping.get(name) for mapping in mappings) for name in NAMES]
        values = [None if request is None and limit is None else (request, limit) for request, limit in pairs]
        if violations:
            raise_with_unknown(values, violations)
        return cls._from_written(values)

    @property
    def requests(self) -> Mapping[str, Quantity]:
        """The requests that are set, as a read-only mapping from the parameter's name to its Quantity.

        Example:
            >>> dict(Resources(cpu=(1, None), mem=(None, "1Gi")).requests)
            {'cpu': Quantity('1')}
        """
        found = ((resource.parameter, request) for resource, request, _ in convert(self._written()))
        return MappingProxyType({name: from_state(amount) for name, amount in found if amount is not None})

    @property
    def limits(self) -> Mapping[str, Quantity]:
        """The limits that are set, like :attr:`requests`."""
        found = ((resource.parameter, limit) for resource, _, limit in convert(self._written()))
        return MappingProxyType({name: from_state(amount) for name, amount in found if amount is not None})

    @property
    def warnings(self) -> tuple[ResourcesWarning, ...]:
        """A warning for each value that is legal but probably a mistake.

        Example:
            >>> print(Resources.from_kubernetes({"limits": {"memory": "1024"}}).warnings[0])
            mem[1]: '1024' is less than 1 MiB: is the unit missing, as in 1024Mi? [TINY_MEMORY]
        """
        *_, found = declare(*self._written())
        return tuple(ResourcesWarning(field_, *problem) for field_, problem in found)

    # ---- dict and JSON: mashumaro's methods, where they differ from its defaults

    @classmethod
    def __pre_deserialize__(cls, d: dict[Any, Any]) -> dict[Any, Any]:
        """Reject keys and values together, before mashumaro looks at them."""
        if not isinstance(d, Mapping):
            described = f"{quoted(d)} is not a mapping: write {{'cpu': '500m', 'mem': '1Gi'}}"
            raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, described)])
        known, unknown = split_keys(d)
        if unknown:
            raise_with_unknown([known.get(name) for name in NAMES], unknown)
        return known

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

    # ---- a value

    def _written(self) -> tuple[Written, ...]:
        return self.cpu, self.mem, self.gpu, self.ephemeral_storage

    def _meaning(self) -> list[tuple[int | None, int | None]]:
        return [(request and request[0], limit and limit[0]) for _, request, limit in convert(self._written())]

    def __eq__(self, other: object) -> bool:
        """Compare by meaning, however the values were written."""
        if not isinstance(other, Resources):
            return NotImplemented
        return bytes(self) == bytes(other) or self._meaning() == other._meaning()

    def __hash__(self) -> int:
        """Hash by meaning, as `==` compares."""
        return hash(repr(self._meaning()))  # Python salts the hash of a text, but not that of an int

    def __repr__(self) -> str:
        """Return the call that makes this again, without what is not set."""
        values = zip(NAMES, self._written(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values if value is not None)})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle and copy what was written, without warning again."""
        return _restore, (type(self), self._written())


def _reject_assignment(self: Resources, name: str, *_: object) -> NoReturn:
    advice = f": use dataclasses.replace(resources, {name}=…)" if name in NAMES else ""
    raise FrozenInstanceError(f"cannot change {name!r} of an immutable Resources{advice}")


globals().update(_TYPES)

Resources.__module__ = "resources_py"  # tracebacks and pickles show the name that people import

# help() and editors show no `**unknown`: a keyword that is not a parameter is an error, which names what was meant.
Resources.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    list(inspect.signature(Resources.__init__).parameters.values())[1 : 1 + len(NAMES)]
)
Resources.__setattr__ = Resources.__delattr__ = _reject_assignment  # type: ignore[assignment]

# The slots' own setters, which pass by __setattr__.
_SETTERS: Final = tuple(getattr(Resources, name).__set__ for name in NAMES)
_set_cpu, _set_mem, _set_gpu, _set_ephemeral_storage = _SETTERS
_set_wire: Final = vars(Conversions)["_wire"].__set__


def _fill(self: Resources, declaration: Declaration) -> None:
    """Set what a new Resources holds, and warn."""
    cpu, mem, gpu, ephemeral_storage, wire, warnings = declaration
    _set_cpu(self, cpu)
    _set_mem(self, mem)
    _set_gpu(self, gpu)
    _set_ephemeral_storage(self, ephemeral_storage)
    _set_wire(self, wire)
    if warnings:
        warn_caller(warnings)


def _restore(cls: type[_R], written: Iterable[Written]) -> _R:
    """Build from values that are valid, without a warning."""
    self = object.__new__(cls)
    for set_field, value in zip(_SETTERS, written, strict=True):
        set_field(self, value)
    _set_wire(self, None)
    return self
