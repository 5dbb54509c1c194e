"""Values of a stanza that a program made: subclasses of int, float and str, and keys that are not text."""

from __future__ import annotations

import enum
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from resources_py import Resources, ResourcesError


class Count(enum.IntEnum):
    TWO = 2


class Tier(enum.StrEnum):
    SMALL = "500m"


class Labeled(float):
    def __repr__(self) -> str:
        return f"Labeled({float(self)})"


class Spelled(str):
    def strip(self, chars: str | None = None, /) -> str:
        return "7"

    def __str__(self) -> str:
        return "7"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), 0.5),
        (np.float64(2), 2.0),
        (np.int64(2), 2),
        (np.uint8(2), 2),
        (np.str_(" 500m "), "500m"),
        (Count.TWO, 2),
        (Tier.SMALL, "500m"),
        (Labeled(0.25), 0.25),
        (Spelled("500m"), "500m"),
    ],
    ids=repr,
)
def test_values_that_are_numbers_or_texts(value: Any, plain: Any) -> None:
    """What JSON would write of them counts, and not their repr."""
    read = Resources.from_kubernetes({"limits": {"cpu": value}})
    assert read == Resources.from_kubernetes({"limits": {"cpu": plain}})
    assert type(read.cpu[1]) is str  # type: ignore[index]


@pytest.mark.parametrize("value", [True, np.True_, np.array([1, 2]), np.float32(0.5), [1], None], ids=repr)
def test_values_that_are_not(value: Any) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes({"limits": {"cpu": value}})
    assert [(v.field, v.reason) for v in caught.value.violations] == [('limits["cpu"]', "WRONG_TYPE")]


@pytest.mark.parametrize(
    ("key", "field"), [(1, "1"), (None, "None"), (b"limits", "b'limits'"), (("cpu",), "('cpu')"), ("a", "a"), ("", "")]
)
def test_fields_of_unknown_keys(key: Any, field: str) -> None:
    """Only text stands in quotes: `limits[1]` is not `limits["1"]`."""
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes({key: {}})
    assert [v.field for v in caught.value.violations] == [field]
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes({"limits": {key: 1}})
    within = f'"{field}"' if isinstance(key, str) else field
    assert [v.field for v in caught.value.violations] == [f"limits[{within}]"]


def test_bytes_are_never_compared_with_text() -> None:
    """`python -bb` makes that an error. A key of bytes hashes as the text does, so a lookup compares them."""
    program = """
from resources_py import *
for stanza in (
    {b"limits": {}},
    {b"requests": {}, "limits": {"cpu": 1}},
    {"limits": {b"cpu": 1}},
    {"requests": {b"memory": 1}, "limits": {b"nvidia.com/gpu": 1}},
    {"limits": {"cpu": b"1"}},
    {b"claims": []},
    b"limits",
):
    try:
        Resources.from_kubernetes(stanza)
    except ResourcesError:
        continue
    raise SystemExit("accepted")
"""
    subprocess.run([sys.executable, "-bb", "-c", program], check=True, timeout=120)
