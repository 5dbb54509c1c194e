"""Errors and warnings. Both carry the same three fields: where, which rule, and what to write instead."""

from collections.abc import Container, Iterable
from itertools import islice
from typing import Final, NamedTuple

from resources_py._reasons import Reason

MAX_DESCRIPTION_BYTES: Final = 120  # details travel in gRPC trailers, which are capped at 8 KiB
_MAX_QUOTED_BYTES: Final = 40

# Untrusted values may be huge, or share parts so that their repr is: show a few items of a few levels.
_MAX_QUOTED_ITEMS: Final = 4
_MAX_QUOTED_LEVELS: Final = 2


def quoted(value: object) -> str:
    r"""Return the repr of `value`, cut to 40 UTF-8 bytes, for descriptions.

    >>> print(quoted("12\n"), quoted("5\xb5"))
    '12\n' '5µ'
    >>> quoted("9" * 100)
    "'999999999999999999999999999999999999..."
    """
    try:
        text = _render(value, _MAX_QUOTED_LEVELS)
    except Exception:  # a repr of the caller's own that fails
        text = f"<{type(value).__name__}>"
    return cut(text, _MAX_QUOTED_BYTES)


def with_type(value: object) -> str:
    """Return a value and its type, for descriptions.

    >>> with_type(0.5), with_type(5)
    ('0.5 is a float', '5 is an int')
    """
    # A subclass of int is what a reader of YAML makes of an int, or an enum: its name would explain nothing.
    is_int = isinstance(value, int) and not isinstance(value, bool)
    name = "int" if is_int else type(value).__name__[:20]
    article = "an" if name.startswith(("a", "e", "i", "o", "A", "E", "I", "O")) else "a"  # a uint8, a UUID
    return f"{quoted(value)} is {article} {name}"


def _render(value: object, levels: int) -> str:
    """Return the beginning of a repr, in time that does not depend on the size of a text or a container."""
    if isinstance(value, str | bytes | bytearray):
        return repr(value[: _MAX_QUOTED_BYTES + 1])
    if isinstance(value, int) and value.bit_length() > 1000:  # Python refuses to print more than 4,300 digits
        return f"<an int of {value.bit_length()} bits>"
    if isinstance(value, dict):
        pairs = ("{}: {}".format(*(_render(part, levels - 1) for part in pair)) for pair in value.items())
        return f"{{{_join(pairs, len(value), levels)}}}"
    if isinstance(value, list | tuple | set | frozenset):
        opening, closing = "[]" if isinstance(value, list) else "()" if isinstance(value, tuple) else "{}"
        return opening + _join((_render(item, levels - 1) for item in value), len(value), levels) + closing
    # What other containers print is theirs to bound, and few do.
    return f"<{type(value).__name__}>" if hasattr(type(value), "__iter__") else repr(value)


def _join(items: Iterable[str], count: int, levels: int) -> str:
    """Join the first items; the others, and all of those that are nested too deep, become an ellipsis."""
    shown = _MAX_QUOTED_ITEMS if levels > 0 else 0
    return ", ".join([*islice(items, shown), *["..."] * (count > shown)])


def cut(text: str, most: int) -> str:
    """Return `text`, or its beginning and an ellipsis, in at most so many UTF-8 bytes; nothing if `most` is 0."""
    encoded = text[: most + 1].encode("utf-8", "backslashreplace")
    if len(encoded) <= most:
        return text
    return encoded[: most - 3].decode("utf-8", "ignore") + "..." if most else ""


def field_path(key: object, *keys: object) -> str:
    """Return the field of a key, or of keys within it: ``limits["nvidia.com/gpu"]``."""
    shown = quoted(key)[1:-1] if isinstance(key, str) else quoted(key)
    for each in keys:
        shown += f'["{quoted(each)[1:-1]}"]' if isinstance(each, str) else f"[{quoted(each)}]"
    return shown


class Violation(NamedTuple):
    """One thing that is wrong.

    Attributes:
        field: The place, such as ``cpu[1]``, ``requests[2].name`` or ``limits["nvidia.com/gpu"]``.
        reason: One of :class:`Reason`.
        description: What is wrong and what to write instead, in at most 120 UTF-8 bytes. Its text may change.
    """

    field: str
    reason: str
    description: str

    def __str__(self) -> str:
        return f"{self.field}: {self.description}" if self.field else self.description


class ResourcesError(ValueError):
    """One or more values are wrong. ``str(error)`` has a line for each.

    Attributes:
        violations: All that is wrong, in the order of the parameters, request before limit.

    Example:
        >>> violation = Violation("mem", "INVALID_QUANTITY", "'1Gb' is not a quantity: did you mean 1G or 1Gi?")
        >>> error = ResourcesError([violation])
        >>> print(error)
        mem: '1Gb' is not a quantity: did you mean 1G or 1Gi?
        >>> error.violations[0].reason
        'INVALID_QUANTITY'
    """

    violations: tuple[Violation, ...]

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(v._replace(description=cut(v.description, MAX_DESCRIPTION_BYTES)) for v in violations)
        super().__init__("\n".join(map(str, self.violations)))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.violations,)


class ResourcesTypeError(ResourcesError, TypeError):
    """Every value that is wrong has the wrong type."""


def raise_all(violations: list[Violation], wrong_types: Container[str] = (Reason.WRONG_TYPE,)) -> None:
    """Raise `violations`, if there are any: as ResourcesTypeError if each has one of the reasons in `wrong_types`."""
    if violations:
        only_types = all(violation.reason in wrong_types for violation in violations)
        raise (ResourcesTypeError if only_types else ResourcesError)(violations)


class QuantityError(ResourcesError):
    """A value is not a quantity, or is out of range.

    Attributes:
        reason: Go's word for it, ``"format"``, ``"numeric"`` or ``"suffix"``; or ``"range"``.
        text: The text that was given; empty for a number.
    """

    reason: str
    text: str

    def __init__(self, reason: str, text: str, description: str) -> None:
        self.reason, self.text = reason, text
        code = Reason.OUT_OF_RANGE if reason == "range" else Reason.INVALID_QUANTITY
        super().__init__([Violation("", code, description)])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.text, self.violations[0].description)


class ResourcesWarning(UserWarning):
    """A value is legal, but probably a mistake.

    Attributes:
        field: The place, as in :class:`Violation`.
        reason: One of :class:`Reason`.
        description: What is odd and what was probably meant, in at most 120 UTF-8 bytes. Its text may change.
    """

    field: str
    reason: str
    description: str

    def __init__(self, field: str, reason: str, description: str) -> None:
        self.field, self.reason, self.description = field, reason, cut(description, MAX_DESCRIPTION_BYTES)
        super().__init__(f"{field}: {self.description} [{reason}]")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.field, self.reason, self.description)
