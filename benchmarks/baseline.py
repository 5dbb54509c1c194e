"""The baseline of every ratio: the fastest bare idiom, which validates nothing.

For messages that is the official bindings', for JSON mashumaro's mixin, for a quantity a Decimal times its unit.

The first candidate of each tuple is the fastest, and the one used. `benchmarks/candidates.py` races them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from declarations import TEN, TWO, Declaration, Message
from mashumaro.mixins.json import DataClassJSONMixin

from resourceidl.v1 import resources_pb2 as pb

_Entry: Any = pb.Resources.ResourceEntry  # names are ints here, which the stubs reject


def assign(message: Message) -> bytes:
    """Append an empty entry with `add`, and set its fields."""
    made: Any = pb.Resources()
    append = made.requests.add
    for name, value in message[0]:
        entry = append()
        entry.name = name
        entry.value = value
    append = made.limits.add
    for name, value in message[1]:
        entry = append()
        entry.name = name
        entry.value = value
    data: bytes = made.SerializeToString()
    return data


def add(message: Message) -> bytes:
    """Append each entry with `add`, its fields as keywords."""
    made: Any = pb.Resources()
    append = made.requests.add
    for name, value in message[0]:
        append(name=name, value=value)
    append = made.limits.add
    for name, value in message[1]:
        append(name=name, value=value)
    data: bytes = made.SerializeToString()
    return data


def nested(message: Message) -> bytes:
    """Nest the constructors, as most code does."""
    return pb.Resources(
        requests=[_Entry(name=name, value=value) for name, value in message[0]],
        limits=[_Entry(name=name, value=value) for name, value in message[1]],
    ).SerializeToString()


def dicts(message: Message) -> bytes:
    """Pass dicts in place of entries."""
    requests: Any = [{"name": name, "value": value} for name, value in message[0]]
    limits: Any = [{"name": name, "value": value} for name, value in message[1]]
    return pb.Resources(requests=requests, limits=limits).SerializeToString()


_reused: Any = pb.Resources()


def reuse(message: Message) -> bytes:
    """Clear and refill one message, which only a single-threaded program can do."""
    _reused.Clear()
    append = _reused.requests.add
    for name, value in message[0]:
        entry = append()
        entry.name = name
        entry.value = value
    append = _reused.limits.add
    for name, value in message[1]:
        entry = append()
        entry.name = name
        entry.value = value
    data: bytes = _reused.SerializeToString()
    return data


def readme(_: object = None) -> bytes:
    """Write README's example out, line by line."""
    made: Any = pb.Resources()
    add = made.requests.add
    entry = add()
    entry.name = 1
    entry.value = "500m"
    entry = add()
    entry.name = 3
    entry.value = "1Gi"
    entry = add()
    entry.name = 2
    entry.value = "1"
    add = made.limits.add
    entry = add()
    entry.name = 1
    entry.value = "2"
    entry = add()
    entry.name = 3
    entry.value = "1Gi"
    entry = add()
    entry.name = 2
    entry.value = "1"
    data: bytes = made.SerializeToString()
    return data


def loop(data: bytes) -> object:
    """Read every field in a loop, and keep nothing."""
    message = pb.Resources.FromString(data)
    for entry in message.requests:
        entry.name, entry.value  # noqa: B018
    for entry in message.limits:
        entry.name, entry.value  # noqa: B018
    return message


def lists(data: bytes) -> object:
    """Read every field into lists."""
    return read_fields(pb.Resources.FromString(data))


def maps(data: bytes) -> object:
    """Read every field into dicts."""
    message = pb.Resources.FromString(data)
    return {e.name: e.value for e in message.requests}, {e.name: e.value for e in message.limits}


def parse(data: bytes) -> object:
    """Parse into a message that was made before."""
    _reused.ParseFromString(data)
    return read_fields(_reused)


def read_fields(message: Any) -> object:
    return [(e.name, e.value) for e in message.requests], [(e.name, e.value) for e in message.limits]


ENCODERS: tuple[Callable[[Message], bytes], ...] = (assign, reuse, add, dicts, nested)
DECODERS: tuple[Callable[[bytes], object], ...] = (loop, lists, maps, parse)
encode, decode = ENCODERS[0], DECODERS[0]


# ---- JSON


class Form(NamedTuple):
    """How an object is made of a declaration, written as JSON, and read from it."""

    made: Callable[[Declaration], Any]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]

    def round_trip(self, text: Any) -> Any:
        return self.to_json(self.from_json(text))


@dataclass
class Untyped(DataClassJSONMixin):
    """mashumaro on fields of no type: it looks at no value, and is as fast as its mixin gets."""

    cpu: Any = None
    mem: Any = None
    gpu: Any = None
    ephemeral_storage: Any = None


UNTYPED = "mashumaro, untyped"
JSON = Form(lambda declaration: Untyped(*declaration), Untyped.to_json, Untyped.from_json)


# ---- a quantity

_UNITS = {suffix: Decimal(10) ** power for suffix, power in TEN.items()}
_UNITS |= {suffix: Decimal(2**power) for suffix, power in TWO.items()}


def quantity(text: str) -> Decimal:
    """Read a quantity that is known to be one, and has no exponent."""
    number = text.rstrip("numkKMGTPEi")
    return Decimal(number) * _UNITS[text[len(number) :]]
