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
from resources_py._errors import ResourcesError, Violation, quoted, raise_all
from resources_py._names import MAX_SUGGESTIONS, did_you_mean
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


# What the value of one parameter means: as it was written, its request and limit, and its warnings with their fields.
Setting: TypeAlias = tuple[Written, Amount | None, Amount | None, Sequence[tuple[str, Problem]]]
_UNSET: Final[Setting] = (None, None, None, ())


class Declaration(NamedTuple):
    """What a Resources holds. Equal declarations share it."""

    written: tuple[Written, ...]  # the value of each parameter
    wire: bytes
    warnings: Sequence[tuple[str, Problem]]  # with their fields


def declare(cpu: Any, mem: Any, gpu: Any, ephemeral_storage: Any) -> Declaration:
    """Convert the values of the parameters.

    Raises ResourcesError with all violations.
    """
    c, m, g, e = cpu, mem, gpu, ephemeral_storage
    c_limit = m_limit = g_limit = e_limit = _BOTH
    try:  # written out, since every declaration comes through here
        if type(c) is tuple:
            c, c_limit = c
        if type(m) is tuple:
            m, m_limit = m
        if type(g) is tuple:
            g, g_limit = g
        if type(e) is tuple:
            e, e_limit = e
        return _declare_cached(c, c_limit, m, m_limit, g, g_limit, e, e_limit)
    except ResourcesError:
        raise
    except (TypeError, ValueError):  # not a pair, not hashable, or not of a built-in type
        pass
    return _declare(*_split((cpu, mem, gpu, ephemeral_storage)))


# Programs make few distinct declarations. The key is the eight sides with their types: 1 and 1.0 are equal, and only
# cpu accepts the second. Only what was accepted is kept, so that a full cache takes about a megabyte.
@lru_cache(maxsize=1024, typed=True)
def _declare_cached(*sides: Any) -> Declaration:
    if not _BUILT_IN.issuperset(map(type, sides)):
        raise TypeError  # equal decimals, and equal quantities, may be written differently: they are no keys
    return _declare(*sides)


_BUILT_IN: Final = frozenset({str, int, float, type(None), type(_BOTH)})


def _split(values: Iterable[Any]) -> list[Any]:
    """Return the request and the limit of each value; for a single value, the limit is _BOTH."""
    sides: list[Any] = []
    for value in values:
        if isinstance(value, (tuple, list)):
            sides += value if len(value) == 2 else (_wrong_length(len(value)), _BOTH)
        else:
            sides += (value, _BOTH)
    return sides


def _wrong_length(length: int) -> Problem:
    described = f"expected one value or two, not {length}: write one, or the pair (request, limit)"
    return Problem(Reason.WRONG_LENGTH, described)


def _declare(*sides: Any) -> Declaration:
    violations: list[Violation] = []
    written: list[Written] = []
    amounts: list[tuple[Resource, Amount | None, Amount | None]] = []
    warnings: list[tuple[str, Problem]] = []
    for resource, request, limit in zip(RESOURCES, sides[::2], sides[1::2], strict=True):
        value, request_amount, limit_amount, found = _convert(resource, request, limit, violations)
        written.append(value)
        amounts.append((resource, request_amount, limit_amount))
        if found:
            warnings += found
    raise_all(violations)
    return Declaration(tuple(written), _wire.encode(amounts), warnings)


def convert(values: Iterable[Any]) -> list[tuple[Resource, Amount | None, Amount | None]]:
    """Return request and limit of each parameter.

    Raises ResourcesError with all violations.
    """
    violations: list[Violation] = []
    sides = _split(values)
    settings = [
        (resource, *_convert(resource, request, limit, violations)[1:3])
        for resource, request, limit in zip(RESOURCES, sides[::2], sides[1::2], strict=True)
    ]
    raise_all(violations)
    return settings


def _convert(resource: Resource, request: object, limit: object, violations: list[Violation]) -> Setting:
    """Convert the value of one parameter. Append what is wrong to `violations`."""
    field = resource.parameter
    if limit is _BOTH:
        if request is None:
            return _UNSET
        scalar, amount = _convert_side(resource, field, request, violations)
        warning = amount and find_warning(resource, scalar, amount)
        return scalar, amount, amount, [(field, warning)] if warning else ()
    if request is None and limit is None:
        violations.append(Violation(field, Reason.WRONG_LENGTH, "(None, None) sets nothing: leave it out"))
    low_scalar, low = _convert_side(resource, field + "[0]", request, violations)
    high_scalar, high = _convert_side(resource, field + "[1]", limit, violations)
    warnings: list[tuple[str, Problem]] = []
    if low is not None:
        if high is not None and (above := check_within_limit(low, high)):
            violations.append(above.at(field + "[0]"))
        warning = _find_gpu_warning(resource, low, high) or find_warning(resource, low_scalar, low)
        if warning:
            warnings.append((field + "[0]", warning))
    if high is not None and (warning := find_warning(resource, high_scalar, high)):
        warnings.append((field + "[1]", warning))
    return (low_scalar, high_scalar), low, high, warnings


def _convert_side(
    resource: Resource, field: str, value: object, violations: list[Violation]
) -> tuple[Scalar | None, Amount | None]:
    """Return the str, int or float to keep of one value, and its amount."""
    if value is None:
        return None, None
    scalar, amount = (value, parse_amount(resource, value)) if type(value) is str else _convert_other(resource, value)
    if type(amount) is Problem:
        violations.append(amount.at(field))
        return None, None
    return scalar, amount  # type: ignore[return-value]  # mypy does not narrow by `type() is`


def _convert_other(resource: Resource, value: object) -> tuple[Scalar | None, Amount | Problem]:
    """Convert what is not exactly a str."""
    if isinstance(value, Problem):
        return None, value
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


def _find_gpu_warning(resource: Resource, request: Amount, limit: Amount | None) -> Problem | None:
    """Warn about a GPU request that only Kubernetes rejects."""
    problem = check_gpu_limit(request, limit) if resource is GPU else None
    if problem is None:
        return None
    reason = Reason.GPU_LIMIT_MISSING if limit is None else Reason.GPU_OVERCOMMITTED
    return Problem(reason, f"Kubernetes rejects this: {problem.description}")


_EXPECTED: Final = f"expected {', '.join(NAMES)}"
# Where else a key belongs that people pass to the constructor, or to from_dict.
_ELSEWHERE: Final = {
    "requests": "from_requests_and_limits takes requests and limits, from_kubernetes a stanza",
    "limits": "from_requests_and_limits takes requests and limits, from_kubernetes a stanza",
    "resources": "pass the stanza under it to from_kubernetes",
}


def unknown_keys(given: Iterable[object], place: str = "{}") -> list[Violation]:
    """Return a violation for each key that would otherwise be dropped. Only the first get a suggestion."""
    violations: list[Violation] = []
    for key in given:
        if key not in NAMES:
            shown = quoted(key)
            advice = _ELSEWHERE.get(key) if isinstance(key, str) else None
            advice = advice or (len(violations) < MAX_SUGGESTIONS and did_you_mean(key, NAMES)) or _EXPECTED
            field = place.format(shown[1:-1] if isinstance(key, str) else shown)
            violations.append(Violation(field, Reason.UNKNOWN_KEY, f"unknown key {shown}: {advice}"))
    return violations
