"""What the values of the constructor's parameters mean, and what is wrong or odd about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, Protocol, Self, SupportsIndex, TypeAlias

from resources_py import _amounts, _wire
from resources_py._amounts import (
    CPU,
    EPHEMERAL_STORAGE,
    GPU,
    MAX_QUANTITY_BYTES,
    MAX_VALUE,
    MEMORY,
    RESOURCES,
    Amount,
    Problem,
    Resource,
)
from resources_py._errors import ResourcesWarning, Violation, quoted
from resources_py._names import did_you_mean
from resources_py._quantity import Quantity, index

if TYPE_CHECKING:
    # To a type checker `int` takes bool in, and so does `float`. These two do not: `+True` is an int, and no bool.
    class _Int(Protocol):
        def __index__(self) -> int: ...
        def __pos__(self) -> Self: ...

    class _Float(Protocol):
        def hex(self) -> str: ...
        def is_integer(self) -> bool: ...
else:
    _Int, _Float = SupportsIndex, float

_Amount: TypeAlias = str | _Int | Quantity
_CpuAmount: TypeAlias = _Amount | _Float | Decimal
ResourceValue: TypeAlias = _Amount | tuple[_Amount | None, _Amount | None] | list[_Amount | None] | None
"""What `mem`, `gpu` and `ephemeral_storage` accept: one value for request and limit, or the pair (request, limit)."""
CpuValue: TypeAlias = _CpuAmount | tuple[_CpuAmount | None, _CpuAmount | None] | list[_CpuAmount | None] | None
"""What `cpu` accepts: as :data:`ResourceValue`, and float and Decimal besides."""

_Plain: TypeAlias = str | int | float
Written: TypeAlias = _Plain | tuple[_Plain | None, _Plain | None] | None
# What is wrong, and what is odd, after the place in the parameter: "" for a single value, else "[0]" or "[1]".
_Located: TypeAlias = tuple[str, Problem]
_Note: TypeAlias = tuple[str, str, str]  # place, reason, description

NAMES: Final = tuple(resource.parameter for resource in RESOURCES)
# In billionths, as amounts are.
_ONE: Final = 10**9
_MILLI: Final = 10**6
_MEBIBYTE: Final = 2**20 * _ONE

_DIGITS: Final = "0123456789"
# A digit where the number stands: `e3` and `Gi` have none.
_HAS_DIGITS: Final = re.compile(r"[+-]?\.?[0-9]")


@dataclass(slots=True, eq=False)
class Declared:
    """What the value of one parameter means. Shared by all who declare the same, and never changed."""

    written: Written
    request: Amount | None = None
    limit: Amount | None = None
    requests_wire: bytes = b""  # the parts of the message's bytes
    limits_wire: bytes = b""
    notes: Sequence[_Note] = ()
    problems: Sequence[_Located] = ()  # in the order of their places; what it means is nothing where there are any
    remarked: bool = False  # whether there are notes or problems: one look for each declaration


_NOTHING: Final = Declared(None)


class Parameter:
    """One parameter of the constructor, with what its values were found to mean before."""

    __slots__ = ("pair", "pair_of_texts", "resource", "single")

    def __init__(self, resource: Resource) -> None:
        # A program declares few distinct values, and a backend sees few. Values are at most 64 bytes long when they get
        # here, so that a full cache takes a megabyte or two, whoever fills it. lru_cache is safe to share by threads.
        # `typed`: (1, 2) and (1.0, 2) are equal, and only cpu takes the second. Texts, and a single value, need no such
        # care, and are found sooner: lru_cache takes one str or int as it is for the key, and wraps everything else.
        self.resource: Final = resource
        self.single: Final = lru_cache(maxsize=4096)(partial(_single, resource))
        self.pair: Final = lru_cache(maxsize=4096, typed=True)(partial(_pair, resource))
        self.pair_of_texts: Final = lru_cache(maxsize=4096)(partial(_pair, resource))


def _single(resource: Resource, value: _Plain) -> Declared:
    """Say what one value for both sides means."""
    amount = _amount(resource, value)
    if isinstance(amount, Problem):
        return _refused(("", amount))
    requests_wire, limits_wire = _wire.entries(resource.number, _amounts.wire_string(amount))
    notes = _notes(resource, "", value, amount)
    return Declared(value, amount, amount, requests_wire, limits_wire, notes, (), bool(notes))


def _pair(resource: Resource, request: _Plain | None, limit: _Plain | None) -> Declared:
    """Say what a pair means."""
    low = None if request is None else _amount(resource, request)
    high = None if limit is None else _amount(resource, limit)
    if isinstance(low, Problem) or isinstance(high, Problem):
        return _refused(*((at, side) for at, side in (("[0]", low), ("[1]", high)) if isinstance(side, Problem)))
    requests_wire = limits_wire = b""
    notes: Sequence[_Note] = ()
    if low is not None:
        requests_wire = _wire.entry("requests", resource.number, _amounts.wire_string(low))
        notes = _notes(resource, "[0]", request, low)
        if high is not None and (above := _amounts.check_within_limit(low, high)):
            return _refused(("[0]", above))
        if resource is GPU and (refused := _amounts.check_gpu_limit(low, high)):
            reason = "GPU_LIMIT_MISSING" if high is None else "GPU_OVERCOMMITTED"
            notes = (*notes, ("[0]", reason, f"Kubernetes refuses this: {refused.description}"))
    if high is not None:
        limits_wire = _wire.entry("limits", resource.number, _amounts.wire_string(high))
        notes = (*notes, *_notes(resource, "[1]", limit, high))
    return Declared((request, limit), low, high, requests_wire, limits_wire, notes, (), bool(notes))


def _amount(resource: Resource, value: _Plain) -> Amount | Problem:
    return (
        _amounts.parse_amount(resource, value) if isinstance(value, str) else _amounts.convert_amount(resource, value)
    )


def _notes(resource: Resource, place: str, value: _Plain | None, amount: Amount) -> Sequence[_Note]:
    """Give all that is legal and hardly meant."""
    nanos = amount[0]
    # Nearly always there is nothing to say, which is seen at a glance.
    odd = nanos % (_MILLI if resource is CPU else _ONE) != 0 or (resource is MEMORY and nanos < _MEBIBYTE)
    if isinstance(value, str):
        odd = odd or value[0] not in _DIGITS or (value[-1] == "i" and (resource is CPU or resource is GPU))
    return [(place, *note) for note in _said(resource, value, amount)] if odd else ()


def _said(resource: Resource, value: _Plain | None, amount: Amount) -> Iterator[tuple[str, str]]:
    """Give the reason and description of each."""
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
        yield (
            "FINER_THAN_MILLI",
            f"{shown} is finer than 1m: Kubernetes rounds it up to {_amounts.ceil_to_milli(nanos)}m",
        )
    if isinstance(value, str) and not _HAS_DIGITS.match(value):
        yield "NO_DIGITS", f"{shown} has no digits and reads as 0: write the number, or 0"


def declare(parameter: Parameter, value: object) -> Declared:
    """Say what any value of a parameter means, or what is wrong with it."""
    if type(value) is str and len(value) <= MAX_QUANTITY_BYTES:
        return parameter.single(value)
    if value is None:
        return _NOTHING
    if (type(value) is tuple or type(value) is list) and len(value) == 2:
        request, limit = value
        if (
            type(request) is str
            and type(limit) is str
            and len(request) <= MAX_QUANTITY_BYTES
            and len(limit) <= MAX_QUANTITY_BYTES
        ):
            return parameter.pair_of_texts(request, limit)
    resource = parameter.resource
    if not isinstance(value, (tuple, list)):  # `tuple | list` would be made anew each time
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


def _refused(*problems: _Located) -> Declared:
    return Declared(None, problems=problems, remarked=True)


def _plain(resource: Resource, value: object) -> _Plain | Problem:
    """Give the str, int or float that is kept of one value: at most 64 bytes of it."""
    kind = type(value)
    if kind is str and len(value) <= MAX_QUANTITY_BYTES:  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    if isinstance(value, str):
        return str.__str__(value) if len(value) <= MAX_QUANTITY_BYTES else _amounts.too_long(value)
    if isinstance(value, Quantity):
        amount = _amounts.convert_amount(resource, value)
        return amount if isinstance(amount, Problem) else str(value)
    if resource is CPU and isinstance(value, float):
        return float(value)
    if resource is CPU and isinstance(value, Decimal):
        text = str(value)
        return text if len(text) <= MAX_QUANTITY_BYTES else _amounts.too_long(text)
    number = index(value)
    if number is not None:
        return number if -MAX_VALUE <= number <= MAX_VALUE else _amounts.out_of_range(number)
    takes = "a string, an int, a float or a Decimal" if resource is CPU else "a string or an int"
    described = f"{quoted(value)} is a {kind.__name__[:20]}: write {takes}, as in {_EXAMPLES[resource]}"
    return Problem("WRONG_TYPE", described)


_EXAMPLES: Final = {CPU: "'500m'", MEMORY: "'1Gi'", GPU: "1", EPHEMERAL_STORAGE: "'10Gi'"}

PARAMETERS: Final = tuple(Parameter(resource) for resource in RESOURCES)
CPU_PARAMETER, MEM_PARAMETER, GPU_PARAMETER, EPHEMERAL_STORAGE_PARAMETER = PARAMETERS


def violations_of(declared: Iterable[Declared]) -> list[Violation]:
    """Give all that is wrong, in the order of the parameters."""
    found = zip(NAMES, declared, strict=True)
    return [problem.at(name + place) for name, each in found for place, problem in each.problems]


def warnings_of(declared: Iterable[Declared]) -> list[ResourcesWarning]:
    """Give all that is odd, in the order of the parameters."""
    found = zip(NAMES, declared, strict=True)
    return [ResourcesWarning(name + place, *note) for name, each in found for place, *note in each.notes]


def unknown_key(key: object, place: str = "{}") -> Violation:
    """Refuse a key that would otherwise be dropped."""
    shown = quoted(key)
    mend = did_you_mean(key, NAMES) or f"there are {', '.join(NAMES)}"
    field_ = place.format(shown[1:-1] if isinstance(key, str) else shown)
    return Violation(field_, "UNKNOWN_KEY", f"unknown key {shown}: {mend}")
