"""What a quantity holds, and how that is printed."""

from typing import Final, Literal, TypeAlias, final

Format: TypeAlias = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

DECIMAL_SI: Final = "DecimalSI"
BINARY_SI: Final = "BinarySI"
DECIMAL_EXPONENT: Final = "DecimalExponent"

POWERS_OF_TEN: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
POWERS_OF_TWO: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIXES: Final = {power: suffix for suffix, power in POWERS_OF_TEN.items()}
_BINARY_SUFFIXES: Final = {power: suffix for suffix, power in POWERS_OF_TWO.items()}

NANOS_PER_UNIT: Final = 10**9
MAX_NANOS: Final = (2**63 - 1) * NANOS_PER_UNIT

# The value in nanos, the format, and the canonical string where it is known.
State: TypeAlias = tuple[int, Format, str | None]


@final
class SaturatedInt(int):
    """2^63-1 (or minus that), in nanos, in place of a BinarySI text beyond it: Go caps these."""


SATURATED: Final = SaturatedInt(MAX_NANOS)
SATURATED_NEGATIVE: Final = SaturatedInt(-MAX_NANOS)


def canonical_string(nanos: int, form: Format) -> str:
    """Return what Go's CanonicalizeBytes does."""
    if nanos == 0:
        return "0"
    if form == BINARY_SI and not -1024 * NANOS_PER_UNIT < nanos < 1024 * NANOS_PER_UNIT:
        count, fraction = divmod(nanos, NANOS_PER_UNIT)
        if fraction == 0:
            power = ((count & -count).bit_length() - 1) // 10 * 10
            # Go drops a power that has no suffix, here and below. It prints a computed -2^63 as -8Ei or as plain
            # digits, depending on how the operands were written. Here it is -8Ei.
            return digits_of(count >> power) + _BINARY_SUFFIXES.get(power, "")
    number, power = scale_by_thousands(nanos)
    if form == DECIMAL_EXPONENT:
        return f"{number}e{power}" if power else number
    return number + _DECIMAL_SUFFIXES.get(power, "")


def scale_by_thousands(nanos: int) -> tuple[str, int]:
    """Return `nanos` as digits and a power of ten: the greatest multiple of 3 that leaves a whole number."""
    digits = digits_of(nanos)
    power = (len(digits) - len(digits.rstrip("0"))) // 3 * 3
    return digits[: len(digits) - power], power - 9


def digits_of(number: int) -> str:
    """Return the decimal digits of a number, also where Python is set to refuse more than 640."""
    if -MAX_NANOS < number < MAX_NANOS:
        return str(number)
    from decimal import Decimal  # imported late: `check` rarely needs it

    return str(Decimal(number))


def plain_digits(nanos: int, *, grouping: str = ",") -> str:
    """Return a value with all its digits, for people.

    >>> plain_digits(10**15), plain_digits(5 * 10**8)
    ('1,000,000', '0.5')
    """
    return decimal_text(nanos, 9, grouping)


def decimal_text(number: int, places: int, grouping: str = "") -> str:
    """Return `number` with its decimal point moved left by so many places."""
    units, fraction = divmod(abs(number), 10**places)
    whole = f"{units:{grouping}}" if units <= MAX_NANOS else digits_of(units)
    shown = digits_of(fraction).zfill(places) if places else ""
    return ("-" * (number < 0) + f"{whole}.{shown}").rstrip("0").rstrip(".")


def repr_texts(nanos: int, form: Format) -> tuple[str, ...]:
    """Return the text that parses to this value and format; or, if none does, two whose sum has both.

    The canonical string does not do everywhere: ``8Ei`` prints as 2^63-1, ``0.5Ki`` as ``512``, which parses as
    DecimalSI, ``1e0`` as ``1``, and so does ``1000E``.
    """
    text = canonical_string(nanos, form)
    if form != BINARY_SI:
        number, power = scale_by_thousands(nanos) if nanos else ("0", 0)
        if form == DECIMAL_SI:
            return (number + "0" * (power - 18) + "E" if power > 18 else text,)
        return (f"{number}{'0' * (power - 999)}e{min(power, 999)}",)
    if isinstance(nanos, SaturatedInt):
        return ("8Ei" if nanos > 0 else "-8Ei",)
    if nanos != 0 and (-NANOS_PER_UNIT < nanos < NANOS_PER_UNIT or not -MAX_NANOS <= nanos <= MAX_NANOS):
        return "1Ki", *repr_texts(nanos - 1024 * NANOS_PER_UNIT, DECIMAL_SI)
    if text.endswith("i"):
        return (text,)
    digits = str(abs(nanos) * 5**10).zfill(20)  # a Ki is 2^10, so this counts 10^-19 of a Ki
    return (f"{'-' * (nanos < 0)}{digits[:-19]}.{digits[-19:]}".rstrip("0").rstrip(".") + "Ki",)


def divide_away_from_zero(dividend: int, divisor: int) -> int:
    """Divide by a positive number, rounding away from zero."""
    return -(-dividend // divisor) if dividend > 0 else dividend // divisor
