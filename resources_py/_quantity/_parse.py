"""From a text to what a quantity holds."""

import re
from typing import Final, NoReturn

from resources_py._errors import QuantityError
from resources_py._quantity._format import (
    BINARY_SI,
    DECIMAL_EXPONENT,
    DECIMAL_SI,
    MAX_NANOS,
    NANOS_PER_UNIT,
    POWERS_OF_TEN,
    POWERS_OF_TWO,
    SATURATED,
    SATURATED_NEGATIVE,
    Format,
    State,
    canonical_string,
    divide_away_from_zero,
    repr_texts,
)
from resources_py._quantity._suggest import describe_refusal

MAX_QUANTITY_CHARACTERS: Final = 256
_MAX_EXPONENT_DIGITS: Final = 3
# A value below this size prints in at most MAX_QUANTITY_CHARACTERS, whatever its format.
_SURELY_PRINTABLE: Final = 10**200
# No text within the limits has a value this large: 256 digits, an exponent of 999, and nine digits of nanos.
_SURELY_TOO_LARGE: Final = 10 ** (MAX_QUANTITY_CHARACTERS + 999 + 9)

_DIGITS: Final = "0123456789"
_QUANTITY: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)")
_EXPONENT: Final = re.compile(r"[eE]([+-]?)0*([0-9]*)")

# Of each suffix: its unit in nanos, the format, and the next larger unit.
_UNITS: Final[dict[str, tuple[int, Format, int]]] = {
    **{suffix: (10 ** (power + 9), DECIMAL_SI, 10 ** (power + 12)) for suffix, power in POWERS_OF_TEN.items()},
    **{
        suffix: (NANOS_PER_UNIT << power, BINARY_SI, NANOS_PER_UNIT << power + 10)
        for suffix, power in POWERS_OF_TWO.items()
    },
}
_MAX_FAST_CHARACTERS: Final = 24


def parse(text: str) -> State:
    """Parse a text.

    Raises QuantityError.
    """
    # Most texts are whole numbers with a suffix. Seeing that first makes declaring and decoding a third faster (see
    # docs/reference/benchmarks.md); a property test holds it to `parse_slow`, which parses any text.
    if len(text) <= _MAX_FAST_CHARACTERS:
        suffix = text.lstrip(_DIGITS)
        unit = _UNITS.get(suffix)
        if unit is not None and suffix != text:
            nanos = int(text.removesuffix(suffix)) * unit[0]
            if nanos < MAX_NANOS:
                # With no factor of a thousand (or 1,024) to strip, the text is canonical.
                return nanos, unit[1], text if nanos % unit[2] and text[0] != "0" else None
    return parse_slow(text)


def parse_slow(text: str) -> State:
    """Parse any text, step by step as Go does."""
    if len(text) > MAX_QUANTITY_CHARACTERS:
        refuse("range", text)
    match = _QUANTITY.fullmatch(text)
    if match is None or not text:
        refuse("format", text)
    sign, whole, fraction, suffix = match.groups("")
    negative = sign == "-"
    if (power := POWERS_OF_TWO.get(suffix)) is not None:
        # Go reads a number without a digit as 0 where it takes its fast path, which it does not for Pi and Ei.
        if not (whole or fraction) and power >= 50:
            refuse("numeric", text)
        return _scale_binary(negative, whole, fraction, power)
    form: Format = DECIMAL_SI
    power = POWERS_OF_TEN.get(suffix)
    if power is None:
        power, form = _parse_exponent(suffix, text), DECIMAL_EXPONENT
    if not (whole or fraction) and power < -9:
        refuse("numeric", text)
    number, zeros = int(whole + fraction or "0"), power - len(fraction) + 9
    nanos = number * 10**zeros if zeros >= 0 else divide_away_from_zero(number, 10**-zeros)
    return check_printable(-nanos if negative else nanos, form, text), form, None


def _parse_exponent(suffix: str, text: str) -> int:
    match = _EXPONENT.fullmatch(suffix)
    if match is None or suffix[-1] not in _DIGITS:
        refuse("suffix", text)
    sign, digits = match.groups()
    if len(digits) > _MAX_EXPONENT_DIGITS:
        refuse("range", text)
    return int(f"{sign}0{digits}")


def _scale_binary(negative: bool, whole: str, fraction: str, power: int) -> State:
    number = int(whole + fraction or "0") * NANOS_PER_UNIT << power
    nanos = divide_away_from_zero(number, 10 ** len(fraction))
    form: Format = DECIMAL_SI if 0 < nanos < NANOS_PER_UNIT else BINARY_SI
    if nanos > MAX_NANOS:
        return SATURATED_NEGATIVE if negative else SATURATED, form, None
    return -nanos if negative else nanos, form, None


def bound(number: int, given: object) -> int:
    """Return `number`, if it is small enough to compute with.

    Raises QuantityError with reason "range".
    """
    if not -_SURELY_TOO_LARGE < number < _SURELY_TOO_LARGE:
        refuse("range", given)
    return number


def check_printable(nanos: int, form: Format, given: object) -> int:
    """Return `nanos`, if the value can be written as a quantity within the limits.

    Raises QuantityError with reason "range".
    """
    if not -_SURELY_PRINTABLE < nanos < _SURELY_PRINTABLE:
        texts = (canonical_string(bound(nanos, given), form), *repr_texts(nanos, form))
        exponent = texts[0].partition("e")[2].lstrip("-")
        if len(exponent) > _MAX_EXPONENT_DIGITS or max(map(len, texts)) > MAX_QUANTITY_CHARACTERS:
            refuse("range", given)
    return nanos


def refuse(reason: str, given: object) -> NoReturn:
    """Raise QuantityError for a text, a number, or (None) the result of a computation."""
    raise QuantityError(reason, given if isinstance(given, str) else "", describe_refusal(reason, given))
