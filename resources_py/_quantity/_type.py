"""The public type: an immutable value."""

from __future__ import annotations

import operator
from decimal import Decimal
from functools import total_ordering
from typing import Any, Final, Literal, NoReturn, SupportsIndex, cast, final, overload

from mashumaro.types import SerializableType

from resources_py._errors import QuantityError, ResourcesTypeError, Violation, quoted
from resources_py._quantity._format import (
    DECIMAL_SI,
    NANOS_PER_UNIT,
    POWERS_OF_TEN,
    POWERS_OF_TWO,
    Format,
    State,
    canonical_string,
    decimal_text,
    divide_away_from_zero,
    plain_digits,
    repr_texts,
)
from resources_py._quantity._parse import MAX_QUANTITY_CHARACTERS, bound, check_printable, parse, refuse
from resources_py._reasons import Reason


@final
@total_ordering
class Quantity(SerializableType):
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
        """How it is printed, as ``"DecimalSI"``, ``"BinarySI"`` or ``"DecimalExponent"``.

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
        if isinstance(other, Quantity):
            return self._state[0] < other._state[0]
        if isinstance(other, str | int | float | Decimal):
            raise TypeError(f"cannot compare a Quantity with {quoted(other)}: write Quantity({quoted(other)})")
        return NotImplemented

    def __bool__(self) -> bool:
        """Return whether the value is not zero."""
        return self._state[0] != 0

    def __float__(self) -> float:
        """Return the nearest float.

        Raises:
            OverflowError: The value is beyond the largest float.

        Example:
            >>> float(Quantity("1500m")), float(Quantity("1Ki"))
            (1.5, 1024.0)
        """
        return self._state[0] / NANOS_PER_UNIT

    def to(self, unit: str) -> Decimal:
        """Return how many of a unit this is: exact, whatever the decimal context.

        Args:
            unit: A suffix of a quantity, such as ``"m"``, ``"Mi"`` or ``""`` for one.

        Raises:
            QuantityError: `unit` is not a suffix.

        Example:
            >>> Quantity("1Gi").to("Mi"), Quantity("1Mi").to("Gi"), Quantity("1.5").to("m")
            (Decimal('1024'), Decimal('0.0009765625'), Decimal('1500'))
        """
        nanos = self._state[0]
        if unit in POWERS_OF_TWO:  # a half is five tenths
            power = POWERS_OF_TWO[unit]
            return Decimal(decimal_text(nanos * 5**power, 9 + power))
        if unit not in POWERS_OF_TEN:
            units = ", ".join(map(repr, (*POWERS_OF_TEN, *POWERS_OF_TWO)))
            raise QuantityError("suffix", str(unit), f"{quoted(unit)} is not a unit: write one of {units}")
        power = 9 + POWERS_OF_TEN[unit]
        return Decimal(decimal_text(nanos, power))

    def __neg__(self) -> Quantity:
        return _make_result(-self._state[0], self._state[1])

    def __add__(self, other: Quantity | Literal[0]) -> Quantity:
        """Add, in the format of the left operand, or of the right one if the left is zero.

        The int 0 can be added too, so that `sum` works.

        Example:
            >>> print(Quantity("1Ki") + Quantity("1k"), Quantity("0") + Quantity("1Ki"))
            2024 1Ki
            >>> sum([Quantity("500m"), Quantity("1")])
            Quantity('1500m')
        """
        if type(other) is int and other == 0:
            return self
        if not isinstance(other, Quantity):
            return NotImplemented
        (left, form, _), (right, right_form, _) = self._state, other._state
        return _make_result(left + right, form if left else right_form)

    __radd__ = __add__

    def __sub__(self, other: Quantity) -> Quantity:
        """Subtract, in the format of the left operand, or of the right one if the left is zero."""
        if not isinstance(other, Quantity):
            return NotImplemented
        (left, form, _), (right, right_form, _) = self._state, other._state
        return _make_result(left - right, form if left else right_form)

    def __mul__(self, other: SupportsIndex | float | Decimal) -> Quantity:
        """Multiply by a number. The result is rounded to a billionth, away from zero, and keeps the format.

        Args:
            other: The factor. A float is taken by its shortest decimal.

        Example:
            >>> print(Quantity("100m") * 30, 2 * Quantity("512Mi"), Quantity("2Gi") * 1.5)
            3 1Gi 3Gi
        """
        ratio = _ratio(other)
        if ratio is None:
            return NotImplemented
        return self._scale(*ratio)

    __rmul__ = __mul__

    @overload
    def __truediv__(self, other: Quantity) -> float: ...
    @overload
    def __truediv__(self, other: SupportsIndex | float | Decimal) -> Quantity: ...
    def __truediv__(self, other: Quantity | SupportsIndex | float | Decimal) -> float | Quantity:
        """Divide by a Quantity, which is a float, or by a number, which is a Quantity as for multiplication.

        Example:
            >>> Quantity("1Gi") / Quantity("256Mi"), Quantity("1Gi") / 4, Quantity("1") / 3
            (4.0, Quantity('256Mi'), Quantity('333333334n'))
        """
        if isinstance(other, Quantity):
            return self._state[0] / other._state[0]
        ratio = _ratio(other)
        if ratio is None:
            return NotImplemented
        numerator, denominator = ratio
        return self._scale(-denominator, -numerator) if numerator < 0 else self._scale(denominator, numerator)

    def __floordiv__(self, other: Quantity) -> int:
        """Return how many times another Quantity fits.

        Example:
            >>> Quantity("8Gi") // Quantity("3Gi")
            2
        """
        return self._state[0] // other._state[0] if isinstance(other, Quantity) else NotImplemented

    # ---- a field of a dataclass with mashumaro's mixin, or of a pydantic model: a text that reads as the same value

    def _serialize(self) -> str:
        nanos, form, text = self._state
        text = text or canonical_string(nanos, form)  # Go drops a suffix that it lacks: 1000E is printed as 1
        return text if parse(text)[0] == nanos else plain_digits(nanos, grouping="")

    @classmethod
    def _deserialize(cls, value: Any) -> Quantity:
        return Quantity(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from resources_py import _pydantic

        return _pydantic.schema_of_quantity()

    def _scale(self, numerator: int, denominator: int) -> Quantity:
        nanos, form, _ = self._state
        return _make_result(divide_away_from_zero(nanos * numerator, denominator), form)


# A Quantity rejects assignment, so its slot is set past its own __setattr__.
_allocate: Final = object.__new__
_set_state: Final = vars(Quantity)["_state"].__set__


def from_state(state: State) -> Quantity:
    """Return the quantity that holds `state`."""
    quantity = _allocate(Quantity)
    _set_state(quantity, state)
    return quantity


def _ratio(number: object) -> tuple[int, int] | None:
    """Return a factor as a fraction, or None if it is not a number.

    Raises QuantityError for a number that is not finite, or too long.
    """
    whole = as_index(number)
    if whole is not None:
        return bound(whole, None), 1
    if isinstance(number, float):
        number = Decimal(float.__repr__(number))
    if not isinstance(number, Decimal):
        return None
    if not number.is_finite():
        refuse("format", str(number))
    if len(str(number)) > MAX_QUANTITY_CHARACTERS or abs(number.adjusted()) > 999:
        refuse("range", None)
    return number.as_integer_ratio()


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
