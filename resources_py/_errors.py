"""What the package says when something is wrong, or legal but hardly meant.

Every error lists all that is wrong at once, as :class:`Violation`; every warning
carries the same three fields, so one piece of code can show both.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final, NamedTuple

_DESCRIPTION_BYTES: Final = 120
_QUOTED_BYTES: Final = 40


def quoted(value: object) -> str:
    r"""Show `value` as Python writes it, in ASCII, cut where it is long: for descriptions.

    >>> quoted("12\n"), quoted("\u00b5")
    ("'12\\n'", "'\\xb5'")
    >>> quoted("9" * 100)
    "'999999999999999999999999999999999999..."
    """
    if isinstance(value, str | bytes):
        text = ascii(value[:_QUOTED_BYTES])  # never escape a megabyte to show forty characters of it
        long = len(value) > _QUOTED_BYTES
    else:
        try:
            text = ascii(value)
        except Exception:  # a repr of the caller's own that fails, or an int past the digit limit
            text = f"<{type(value).__name__}>"
        long = False
    if long or len(text) > _QUOTED_BYTES:
        return text[: _QUOTED_BYTES - 3] + "..."
    return text


def _cut(description: str) -> str:
    """Keep `description` within the contract's 120 UTF-8 bytes (details travel in gRPC trailers, capped at 8 KiB)."""
    encoded = description.encode("utf-8", "backslashreplace")
    if len(encoded) <= _DESCRIPTION_BYTES:
        return description
    return encoded[: _DESCRIPTION_BYTES - 3].decode("utf-8", "ignore") + "..."


class Violation(NamedTuple):
    """One thing that is wrong: where, which rule, and what to write instead.

    `field` names the place (``cpu[1]``, ``requests[2].name``, ``limits["nvidia.com/gpu"]``), `reason` is one of the
    contract's upper-case words, `description` is for people: at most 120 UTF-8 bytes, and free to change.
    """

    field: str
    reason: str
    description: str


class ResourcesError(ValueError):
    """The value is wrong; :attr:`violations` says all that is, in order.

    >>> violation = Violation("mem", "INVALID_QUANTITY", "'1Gb' is not a quantity: did you mean 1G or 1Gi?")
    >>> error = ResourcesError([violation])
    >>> print(error)
    mem: '1Gb' is not a quantity: did you mean 1G or 1Gi?
    >>> error.violations[0].reason
    'INVALID_QUANTITY'
    """

    violations: tuple[Violation, ...]

    def __init__(self, violations: list[Violation] | tuple[Violation, ...]) -> None:
        self.violations = tuple(v._replace(description=_cut(v.description)) for v in violations)
        super().__init__(
            "; ".join(f"{v.field}: {v.description}" if v.field else v.description for v in self.violations)
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.violations,)


class ResourcesTypeError(ResourcesError, TypeError):
    """As :class:`ResourcesError`, where every single problem is a wrong type."""


def raise_all(violations: list[Violation], wrong_types: Container[str] = ("WRONG_TYPE",)) -> None:
    """Raise what `violations` call for, if anything: ResourcesTypeError where each has one of these reasons."""
    if violations:
        only_types = all(violation.reason in wrong_types for violation in violations)
        raise (ResourcesTypeError if only_types else ResourcesError)(violations)


class QuantityError(ResourcesError):
    """The text is no quantity, or its exponent is out of range.

    `reason` is Go's word for it, ``"format"``, ``"numeric"`` or ``"suffix"``, or ``"range"``; `text` is what was given.
    """

    reason: str
    text: str

    def __init__(self, reason: str, text: str, description: str) -> None:
        self.reason, self.text = reason, text
        code = "OUT_OF_RANGE" if reason == "range" else "INVALID_QUANTITY"
        super().__init__((Violation("", code, _cut(description)),))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.text, self.violations[0].description)


class ResourcesWarning(UserWarning):
    """Legal, but almost surely not meant. `field`, `reason` and `description` are as in :class:`Violation`."""

    field: str
    reason: str
    description: str

    def __init__(self, field: str, reason: str, description: str) -> None:
        self.field, self.reason, self.description = field, reason, _cut(description)
        super().__init__(f"{field}: {self.description} [{reason}]")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.field, self.reason, self.description)
