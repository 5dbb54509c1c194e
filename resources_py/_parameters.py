"""From the values of the constructor's parameters to what they mean."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, SupportsIndex, TypeAlias

from resources_py import _wire
from resources_py._advice import describe_unparsed, describe_wrong_type
from resources_py._amounts import (
    CPU,
    GPU,
    NAMES,
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
from resources_py._quantity import as_index
from resources_py._quantity._type import Quantity
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
"""What `cpu` accepts, which is everything :data:`ResourceValue` allows, plus float and Decimal."""

Scalar: TypeAlias = str | int | float
Written: TypeAlias = Scalar | tuple[Scalar | None, Scalar | None] | None

# In place of a limit: the request's value is for both sides.
_BOTH: Final = object()
_NOT_SET: Final = (None, None)
_MAX_ADVISED: Final = 64  # characters of a text that is compared with what was probably meant

# What the value of one parameter means: request and limit.
Setting: TypeAlias = tuple[Resource, Amount | None, Amount | None]
_Warnings: TypeAlias = Sequence[tuple[str, Problem]]  # with their fields
# What a Resources holds: the value of each parameter, the bytes, and the warnings. Equal declarations share it.
Declaration: TypeAlias = tuple[Written, Written, Written, Written, bytes, _Warnings]


def declare(cpu: Any, mem: Any, gpu: Any, ephemeral_storage: Any) -> Declaration:
    """Convert the values of the parameters.

    Raises ResourcesError with all violations.
    """
    c, m, g, e = cpu, mem, gpu, ephemeral_storage
    c_limit = m_limit = g_limit = e_limit = _BOTH
    try:  # written out, since every declaration comes through here
        if c is not None and isinstance(c, tuple):
            c, c_limit = _pair(c)
        if m is not None and isinstance(m, tuple):
            m, m_limit = _pair(m)
        if g is not None and isinstance(g, tuple):
            g, g_limit = _pair(g)
        if e is not None and isinstance(e, tuple):
            e, e_limit = _pair(e)
        return _declare_cached(c, c_limit, m, m_limit, g, g_limit, e, e_limit)
    except ResourcesError:
        raise
    except (TypeError, ValueError):  # not a pair, not hashable, or not of a built-in type
        pass
    return _declare(_split((cpu, mem, gpu, ephemeral_storage)), _convert_any)


def _pair(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return `value`, unless it holds tuples: what hashes those takes time and stack without bound."""
    request, limit = value
    if isinstance(request, tuple) or isinstance(limit, tuple):
        raise TypeError
    return value


# Programs make few distinct declarations. The key is the eight sides with their types: 1 and 1.0 are equal, and only
# cpu accepts the second. Only what was accepted is kept, so that a full cache takes about a megabyte. What has a class
# of the caller's is left out: it may claim to equal any value.
@lru_cache(maxsize=1024, typed=True)
def _declare_cached(*sides: Any) -> Declaration:
    """Convert the eight sides.

    Raises ResourcesError with all violations, and TypeError for what is not kept.
    """
    return _declare(sides, _convert_number)


def convert(values: Iterable[Any]) -> list[Setting]:
    """Return request and limit of each parameter.

    Raises ResourcesError with all violations.
    """
    return _convert(_split(values), _convert_any)[1]


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


_Converter: TypeAlias = Callable[[Resource, Any], tuple[Scalar | None, Amount | Problem]]


def _declare(sides: Sequence[Any], convert_other: _Converter) -> Declaration:
    written, settings, warnings = _convert(sides, convert_other)
    return *written, _wire.encode(settings), warnings  # type: ignore[return-value]


def _convert(
    sides: Sequence[Any], convert_other: _Converter
) -> tuple[list[Written], list[Setting], list[tuple[str, Problem]]]:
    """Return the value of each parameter as written, what it means, and the warnings.

    `convert_other` converts what is not a str.
    """
    violations: list[Violation] = []
    written: list[Written] = []
    settings: list[Setting] = []
    warnings: list[tuple[str, Problem]] = []
    for resource, request, limit in zip(RESOURCES, sides[::2], sides[1::2]):  # noqa: B905 - strict takes 0.6 us
        if limit is _BOTH:
            value, low = _convert_side(resource, "", request, convert_other, violations)
            written.append(value)
            settings.append((resource, low, low))
            if low is not None and (warning := find_warning(resource, value, low)):
                warnings.append((resource.parameter, warning))
            continue
        if request is None and limit is None:
            described = "(None, None) sets nothing: leave it out"
            violations.append(Violation(resource.parameter, Reason.WRONG_LENGTH, described))
        low_value, low = _convert_side(resource, "[0]", request, convert_other, violations)
        high_value, high = _convert_side(resource, "[1]", limit, convert_other, violations)
        written.append((low_value, high_value))
        settings.append((resource, low, high))
        if low is not None:
            if high is not None and (above := check_within_limit(low, high)):
                violations.append(above.at(resource.parameter + "[0]"))
            if warning := _find_gpu_warning(resource, low, high) or find_warning(resource, low_value, low):
                warnings.append((resource.parameter + "[0]", warning))
        if high is not None and (warning := find_warning(resource, high_value, high)):
            warnings.append((resource.parameter + "[1]", warning))
    raise_all(violations)
    return written, settings, warnings


def _convert_side(
    resource: Resource, side: str, value: Any, convert_other: _Converter, violations: list[Violation]
) -> tuple[Scalar | None, Amount | None]:
    """Return the str, int or float to keep of one value, and its amount. Append what is wrong to `violations`."""
    if value is None:
        return _NOT_SET
    scalar, amount = (value, parse_amount(resource, value)) if type(value) is str else convert_other(resource, value)
    if type(amount) is Problem:
        is_bad_text = amount.reason == Reason.INVALID_QUANTITY and isinstance(value, str) and len(value) < _MAX_ADVISED
        advice = describe_unparsed(resource.parameter, value) if is_bad_text else None
        problem = Problem(amount.reason, advice) if advice else amount
        violations.append(problem.at(resource.parameter + side))
        return _NOT_SET
    return scalar, amount  # type: ignore[return-value]  # mypy does not narrow by `type() is`


def _convert_number(resource: Resource, value: object) -> tuple[Scalar, Amount | Problem]:
    """Convert an int, or a float of cpu, but not of a class of the caller's.

    Raises TypeError for anything else.
    """
    if type(value) is int:
        return value, convert_int(resource, value)
    if resource is CPU and type(value) is float:
        number = value or 0.0  # minus zero is zero
        return number, convert_float(resource, number)
    raise TypeError


def _convert_any(resource: Resource, value: object) -> tuple[Scalar | None, Amount | Problem]:
    """Convert what is not exactly a str."""
    integer = as_index(value)
    if integer is not None:
        return _convert_number(resource, integer)
    if isinstance(value, Problem):
        return None, value
    if isinstance(value, str):
        value = str.__str__(value)
        return value, parse_amount(resource, value)
    if isinstance(value, Quantity):
        return str(value), convert_quantity(resource, value)
    if resource is CPU and isinstance(value, float):
        return _convert_number(resource, float(value))
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
