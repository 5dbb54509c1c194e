"""Parameters that are texts, sizes, or values of an enum: the value to keep of each, and what is wrong with it."""

from typing import Any

from resources_py._errors import Violation, quoted, with_type
from resources_py._names import did_you_mean
from resources_py._quantity import as_index
from resources_py._quantity._type import Quantity
from resources_py._reasons import Reason
from resources_py._stanza import text_of


def read_text(field: str, value: object, example: str, violations: list[Violation]) -> str:
    """Return a text that the wire can carry."""
    if isinstance(value, str):
        text = str.__str__(value)
        try:
            text.encode()
            return text
        except UnicodeEncodeError:
            violations.append(Violation(field, Reason.INVALID_NAME, f"{quoted(text)} cannot be encoded as UTF-8"))
            return ""
    described = f"{with_type(value)}: write a string, such as {example!r}"
    violations.append(Violation(field, Reason.WRONG_TYPE, described))
    return ""


def read_enum(field: str, value: object, enum: Any, violations: list[Violation]) -> tuple[str | int | None, int]:
    if value is None:
        return None, 0
    number = as_index(value)
    if number is not None:
        if -(2**31) <= number < 2**31:
            return number, number
        violations.append(Violation(field, Reason.UNSUPPORTED_NAME, f"{quoted(value)} is not a number of 32 bits"))
    elif isinstance(value, str):
        if value in enum.keys():  # noqa: SIM118 - it is not a dict
            return str.__str__(value), enum.Value(value)
        advice = did_you_mean(value, enum.keys()) or f"write one such as {enum.Name(1)}"
        violations.append(Violation(field, Reason.UNSUPPORTED_NAME, f"{quoted(value)} is not known: {advice}"))
    else:
        read_text(field, value, enum.Name(1), violations)
    return None, 0


def name_of(enum: Any, number: int) -> str | int | None:
    """Return the name of a number that was read; the number, if it has none."""
    known = enum.DESCRIPTOR.values_by_number.get(number)
    return None if number == 0 else known.name if known else number


def read_size(field: str, value: object, violations: list[Violation]) -> str | int | None:
    if value is None:
        return None
    if isinstance(value, Quantity):
        return str(value)
    number = as_index(value)
    if number is None and not isinstance(value, str):
        described = f"{with_type(value)}: write a string or an int, such as '8Gi'"
        violations.append(Violation(field, Reason.WRONG_TYPE, described))
        return None
    kept = number if number is not None else read_text(field, value, "8Gi", violations)
    if kept == "":
        described = "the size is empty: leave it out for as much as the memory"
        violations.append(Violation(field, Reason.INVALID_QUANTITY, described))
    return kept


def text_of_size(size: str | int | None) -> str:
    return "" if size is None else text_of(size) if isinstance(size, int) else size  # type: ignore[return-value]
