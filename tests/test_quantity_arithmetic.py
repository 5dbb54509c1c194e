"""Computing with quantities: values and formats, and what is refused."""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources_py import Quantity, QuantityError


@pytest.mark.parametrize(
    ("result", "string", "form"),
    [
        (Quantity("1") + Quantity("500m"), "1500m", "DecimalSI"),
        (Quantity("1Ki") + Quantity("1k"), "2024", "BinarySI"),
        (Quantity("1k") + Quantity("1Ki"), "2024", "DecimalSI"),
        (Quantity("1e3") + Quantity("24"), "1024", "DecimalExponent"),
        (Quantity("0") + Quantity("1Ki"), "1Ki", "BinarySI"),  # a zero takes the format of the right operand
        (Quantity("0Ki") + Quantity("1024"), "1024", "DecimalSI"),
        (Quantity("0") - Quantity("1Ki"), "-1Ki", "BinarySI"),
        (Quantity("0Ki") - Quantity("0e3"), "0", "DecimalExponent"),
        (Quantity("1Ki") - Quantity("1Ki"), "0", "BinarySI"),
        (Quantity("1Ki") - Quantity("1023.5"), "500m", "BinarySI"),
        (Quantity("1Gi") - Quantity("1Mi"), "1023Mi", "BinarySI"),
        (Quantity("8Ei") + Quantity("1"), "8Ei", "BinarySI"),
        (Quantity("1Ei") * 1024, "1", "BinarySI"),  # 2^70 has no suffix
        (Quantity("1Ki") * 0, "0", "BinarySI"),
        (Quantity("100m") * 30, "3", "DecimalSI"),
        (3 * Quantity("1.5Gi"), "4608Mi", "BinarySI"),
        (Quantity("500m") * -1, "-500m", "DecimalSI"),
        (Quantity("1") * np.int64(2), "2", "DecimalSI"),
        (Quantity("9e18") + Quantity("9e18"), "18e18", "DecimalExponent"),
        (Quantity("1e999") + Quantity("1e999"), "2e999", "DecimalExponent"),
        (Quantity("1e999") - Quantity("1e999"), "0", "DecimalExponent"),
        (Quantity("1e999") * 5, "5e999", "DecimalExponent"),
        (Quantity("1e591") * 1000, "1e594", "DecimalExponent"),
        (-Quantity("1.5Ki"), "-1536", "BinarySI"),
        (-Quantity("-2e3"), "2e3", "DecimalExponent"),
        (-Quantity("8Ei"), "-9223372036854775807", "BinarySI"),
        (0 + Quantity("1Ki"), "1Ki", "BinarySI"),
        (Quantity("1Ki") + 0, "1Ki", "BinarySI"),
        (sum([Quantity("512Mi"), Quantity("1Gi"), Quantity("0")]), "1536Mi", "BinarySI"),
        (Quantity("2Gi") * 1.5, "3Gi", "BinarySI"),
        (1.5 * Quantity("2Gi"), "3Gi", "BinarySI"),
        (Quantity("1") * 0.1, "100m", "DecimalSI"),  # by its shortest decimal
        (Quantity("1") * Decimal("0.1"), "100m", "DecimalSI"),
        (Quantity("1n") * 0.1, "1n", "DecimalSI"),  # away from zero
        (Quantity("-1n") * 0.1, "-1n", "DecimalSI"),
        (Quantity("1") * 5e-324, "1n", "DecimalSI"),
        (Quantity("1e3") * 2.0, "2e3", "DecimalExponent"),
        (Quantity("3") * np.float64(0.5), "1500m", "DecimalSI"),
        (Quantity("1") / 3, "333333334n", "DecimalSI"),
        (Quantity("-1") / 3, "-333333334n", "DecimalSI"),
        (Quantity("1") / -3, "-333333334n", "DecimalSI"),
        (Quantity("1Gi") / 4, "256Mi", "BinarySI"),
        (Quantity("1Gi") / np.int64(4), "256Mi", "BinarySI"),
        (Quantity("1") / 0.5, "2", "DecimalSI"),
        (Quantity("3e3") / Decimal("1.5"), "2e3", "DecimalExponent"),
        (Quantity("1e200") + Quantity("-1n"), "9" * 209 + "e-9", "DecimalExponent"),
    ],
)
def test_arithmetic(result: Quantity, string: str, form: str) -> None:
    assert (str(result), result.format) == (string, form)
    assert (eval(repr(result)), eval(repr(result)).format) == (result, form)


@pytest.mark.parametrize("factor", ["2", None, True, np.bool_(True), Fraction(1, 2), 1j, [2]])
@pytest.mark.parametrize("operation", [operator.mul, operator.truediv])
def test_factors_are_numbers(operation: Callable[[Any, Any], Any], factor: Any) -> None:
    with pytest.raises(TypeError):
        operation(Quantity("1"), factor)


def test_quantities_are_not_multiplied() -> None:
    with pytest.raises(TypeError):
        Quantity("1") * Quantity("2")  # type: ignore[operator]


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.floordiv])
@pytest.mark.parametrize("other", [1, "1", None, 1.5, Decimal(1), 0.0, False, Decimal(0)])
def test_numbers_are_not_added(operation: Callable[[Any, Any], Any], other: Any) -> None:
    with pytest.raises(TypeError):
        operation(Quantity("1"), other)
    with pytest.raises(TypeError):
        operation(other, Quantity("1"))


def test_zero_is_added_but_not_subtracted() -> None:
    with pytest.raises(TypeError):
        Quantity("1") - 0  # type: ignore[operator]
    with pytest.raises(TypeError):
        0 - Quantity("1")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("factor", "reason"),
    [
        (float("nan"), "format"),
        (float("inf"), "format"),
        (Decimal("sNaN"), "format"),
        (Decimal("-Infinity"), "format"),
        (Decimal("1e1000"), "range"),
        (Decimal("1e-999999999"), "range"),
        (Decimal("1." + "1" * 300), "range"),
        (10**2000, "range"),
        (1e308, "range"),
    ],
)
def test_factors_that_are_out_of_range(factor: Any, reason: str) -> None:
    with pytest.raises(QuantityError) as caught:
        Quantity("1") * factor
    assert caught.value.reason == reason


@pytest.mark.parametrize("divisor", [0, 0.0, -0.0, Decimal(0)])
def test_division_by_zero(divisor: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        Quantity("1") / divisor
    for operation in (operator.truediv, operator.floordiv):
        with pytest.raises(ZeroDivisionError):
            operation(Quantity("1"), Quantity("0"))


def test_ratios() -> None:
    assert Quantity("1Gi") / Quantity("256Mi") == 4.0
    assert Quantity("1") / Quantity("3") == 1 / 3
    assert Quantity("1e300") / Quantity("1e299") == 10.0
    assert [Quantity("7") // Quantity(text) for text in ("2", "-2", "7", "8", "1m")] == [3, -4, 1, 0, 7000]


def test_truth_and_float() -> None:
    assert [bool(Quantity(text)) for text in ("0", "Ki", "1n", "-1n")] == [False, False, True, True]
    assert [float(Quantity(text)) for text in ("0", "100m", "-1.5Ki", "1e22")] == [0.0, 0.1, -1536.0, 1e22]
    with pytest.raises(OverflowError):
        float(Quantity("1e400"))
    with pytest.raises(TypeError):
        int(Quantity("1"))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1Gi", "Mi", "1024"),
        ("1Gi", "M", "1073.741824"),
        ("1536Mi", "Gi", "1.5"),
        ("1", "Ki", "0.0009765625"),
        ("-1n", "Ei", "-8.67361737988403547205962240695953369140625E-28"),
        ("1", "n", "1000000000"),
        ("1n", "E", "1E-27"),
        ("250m", "", "0.25"),
        ("0", "Ti", "0"),
        ("7Ei", "Ei", "7"),
    ],
)
def test_units(text: str, unit: str, number: str) -> None:
    with decimal.localcontext(prec=1):
        assert Fraction(Quantity(text).to(unit)) == Fraction(number)


@pytest.mark.parametrize("unit", ["Mb", "e3", "i", " ", "mi", None])
def test_unknown_units(unit: Any) -> None:
    with pytest.raises(QuantityError, match="is not a unit: write one of") as caught:
        Quantity("1").to(unit)
    assert caught.value.reason == "suffix"


numbers = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(-1e12, 1e12).filter(lambda number: number == 0 or abs(number) > 1e-9),  # so that quotients are in range
    st.decimals(-(10**12), 10**12, allow_nan=False, places=6),
)
amounts = st.builds(
    lambda number, suffix: Quantity(f"{number}{suffix}"),
    st.integers(-(10**9), 10**9),
    st.sampled_from(["", "m", "n", "k", "G", "Ki", "Gi", "e3"]),
)


def away_from_zero(value: Fraction) -> Fraction:
    nanos = abs(value) * 10**9
    rounded = Fraction(-(-nanos.numerator // nanos.denominator), 10**9)
    return rounded if value >= 0 else -rounded


def exact(number: float | Decimal) -> Fraction:
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


@given(amounts, numbers)
def test_a_product_is_rounded_away_from_zero(quantity: Quantity, number: Any) -> None:
    product = quantity * number
    assert Fraction(product.decimal) == away_from_zero(Fraction(quantity.decimal) * exact(number))
    assert product.format == quantity.format
    assert number * quantity == product


@given(amounts, numbers.filter(bool))
def test_a_quotient_is_rounded_away_from_zero(quantity: Quantity, number: Any) -> None:
    quotient = quantity / number
    assert Fraction(quotient.decimal) == away_from_zero(Fraction(quantity.decimal) / exact(number))
    assert quotient.format == quantity.format


@given(amounts, amounts.filter(bool))
def test_a_ratio_is_the_nearest_float(left: Quantity, right: Quantity) -> None:
    assert left / right == float(Fraction(left.decimal) / Fraction(right.decimal))
    assert left // right == Fraction(left.decimal) // Fraction(right.decimal)
