"""From the values of the constructor's parameters to what they mean."""

from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self, SupportsIndex, TypeAlias

from resources_py import _wire
from resources_py._advice import describe_unparsed, describe_wrong_type
from resources_py._amounts import (
    CPU,
    GPU,
    RESOURCES,
    Amount,
    Problem,
    Resource,
    check_gpu_limit,
    check_within_limit,
    convert_float,
    convert_int,
    convert_quantity,
    parse_amount,
)
from resources_py._errors import ResourcesError, Violation, field_path, quoted, raise_all
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
"""What `mem`, `gpu` and `ephemeral_storage` accept, one value for request and limit or the pair (request, limit)."""
CpuValue: TypeAlias = _CpuValue | tuple[_CpuValue | None, _CpuValue | None] | list[_CpuValue | None] | None
"""What `cpu` accepts, which is that of :data:`ResourceValue`, and also float and Decimal."""

Scalar: TypeAlias = str | int | float
Written: TypeAlias = Scalar | tuple[Scalar | None, Scalar | None] | None

NAMES: Final = tuple(resource.parameter for resource in RESOURCES)
# In place of a limit: the request's value is for both sides.
_BOTH: Final = ...
_NOT_SET: Final = (None, None)
_MAX_ADVISED: Final = 64  # characters of a text that is compared with what was probably meant

# What the value of one parameter means: request and limit.
Setting: TypeAlias = tuple[Resource, Amount | None, Amount | None]


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
        if isinstance(c, tuple):
            c, c_limit = _pair(c)
        if isinstance(m, tuple):
            m, m_limit = _pair(m)
        if isinstance(g, tuple):
            g, g_limit = _pair(g)
        if isinstance(e, tuple):
            e, e_limit = _pair(e)
        return _declare_cached(c, c_limit, m, m_limit, g, g_limit, e, e_limit)
    except ResourcesError:
        raise
    except (TypeError, ValueError):  # not a pair, not hashable, or not of a built-in type
        pass
    return _declare(*_split((cpu, mem, gpu, ephemeral_storage)))


def _pair(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return `value`, unless it holds tuples: what hashes those takes time and stack without bound."""
    request, limit = value
    if isinstance(request, tuple) or isinstance(limit, tuple):
        raise TypeError
    return value


# Programs make few distinct declarations. The key is the eight sides with their types: 1 and 1.0 are equal, and only
# cpu accepts the second. Only what was accepted is kept, so that a full cache takes about a megabyte.
@lru_cache(maxsize=1024, typed=True)
def _declare_cached(*sides: Any) -> Declaration:
    # Equal decimals, and equal quantities, may be written differently. A class of the caller's may claim to equal any.
    if not _BUILT_IN.issuperset(map(id, map(type, sides))):
        raise TypeError
    return _declare(*sides)


_BUILT_IN: Final = frozenset(map(id, (str, int, float, type(None), type(_BOTH))))


def _split(values: Iterable[Any]) -> list[Any]:
    """Return the request and the limit of each value; for a single value, the limit is _BOTH."""
    sides: list[Any] = []
    for value in values:
        if not isinstance(value, (tuple, list)):
            sides += (value, _BOTH)
        elif len(value) == 2:
            sides += value
        else:
            described = f"expected one value or two, not {len(value)}: write one, or the pair (request, limit)"
            sides += (Problem(Reason.WRONG_LENGTH, described), _BOTH)
    return sides


def _declare(*sides: Any) -> Declaration:
    written, settings, warnings = _convert(sides)
    return Declaration(tuple(written), _wire.encode(settings), warnings)


def convert(values: Iterable[Any]) -> list[Setting]:
    """Return request and limit of each parameter.

    Raises ResourcesError with all violations.
    """
    return _convert(_split(values))[1]


def _convert(sides: Sequence[Any]) -> tuple[list[Written], list[Setting], list[tuple[str, Problem]]]:
    """Return the value of each parameter as written, what it means, and the warnings with their fields."""
    violations: list[Violation] = []
    written: list[Written] = []
    settings: list[Setting] = []
    warnings: list[tuple[str, Problem]] = []
    for resource, request, limit in zip(RESOURCES, sides[::2], sides[1::2]):  # noqa: B905 - strict takes 0.6 us
        field = resource.parameter
        if limit is _BOTH:
            value, low = _convert_side(field, resource, request, violations) if request is not None else _NOT_SET
            written.append(value)
            settings.append((resource, low, low))
            if low is not None and (warning := find_warning(resource, value, low)):
                warnings.append((field, warning))
            continue
        if request is None and limit is None:
            violations.append(Violation(field, Reason.WRONG_LENGTH, "(None, None) sets nothing: leave it out"))
        low_value, low = _convert_side(field + "[0]", resource, request, violations)
        high_value, high = _convert_side(field + "[1]", resource, limit, violations)
        written.append((low_value, high_value))
        settings.append((resource, low, high))
        if low is not None:
            if high is not None and (above := check_within_limit(low, high)):
                violations.append(above.at(field + "[0]"))
            if warning := _find_gpu_warning(resource, low, high) or find_warning(resource, low_value, low):
                warnings.append((field + "[0]", warning))
        if high is not None and (warning := find_warning(resource, high_value, high)):
            warnings.append((field + "[1]", warning))
    raise_all(violations)
    return written, settings, warnings


def _convert_side(
    field: str, resource: Resource, value: object, violations: list[Violation]
) -> tuple[Scalar | None, Amount | None]:
    """Return the str, int or float to keep of one value, and its amount. Append what is wrong to `violations`."""
    if value is None:
        return _NOT_SET
    scalar, amount = (value, parse_amount(resource, value)) if type(value) is str else _convert_other(resource, value)
    if type(amount) is Problem:
        is_bad_text = amount.reason == Reason.INVALID_QUANTITY and isinstance(value, str) and len(value) < _MAX_ADVISED
        advice = describe_unparsed(resource.parameter, value) if is_bad_text else None  # type: ignore[arg-type]
        violations.append((Problem(amount.reason, advice) if advice else amount).at(field))
        return _NOT_SET
    return scalar, amount  # type: ignore[return-value]  # mypy does not narrow by `type() is`


def _convert_other(resource: Resource, value: object) -> tuple[Scalar | None, Amount | Problem]:
    """Convert what is not exactly a str."""
    integer = as_index(value)
    if integer is not None:
        return integer, convert_int(resource, integer)
    if isinstance(value, Problem):
        return None, value
    if isinstance(value, str):
        value = str.__str__(value)
        return value, parse_amount(resource, value)
    if isinstance(value, Quantity):
        return str(value), convert_quantity(resource, value)
    if resource is CPU and isinstance(value, float):
        number: float = float(value) + 0.0  # minus zero is zero
        return number, convert_float(resource, number)
    if resource is CPU and isinstance(value, Decimal):
        text = Decimal.__str__(value)
        if value.is_finite():
            return text, parse_amount(resource, text)
        return text, convert_float(resource, float("nan" if value.is_nan() else value))  # float() rejects sNaN
    return None, Problem(Reason.WRONG_TYPE, describe_wrong_type(resource.parameter, value))


def _find_gpu_warning(resource: Resource, request: Amount, limit: Amount | None) -> Problem | None:
    """Warn about a GPU request that only Kubernetes rejects."""
    if resource is not GPU or (problem := check_gpu_limit(request, limit)) is None:
        return None
    reason = Reason.GPU_LIMIT_MISSING if limit is None else Reason.GPU_OVERCOMMITTED
    return Problem(reason, f"Kubernetes rejects this: {problem.description}")


def declare_values(given: Mapping[str, Any]) -> Declaration:
    """Convert the values of the parameters by their names.

    Raises ResourcesError with all violations.
    """
    known, unknown = split_keys(given)
    values = [known.get(name) for name in NAMES]
    if unknown:
        raise_with_unknown(values, unknown, (Reason.WRONG_TYPE, Reason.UNKNOWN_KEY))
    return declare(*values)


# Where else a key belongs that people pass to the constructor, or to from_dict.
_ELSEWHERE: Final = {
    "requests": "from_requests_and_limits takes requests and limits, from_kubernetes a stanza",
    "limits": "from_requests_and_limits takes requests and limits, from_kubernetes a stanza",
    "resources": "pass the stanza under it to from_kubernetes",
}


def split_keys(given: Mapping[Any, Any], side: str = "") -> tuple[dict[str, Any], list[Violation]]:
    """Return the values of the parameters, and a violation for each key that would otherwise be dropped."""
    known: dict[str, Any] = {}
    unknown: list[Violation] = []
    for key, value in given.items():
        if isinstance(key, str) and key in NAMES:  # `python -bb` forbids to compare bytes with a str
            known[key] = value
        else:
            unknown.append(unknown_key(key, side, suggest=len(unknown) < MAX_SUGGESTIONS))
    return known, unknown


def unknown_key(key: object, side: str = "", *, suggest: bool = True, known: Sequence[str] = NAMES) -> Violation:
    """Return the violation of a key that is not a parameter's name."""
    shown = quoted(key)
    advice = _ELSEWHERE.get(key) if isinstance(key, str) and known is NAMES else None
    advice = advice or (suggest and did_you_mean(key, known)) or f"expected {', '.join(known)}"
    field = field_path(side, key) if side else field_path(key)
    return Violation(field, Reason.UNKNOWN_KEY, f"unknown key {shown}: {advice}")


def raise_with_unknown(
    values: Iterable[object], unknown: Iterable[Violation], wrong_types: Container[str] = (Reason.WRONG_TYPE,)
) -> None:
    """Raise the violations of the values, and then those of unknown keys."""
    violations: list[Violation] = []
    try:
        convert(values)
    except ResourcesError as error:
        violations += error.violations
    raise_all([*violations, *unknown], wrong_types)
