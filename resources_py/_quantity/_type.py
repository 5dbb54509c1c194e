"""The public type: an immutable value."""

from __future__ import annotations

import operator
from decimal import Decimal
from functools import total_ordering
from typing import Any, Final, NoReturn, SupportsIndex, cast, final

from resources_py._errors import ResourcesTypeError, Violation, quoted
from resources_py._quantity._format import (
    DECIMAL_SI,
    NANOS_PER_UNIT,
    Format,
    State,
    canonical_string,
    divide_away_from_zero,
    plain_digits,
    repr_texts,
)
from resources_py._quantity._parse import bound, check_printable, parse
from resources_py._reasons import Reason


@final
@total_ordering
class Quantity:
    """An amount of a resource: ``500m`` of CPU, ``1Gi`` of memory.

    It accepts and rejects what Go's ``resource.ParseQuantity`` does, and has the same value, canonical string and
    order. A text has at most 256 characters, and so has whatever could be computed from it.

    Args:
        value: A text, a number or a Quantity. A float is taken by its shortest decimal: 0.1 is ``100m``.

    Raises:
        QuantityError: The text is not a quantity, or the value is out of range.
        ResourcesTypeError: The value has a type that cannot be a quantity.

    Example:
        >>> Quantity("1.5Gi")
        Quantity('1536Mi')
        >>> str(Quantity(0.1)), str(Quantity("1000m")), str(Quantity("1e3"))
        ('100m', '1', '1e3')
        >>> Quantity("1") == Quantity("1000m") < Quantity("1Ki")
        True
        >>> Quantity("500m") + Quantity("1"), Quantity("1Gi") - Quantity("1Mi"), Quantity("100m") * 3
        (Quantity('1500m'), Quantity('1023Mi'), Quantity('300m'))
        >>> Quantity("123Mb")
        Traceback (most recent call last):
            ...
        resources_py.QuantityError: '123Mb' is not a quantity: did you mean 123M or 123Mi?
    """

    __slots__ = ("_state",)

    _state: State

    def __new__(cls, value: str | int | float | Decimal | Quantity | SupportsIndex, /) -> Quantity:
        """Convert `value`."""
        if type(value) is str:
            return from_state(parse(value))
        return value if isinstance(value, Quantity) else from_state(_convert(value))

    def __init_subclass__(cls) -> None:
        raise TypeError("Quantity is final")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Quantity is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Quantity is immutable: cannot delete {name!r}")

    @property
    def format(self) -> Format:
        """How it is printed: ``"DecimalSI"``, ``"BinarySI"`` or ``"DecimalExponent"``.

        Example:
            >>> Quantity("1k").format, Quantity("1Ki").format, Quantity("1e3").format
            ('DecimalSI', 'BinarySI', 'DecimalExponent')
        """
        return self._state[1]

    @property
    def decimal(self) -> Decimal:
        """The exact value, whatever the decimal context.

        Example:
            >>> Quantity("1500m").decimal, Quantity("1Ki").decimal
            (Decimal('1.5'), Decimal('1024'))
        """
        return Decimal(plain_digits(self._state[0], grouping=""))

    @property
    def value(self) -> int:
        """The value as a whole number, rounded away from zero.

        Example:
            >>> Quantity("1Gi").value, Quantity("0.1").value, Quantity("-0.1").value
            (1073741824, 1, -1)
        """
        return divide_away_from_zero(self._state[0], NANOS_PER_UNIT)

    @property
    def milli_value(self) -> int:
        """The value in thousandths, rounded away from zero.

        Example:
            >>> Quantity("1.5").milli_value, Quantity("1u").milli_value
            (1500, 1)
        """
        return divide_away_from_zero(self._state[0], NANOS_PER_UNIT // 1000)

    def __str__(self) -> str:
        """Return the canonical string, however the text was written: what Go's CanonicalizeBytes returns.

        Example:
            >>> print(Quantity("1024Ki"), Quantity("+1.50"), Quantity("0.5Ki"))
            1Mi 1500m 512
        """
        nanos, form, text = self._state
        return text or canonical_string(nanos, form)

    def __repr__(self) -> str:
        return " + ".join(f"Quantity({text!r})" for text in repr_texts(*self._state[:2]))

    def __reduce__(self) -> tuple[Any, ...]:
        texts = repr_texts(*self._state[:2])
        return (Quantity, texts) if len(texts) == 1 else (operator.add, tuple(map(Quantity, texts)))

    def __hash__(self) -> int:
        # Python salts the hash of a text. That of an int is its remainder by 2^61-1: whoever chooses the values could
        # make all of them collide.
        return hash(hex(self._state[0]))

    def __eq__(self, other: object) -> bool:
        return self._state[0] == other._state[0] if isinstance(other, Quantity) else NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        return self._state[0] < other._state[0] if isinstance(other, Quantity) else NotImplemented

    def __add__(self, other: Quantity) -> Quantity:
        """Add, in the format of the left operand, or of the right one if the left is zero.

        Example:
            >>> print(Quantity("1Ki") + Quantity("1k"), Quantity("0") + Quantity("1Ki"))
            2024 1Ki
        """
        if not isinstance(other, Quantity):
            return NotImplemented
        (left, form, _), (right, right_form, _) = self._state, other._state
        return _make_result(left + right, form if left else right_form)

    def __sub__(self, other: Quantity) -> Quantity:
        """Subtract, in the format of the left operand, or of the right one if the left is zero."""
        if not isinstance(other, Quantity):
            return NotImplemented
        (left, form, _), (right, right_form, _) = self._state, other._state
        return _make_result(left - right, form if left else right_form)

    def __mul__(self, other: SupportsIndex) -> Quantity:
        """Multiply by a whole number.

        Example:
            >>> print(Quantity("100m") * 30, 2 * Quantity("512Mi"))
            3 1Gi
        """
        factor = as_index(other)
        if factor is None:
            return NotImplemented
        return _make_result(self._state[0] * bound(factor, None), self._state[1])

    __rmul__ = __mul__


# A Quantity rejects assignment, so its slot is set past its own __setattr__.
_allocate: Final = object.__new__
_set_state: Final = vars(Quantity)["_state"].__set__


def from_state(state: State) -> Quantity:
    """Return the quantity that holds `state`."""
    quantity = _allocate(Quantity)
    _set_state(quantity, state)
    return quantity


def _make_result(nanos: int, form: Format) -> Quantity:
    return from_state((check_printable(nanos, form, None), form, None))


def _convert(value: object) -> State:
    """Convert what is not exactly a str."""
    number = as_index(value)
    if number is not None:
        nanos = bound(number, number) * NANOS_PER_UNIT
        return check_printable(nanos, DECIMAL_SI, number), DECIMAL_SI, None
    if isinstance(value, str):
        return parse(str.__str__(value))
    if isinstance(value, float):  # the e of 1e-05 is Python's, so the format is not DecimalExponent
        text = float.__repr__(value)
        return check_printable(parse(text)[0], DECIMAL_SI, text), DECIMAL_SI, None
    if isinstance(value, Decimal):
        return parse(Decimal.__str__(value))
    description = f"expected a str, int, float, Decimal or Quantity, not {type(value).__name__}: {quoted(value)}"
    raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, description)])


def as_index(value: object) -> int | None:
    """Return the int that `value` is by ``__index__``, or None. A bool, numpy's included, is not an int here."""
    if type(value) is int:
        return value
    if not hasattr(type(value), "__index__") or type(value).__name__ in {"bool", "bool_"}:
        return None
    try:
        return operator.index(cast("SupportsIndex", value))
    except TypeError:  # a numpy array that is not a single whole number
        return None
