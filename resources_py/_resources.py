"""What a container needs, as people like to write it."""

from __future__ import annotations

import json
import operator
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Never, Self, SupportsIndex, TypeAlias, TypeVar, cast, overload

from mashumaro import field_options, pass_through
from mashumaro.config import ADD_DIALECT_SUPPORT, BaseConfig
from mashumaro.mixins.json import DataClassJSONMixin

from resourceidl.v1 import resources_pb2 as pb
from resources_py import _kubernetes, _rules, _wire
from resources_py._errors import ResourcesError, ResourcesTypeError, ResourcesWarning, Violation, quoted, raise_all
from resources_py._names import did_you_mean
from resources_py._quantity import Quantity
from resources_py._rules import (
    CPU,
    EPHEMERAL_STORAGE,
    GPU,
    LARGEST,
    LONGEST,
    MEMORY,
    RESOURCES,
    Amount,
    Problem,
    Resource,
)

_Amount: TypeAlias = str | int | Quantity | SupportsIndex
_CpuAmount: TypeAlias = _Amount | float | Decimal
ResourceValue: TypeAlias = _Amount | tuple[_Amount | None, _Amount | None] | list[_Amount | None] | None
"""What `mem`, `gpu` and `ephemeral_storage` accept: one value for request and limit, or the pair (request, limit)."""
CpuValue: TypeAlias = _CpuAmount | tuple[_CpuAmount | None, _CpuAmount | None] | list[_CpuAmount | None] | None
"""What `cpu` accepts: as :data:`ResourceValue`, and float and Decimal besides."""

_Plain: TypeAlias = str | int | float
_Written: TypeAlias = _Plain | tuple[_Plain | None, _Plain | None] | None
# What is wrong, and what is odd, after the place in the parameter: "" for a single value, else "[0]" or "[1]".
_Located: TypeAlias = tuple[str, Problem]
_Note: TypeAlias = tuple[str, str, str]  # place, reason, description
_Message = TypeVar("_Message")
_R = TypeVar("_R", bound="Resources")

PARAMETERS: Final = tuple(resource.parameter for resource in RESOURCES)
# In billionths, as amounts are.
_ONE: Final = 10**9
_MILLI: Final = 10**6
_MEBIBYTE: Final = 2**20 * _ONE


# A digit where the number stands: `e3` and `Gi` have none.
_HAS_DIGITS: Final = re.compile(r"[+-]?\.?[0-9]")


@dataclass(
    slots=True, eq=False
)  # shared by all who declare the same, and never changed; frozen would cost a third more
class _Declared:
    """What the value of one parameter means."""

    written: _Written
    request: Amount | None = None
    limit: Amount | None = None
    requests_wire: bytes = b""  # the parts of the message's bytes
    limits_wire: bytes = b""
    notes: Sequence[_Note] = ()
    problems: Sequence[_Located] = ()  # in the order of their places; what it means is nothing where there are any


_NOTHING: Final = _Declared(None)


class _Parameter:
    """One parameter of the constructor, with what its values were found to mean before."""

    __slots__ = ("pair", "resource", "single")

    def __init__(self, resource: Resource) -> None:
        # A program declares few distinct values, and a backend sees few. Values are at most 64 bytes long when they get
        # here, so that a full cache takes a megabyte or two, whoever fills it. lru_cache is safe to share by threads.
        # `typed`: (1, 2) and (1.0, 2) are equal, and only cpu takes the second. A single value needs no such care:
        # lru_cache takes a str or an int as it is for the key, and wraps everything else.
        self.resource: Final = resource
        self.single: Final = lru_cache(maxsize=4096)(partial(_single, resource))
        self.pair: Final = lru_cache(maxsize=4096, typed=True)(partial(_pair, resource))


def _single(resource: Resource, value: _Plain) -> _Declared:
    """Say what one value for both sides means."""
    problems: list[_Located] = []
    notes: list[_Note] = []
    amount = _side(resource, "", value, problems, notes)
    return _declared(resource, value, amount, amount, problems, notes)


def _pair(resource: Resource, request: _Plain | None, limit: _Plain | None) -> _Declared:
    """Say what a pair means."""
    problems: list[_Located] = []
    notes: list[_Note] = []
    low = _side(resource, "[0]", request, problems, notes)
    high = _side(resource, "[1]", limit, problems, notes)
    if low and high and (above := _rules.above_limit(low, high)):
        problems.append(("[0]", above))
    elif resource is GPU and not problems and (refused := _rules.gpu_refused(low, high)):
        reason = "GPU_LIMIT_MISSING" if high is None else "GPU_OVERCOMMITTED"
        notes.append(("[0]", reason, f"Kubernetes refuses this: {refused.description}"))
        notes.sort(key=operator.itemgetter(0))
    return _declared(resource, (request, limit), low, high, problems, notes)


def _declared(
    resource: Resource,
    written: _Written,
    request: Amount | None,
    limit: Amount | None,
    problems: list[_Located],
    notes: list[_Note],
) -> _Declared:
    if problems:
        return _Declared(written, problems=problems)
    requests_wire = _wire.entry("requests", resource.number, _rules.wire_string(request)) if request else b""
    limits_wire = _wire.entry("limits", resource.number, _rules.wire_string(limit)) if limit else b""
    return _Declared(written, request, limit, requests_wire, limits_wire, notes)


def _side(
    resource: Resource,
    place: str,
    value: _Plain | None,
    problems: list[_Located],
    notes: list[_Note],
) -> Amount | None:
    """Read the value at one place; what is wrong goes to `problems`, what is odd to `notes`."""
    if value is None:
        return None
    amount = _rules.amount(resource, value) if isinstance(value, str) else _rules.amount_of(resource, value)
    if isinstance(amount, Problem):
        problems.append((place, amount))
        return None
    if _is_odd(resource, value, amount[0]):
        notes += [(place, *note) for note in _notes(resource, value, amount)]
    return amount


def _is_odd(resource: Resource, value: _Plain, nanos: int) -> bool:
    """Say whether there may be something for `_notes` to say, at a glance."""
    if resource is CPU:
        odd = nanos % _MILLI != 0
    elif resource is MEMORY:
        odd = nanos < _MEBIBYTE or nanos % _ONE != 0
    else:
        odd = nanos % _ONE != 0
    return odd or (type(value) is str and (not "0" <= value[0] <= "9" or (value[-1] == "i" and resource in (CPU, GPU))))


def _notes(resource: Resource, value: _Plain, amount: Amount) -> Iterator[tuple[str, str]]:
    """Give the reason and description of all that is legal and hardly meant."""
    nanos = amount[0]
    shown, whole = quoted(value), -(-nanos // _ONE)
    if resource in (MEMORY, EPHEMERAL_STORAGE) and nanos % _ONE:
        mega = f", or {shown[1:-2]}M for 10^6 bytes?" if isinstance(value, str) and value.endswith("m") else "?"
        yield "FRACTIONAL_BYTES", f"{shown} is a fraction of a byte: did you mean {whole}{mega}"
    if resource is MEMORY and 0 < nanos < _MEBIBYTE:
        yield "TINY_MEMORY", f"{shown} is less than 1Mi: is the unit missing, as in {whole}Mi?"
    if resource in (CPU, GPU) and isinstance(value, str) and value.endswith("i"):
        yield "BINARY_SUFFIX", f"{shown} counts in powers of 1024: write {whole}"
    if resource is CPU and nanos % _MILLI:
        yield "FINER_THAN_MILLI", f"{shown} is finer than 1m: Kubernetes rounds it up to {_rules.milli(nanos)}m"
    if isinstance(value, str) and not _HAS_DIGITS.match(value):
        yield "NO_DIGITS", f"{shown} has no digits and reads as 0: write the number, or 0"


def _declare(parameter: _Parameter, value: object) -> _Declared:
    """Say what any value of a parameter means, or what is wrong with it."""
    kind = type(value)
    if kind is str and len(value) <= LONGEST:  # type: ignore[arg-type]
        return parameter.single(value)
    if value is None:
        return _NOTHING
    if kind is tuple and len(cast("tuple[object, ...]", value)) == 2:
        request, limit = cast("tuple[object, object]", value)
        if type(request) is str and type(limit) is str and len(request) <= LONGEST and len(limit) <= LONGEST:
            return parameter.pair(request, limit)
    resource = parameter.resource
    if not isinstance(value, tuple | list):
        plain = _plain(resource, value)
        return _refused(("", plain)) if isinstance(plain, Problem) else parameter.single(plain)
    sides: Sequence[object] = value
    if len(sides) != 2:
        described = f"{len(sides)} values: write one for both, or the pair (request, limit)"
        return _refused(("", Problem("WRONG_LENGTH", described)))
    low = None if sides[0] is None else _plain(resource, sides[0])
    high = None if sides[1] is None else _plain(resource, sides[1])
    if low is None and high is None:
        return _refused(("", Problem("WRONG_LENGTH", "(None, None) sets nothing: leave it out")))
    if not isinstance(low, Problem) and not isinstance(high, Problem):
        return parameter.pair(low, high)
    # Say what is wrong with the other side as well.
    found = []
    for place, side in (("[0]", low), ("[1]", high)):
        if isinstance(side, Problem):
            found.append((place, side))
        elif side is not None:
            found += [(place, problem) for _, problem in parameter.single(side).problems]
    return _refused(*found)


def _refused(*problems: _Located) -> _Declared:
    return _Declared(None, problems=problems)


def _plain(resource: Resource, value: object) -> _Plain | Problem:
    """Give the str, int or float that is kept of one value: at most 64 bytes of it."""
    kind = type(value)
    if kind is str and len(value) <= LONGEST:  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    if isinstance(value, str):
        return str.__str__(value) if len(value) <= LONGEST else _rules.too_long(value)
    if isinstance(value, Quantity):
        amount = _rules.amount_of(resource, value)
        return amount if isinstance(amount, Problem) else str(value)
    if resource is CPU and isinstance(value, float):
        return float(value)
    if resource is CPU and isinstance(value, Decimal):
        text = str(value)
        return text if len(text) <= LONGEST else _rules.too_long(text)
    if kind is not bool and hasattr(kind, "__index__") and kind.__name__ not in ("bool", "bool_"):  # numpy's bools
        number = int(operator.index(cast("SupportsIndex", value)))
        return number if -LARGEST <= number <= LARGEST else _rules.out_of_range(number)
    takes = "a string, an int, a float or a Decimal" if resource is CPU else "a string or an int"
    described = f"{quoted(value)} is a {kind.__name__[:20]}: write {takes}, as in {_EXAMPLES[resource]}"
    return Problem("WRONG_TYPE", described)


_EXAMPLES: Final = {CPU: "'500m'", MEMORY: "'1Gi'", GPU: "1", EPHEMERAL_STORAGE: "'10Gi'"}

_PARAMETERS: Final = tuple(_Parameter(resource) for resource in RESOURCES)
_CPU, _MEM, _GPU, _EPHEMERAL_STORAGE = _PARAMETERS


def _violations(declared: Iterable[_Declared]) -> list[Violation]:
    """Give all that is wrong, in the order of the parameters."""
    found = zip(PARAMETERS, declared, strict=True)
    return [problem.at(name + place) for name, each in found for place, problem in each.problems]


def _warnings(declared: Iterable[_Declared]) -> list[ResourcesWarning]:
    """Give all that is odd, in the order of the parameters."""
    found = zip(PARAMETERS, declared, strict=True)
    return [ResourcesWarning(name + place, *note) for name, each in found for place, *note in each.notes]


def _unknown(key: object, place: str = "{}") -> Violation:
    """Refuse a key that would otherwise be dropped."""
    shown = quoted(key)
    mend = did_you_mean(key, PARAMETERS) or f"there are {', '.join(PARAMETERS)}"
    field_ = place.format(shown[1:-1] if isinstance(key, str) else shown)
    return Violation(field_, "UNKNOWN_KEY", f"unknown key {shown}: {mend}")


def _listed(value: _Written) -> object:
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

    def __init__(
        self,
        cpu: CpuValue = None,
        mem: ResourceValue = None,
        gpu: ResourceValue = None,
        ephemeral_storage: ResourceValue = None,
        **unknown: Never,
    ) -> None:
        c = _declare(_CPU, cpu)
        m = _declare(_MEM, mem)
        g = _declare(_GPU, gpu)
        e = _declare(_EPHEMERAL_STORAGE, ephemeral_storage)
        if unknown or c.problems or m.problems or g.problems or e.problems:
            # A misspelt keyword is a TypeError, as it is everywhere in Python.
            found = [*_violations((c, m, g, e)), *(_unknown(name) for name in unknown)]
            raise_all(found, wrong_types=("WRONG_TYPE", "UNKNOWN_KEY"))
        _fill(self, c, m, g, e)
        if c.notes or m.notes or g.notes or e.notes:
            _warn(_warnings((c, m, g, e)))

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
                given = {name: getattr(given, name) for name in PARAMETERS}
            elif given is None:
                given = {}
            elif not isinstance(given, Mapping):
                described = f"{quoted(given)} is no mapping: write {side}={{'cpu': 1}}"
                violations.append(Violation(side, "WRONG_TYPE", described))
                given = {}
            violations += [_unknown(key, side + '["{}"]') for key in given if key not in PARAMETERS]
            mappings.append(given)
        pairs = [tuple(mapping.get(name) for mapping in mappings) for name in PARAMETERS]
        values = [None if pair == (None, None) else pair for pair in pairs]
        declared = list(map(_declare, _PARAMETERS, values))
        raise_all(_violations(declared) + violations)
        self = object.__new__(cls)
        _fill(self, *declared)
        _warn(_warnings(declared))
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
        return tuple(_warnings(self._declared()))

    # ---- dict and JSON: mashumaro's methods; what follows is where they meet the contract

    @classmethod
    def __pre_deserialize__(cls, d: dict[Any, Any]) -> dict[Any, Any]:
        """Refuse keys and values together, before mashumaro looks at them."""
        if not isinstance(d, Mapping):
            raise ResourcesTypeError(
                [Violation("", "WRONG_TYPE", f"{quoted(d)} is no mapping: write {{'cpu': '500m', 'mem': '1Gi'}}")]
            )
        if not _PARAMETER_SET.issuperset(d):
            declared = [_declare(p, d.get(p.resource.parameter)) for p in _PARAMETERS]
            raise_all(_violations(declared) + [_unknown(key) for key in d if key not in PARAMETERS])
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
        return cls.from_dict(_decode_json(data) if decoder is None else decoder(data), **from_dict_kwargs)

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
        if not isinstance(data, bytes | bytearray | memoryview):
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
        gpu = _declare(_GPU, self.gpu)
        refused = _rules.gpu_refused(gpu.request, gpu.limit)
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

    def _declared(self) -> list[_Declared]:
        written = (self.cpu, self.mem, self.gpu, self.ephemeral_storage)
        return [_declare(parameter, value) for parameter, value in zip(_PARAMETERS, written, strict=True)]

    def _quantities(self, side: int) -> Mapping[str, Quantity]:
        values = {name: getattr(self, name) for name in PARAMETERS}
        sides = {name: value[side] if type(value) is tuple else value for name, value in values.items()}
        return MappingProxyType({name: Quantity(value) for name, value in sides.items() if value is not None})

    def _meaning(self) -> list[tuple[int | None, int | None]]:
        return [(d.request and d.request[0], d.limit and d.limit[0]) for d in self._declared()]

    def __eq__(self, other: object) -> bool:
        """Compare by meaning: spelling plays no part."""
        if not isinstance(other, Resources):
            return NotImplemented
        return bytes(self) == bytes(other) or self._meaning() == other._meaning()

    def __hash__(self) -> int:
        """Hash by meaning, as `==` compares."""
        return hash(tuple(self._meaning()))

    def __repr__(self) -> str:
        """Give the call that makes this again, without what is not set."""
        values = ((name, getattr(self, name)) for name in PARAMETERS)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values if value is not None)})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle and copy what is written; being read back is no declaration, and warns of nothing."""
        return _rebuild, (type(self), tuple(getattr(self, name) for name in PARAMETERS))


# The slots' own setters, which pass by the frozen dataclass's __setattr__.
_SETTERS: Final = tuple(getattr(Resources, name).__set__ for name in PARAMETERS)
_BY_RESOURCE: Final = tuple(zip(RESOURCES, _SETTERS, strict=True))
_set_cpu, _set_mem, _set_gpu, _set_ephemeral_storage = _SETTERS
_set_wire: Final = vars(_Encoded)["_wire"].__set__
_PARAMETER_SET: Final = frozenset(PARAMETERS)


def _fill(self: Resources, c: _Declared, m: _Declared, g: _Declared, e: _Declared) -> None:
    """Set what a new Resources holds. Written out, and not as a loop, since every declaration comes through here."""
    _set_cpu(self, c.written)
    _set_mem(self, m.written)
    _set_gpu(self, g.written)
    _set_ephemeral_storage(self, e.written)
    requests = (c.requests_wire, m.requests_wire, g.requests_wire, e.requests_wire)
    limits = (c.limits_wire, m.limits_wire, g.limits_wire, e.limits_wire)
    _set_wire(self, b"".join(requests + limits))


def _decoded(cls: type[_R], data: bytes) -> _R:
    return cls._from_values(_wire.read(_wire.decode(data), for_kubernetes=False))


# A backend is sent the same few declarations over and over. What they are decoded to is immutable, and can be given to
# all who ask: 1024 messages of at most 512 bytes, some two megabytes when full. Refusals are not kept.
_LONGEST_KEPT: Final = 512
_kept: Final = lru_cache(maxsize=1024)(_decoded)


def _rebuild(cls: type[_R], values: tuple[object, ...]) -> _R:
    self = object.__new__(cls)
    _fill(self, *map(_declare, _PARAMETERS, values))
    return self


_OURS: Final = ("resources_py", "mashumaro", "dataclasses")


def _warn(notes: list[ResourcesWarning]) -> None:
    """Warn, pointing at the line of whoever called into this package, however deep the call went."""
    level, frame = 1, sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    for note in notes:
        warnings.warn(note, stacklevel=level)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ResourcesError(
            [Violation(quoted(twice)[1:-1], "UNDECODABLE", f"key {quoted(twice)} is given twice: write it once")]
        )
    return found


def _no_number(constant: str) -> Never:
    raise ResourcesError([Violation("", "UNDECODABLE", f"{constant} is no JSON number: write a quantity")])


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def _decode_json(data: object) -> Any:
    if not isinstance(data, str | bytes | bytearray):
        raise ResourcesTypeError([Violation("", "WRONG_TYPE", f"{quoted(data)} is no JSON text: give str or bytes")])
    try:
        if not isinstance(data, str):
            data = data.decode(json.detect_encoding(data))
        return _DECODER.decode(data)
    except ResourcesError:
        raise
    except json.JSONDecodeError as error:
        found = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except UnicodeDecodeError as error:
        found = f"byte {error.start}: {error.reason}"
    except RecursionError:
        found = "it is nested too deeply"
    except ValueError:  # more digits than Python reads
        found = "it holds a number of too many digits"
    raise ResourcesError([Violation("", "UNDECODABLE", f"{quoted(data)} is no JSON: {found}")])
