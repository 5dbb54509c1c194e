"""Quantity: order, values, arithmetic, messages, and its behavior as a value object."""

from __future__ import annotations

import copy
import decimal
import doctest
import enum
import itertools
import math
import operator
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resources_py import Quantity, QuantityError, ResourcesError, ResourcesTypeError, _quantity
from resources_py._amounts import (
    CPU,
    GPU,
    Problem,
    Resource,
    convert_quantity,
    parse_amount,
    round_up_to_milli,
    wire_string,
)
from resources_py._quantity import _suggest
from resources_py._quantity._parse import parse, parse_slow

MOST = 2**63 - 1


def refusal(resource: Resource, value: Any) -> str | None:
    """Return why `value` is rejected as an amount of `resource`."""
    found = parse_amount(resource, value) if isinstance(value, str) else convert_quantity(resource, value)
    return found.reason if isinstance(found, Problem) else None


# In ascending order; values in one tuple are equal.
ORDERED: list[list[Any]] = [
    ["-1e999", "-1000e996"],
    ["-1" + "0" * 240],
    ["-9e100"],
    [-(2**63), "-9223372036854775808"],
    ["-9223372036854775807", "-8Ei", "-1000Ei", "-9007199254740991.9990234375Ki"],
    ["-1Ki", -1024, "-1024000m"],
    ["-1.000000001", "-0.0000010000000000000001M"],
    ["-1", "-1000m", -1.0, Decimal(-1), "-0.000001M", "-1e0"],
    ["-999999999n"],
    ["-0.5", "-500m", -0.5, "-.5", "-0.00048828125Ki"],
    ["-1n", "-0.1n", "-1e-999", "-0.0000000000001Ki"],
    ["0", "-0", "+", ".", "Ki", "k", "e3", 0, 0.0, -0.0, Decimal(0), "0e999", "00.00Ei"],
    ["1n", "0.000000001", "0.1n", "1e-999", "1e-9", 1e-30, "0.0000000000001Ki", "0." + "0" * 253 + "1"],
    ["1001n", "1.001u", "1.0000001u"],
    ["1m", "0.001", "1000u", 0.001],
    ["100m", 0.1, "0.1", Decimal("0.1"), "1e-1"],
    ["300m", "0.3"],
    ["300000001n", 0.1 + 0.2, "0.30000000000000004"],
    [1, "1", "+1", "001", "1.", "1.0", "1000m", "1e0", "1E-0", "1000000000n", np.int64(1), np.float64(1)],
    ["1k", 1000, "1e3", "1E+3", 1e3, Decimal("1E+3"), "1000.000"],
    ["1023"],
    ["1Ki", 1024, "1024", "0.0009765625Mi"],
    ["1M"],
    ["1Mi", 2**20],
    ["1536Mi", "1.5Gi"],
    ["1E", 10**18],
    ["1Ei", 2**60],
    [MOST, "9223372036854775807", "8Ei", "1000000Ei", "9007199254740991.9990234375Ki"],
    [2**63],
    ["1000E", 10**21, 1e21],
    ["9e100"],
    ["1" + "0" * 240, 10**240],
    ["9" * 241],
    ["1" + "0" * 240 + "1"],
    ["1e999", "1000e996"],
]

VALUES = [(place, Quantity(value)) for place, values in enumerate(ORDERED) for value in values]


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt])
def test_order(compare: Callable[[Any, Any], bool]) -> None:
    for (left_place, left), (right_place, right) in itertools.product(VALUES, repeat=2):
        assert compare(left, right) is compare(left_place, right_place), (
            f"{compare.__name__}: {ORDERED[left_place]} {ORDERED[right_place]}"
        )


def test_equal_values_have_equal_hashes() -> None:
    for (left_place, left), (right_place, right) in itertools.product(VALUES, repeat=2):
        assert left_place != right_place or hash(left) == hash(right)
    assert len({quantity for _, quantity in VALUES}) == len(ORDERED)


@pytest.mark.parametrize("other", [1, "1", 1.0, Decimal(1), None, object()])
def test_comparison_with_anything_else_is_not_implemented(other: object) -> None:
    quantity = Quantity("1")
    assert (quantity == other) is False
    assert (quantity != other) is True
    for method in ("__eq__", "__add__", "__sub__"):
        assert getattr(quantity, method)(other) is NotImplemented
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError):
            compare(quantity, other)


@pytest.mark.parametrize("other", [1, "1Gi", 1.5, Decimal(1)])
def test_comparison_with_a_number_says_what_to_write(other: object) -> None:
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError, match=re.escape(f"write Quantity({other!r})")):
            compare(Quantity("1"), other)
        with pytest.raises(TypeError, match=re.escape(f"write Quantity({other!r})")):
            compare(other, Quantity("1"))


def test_documentation() -> None:
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for name, documented in (("Quantity", Quantity), ("suggest", _quantity.suggest)):
        for test in finder.find(documented, name, module=False, globs={"Quantity": Quantity, name: documented}):
            runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
    assert runner.tries > 10


# --- Values, formats, strings


@pytest.mark.parametrize(
    ("value", "string", "form"),
    [
        ("500m", "500m", "DecimalSI"),
        ("1000m", "1", "DecimalSI"),
        ("0.1", "100m", "DecimalSI"),
        ("+1.50", "1500m", "DecimalSI"),
        ("1500", "1500", "DecimalSI"),
        ("12000", "12k", "DecimalSI"),
        ("0120", "120", "DecimalSI"),
        ("1000E", "1", "DecimalSI"),  # Go has no suffix for it and drops it
        ("1Ki", "1Ki", "BinarySI"),
        ("1024Ki", "1Mi", "BinarySI"),
        ("1.5Ki", "1536", "BinarySI"),
        ("31.25Ki", "32000", "BinarySI"),
        ("1000Ki", "1000Ki", "BinarySI"),
        ("0.0001Ki", "102400u", "DecimalSI"),  # below 1
        ("8Ei", "9223372036854775807", "BinarySI"),
        ("0Ki", "0", "BinarySI"),
        ("1e3", "1e3", "DecimalExponent"),
        ("1E3", "1e3", "DecimalExponent"),
        ("12345e-1", "1234500e-3", "DecimalExponent"),
        ("1e0", "1", "DecimalExponent"),
        (2, "2", "DecimalSI"),
        (10**6, "1M", "DecimalSI"),
        (-1500, "-1500", "DecimalSI"),
        (0.1, "100m", "DecimalSI"),
        (1.5, "1500m", "DecimalSI"),
        (100.0, "100", "DecimalSI"),
        (0.1 + 0.2, "300000001n", "DecimalSI"),
        (1e-5, "10u", "DecimalSI"),  # Python prints 1e-05, which is not a valid text
        (1e16, "10P", "DecimalSI"),
        (5e-324, "1n", "DecimalSI"),
        (Decimal("0.250"), "250m", "DecimalSI"),
        (Decimal("1E+3"), "1e3", "DecimalExponent"),
        (np.int32(7), "7", "DecimalSI"),
        (np.uint64(2**64 - 1), "18446744073709551615", "DecimalSI"),
        (np.float64(0.1), "100m", "DecimalSI"),
        (np.str_("1Gi"), "1Gi", "BinarySI"),
    ],
)
def test_strings_and_formats(value: Any, string: str, form: str) -> None:
    quantity = Quantity(value)
    assert (str(quantity), quantity.format) == (string, form)


def test_a_quantity_is_itself() -> None:
    quantity = Quantity("1024Ki")
    assert Quantity(quantity) is quantity


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not what it holds"


class Kind(enum.StrEnum):
    SMALL = "1Gi"


class Count(enum.IntEnum):
    TWO = 2


class Exact(Decimal):
    def __str__(self) -> str:
        return "not what it holds"


def test_subclasses_of_numbers_and_text() -> None:
    values: list[Any] = [Text("500m"), Kind.SMALL, Count.TWO, Exact("0.5")]
    assert [str(Quantity(value)) for value in values] == ["500m", "1Gi", "2", "500m"]
    Quantity("5555m")
    assert type(str(Quantity(Text("6666m")))) is str


@pytest.mark.parametrize(
    ("text", "value", "milli_value", "exact"),
    [
        ("0", 0, 0, "0"),
        ("1", 1, 1000, "1"),
        ("100m", 1, 100, "0.1"),
        ("-100m", -1, -100, "-0.1"),
        ("1n", 1, 1, "0.000000001"),
        ("-1n", -1, -1, "-0.000000001"),
        ("1.0001", 2, 1001, "1.0001"),
        ("-1.5", -2, -1500, "-1.5"),  # Go's Value() returns 0 if the number was long
        ("-1.500000000000000000000", -2, -1500, "-1.5"),
        ("1Gi", 2**30, 2**30 * 1000, "1073741824"),
        ("1000E", 10**21, 10**24, "1000000000000000000000"),  # exceeds int64
        ("-9e20", -9 * 10**20, -9 * 10**23, "-900000000000000000000"),
        ("1e999", 10**999, 10**1002, "1E+999"),
    ],
)
def test_values(text: str, value: int, milli_value: int, exact: str) -> None:
    quantity = Quantity(text)
    assert quantity.value == value
    assert quantity.milli_value == milli_value
    assert quantity.decimal == Decimal(exact)
    assert isinstance(quantity.value, int)


def test_decimal_is_written_plainly() -> None:
    assert [str(Quantity(text).decimal) for text in ("1k", "1500m", "0", "8Ei")] == ["1000", "1.5", "0", str(MOST)]


@pytest.mark.parametrize(
    ("text", "rounded"),
    [
        ("1m", "1m"),
        ("1u", "1m"),
        ("1001u", "2m"),
        ("1.0001Ki", "1024103m"),
        ("1536Mi", "1536Mi"),
        ("0.9999", "1"),
        ("10001e-4", "1001e-3"),
        (str(MOST), str(MOST)),
        (f"{MOST - 1}.9999", str(MOST)),
    ],
)
def test_rounding_up_to_a_thousandth(text: str, rounded: str) -> None:
    quantity = Quantity(text)
    for sound in (parse_amount(CPU, text), convert_quantity(CPU, quantity)):
        assert not isinstance(sound, Problem)
        assert wire_string(round_up_to_milli(sound)) == rounded
        assert round_up_to_milli(sound)[1] == quantity.format


@pytest.mark.parametrize(
    ("text", "facts"),
    [  # below zero, whole, rejected as CPU, rejected as GPU
        ("0", (False, True, None, None)),
        ("-0", (False, True, None, None)),
        ("-1n", (True, False, "NEGATIVE", "NEGATIVE")),
        ("1.0", (False, True, None, None)),
        ("0.9999", (False, False, None, "NOT_WHOLE")),
        ("8Ei", (False, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        ("-8Ei", (True, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        ("9007199254740991.9990234375Ki", (False, True, None, None)),  # exactly 2^63-1, so not capped
        ("-9007199254740991.9990234375Ki", (True, True, "NEGATIVE", "NEGATIVE")),
        ("9007199254740991.9990234376Ki", (False, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        (str(MOST), (False, True, None, None)),
        (f"{MOST}.1", (False, False, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        (str(MOST + 1), (False, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        ("-1e30", (True, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        ("1e999", (False, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        ("9" * 256, (False, True, "OUT_OF_RANGE", "OUT_OF_RANGE")),
        ("-" + "9" * 250 + ".5", (True, False, "OUT_OF_RANGE", "OUT_OF_RANGE")),
    ],
)
def test_facts(text: str, facts: tuple[object, ...]) -> None:
    quantity = Quantity(text)
    for same in (quantity, eval(repr(quantity)), pickle.loads(pickle.dumps(quantity))):
        whole = same.value == same.decimal
        assert (same < Quantity(0), whole, refusal(CPU, same), refusal(GPU, same)) == facts
    if len(text) <= 64:  # longer texts are rejected for their length
        assert (refusal(CPU, text), refusal(GPU, text)) == facts[2:]


# --- The object


@pytest.mark.parametrize("name", ["value", "decimal", "format", "_state", "other", "__class__"])
def test_immutable(name: str) -> None:
    quantity = Quantity("1")
    with pytest.raises(AttributeError):
        setattr(quantity, name, quantity)
    with pytest.raises(AttributeError):
        delattr(quantity, name)
    assert str(quantity) == "1"


def test_slots_and_no_subclasses() -> None:
    assert not hasattr(Quantity("1"), "__dict__")
    with pytest.raises(TypeError, match="final"):
        type("Mine", (Quantity,), {})


EVERY_KIND = [
    *["0", "1", "-500m", "1000E", "1000000E", "999999999999999999999E", "7" * 256, "1" + "0" * 254 + "E"],
    *["1Gi", "1.5Ki", "0.5Ki", "31.25Ki", "0Ki", "-0.5Ki", "-0.3Ki", "8Ei", "-8Ei", "9007199254740991.9990234375Ki"],
    *["1e0", "0e3", "1e3", "12e-9", "1e999", "1" * 254 + "e0", "1" + "0" * 200 + "e700"],
    "1" + "0" * 240 + ".5m",
]


@pytest.mark.parametrize("text", EVERY_KIND)
def test_it_can_be_written_and_pickled(text: str) -> None:
    quantity = Quantity(text)
    copies = [eval(repr(quantity)), copy.copy(quantity), copy.deepcopy([quantity])[0]]
    copies += [pickle.loads(pickle.dumps(quantity, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for copied in copies:
        assert type(copied) is Quantity
        assert (copied, copied.format, str(copied)) == (quantity, quantity.format, str(quantity))
        assert hash(copied) == hash(quantity)


def test_repr_is_the_canonical_string_where_that_reads_as_the_same() -> None:
    shown = [repr(Quantity(text)) for text in ("1000m", "1024Ki", "1E3", "0.5Ki", "1e0", "1000E", "8Ei")]
    assert shown == [f"Quantity('{text}')" for text in ("1", "1Mi", "1e3", "0.5Ki", "1e0", "1000E", "8Ei")]
    assert repr(Quantity("1Ki") - Quantity("1023.5")) == "Quantity('1Ki') + Quantity('-1023500m')"


# --- Errors


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "format"),
        ("1Gi\n", "format"),
        (" 1", "format"),
        ("1.5.5", "format"),
        ("1_000", "format"),
        ("123Mb", "format"),
        ("\u0661", "format"),
        ("\ud800", "format"),
        ("1e", "suffix"),
        ("1K", "suffix"),
        ("1mi", "suffix"),
        ("--1", "suffix"),
        ("1e1e1", "format"),
        ("1E+", "suffix"),
        ("1ee1", "suffix"),
        ("Pi", "numeric"),
        ("-.Ei", "numeric"),
        ("e-10", "numeric"),
        ("1e1000", "range"),
        ("-.5E-0001000", "range"),
        ("1e-50000000", "range"),
        ("9e99999999999999999999", "range"),
        ("e1000", "range"),
        ("1" * 257, "range"),
        ("0" * 257, "range"),
        ("1e" + "9" * 2**20, "range"),
        ("x" * 2**20, "range"),
        ("1" * 255 + "K", "suffix"),
        ("1000e999", "range"),  # it prints 1e1002, which no quantity may be
        ("9" * 254 + ".1", "range"),  # it prints 258 characters
    ],
)
def test_bad_text(text: str, reason: str) -> None:
    with pytest.raises(QuantityError) as caught:
        Quantity(text)
    assert (caught.value.reason, caught.value.text) == (reason, text)
    (violation,) = caught.value.violations
    assert violation.reason == ("OUT_OF_RANGE" if reason == "range" else "INVALID_QUANTITY")
    assert f"({reason})" not in violation.description
    assert isinstance(caught.value, ResourcesError)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("-Infinity"), Decimal("NaN12"), np.float64("nan")]
)
def test_not_a_number(value: Any) -> None:
    with pytest.raises(QuantityError) as caught:
        Quantity(value)
    assert caught.value.reason == "format"


@pytest.mark.parametrize("value", [Decimal("1E+1000"), Decimal("1E-1000"), Decimal("-1E+999999"), Decimal("0E+1000")])
def test_decimals_have_the_same_range(value: Decimal) -> None:
    with pytest.raises(QuantityError) as caught:
        Quantity(value)
    assert caught.value.reason == "range"


@pytest.mark.parametrize(
    "value",
    [None, True, False, np.bool_(True), b"1", (), ("1",), 1j, object(), Quantity, range(1), [], ["1"], {}, set()],
)
def test_wrong_types(value: Any) -> None:
    with pytest.raises(ResourcesTypeError) as caught:
        Quantity(value)
    (violation,) = caught.value.violations
    assert violation.reason == "WRONG_TYPE"
    assert type(value).__name__ in violation.description


MEANT = {
    "123Mb": ["123M", "123Mi"],
    "2GB": ["2G", "2Gi"],
    "1g": ["1G", "1Gi"],
    "1K": ["1k", "1Ki"],
    "1mb": ["1M", "1Mi"],
    "1 megabytes": ["1M", "1Mi"],
    "100 Mi": ["100Mi"],
    "500 m": ["500m"],
    "1mi": ["1Mi"],
    "1KiB": ["1Ki"],
    "1GiB": ["1Gi"],
    "1ki": ["1Ki"],
    "2 mebibytes": ["2Mi"],
    "1.5 cores": ["1.5"],
    "2 CPUs": ["2"],
    "500 millicores": ["500m"],
    "1,5": ["1.5"],
    "1,5 GB": ["1.5G", "1.5Gi"],
    "1,000": ["1000", "1.000"],
    "1,000,000": ["1000000"],
    "1.000,5": ["1000.5"],
    "1 000 Mi": ["1000Mi"],
    "1_000": ["1000"],
    "1_0_0Gi": ["100Gi"],
    "1Gi\n": ["1Gi"],
    "\t1\r\n": ["1"],
    "'1Gi'": ["1Gi"],
    "1Gi,": ["1Gi"],
    "0x10": ["16"],
    "0b11": ["3"],
    "1e": ["1E", "1Ei"],
    "Pi": ["1Pi"],
    "e-10": ["1e-10"],
    "\uff15\uff10\uff10\uff4d": ["500m"],
    "\u0661\u0662Gi": ["12Gi"],
    "5\u00b5": ["5u"],
    "\u22125": ["-5"],
    "1\u00a0Gi": ["1Gi"],
    "-1 GB": ["-1G", "-1Gi"],
}


@pytest.mark.parametrize("text", MEANT)
def test_messages_suggest_a_spelling(text: str) -> None:
    assert list(_quantity.suggest(text)) == MEANT[text]
    with pytest.raises(QuantityError, match=re.escape(f"did you mean {' or '.join(MEANT[text])}?")) as caught:
        Quantity(text)
    assert repr(text) in str(caught.value)
    assert len(str(caught.value).encode()) <= 120


@pytest.mark.parametrize(
    "text", ["", "abc", "--1", "1.5.5", "1..5", "50%", "1/2", "None", "nan", "\u00b2", "1\u00bd", "0x", "1e1000"]
)
def test_messages_guess_at_nothing(text: str) -> None:
    assert _quantity.suggest(text) == ()
    with pytest.raises(QuantityError) as caught:
        Quantity(text)
    assert "did you mean" not in str(caught.value)


def test_long_text_is_cut_but_not_the_suggestion() -> None:
    with pytest.raises(QuantityError) as caught:
        Quantity("1" * 40 + " GB")
    assert str(caught.value).startswith("'111")
    assert str(caught.value).endswith(f"did you mean {'1' * 40}G?")
    assert len(str(caught.value)) <= 120


# --- Large numbers and surroundings


@pytest.fixture
def least_digits() -> Iterator[None]:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    yield
    sys.set_int_max_str_digits(before)


@pytest.fixture
def hostile_context() -> Iterator[None]:
    context = decimal.Context(prec=1, Emax=1, Emin=-1, traps=list(decimal.Context().flags))
    with decimal.localcontext(context):
        yield


@pytest.mark.usefixtures("least_digits", "hostile_context")
@pytest.mark.parametrize("text", [*EVERY_KIND, "0.123456789", "123456.789e300", "-1e999", "9" * 200 + ".999999999999"])
def test_surroundings_do_not_matter(text: str) -> None:
    quantity = Quantity(text)
    nothing = quantity - quantity
    assert str(nothing) == "0"
    assert quantity + nothing == quantity * 1
    assert (quantity > nothing) is not (quantity <= nothing)
    assert eval(repr(quantity)) == quantity
    assert quantity.decimal.adjusted() > 200 or Quantity(quantity.decimal) == quantity
    assert quantity.value * 1000 >= quantity.milli_value or quantity < nothing
    found = convert_quantity(CPU, quantity)
    assert isinstance(found, Problem) or Quantity(wire_string(round_up_to_milli(found))).milli_value >= 0
    assert hash(quantity) == hash(Quantity(text))


@pytest.mark.parametrize(
    "value",
    [
        *(10**999, -(10**999), 1 << 20_000, 1 << 2_000_000),  # no suffix is that large, and all digits are too many
        *(1e300, -sys.float_info.max, Decimal("1E+900"), Decimal("9E+999")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_more_than_256_characters_are_out_of_range(value: Any) -> None:
    if isinstance(value, Decimal):
        assert Quantity(value).format == "DecimalExponent"  # which has room for it
        value = Quantity(value).value
    with pytest.raises(QuantityError) as caught:
        Quantity(value)
    assert (caught.value.reason, caught.value.violations[0].reason) == ("range", "OUT_OF_RANGE")


@pytest.mark.parametrize(
    "compute",
    [
        lambda: Quantity("1e999") * 1000,
        lambda: Quantity("1e999") + Quantity("1n"),
        lambda: Quantity("1") * 10**300,
        lambda: Quantity("1Ki") * -(10**300),
        lambda: Quantity("1") * (1 << 2_000_000),
    ],
)
def test_results_have_the_same_range(compute: Callable[[], Quantity]) -> None:
    with pytest.raises(QuantityError, match=r"^the result is out of range") as caught:
        compute()
    assert caught.value.reason == "range"


# --- Properties

any_number = st.from_regex(r"[+-]?[0-9]{0,25}(\.[0-9]{0,25})?", fullmatch=True)
any_suffix = st.one_of(
    st.sampled_from(["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]),
    st.from_regex(r"[eE][+-]?[0-9]{1,2}", fullmatch=True),  # so that results are in range
)


def accepted(text: str) -> bool:
    try:
        Quantity(text)
    except QuantityError:
        return False
    return True


texts = st.builds(operator.add, any_number, any_suffix).filter(accepted)
quantities = texts.map(Quantity)
small = quantities.filter(lambda quantity: refusal(CPU, quantity) != "OUT_OF_RANGE")


@given(small)
def test_second_string_is_a_fixed_point(quantity: Quantity) -> None:
    """So the wire carries the string of the second pass: print, parse, print. That one is always a fixed point."""
    second = str(Quantity(str(quantity)))
    assert str(Quantity(second)) == second
    assert Quantity(second) == quantity


@given(small)
def test_canonical_string_reads_as_the_value(quantity: Quantity) -> None:
    """For every value within int64 Go reads it back to the same value and prints it as it stands, (...)."""
    again = Quantity(str(quantity))
    assert again == quantity
    assert str(again) == str(quantity) or quantity.format == "BinarySI"


@given(texts, st.sampled_from(["-", "+"]))
def test_sign(text: str, sign: str) -> None:
    """One optional `+` or `-`."""
    plain = text.lstrip("+-")
    if accepted(plain):
        assert Quantity(sign + plain) == Quantity(plain) * (-1 if sign == "-" else 1)


@given(st.integers(-(10**254), 10**254))
def test_ints(number: int) -> None:
    """`Quantity(value)` takes str, int, float (by its shortest decimal: `0.1` is `100m`), `Decimal`, `Quantity`."""
    assert Quantity(number) == Quantity(str(number)) == Quantity(Decimal(number))
    assert Quantity(number).value == number


@given(st.floats(-1e255, 1e255))
@example(5e-324)
def test_floats(number: float) -> None:
    """`Quantity(value)` takes str, int, float (by its shortest decimal: `0.1` is `100m`), `Decimal`, `Quantity`."""
    quantity = Quantity(number)
    assert quantity == Quantity(repr(number))
    assert quantity.format == "DecimalSI"
    assert abs(Fraction(quantity.decimal) - Fraction(repr(number))) < Fraction(1, 10**9)


@given(any_number.filter(lambda text: any(map(str.isdigit, text))))
def test_a_value_is_rounded_away_from_zero(text: str) -> None:
    """A nonzero value is rounded **away from zero** to nine decimals."""
    written, exact = Fraction(Decimal(text)), Fraction(Quantity(text).decimal)
    assert abs(exact) >= abs(written)
    assert abs(exact - written) < Fraction(1, 10**9)
    assert (exact * 10**9).denominator == 1


@given(quantities, quantities)
def test_addition_is_undone(left: Quantity, right: Quantity) -> None:
    """`+`, `-` and `* int` give Go's values and formats (the left operand's; a zero left operand takes the right's)."""
    total = left + right
    assert total - right == left
    assert total == right + left
    zero = Quantity("0")
    assert total.format == (right if left == zero else left).format
    assert (left - right) + (right - left) == zero


@given(quantities, st.integers(-5, 5))
def test_multiplication_is_addition(quantity: Quantity, factor: int) -> None:
    """`+`, `-` and `* int` give Go's values and formats."""
    total = Quantity("0")
    for _ in range(abs(factor)):
        total = total + quantity if factor > 0 else total - quantity
    assert quantity * factor == total == factor * quantity
    assert (quantity * factor).format == quantity.format


@given(quantities, quantities)
def test_order_is_that_of_the_exact_values(left: Quantity, right: Quantity) -> None:
    """Exact, on the stored (rounded or capped) value; the format plays no part."""
    assert (left < right) is (left.decimal < right.decimal)
    assert (left == right) is (left.decimal == right.decimal)
    assert left != right or hash(left) == hash(right)


@given(quantities)
def test_values_are_rounded_away_from_zero(quantity: Quantity) -> None:
    """`.value` and `.milli_value` are ints, rounded away from zero, correct where Go's int64 overflows."""
    for number, unit in ((quantity.value, Quantity("1")), (quantity.milli_value, Quantity("1m"))):
        assert unit * abs(number) >= (quantity if quantity.value >= 0 else quantity * -1)
        assert unit * (abs(number) - 1) < (quantity if quantity.value >= 0 else quantity * -1) or number == 0


@given(st.one_of(quantities, st.builds(operator.add, quantities, quantities), st.builds(operator.sub, small, small)))
@example(Quantity("1Ki") - Quantity("1023.5"))
@example(Quantity("1Ei") * 1024)
def test_repr_evaluates_back(quantity: Quantity) -> None:
    """`repr` evaluates back."""
    for back in (eval(repr(quantity)), pickle.loads(pickle.dumps(quantity))):
        assert (back, back.format) == (quantity, quantity.format)
        assert refusal(CPU, back) == refusal(CPU, quantity)  # 2^63-1 is rejected if it was capped


@given(
    st.one_of(
        st.text(max_size=70),
        st.text("0123456789.,_ +-eEinumkKMGTPbBxX\n'\u0663\uff11\u00b5\u2212", max_size=20),
        st.builds(
            "{}{}{}".format, any_number, st.sampled_from(["", " ", "_", ","]), st.sampled_from(sorted(_suggest._WORDS))
        ),
    )
)
def test_every_suggestion_is_a_quantity(text: str) -> None:
    """The message offers the nearest valid spelling."""
    for offer in _quantity.suggest(text):
        assert offer != text
        Quantity(offer)
    if not accepted(text):
        with pytest.raises(QuantityError) as caught:
            Quantity(text)
        message = str(caught.value)
        assert len(message.encode()) <= 120
        assert all(f"did you mean {offer}" in message for offer in _quantity.suggest(text)[:1])


@given(st.one_of(texts, st.builds("{}{}".format, st.integers(0, 10**24), any_suffix)))
@example("9223372036854775807")
@example("9007199254740992Ki")
@example("00")
def test_the_fast_path_agrees_with_the_general_one(text: str) -> None:
    fast, (nanos, form, _) = parse(text), parse_slow(text)
    assert fast[:2] == (nanos, form)
    assert type(fast[0]) is type(nanos)
    assert fast[2] in (None, _quantity.canonical_string(nanos, form))
