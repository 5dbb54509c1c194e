"""From the values of the constructor's parameters to what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self, SupportsIndex, TypeAlias

from resources_py import _wire
from resources_py._advice import describe_wrong_type
from resources_py._amounts import (
    CPU,
    GPU,
    MAX_VALUE,
    RESOURCES,
    Amount,
    Problem,
    Resource,
    check_gpu_limit,
    check_within_limit,
    convert_amount,
    out_of_range,
    parse_amount,
)
from resources_py._errors import Violation, quoted, raise_all
from resources_py._names import did_you_mean
from resources_py._quantity import Quantity, as_index
from resources_py._reasons import Reason
from resources_py._warnings import find_warning

if TYPE_CHECKING:
    # To a type checker, bool is an int and a float. These two leave it out: `+True` is an int, not a bool.
    class _Int(Protocol):
        def __index__(self) -> int: ...
        def __pos__(self) -> Self: ...

    class _Float(Protocol):
        def hex(self) -> str: ...
        def is_integer(self) -> bool: ...
else:
    _Int, _Float = SupportsIndex, float

_Value: TypeAlias = str | _Int | Quantity
_CpuValue: TypeAlias = _Value | _Float | Decimal
ResourceValue: TypeAlias = _Value | tuple[_Value | None, _Value | None] | list[_Value | None] | None
"""What `mem`, `gpu` and `ephemeral_storage` accept: one value for request and limit, or the pair (request, limit)."""
CpuValue: TypeAlias = _CpuValue | tuple[_CpuValue | None, _CpuValue | None] | list[_CpuValue | None] | None
"""What `cpu` accepts: as :data:`ResourceValue`, and also float and Decimal."""

Scalar: TypeAlias = str | int | float
Written: TypeAlias = Scalar | tuple[Scalar | None, Scalar | None] | None

NAMES: Final = tuple(resource.parameter for resource in RESOURCES)
# In place of a limit: the request's value is for both sides.
_BOTH: Final = ...


class Setting(NamedTuple):
    """What the value of one parameter means."""

    written: Written = None
    request: Amount | None = None
    limit: Amount | None = None
    # With their places in the parameter: "" for a single value, else "[0]" or "[1]".
    warnings: Sequence[tuple[str, Problem]] = ()


class Declaration(NamedTuple):
    """What the values of all parameters mean. It is shared by equal declarations, and never changed."""

    wire: bytes
    settings: tuple[Setting, ...]
    warnings: Sequence[tuple[str, Problem]] = ()  # with their fields


def declare(values: Iterable[Any]) -> Declaration:
    """Convert the values of the parameters, in their order.

    Raises ResourcesError with all violations.
    """
    sides: list[Any] = []
    for value in values:
        if (type(value) is tuple or type(value) is list) and len(value) == 2:
            sides += value
        else:
            sides += (value, _BOTH)
    # Decimals and quantities may be equal and yet written differently, so they are no keys.
    return (_declare_cached if _BUILT_IN.issuperset(map(type, sides)) else _declare)(*sides)


_BUILT_IN: Final = frozenset({str, int, float, type(None), type(_BOTH)})


def _declare(*sides: Any) -> Declaration:
    settings: list[Setting] = []
    violations: list[Violation] = []
    for resource, request, limit in zip(RESOURCES, sides[::2], sides[1::2], strict=True):
        setting = _convert_single(resource, request) if limit is _BOTH else _convert_pair(resource, request, limit)
        if isinstance(setting, Setting):
            settings.append(setting)
        else:
            violations += [problem.at(resource.parameter + place) for place, problem in setting]
    raise_all(violations)
    wire = _wire.encode((resource, s.request, s.limit) for resource, s in zip(RESOURCES, settings, strict=True))
    warnings = [(name + at, problem) for name, s in zip(NAMES, settings, strict=True) for at, problem in s.warnings]
    return Declaration(wire, tuple(settings), warnings)


# Programs make few distinct declarations. The key is the eight sides with their types: 1 and 1.0 are equal, and only
# cpu accepts the second. Only what was accepted is kept, so that a full cache takes some three megabytes.
_declare_cached: Final = lru_cache(maxsize=1024, typed=True)(_declare)

_Problems: TypeAlias = list[tuple[str, Problem]]


def _convert_single(resource: Resource, value: object) -> Setting | _Problems:
    """Convert one value for both sides."""
    if value is None:
        return Setting()
    if isinstance(value, (tuple, list)):
        described = f"expected one value or two, not {len(value)}: write one, or the pair (request, limit)"
        return [("", Problem(Reason.WRONG_LENGTH, described))]
    scalar, amount = _convert_side(resource, value)
    if isinstance(amount, Problem):
        return [("", amount)]
    warning = find_warning(resource, scalar, amount)
    return Setting(scalar, amount, amount, [("", warning)] if warning else ())


def _convert_pair(resource: Resource, request: object, limit: object) -> Setting | _Problems:
    if request is None and limit is None:
        return [("", Problem(Reason.WRONG_LENGTH, "(None, None) sets nothing: leave it out"))]
    low_scalar, low = (None, None) if request is None else _convert_side(resource, request)
    high_scalar, high = (None, None) if limit is None else _convert_side(resource, limit)
    if isinstance(low, Problem) or isinstance(high, Problem):
        return [(place, side) for place, side in (("[0]", low), ("[1]", high)) if isinstance(side, Problem)]
    if low is not None and high is not None and (above := check_within_limit(low, high)):
        return [("[0]", above)]
    found = (
        ("[0]", low and (_find_gpu_warning(resource, low, high) or find_warning(resource, low_scalar, low))),
        ("[1]", high and find_warning(resource, high_scalar, high)),
    )
    warnings = [(place, warning) for place, warning in found if warning]
    return Setting((low_scalar, high_scalar), low, high, warnings)


def _find_gpu_warning(resource: Resource, request: Amount, limit: Amount | None) -> Problem | None:
    """Warn about a GPU request that only Kubernetes rejects."""
    problem = check_gpu_limit(request, limit) if resource is GPU else None
    if problem is None:
        return None
    reason = Reason.GPU_LIMIT_MISSING if limit is None else Reason.GPU_OVERCOMMITTED
    return Problem(reason, f"Kubernetes rejects this: {problem.description}")


def _convert_side(resource: Resource, value: object) -> tuple[Scalar | None, Amount | Problem]:
    """Return the str, int or float to keep of one value, and its amount."""
    if type(value) is str:
        return value, parse_amount(resource, value)
    if isinstance(value, str):
        value = str.__str__(value)
        return value, parse_amount(resource, value)
    if isinstance(value, Quantity):
        return str(value), convert_amount(resource, value)
    if resource is CPU and isinstance(value, float):
        number: float = float(value) + 0.0  # minus zero is zero
        return number, convert_amount(resource, number)
    if resource is CPU and isinstance(value, Decimal):
        if not value.is_finite():
            return None, convert_amount(resource, float(value))
        text = Decimal.__str__(value)
        return text, parse_amount(resource, text)
    integer = as_index(value)
    if integer is None:
        return None, Problem(Reason.WRONG_TYPE, describe_wrong_type(resource.parameter, value))
    if not -MAX_VALUE <= integer <= MAX_VALUE:
        return None, out_of_range(resource, integer, negative=integer < 0)
    return integer, convert_amount(resource, integer)


# Where else a key belongs that people pass to the constructor, or to from_dict.
_ELSEWHERE: Final = {
    "requests": "from_requests_and_limits takes requests and limits, from_kubernetes a stanza",
    "limits": "from_requests_and_limits takes requests and limits, from_kubernetes a stanza",
    "resources": "pass the stanza under it to from_kubernetes",
}


def unknown_key(key: object, place: str = "{}") -> Violation:
    """Return the violation of a key that would otherwise be dropped."""
    shown = quoted(key)
    advice = _ELSEWHERE.get(key) if isinstance(key, str) else None
    advice = advice or did_you_mean(key, NAMES) or f"expected {', '.join(NAMES)}"
    field = place.format(shown[1:-1] if isinstance(key, str) else shown)
    return Violation(field, Reason.UNKNOWN_KEY, f"unknown key {shown}: {advice}")
