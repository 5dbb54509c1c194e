"""The floor: the steps that no exact library in Python can leave out, and nothing else.

To declare or decode exactly, every distinct text of a declaration must become a whole number of billionths; to encode,
its canonical string must be printed, and an object must hold the result. These do that by the package's own parser and
printer. They look for no error, compare no request with its limit, find no warning, and accept no other type.
"""

from __future__ import annotations

from declarations import Message

from resourceidl.v1 import resources_pb2 as pb
from resources_py._quantity import canonical_string, parse

FLOOR = "bare exact steps"


class _Held:
    __slots__ = ("limits", "requests", "wire")

    def __init__(self, requests: object, limits: object, wire: object) -> None:
        self.requests, self.limits, self.wire = requests, limits, wire


def encode(message: Message) -> _Held:
    """Parse each distinct text, print it, and join the bytes."""
    parts, canonical = [], {}
    for tag, side in zip("\x0a\x12", message, strict=True):
        for number, text in side:
            if text not in canonical:
                nanos, form, known = parse(text)
                canonical[text] = known or canonical_string(nanos, form)
            value = canonical[text]
            parts.append(f"{tag}{chr(len(value) + 4)}\x08{chr(number)}\x12{chr(len(value))}{value}")
    return _Held(*message, "".join(parts).encode())


def decode(data: bytes) -> _Held:
    """Read each field, and parse each distinct text."""
    message = pb.Resources.FromString(data)
    amounts = {}
    sides = []
    for side in (message.requests, message.limits):
        values = {}
        for entry in side:
            values[entry.name] = text = entry.value
            if text not in amounts:
                amounts[text] = parse(text)
        sides.append(values)
    return _Held(*sides, None)
