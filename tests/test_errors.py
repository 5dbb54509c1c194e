"""How errors quote the values that they reject: any value, with bounded work."""

from __future__ import annotations

import collections
import decimal
import tracemalloc
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resources_py import ContainerResources, Quantity, Resources, ResourcesError, parse_accelerator

# Each puts what it holds into the container twice: n levels have 2^n leaves, in n containers.
SHARED: dict[str, Callable[[Any], Any]] = {
    "list": lambda value: [value, value],
    "tuple": lambda value: (value, value),
    "dict": lambda value: {"a": value, "b": value},
    "frozenset": lambda value: frozenset([(value, 1), (value, 2)]),
    "subclass of list": lambda value: type("Items", (list,), {})([value, value]),
    "subclass of dict": lambda value: collections.OrderedDict(a=value, b=value),
    "named tuple": lambda value: Pair(value, value),
    "deque": lambda value: collections.deque([value, value]),
    "mapping": lambda value: types.MappingProxyType({"a": value, "b": value}),
    "user's mapping": lambda value: collections.UserDict(a=value, b=value),
    "array": lambda value: boxed(value),
}

Pair = collections.namedtuple("Pair", "request limit")


def boxed(value: object) -> object:
    array = np.empty(2, dtype=object)
    array[0] = array[1] = value
    return array


READERS: dict[str, Callable[[Any], object]] = {
    "constructor": lambda value: Resources(cpu=value),
    "side": lambda value: Resources(mem=(value, 1)),
    "from_dict": lambda value: Resources.from_dict(value),
    "from_dict, value": lambda value: Resources.from_dict({"gpu": value}),
    "from_json": lambda value: Resources.from_json(value),
    "from_bytes": lambda value: Resources.from_bytes(value),
    "from_proto": lambda value: Resources.from_proto(value),
    "from_requests_and_limits": lambda value: Resources.from_requests_and_limits(value, {"cpu": value}),
    "to_proto": lambda value: Resources().to_proto(value),
    "Quantity": Quantity,
}


def peak_of_rejecting(read: Callable[[Any], object], value: object) -> int:
    """Return the most bytes that were allocated at a time."""
    with pytest.raises(ResourcesError):
        read(value)  # triggers lazy imports
    tracemalloc.start()
    try:
        with pytest.raises(ResourcesError):
            read(value)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("around", SHARED.values(), ids=SHARED)
def test_shared_containers_are_quoted_in_bounded_memory(around: Callable[[Any], Any], read: Any) -> None:
    """Rendered in full, a level more doubles it. Building a frozenset of shared tuples takes as long: few levels."""
    peaks = []
    value: Any = 1
    for level in range(1, 17):
        value = around(value)
        if level in (4, 8, 16):
            peaks.append(peak_of_rejecting(read, value))
    assert peaks[2] < peaks[0] + 4096, peaks


@pytest.mark.parametrize("around", [lambda value: (value,), lambda value: Pair(value, 1)], ids=["tuple", "named"])
def test_deep_tuples_are_not_hashed(around: Callable[[Any], Any]) -> None:
    """Python hashes them by recursion, without a limit: a million levels overflow the stack."""
    value: Any = 1
    for _ in range(1_000_000):
        value = around(value)
    for cpu in (value, (1, value), (value, None), [value, 1]):
        with pytest.raises(ResourcesError):
            Resources(cpu=cpu)


def test_shared_tuples_are_not_hashed() -> None:
    """Python hashes each occurrence: n levels are 2^n hashes."""
    hashed = 0

    class Counted:
        def __hash__(self) -> int:
            nonlocal hashed
            hashed += 1
            return 1

    value: Any = Counted()
    for _ in range(10):
        value = (value, value)
    for arguments in ({"cpu": value}, {"mem": (value, 1)}, {"gpu": (1, value)}, {"ephemeral_storage": [1, value]}):
        with pytest.raises(ResourcesError):
            Resources(**arguments)
        with pytest.raises(ResourcesError):
            Resources.from_dict(arguments)
    assert hashed <= 20


MEBIBYTE = 2**20
LARGE: dict[str, Callable[[], Any]] = {
    "str": lambda: "x" * MEBIBYTE,
    "bytes": lambda: b"\xff" * MEBIBYTE,
    "bytearray": lambda: bytearray(MEBIBYTE),
    "memoryview": lambda: memoryview(bytes(MEBIBYTE)),
    "int": lambda: 1 << 8 * MEBIBYTE,
    "negative int": lambda: -(1 << 8 * MEBIBYTE),
    "list": lambda: [1] * MEBIBYTE,
    "list of a text": lambda: ["x" * MEBIBYTE],
    "list of an int": lambda: [1 << 8 * MEBIBYTE],
    "set": lambda: set(range(MEBIBYTE)),
    "dict": lambda: dict.fromkeys(range(MEBIBYTE)),
    "dict of a text": lambda: {"x" * MEBIBYTE: 1},
    "range": lambda: range(MEBIBYTE),
    "array": lambda: np.zeros(MEBIBYTE),
}


@pytest.mark.parametrize("read", [READERS["constructor"], READERS["side"], Quantity], ids=["cpu", "mem[0]", "Quantity"])
@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_large_values_are_quoted_in_bounded_memory(make: Callable[[], Any], read: Any) -> None:
    assert peak_of_rejecting(read, make()) < 20_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([1, "2", (3.5, None)], "[1, '2', (3.5, None)]"),
        ({"request": 1, "limit": [2]}, "{'request': 1, 'limit': [2]}"),
        ([1, 2, 3, 4, 5], "[1, 2, 3, 4, ...]"),
        ({5}, "{5}"),
        ([[[], [1]]], "[[[], [...]]]"),
        (collections.OrderedDict(b=1, a=2), "{'b': 1, 'a': 2}"),
        (np.zeros(3), "<ndarray>"),
        (np.float32(0.5), repr(np.float32(0.5))),
        (decimal.Decimal("1.5"), "Decimal('1.5')"),
        (bytearray(b"1"), "bytearray(b'1')"),
    ],
)
def test_quoted_values(value: object, shown: str) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_bytes(value)  # type: ignore[arg-type]
    described = caught.value.violations[0].description
    assert described.startswith((f"{shown} is a ", f"{shown} is an ")) or isinstance(value, bytearray)


@pytest.mark.parametrize(
    ("value", "described"),
    [
        (8, "8 is an int: "),
        (type("Port", (int,), {})(8), "8 is an int: "),
        (True, "True is a bool: "),
        (0.5, "0.5 is a float: "),
        (collections.OrderedDict(), "{} is an OrderedDict: "),
        (np.uint8(8), f"{np.uint8(8)!r} is a uint8: "),
    ],
)
def test_values_with_their_types(value: object, described: str) -> None:
    """A subclass of int is an int, whatever its name."""
    for read in (Resources.from_bytes, ContainerResources.from_bytes, parse_accelerator):
        with pytest.raises(ResourcesError) as caught:
            read(value)  # type: ignore[operator]
        assert caught.value.violations[0].description.startswith(described)


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError])
def test_a_repr_that_fails(error: type[Exception]) -> None:
    class Broken:
        def __repr__(self) -> str:
            raise error

    with pytest.raises(ResourcesError, match="<Broken> is a Broken: write a string"):
        Resources(mem=Broken())  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_repr_that_is_interrupted(error: type[BaseException]) -> None:
    """It is the user who pressed Ctrl-C: the interrupt is not taken for a fault of the value."""

    class Slow:
        def __repr__(self) -> str:
            raise error

    with pytest.raises(error):
        Resources(mem=Slow())  # type: ignore[arg-type]
