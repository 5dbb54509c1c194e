"""Kubernetes quantities, read and printed exactly as Go's ``k8s.io/apimachinery/pkg/api/resource`` does.

A quantity is an optional sign, digits with an optional point, and a suffix: one of ``n u m k M G T P E`` (powers of
ten), one of ``Ki Mi Gi Ti Pi Ei`` (powers of two), or a decimal exponent (``e3``, ``E-6``). Whatever is written, its
value is a whole number of billionths once it has been read, and all calculation here is on these: exact, never float.

For the rest of the package there are, beside :class:`Quantity`, its :data:`Format`, :func:`suggestions` and
:func:`index`, what :mod:`resources_py._amounts` works with, past the objects. :func:`parse` and :func:`state_of` give the
state of a text and of a quantity: the value in billionths, the format, and the canonical string where that is known.
:func:`canonical_string` prints it. The value is a :data:`Number`, whose type is int itself unless the number is too
long for one, or is 2^63-1 (or minus that) in the place of a BinarySI text beyond it.
"""

from __future__ import annotations

import operator
import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, SupportsIndex, cast, final

from resources_py._errors import QuantityError, ResourcesTypeError, Violation, quoted

__all__ = ["Format", "Number", "Quantity", "canonical_string", "index", "parse", "state_of", "suggestions"]

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

_DECIMAL_SI: Final = "DecimalSI"
_BINARY_SI: Final = "BinarySI"
_DECIMAL_EXPONENT: Final = "DecimalExponent"

_POWERS_OF_TEN: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_POWERS_OF_TWO: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIXES: Final = {power: suffix for suffix, power in _POWERS_OF_TEN.items()}
_BINARY_SUFFIXES: Final = {power: suffix for suffix, power in _POWERS_OF_TWO.items()}

_ONE: Final = 10**9  # counted in billionths, which are called nanos below, as every value is

# Of each suffix: what one of it is in nanos, the format, and what one of the next suffix is.
_UNITS: Final[dict[str, tuple[int, Format, int]]] = {
    **{suffix: (10 ** (power + 9), _DECIMAL_SI, 10 ** (power + 12)) for suffix, power in _POWERS_OF_TEN.items()},
    **{suffix: (_ONE << power, _BINARY_SI, _ONE << power + 10) for suffix, power in _POWERS_OF_TWO.items()},
}

_DIGITS: Final = "0123456789"
# None of these may ever backtrack (hence *+ and ?+), or a megabyte of zeros would keep it busy for days.
_QUANTITY: Final = re.compile(r"([+-]?+)(0*+)([0-9]*+)(?:\.([0-9]*+))?+([eEinumkKMGTP]*+[+-]?+[0-9]*+)")
_EXPONENT: Final = re.compile(r"[eE]([+-]?+)0*+([0-9]{0,4}+)")
_ZEROS: Final = re.compile(r"0*+")
# What can be seen to be a quantity at a glance.
_PLAIN: Final = re.compile(r"[0-9]{1,12}+(?:\.[0-9]{1,9}+)?+(?:[KMGTPE]i|[numkMGTPE])?+").fullmatch
_LONGEST_PLAIN: Final = 12 + 1 + 9 + 2


# --- Whole numbers of any length --------------------------------------------------------------------------------------
#
# int() and str() take a time that grows with the square of the length, and refuse more than 4,300 digits (640, where
# the user says so). A million digits are a quantity all the same. So a number of more than 600 is kept as the text of
# its digits: to read, print, compare or hash it is no more than to look at it once.

_LONGEST_INT: Final = 600
_INT_BOUND: Final = 10**_LONGEST_INT


@final
class _Large:
    """A whole number of more than 600 digits: `digits`, which neither begin nor end with 0, and `zeros` times a 0."""

    __slots__ = ("digits", "negative", "zeros")

    def __init__(self, negative: bool, digits: str, zeros: int) -> None:
        self.negative, self.digits, self.zeros = negative, digits, zeros

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Large):
            return False
        return self.negative == other.negative and self.zeros == other.zeros and self.digits == other.digits

    def __hash__(self) -> int:
        return hash((self.negative, self.zeros, self.digits))

    def __lt__(self, other: Number) -> bool:
        if not isinstance(other, _Large) or self.negative != other.negative:
            return self.negative
        size, other_size = len(self.digits) + self.zeros, len(other.digits) + other.zeros
        nearer_to_zero = self.digits < other.digits if size == other_size else size < other_size
        return nearer_to_zero != self.negative and self != other

    def __gt__(self, other: Number) -> bool:
        return other < self if isinstance(other, _Large) else not self.negative

    def __le__(self, other: Number) -> bool:
        return not self > other

    def __ge__(self, other: Number) -> bool:
        return not self < other

    def __int__(self) -> int:
        number = _long_int(self.digits) * int(10**self.zeros)
        return -number if self.negative else number


Number = int | _Large


@final
class _Capped(int):
    """What Go puts in the place of a BinarySI text beyond an int64: 2^63-1, remembered as no more than a bound."""


_MOST: Final = (2**63 - 1) * _ONE
_CAPPED: Final = _Capped(_MOST)
_CAPPED_NEGATIVE: Final = _Capped(-_MOST)


def _long_int(digits: str) -> int:
    if len(digits) <= _LONGEST_INT:
        return int(digits)
    half = len(digits) // 2
    return _long_int(digits[:-half]) * int(10**half) + _long_int(digits[-half:])


def _strip_end(text: str, character: str) -> str:
    """Do as ``text.rstrip(character)``, but a hundred times as fast where a million of them go."""
    end, block = len(text), character * 4096
    while text.endswith(block, 0, end):
        end -= 4096
    return text[:end].rstrip(character)


def _number(negative: bool, digits: str, zeros: int) -> Number:
    """Return the number that is written as `digits` and then `zeros` times a 0."""
    if len(digits) + zeros > _LONGEST_INT:
        digits = _ZEROS.sub("", digits, count=1) if digits.startswith("0") else digits
        significant = _strip_end(digits, "0")
        zeros += len(digits) - len(significant)
        digits = significant
        if digits and len(digits) + zeros > _LONGEST_INT:
            return _Large(negative, digits, zeros)
    number = int(digits + "0" * zeros) if digits else 0
    return -number if negative else number


def _cut(digits: str, places: int) -> tuple[str, int]:
    """Cut `places` digits off, rounding away from zero. What is left are some digits and a number of zeros."""
    kept, lost = digits[:-places], digits[-places:]
    if lost.count("0") == len(lost):
        return kept, 0
    head = _strip_end(kept, "9")
    return head[:-1] + chr(ord(head[-1]) + 1) if head else "1", len(kept) - len(head)


def _parts(number: Number) -> tuple[str, str, int]:
    """Return the sign, the digits up to the last that is not 0, and how many zeros follow."""
    if isinstance(number, _Large):
        return "-" if number.negative else "", number.digits, number.zeros
    digits = str(abs(number))
    significant = digits.rstrip("0")
    return "-" if number < 0 else "", significant, len(digits) - len(significant)


def _calculated(operation: Literal["add", "sub", "mul"], left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        number = left + right if operation == "add" else left - right if operation == "sub" else left * right
        if -_INT_BOUND < number < _INT_BOUND:
            return number
    exactly = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
    method = {"add": exactly.add, "sub": exactly.subtract, "mul": exactly.multiply}[operation]
    text = format(method(_as_decimal(left), _as_decimal(right)), "f")
    return _number(text.startswith("-"), text.lstrip("-"), 0)


def _as_decimal(number: Number) -> Decimal:
    if isinstance(number, int):
        return Decimal(number)
    return Decimal(f"{'-' if number.negative else ''}{number.digits}E{number.zeros}")


def _away_from_zero(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor) if dividend > 0 else dividend // divisor


# --- Reading ----------------------------------------------------------------------------------------------------------

# The value in nanos, the format, and the canonical string once it is known.
_State = tuple[Number, Format, str | None]


def parse(text: str) -> _State:
    """Read any text there is, or raise QuantityError."""
    if len(text) <= _LONGEST_PLAIN:  # the common case, in fewer steps
        suffix = text.lstrip(_DIGITS)
        unit = _UNITS.get(suffix)
        if unit is not None and suffix != text:
            nanos = int(text.removesuffix(suffix)) * unit[0]
            if nanos < _MOST:  # else it may have to be capped
                # With nothing to strip off the number, the text is what is printed: Go's own shortcut.
                return nanos, unit[1], text if nanos % unit[2] and text[0] != "0" else None
    match = _QUANTITY.fullmatch(text)
    if match is None or not text:
        _refuse("format", text)
    sign, leading, whole, fraction, suffix = match.groups("")
    binary = _POWERS_OF_TWO.get(suffix)
    power = _POWERS_OF_TEN.get(suffix) if binary is None else binary
    form: Format = _DECIMAL_SI if binary is None else _BINARY_SI
    if power is None:
        power, form = _exponent(suffix, text), _DECIMAL_EXPONENT
    # Go reads a number without a digit as 0, if it is small enough for its fast form.
    if not (whole or fraction or leading) and (power < -9 if binary is None else power >= 50):
        _refuse("numeric", text)
    if binary is not None:
        return _read_binary(sign == "-", whole, fraction, binary)
    digits, zeros = whole + fraction, power - len(fraction) + 9
    if zeros < 0:
        digits, zeros = _cut(digits, -zeros)
    return _number(sign == "-", digits, zeros), form, None


def _exponent(suffix: str, text: str) -> int:
    match = _EXPONENT.match(suffix)
    if match is None or suffix[-1] not in _DIGITS:
        _refuse("suffix", text)
    sign, digits = match.groups()
    if len(digits) > 3:  # and after the fourth there are only more digits
        _refuse("range", text)
    if match.end() < len(suffix):
        _refuse("suffix", text)
    return int(f"{sign}0{digits}")


def _read_binary(negative: bool, whole: str, fraction: str, power: int) -> _State:
    if len(fraction) > 70:  # a nano is written with 69 decimals of an Ei: what follows these counts for being there
        fraction = fraction[:70] + ("1" if fraction.count("0", 70) < len(fraction) - 70 else "")
    if len(whole) > 19:
        nanos: int = _CAPPED
    else:
        nanos = _away_from_zero((int(whole + fraction or "0") * _ONE) << power, 10 ** len(fraction))
        if nanos > _MOST:
            nanos = _CAPPED
    form: Format = _DECIMAL_SI if 0 < nanos < _ONE else _BINARY_SI
    if negative:
        nanos = _CAPPED_NEGATIVE if nanos is _CAPPED else -nanos
    return nanos, form, None


def _refuse(reason: str, text: str) -> NoReturn:
    raise QuantityError(reason, text, _description(reason, text))


# --- Printing ---------------------------------------------------------------------------------------------------------


def canonical_string(nanos: Number, form: Format) -> str:
    """Return what Go's CanonicalizeBytes does."""
    if nanos == 0:
        return "0"
    if form == _BINARY_SI and not -1024 * _ONE < nanos < 1024 * _ONE:
        count, rest = divmod(int(nanos), _ONE)
        if rest == 0:
            power = ((count & -count).bit_length() - 1) // 10 * 10
            # Go drops a power that it has no suffix for, here and below. (One value it prints in two ways: a calculated
            # -2^63 is -8Ei or all of its digits, as the operands were written shorter or longer. Here it is -8Ei.)
            return _written(count >> power) + _BINARY_SUFFIXES.get(power, "")
    number, power = _thousands(nanos)
    if form == _DECIMAL_EXPONENT:
        return f"{number}e{power}" if power else number
    return number + _DECIMAL_SUFFIXES.get(power, "")


def _thousands(nanos: Number) -> tuple[str, int]:
    """Return `nanos` as a whole number and a power of ten to multiply it with: the greatest multiple of 3 there is."""
    if isinstance(nanos, int):
        digits = str(nanos)
        power = (len(digits) - len(digits.rstrip("0"))) // 3 * 3
        return digits[: len(digits) - power], power - 9
    sign, digits, zeros = _parts(nanos)
    return sign + digits + "0" * (zeros % 3), zeros - zeros % 3 - 9


def _written(number: int) -> str:
    return str(number) if -_INT_BOUND < number < _INT_BOUND else format(Decimal(number), "f")


def _spelling(nanos: Number, form: Format) -> tuple[str, ...]:
    """Return the text that reads as this value in this format: or, if no text does, two whose sum does.

    The canonical string will not do everywhere: ``8Ei`` is printed as 2^63-1, ``0.5Ki`` as ``512``, which is read as
    DecimalSI, ``1e0`` as ``1``, and ``1000E`` too.
    """
    text = canonical_string(nanos, form)
    if form != _BINARY_SI:
        number, power = _thousands(nanos) if nanos != 0 else ("0", 0)
        if form == _DECIMAL_SI:
            return (number + "0" * (power - 18) + "E" if power > 18 else text,)
        return (f"{number}{'0' * (power - 999)}e{min(power, 999)}",)
    if isinstance(nanos, _Capped):
        return ("8Ei" if nanos > 0 else "-8Ei",)
    if nanos != 0 and (-_ONE < nanos < _ONE or not -_MOST <= nanos <= _MOST):
        return "1Ki", *_spelling(_calculated("sub", nanos, 1024 * _ONE), _DECIMAL_SI)
    if text.endswith("i"):
        return (text,)
    sign, digits, zeros = _parts(_calculated("mul", nanos, 5**10))  # a Ki is 2^10, so this counts 10^-19 of a Ki
    digits = (digits + "0" * zeros).zfill(20)
    return (f"{sign}{digits[:-19]}.{digits[-19:]}".rstrip("0").rstrip(".") + "Ki",)


# --- The class --------------------------------------------------------------------------------------------------------

# A platform writes the same few hundred texts in all of its tasks. 4,096 of them, none over 24 characters, are about
# 1.5 MB. A cache that is full is emptied, not trimmed: threads then share nothing but single operations on a dict, each
# of which is atomic, with and without a global lock; and to read a text again is a matter of a microsecond.
_CACHE_SIZE: Final = 4096


class _Cache(dict[object, "Quantity"]):
    """The quantity that each text is; what is not there yet is read when it is looked up."""

    __slots__ = ()

    def __missing__(self, value: object) -> Quantity:
        if type(value) is not str:
            return _convert(value)
        quantity = _allocate(Quantity)
        if _PLAIN(value):  # sure to be right, so it is read when something is asked of it
            _set_state(quantity, value)
        else:
            _set_state(quantity, parse(value))
            if len(value) > _LONGEST_PLAIN:
                return quantity
        if len(self) >= _CACHE_SIZE:
            self.clear()
        self[value] = quantity
        return quantity


_cache: Final = _Cache()


class _Cached(type):
    """Makes a call of the class nothing but a look into the cache, at half the time that it takes to get to __new__."""

    if not TYPE_CHECKING:
        __call__ = _cache.__getitem__


@final
class Quantity(metaclass=_Cached):
    """An amount of a resource: ``500m`` of CPU, ``1Gi`` of memory.

    It takes what Go's ``resource.ParseQuantity`` takes, and refuses what that refuses.

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
    resources_py.QuantityError: '123Mb' is not a quantity (format): did you mean 123M or 123Mi?
    """

    __slots__ = ("_state",)

    _state: str | _State  # the text, as long as nothing was asked

    def __new__(cls, value: str | int | float | Decimal | Quantity | SupportsIndex, /) -> Quantity:
        """Read `value`; a float by the shortest decimal that is this float.

        Raises QuantityError if the text is no quantity, ResourcesTypeError if it is nothing that could be one, and
        Python's own TypeError for what cannot be hashed, a list for one. (A ResourcesTypeError is a TypeError too.)
        """
        return _cache[value]

    def __init_subclass__(cls) -> None:
        raise TypeError("Quantity is final")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Quantity cannot be changed: {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Quantity cannot be changed: {name!r} cannot be deleted")

    @property
    def format(self) -> Format:
        """How it is printed: ``"DecimalSI"``, ``"BinarySI"`` or ``"DecimalExponent"``.

        >>> Quantity("1k").format, Quantity("1Ki").format, Quantity("1e3").format
        ('DecimalSI', 'BinarySI', 'DecimalExponent')
        """
        return state_of(self)[1]

    @property
    def decimal(self) -> Decimal:
        """The exact value.

        >>> Quantity("1500m").decimal, Quantity("1Ki").decimal
        (Decimal('1.5'), Decimal('1024'))
        """
        nanos = state_of(self)[0]
        if isinstance(nanos, int) and nanos % _ONE == 0:
            return Decimal(nanos // _ONE)
        sign, digits, zeros = _parts(nanos)
        return Decimal(f"{sign}{digits}E{zeros - 9}")

    @property
    def value(self) -> int:
        """The value as a whole number, rounded away from zero.

        >>> Quantity("1Gi").value, Quantity("0.1").value, Quantity("-0.1").value
        (1073741824, 1, -1)
        """
        return _away_from_zero(int(state_of(self)[0]), _ONE)

    @property
    def milli_value(self) -> int:
        """The value in thousandths, rounded away from zero.

        >>> Quantity("1.5").milli_value, Quantity("1u").milli_value
        (1500, 1)
        """
        return _away_from_zero(int(state_of(self)[0]), _ONE // 1000)

    def __str__(self) -> str:
        """Return the canonical string, whatever the text was: what Go's CanonicalizeBytes gives.

        >>> print(Quantity("1024Ki"), Quantity("+1.50"), Quantity("0.5Ki"))
        1Mi 1500m 512
        """
        state = self._state
        nanos, form, string = _settle(self, state) if isinstance(state, str) else state
        if string is None:
            string = canonical_string(nanos, form)
            _set_state(self, (nanos, form, string))
        return string

    def __repr__(self) -> str:
        return " + ".join(f"Quantity({text!r})" for text in _spelling(*state_of(self)[:2]))

    def __reduce__(self) -> tuple[Any, ...]:
        texts = _spelling(*state_of(self)[:2])
        return (Quantity, texts) if len(texts) == 1 else (operator.add, tuple(map(Quantity, texts)))

    def __copy__(self) -> Quantity:
        return self

    def __deepcopy__(self, memo: object) -> Quantity:
        return self

    def __hash__(self) -> int:
        return hash(state_of(self)[0])

    def __eq__(self, other: object) -> bool:
        return state_of(self)[0] == state_of(other)[0] if isinstance(other, Quantity) else NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        return state_of(self)[0] < state_of(other)[0] if isinstance(other, Quantity) else NotImplemented

    def __le__(self, other: Quantity) -> bool:
        return state_of(self)[0] <= state_of(other)[0] if isinstance(other, Quantity) else NotImplemented

    def __gt__(self, other: Quantity) -> bool:
        return state_of(self)[0] > state_of(other)[0] if isinstance(other, Quantity) else NotImplemented

    def __ge__(self, other: Quantity) -> bool:
        return state_of(self)[0] >= state_of(other)[0] if isinstance(other, Quantity) else NotImplemented

    def _plus(self, operation: Literal["add", "sub"], other: Quantity) -> Quantity:
        nanos, form, _ = state_of(self)
        other_nanos, other_form, _ = state_of(other)
        return _new((_calculated(operation, nanos, other_nanos), other_form if nanos == 0 else form, None))

    def __add__(self, other: Quantity) -> Quantity:
        """Add, in the format of the left operand; if that is zero, in that of the right one.

        >>> print(Quantity("1Ki") + Quantity("1k"), Quantity("1k") + Quantity("1Ki"), Quantity("0") + Quantity("1Ki"))
        2024 2024 1Ki
        """
        if not isinstance(other, Quantity):
            return NotImplemented
        return self._plus("add", other)

    def __sub__(self, other: Quantity) -> Quantity:
        """Subtract, in the format of the left operand; if that is zero, in that of the right one."""
        if not isinstance(other, Quantity):
            return NotImplemented
        return self._plus("sub", other)

    def __mul__(self, other: SupportsIndex) -> Quantity:
        """Multiply by a whole number.

        >>> print(Quantity("100m") * 30, 2 * Quantity("512Mi"))
        3 1Gi
        """
        factor = index(other)
        if factor is None:
            return NotImplemented
        return _new((_calculated("mul", state_of(self)[0], factor), self.format, None))

    __rmul__ = __mul__


# A Quantity does not let itself be changed, so what is in it is put there past its __setattr__.
_allocate: Final = object.__new__
_set_state: Final = vars(Quantity)["_state"].__set__


def state_of(quantity: Quantity) -> _State:
    """Return what `quantity` holds, which is read now if nothing was asked before."""
    state = quantity._state
    return _settle(quantity, state) if isinstance(state, str) else state


def _settle(quantity: Quantity, text: str) -> _State:
    """Read the plain text that `quantity` is made of."""
    state = parse(text)
    _set_state(quantity, state)
    return state


def _new(state: _State) -> Quantity:
    quantity = _allocate(Quantity)
    _set_state(quantity, state)
    return quantity


def _convert(value: object) -> Quantity:
    """Make a quantity of what is no str, or of a subclass of str."""
    if isinstance(value, Quantity):
        return value
    number = index(value)
    if number is not None:
        return _new((_calculated("mul", number, _ONE), _DECIMAL_SI, None))
    if isinstance(value, str):
        return _cache[str.__str__(value)]
    if isinstance(value, float):  # its shortest decimal is a number, of which the e in 1e-05 is no part
        return _new((parse(float.__repr__(value))[0], _DECIMAL_SI, None))
    if isinstance(value, Decimal):
        return _new(parse(Decimal.__str__(value)))
    description = f"expected a str, int, float, Decimal or Quantity, not {type(value).__name__}: {quoted(value)}"
    raise ResourcesTypeError([Violation("", "WRONG_TYPE", description)])


def index(value: object) -> int | None:
    """Return the int that `value` is, by ``__index__``, or None; a truth value, numpy's too, is none."""
    if type(value) is int:
        return value
    if not hasattr(type(value), "__index__") or type(value).__name__ in {"bool", "bool_"}:
        return None
    try:
        return operator.index(cast("SupportsIndex", value))
    except TypeError:  # an array of numpy that is no single whole number
        return None


# --- What to write instead --------------------------------------------------------------------------------------------

_LONGEST_TO_MEND: Final = 64
_DESCRIPTION_LENGTH: Final = 120

# What people write for a suffix, in lower case and without a final dot or s, and what it may stand for.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("b", "byte", "c", "core", "cpu", "vcpu", "gpu", "unit"), ("",)),
    **dict.fromkeys(("m", "mcpu", "mcore", "milli", "millicpu", "millicore"), ("m",)),
    **dict.fromkeys(("u", "micro"), ("u",)),
    **dict.fromkeys(("n", "nano"), ("n",)),
}


def _add_words() -> None:
    for ten, two, word in zip("kMGTPE", _POWERS_OF_TWO, ("kilo", "mega", "giga", "tera", "peta", "exa"), strict=True):
        binary_word = word[:2] + "bi"
        for spelling in (ten.lower(), f"{ten.lower()}b", f"{ten.lower()}byte", word, f"{word}byte"):
            _WORDS.setdefault(spelling, (ten, two))  # 1m, alone, is right, and a milli
        for spelling in (two.lower(), f"{two.lower()}b", f"{two.lower()}byte", binary_word, f"{binary_word}byte"):
            _WORDS[spelling] = (two,)


_add_words()


def suggestions(text: str) -> tuple[str, ...]:
    """Return what may have been meant by `text`, which is no quantity: up to two texts that are, the likeliest first.

    >>> suggestions("123Mb"), suggestions("1,5"), suggestions("1.5 cores"), suggestions("plenty")
    (('123M', '123Mi'), ('1.5',), ('1.5',), ())
    """
    if len(text) > _LONGEST_TO_MEND:
        return ()
    match = re.fullmatch(r"([+-]?)\s*((?:[0-9.]|[,_' ](?=[0-9]))*)\s*(.*)", _in_ascii(text).strip("\"'`;,: \t\r\n"))
    if match is None:
        return ()
    sign, number, word = match.groups()
    if re.fullmatch(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)", number + word):
        return (f"{sign}{int(number + word, 0)}",)
    numbers = _plain_numbers(number) if number else ("1",) if word else ()
    offers = (f"{sign}{plain}{suffix}" for plain in numbers for suffix in _suffixes(word))
    return tuple(offer for offer in offers if offer != text)[:2]


def _in_ascii(text: str) -> str:
    """Write digits of other scripts, full-width letters, the minus sign and the micro sign as ASCII has them."""
    if text.isascii():
        return text
    import unicodedata

    characters = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            characters.append(str(digit))
        elif "\uff01" <= character <= "\uff5e":
            characters.append(chr(ord(character) - 0xFEE0))
        elif character.isspace():
            characters.append(" ")
        else:
            characters.append({"\u2212": "-", "\u00b5": "u", "\u03bc": "u"}.get(character, character))
    return "".join(characters)


def _plain_numbers(number: str) -> tuple[str, ...]:
    """Return what `number`, with marks between its digits, may be."""
    if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", number):
        return (number,)
    if re.fullmatch(r"[0-9]+(_[0-9]+)+", number):
        return (number.replace("_", ""),)
    if re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", number):  # a thousand, or a decimal comma
        return number.replace(",", ""), number.replace(",", ".")
    if re.fullmatch(r"[0-9]+,[0-9]+", number):
        return (number.replace(",", "."),)
    if re.fullmatch(r"[0-9]{1,3}([ ,_'])[0-9]{3}(\1[0-9]{3})*(\.[0-9]+)?", number):
        return (re.sub(r"[ ,_']", "", number),)
    if re.fullmatch(r"[0-9]{1,3}([ .'])[0-9]{3}(\1[0-9]{3})*,[0-9]+|[0-9]{1,3}(\.[0-9]{3}){2,}", number):
        return (re.sub(r"[ .']", "", number).replace(",", "."),)
    return ()


def _suffixes(word: str) -> tuple[str, ...]:
    if word in _UNITS or re.fullmatch(r"[eE][+-]?0*[0-9]{1,3}", word):
        return (word,)
    word = word.lower().rstrip(".")
    return _WORDS.get(word) or _WORDS.get(word.removesuffix("s")) or ()


def _description(reason: str, text: str) -> str:
    verdict = f" is {'out of range' if reason == 'range' else 'not a quantity'} ({reason})"
    offers = suggestions(text)
    if not offers:
        return quoted(text) + verdict + _ADVICE[reason]
    question = f": did you mean {' or '.join(offers)}?"
    if len(quoted(text) + verdict + question) > _DESCRIPTION_LENGTH:
        question = f": did you mean {offers[0]}?"
    room = _DESCRIPTION_LENGTH - len(verdict + question)
    shown = quoted(text)
    return (shown if len(shown) <= room else shown[: room - 3] + "...") + verdict + question


_ADVICE: Final = {
    "format": ": write a number and a suffix, as in 500m or 1Gi",
    "suffix": ": the suffixes are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or as in e3",
    "numeric": ": there is no digit in it",
    "range": ": its exponent has more than three digits",
}
