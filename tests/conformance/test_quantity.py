"""The vectors of Go's quantities: see conformance/README.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from resources_py import Quantity, QuantityError
from resources_py._amounts import (
    CPU,
    GPU,
    MAX_QUANTITY_BYTES,
    Problem,
    convert_quantity,
    parse_amount,
    round_up_to_milli,
    wire_string,
)
from resources_py._quantity import canonical_string

MOST = 2**63 - 1
VECTORS = Path(__file__).resolve().parents[2] / "conformance" / "vectors" / "quantities.jsonl"
ALL: list[dict[str, Any]] = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
TAGS = sorted({vector["tag"] for vector in ALL})


def vectors(tag: str, has: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    return [vector for vector in ALL if vector["tag"] == tag and has(vector)]


def test_enough_vectors() -> None:
    assert len(ALL) > 5000
    assert {vector["reason"] for vector in ALL if "reason" in vector} == {"format", "numeric", "suffix", "range"}


@pytest.mark.parametrize("tag", TAGS)
def test_refused(tag: str) -> None:
    for vector in vectors(tag, lambda vector: "reason" in vector):
        with pytest.raises(QuantityError) as caught:
            pytest.fail(f"{vector} is accepted as {Quantity(vector['text'])!r}")
        assert caught.value.reason == vector["reason"], vector


@pytest.mark.parametrize("tag", TAGS)
def test_accepted(tag: str) -> None:
    for vector in vectors(tag, lambda vector: "value" in vector):
        quantity = Quantity(vector["text"])
        assert quantity.decimal == Decimal(vector["value"]), vector
        assert quantity.format == vector["format"], vector
        assert str(quantity) == vector["canonical"], vector
        if "whole" in vector:
            assert quantity.value == int(vector["whole"]), vector
        if "milli" in vector:
            assert quantity.milli_value == int(vector["milli"]), vector


@pytest.mark.parametrize("tag", TAGS)
def test_amounts(tag: str) -> None:
    """Rejections, and the values that Resolve returns: Go's RoundUp."""
    for vector in vectors(tag, lambda vector: "value" in vector):
        text, value = vector["text"], Decimal(vector["value"])
        refused = "OUT_OF_RANGE" if vector.get("capped") or abs(value) > MOST else "NEGATIVE" if value < 0 else None
        for resource in (CPU, GPU):
            expected = "NOT_WHOLE" if refused is None and resource is GPU and value % 1 else refused
            found = [convert_quantity(resource, Quantity(text))]
            if len(text) <= MAX_QUANTITY_BYTES:
                found.append(parse_amount(resource, text))
            for sound in found:
                if isinstance(sound, Problem):
                    assert sound.reason == expected, vector
                else:
                    assert expected is None, vector
                    assert canonical_string(*round_up_to_milli(sound)[:2]) == vector["rounded"], vector
                    assert wire_string(round_up_to_milli(sound)) == str(Quantity(vector["rounded"])), vector
        assert (Quantity(text) < Quantity(0)) is (value < 0), vector


@pytest.mark.parametrize("tag", TAGS)
def test_printed_and_read_again(tag: str) -> None:
    for vector in vectors(tag, lambda vector: "again" in vector):
        assert str(Quantity(vector["canonical"])) == vector["again"], vector
        if abs(Decimal(vector["value"])) <= MOST:
            assert str(Quantity(vector["again"])) == vector["again"] == vector["string"], vector


@pytest.mark.parametrize("tag", TAGS)
def test_pairs(tag: str) -> None:
    for vector in vectors(tag, lambda vector: "left" in vector):
        if vector.get("refused"):
            with pytest.raises(QuantityError):
                pytest.fail(f"{Quantity(vector['left'])!r} and {Quantity(vector['right'])!r} are accepted")
            continue
        left, right, factor = Quantity(vector["left"]), Quantity(vector["right"]), int(vector["factor"])
        assert (left > right) - (left < right) == vector["cmp"], vector
        assert (left == right) is (vector["cmp"] == 0), vector
        operations: dict[str, Callable[[], Quantity]] = {
            "sum": lambda: left + right,  # noqa: B023
            "difference": lambda: left - right,  # noqa: B023
            "multiple": lambda: left * factor,  # noqa: B023
        }
        for name, operation in operations.items():
            expected = vector[name]
            if "reason" in expected:
                with pytest.raises(QuantityError) as caught:
                    pytest.fail(f"{name} of {vector} is {operation()!r}")
                assert caught.value.reason == expected["reason"], (name, vector)
                continue
            result = operation()
            assert result.decimal == Decimal(expected["value"]), (name, vector)
            assert result.format == expected["format"], (name, vector)
            assert str(result) == expected["canonical"], (name, vector)
