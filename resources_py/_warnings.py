"""Values that are legal but probably a mistake."""

import re
import sys
import warnings
from collections.abc import Iterable
from types import FrameType
from typing import Final

from resources_py._amounts import CPU, GPU, MEMORY, Amount, Problem, Resource, ceil_to_milli, round_up_to_milli
from resources_py._errors import ResourcesWarning, quoted
from resources_py._quantity import NANOS_PER_UNIT, divide_away_from_zero, plain_digits
from resources_py._reasons import Reason

_MEBIBYTE: Final = 2**20 * NANOS_PER_UNIT
_MAX_CORES: Final = 256
_MAX_GPUS: Final = 64
# The unit that was probably meant by one that makes too few bytes, or too many cores.
_MEANT_BYTES: Final = {"n": "M", "u": "M", "m": "M", "k": "M", "Ki": "M", "M": "G", "Mi": "G"}
_BINARY_ADVICE: Final = {CPU: "cores, such as 1 or 500m", GPU: "a number of devices, such as 1"}
_STARTS_WITH_DIGITS: Final = re.compile(r"[+-]?\.?[0-9]")
_NUMBER_AND_UNIT: Final = re.compile(r"([+-]?[0-9.]+)([a-zA-Z]{1,2})", re.ASCII)


def find_warning(resource: Resource, value: object, amount: Amount) -> Problem | None:
    """Return the first warning about a value, in the order of the contract, or None."""
    nanos = amount[0]
    text = value if isinstance(value, str) else ""
    if nanos == 0 and text and not _STARTS_WITH_DIGITS.match(text):  # e3 and Gi
        return Problem(Reason.NO_DIGITS, f"{quoted(value)} has no digits and reads as 0: write the number, or 0")
    if resource is CPU or resource is GPU:
        if text.endswith("i"):
            return Problem(Reason.BINARY_SUFFIX, f"{text[-2:]} is a unit of memory: write {_BINARY_ADVICE[resource]}")
        if resource is GPU:
            return Problem(Reason.HUGE_GPU, _describe_gpus(text, nanos)) if nanos > _MAX_GPUS * NANOS_PER_UNIT else None
        if nanos > _MAX_CORES * NANOS_PER_UNIT:
            return Problem(Reason.HUGE_CPU, _describe_cores(text, nanos))
        if nanos % (NANOS_PER_UNIT // 1000):
            described = f"{quoted(value)} is finer than 1m: Kubernetes rounds it up to {ceil_to_milli(nanos)}m"
            return Problem(Reason.FINER_THAN_MILLI, described)
    elif nanos % NANOS_PER_UNIT:
        return Problem(Reason.FRACTIONAL_BYTES, _describe_fraction(value, nanos))
    elif resource is MEMORY and 0 < nanos < _MEBIBYTE:
        return Problem(Reason.TINY_MEMORY, _describe_tiny(value, nanos // NANOS_PER_UNIT))
    return None


def find_stored_warning(resource: Resource, value: object, amount: Amount) -> Problem | None:
    """Return the first warning about a value as Kubernetes stores it: bytes are rounded up to a thousandth."""
    is_fine = resource in (CPU, GPU) or amount[0] % NANOS_PER_UNIT == 0
    return find_warning(resource, value, amount if is_fine else round_up_to_milli(amount))


def _describe_gpus(text: str, nanos: int) -> str:
    number, unit = _split(text)
    meant = f": did you mean {number}?" if unit else f": more than {_MAX_GPUS} are unusual"
    return f"{plain_digits(nanos)} devices in one container{meant}"


def _describe_cores(text: str, nanos: int) -> str:
    number, unit = _split(text)
    number = number if unit else plain_digits(nanos, grouping="")
    return f"{plain_digits(nanos)} cores: did you mean {number}m?"


def _describe_fraction(value: object, nanos: int) -> str:
    number, unit = _split(value)
    if unit == "m":
        meant = f"did you mean {number}M or {number}Mi?"
        return f"m is a thousandth, so {number}m is {plain_digits(nanos)} byte: {meant}"
    whole = divide_away_from_zero(nanos, NANOS_PER_UNIT)
    return f"{quoted(value)} is {plain_digits(nanos)} bytes, and bytes are whole: did you mean {whole}?"


def _describe_tiny(value: object, count: int) -> str:
    number, unit = _split(value)
    if unit in _MEANT_BYTES:
        larger = _MEANT_BYTES[unit]
        found = f"{number}{unit} is {count:,} byte{'s' * (count != 1)}, below 1 MiB"
        return f"{found}: did you mean {number}{larger} or {number}{larger}i?"
    return f"{quoted(value)} is less than 1 MiB: is the unit missing, as in {count}Mi?"


def _split(value: object) -> tuple[str, str]:
    """Return number and unit, as written; both are empty where no unit was written."""
    match = _NUMBER_AND_UNIT.fullmatch(value) if isinstance(value, str) else None
    return (match[1], match[2]) if match else ("", "")


# The packages between a declaration and this module: a warning points at the first line outside of them.
_INTERNAL_PACKAGES: Final = ("resources_py", "mashumaro", "pydantic", "dataclasses")


# Python remembers each distinct warning of a module, to show it once. The texts may come from untrusted input: beyond
# this many the module's memory is emptied, and a warning may be shown again.
_MAX_REMEMBERED: Final = 1000


def warn_caller(found: Iterable[tuple[str, Problem]]) -> None:
    """Warn as `warnings.warn` does, at the line that called into this package, however deep the call went."""
    frame = sys._getframe()
    while frame.f_back is not None and _is_internal(frame):
        frame = frame.f_back
    module = frame.f_globals.get("__name__")
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    for field, problem in found:
        if len(registry) > _MAX_REMEMBERED + 1:  # it also holds the version of the filters
            registry.clear()
        warnings.warn_explicit(
            ResourcesWarning(field, *problem),
            category=None,  # that of the warning
            filename=frame.f_code.co_filename,
            lineno=frame.f_lineno,
            module=module if isinstance(module, str) else "<string>",
            registry=registry,
        )


def _is_internal(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    # The constructor that dataclasses generates for a subclass has the subclass's module.
    return package in _INTERNAL_PACKAGES or (frame.f_code.co_filename, frame.f_code.co_name) == ("<string>", "__init__")
