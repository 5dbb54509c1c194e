"""The baseline of every ratio: the fastest bare idiom with the official bindings, which checks nothing.

    python benchmarks/baseline.py

tries the candidates against each other and prints what each costs. The first of each list is the one used; a reader who
finds a faster one adds it here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from declarations import Message

from resourceidl.v1 import resources_pb2 as pb

_Entry = pb.Resources.ResourceEntry


def add(message: Message) -> bytes:
    """Append each entry with `add`, its fields as keywords."""
    made = pb.Resources()
    append = made.requests.add
    for name, value in message[0]:
        append(name=name, value=value)  # type: ignore[arg-type]
    append = made.limits.add
    for name, value in message[1]:
        append(name=name, value=value)  # type: ignore[arg-type]
    return made.SerializeToString()


def nested(message: Message) -> bytes:
    """Nest the constructors, as most code does."""
    return pb.Resources(
        requests=[_Entry(name=name, value=value) for name, value in message[0]],  # type: ignore[arg-type]
        limits=[_Entry(name=name, value=value) for name, value in message[1]],  # type: ignore[arg-type]
    ).SerializeToString()


def dicts(message: Message) -> bytes:
    """Pass dicts in the place of entries."""
    return pb.Resources(
        requests=[{"name": name, "value": value} for name, value in message[0]],  # type: ignore[list-item]
        limits=[{"name": name, "value": value} for name, value in message[1]],  # type: ignore[list-item]
    ).SerializeToString()


def assign(message: Message) -> bytes:
    """Append an empty entry with `add`, and set its fields."""
    made = pb.Resources()
    append = made.requests.add
    for name, value in message[0]:
        entry = append()
        entry.name = name  # type: ignore[assignment]
        entry.value = value
    append = made.limits.add
    for name, value in message[1]:
        entry = append()
        entry.name = name  # type: ignore[assignment]
        entry.value = value
    return made.SerializeToString()


_kept = pb.Resources()


def reuse(message: Message) -> bytes:
    """Clear and fill one message, which only a program of one thread can."""
    _kept.Clear()
    append = _kept.requests.add
    for name, value in message[0]:
        entry = append()
        entry.name = name  # type: ignore[assignment]
        entry.value = value
    append = _kept.limits.add
    for name, value in message[1]:
        entry = append()
        entry.name = name  # type: ignore[assignment]
        entry.value = value
    return _kept.SerializeToString()


def read_lists(data: bytes) -> object:
    """Read every field into lists."""
    read = pb.Resources.FromString(data)
    return [(e.name, e.value) for e in read.requests], [(e.name, e.value) for e in read.limits]


def read_dicts(data: bytes) -> object:
    """Read every field into dicts."""
    read = pb.Resources.FromString(data)
    return {e.name: e.value for e in read.requests}, {e.name: e.value for e in read.limits}


def read_parse(data: bytes) -> object:
    """Parse into a message that was made before."""
    _kept.ParseFromString(data)
    return [(e.name, e.value) for e in _kept.requests], [(e.name, e.value) for e in _kept.limits]


def read_loop(data: bytes) -> object:
    """Read every field in a loop, and keep nothing."""
    read = pb.Resources.FromString(data)
    for entry in read.requests:
        entry.name, entry.value  # noqa: B018
    for entry in read.limits:
        entry.name, entry.value  # noqa: B018
    return read


ENCODERS: tuple[Callable[[Message], bytes], ...] = (assign, add, nested, dicts, reuse)
DECODERS: tuple[Callable[[bytes], object], ...] = (read_loop, read_lists, read_dicts, read_parse)
encode, decode = ENCODERS[0], DECODERS[0]


def main() -> None:
    from itertools import islice

    from declarations import README, distribution, entries
    from measure import least

    messages = [entries(README)] * 200, [entries(each) for each in islice(distribution(1), 200)]
    for ways, prepare in ((ENCODERS, lambda each: each), (DECODERS, encode)):
        for title, given in zip(("README's example", "the distribution"), messages, strict=True):
            inputs: Any = [prepare(each) for each in given]
            costs = least({way.__name__: way for way in ways}, lambda _, inputs=inputs: inputs, rounds=40)
            print(title, *(f"{name} {cost:.2f} µs" for name, cost in costs.items()), sep="  ")


if __name__ == "__main__":
    main()
