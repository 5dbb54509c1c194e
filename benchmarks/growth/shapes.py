"""The shapes of input, by what they are an input of: a row makes about `size` bytes, or items, of one shape."""

from __future__ import annotations

import collections
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

MODULUS: Final = 2**61 - 1  # Python's hash of an int is its remainder


class Shape(NamedTuple):
    """One way in which an input can be large."""

    kind: str  # what it is an input of: a reader takes one kind
    name: str
    make: Callable[[int], Any]


def nested(size: int, around: Callable[[Any], Any], inner: Any = 1) -> Any:
    """Put a value into a container, that into another, and so on."""
    for _ in range(size):
        inner = around(inner)
    return inner


def keys(size: int, prefix: str = "key") -> dict[str, int]:
    """Return a dict of `size` distinct keys of one length."""
    return {f"{prefix}{n:07}": 1 for n in range(size)}


def varint(number: int) -> bytes:
    """Return a protobuf varint."""
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


def field(number: int, content: bytes) -> bytes:
    """Return a length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def groups(size: int) -> bytes:
    """Return nested groups of an unknown field."""
    return b"\x7b" * (size // 2) + b"\x7c" * (size // 2)


# One value of one parameter.
VALUES: Final = [
    Shape("value", "nested lists", lambda size: nested(size, lambda value: [value])),
    Shape("value", "nested tuples", lambda size: nested(size, lambda value: (value, 1))),
    Shape("value", "nested dicts", lambda size: nested(size, lambda value: {"cpu": value})),
    Shape("value", "shared lists", lambda size: nested(size, lambda value: [value, value])),
    Shape("value", "shared tuples", lambda size: nested(size, lambda value: (value, value))),
    Shape("value", "shared dicts", lambda size: nested(size, lambda value: {"a": value, "b": value})),
    Shape("value", "shared deques", lambda size: nested(size, lambda value: collections.deque([value, value]))),
    Shape("value", "long list", lambda size: [1] * size),
    Shape("value", "long tuple", lambda size: (1,) * size),
    Shape("value", "large set", lambda size: set(range(size))),
    Shape("value", "large dict", keys),
    Shape("value", "digits", lambda size: "9" * size),
    Shape("value", "fraction", lambda size: "0." + "0" * size + "1"),
    Shape("value", "leading zeros", lambda size: "0" * size + "1Gi"),
    Shape("value", "exponent", lambda size: "1e" + "9" * size),
    Shape("value", "spaces", lambda size: " " * size + "1"),
    Shape("value", "other script", lambda size: "\U0001d7d9" * size),
    Shape("value", "commas", lambda size: "1," * size),
    Shape("value", "escapes", lambda size: "\x00" * size),
    Shape("value", "bytes", lambda size: b"\xff" * size),
    Shape("value", "bytearray", bytearray),
    Shape("value", "huge int", lambda size: 1 << 8 * size),
    Shape("value", "negative huge int", lambda size: -(1 << 8 * size)),
    Shape("value", "long Decimal", lambda size: Decimal("9" * size)),
    Shape("value", "list of a long text", lambda size: ["x" * size]),
    Shape("value", "list of a huge int", lambda size: [1 << 8 * size]),
]

# A dict of parameters.
MAPPINGS: Final = [
    Shape("mapping", "unknown keys", keys),
    Shape("mapping", "keys near a name", lambda size: keys(size, "cpu")),
    Shape("mapping", "long keys", lambda size: keys(size // 100, "k" * 100)),
    Shape("mapping", "one long key", lambda size: {"k" * size: 1}),
    Shape("mapping", "keys of bytes", lambda size: {str(n).encode(): 1 for n in range(size)}),
    Shape("mapping", "keys that are ints", lambda size: dict.fromkeys(range(size))),
    Shape("mapping", "keys of tuples", lambda size: {(n, n): 1 for n in range(size)}),
    Shape("mapping", "escaped keys", lambda size: keys(size, "\n\U0001f600")),
    Shape("mapping", "long values", lambda size: dict.fromkeys(("cpu", "mem", "gpu"), "9" * size)),
    Shape("mapping", "nested values", lambda size: {"cpu": nested(size, lambda value: [value])}),
]

# A text of JSON.
TEXTS: Final = [
    Shape("json", "unknown keys", lambda size: json.dumps(keys(size))),
    Shape("json", "one key, many times", lambda size: '{"z": 1' + ', "z": 1' * size + "}"),
    Shape("json", "last key twice", lambda size: json.dumps(keys(size))[:-1] + ', "z": 1, "z": 1}'),
    Shape("json", "nested lists", lambda size: '{"cpu": ' + "[" * size + "1" + "]" * size + "}"),
    Shape("json", "nested dicts", lambda size: '{"cpu": ' * size + "1" + "}" * size),
    Shape("json", "unclosed lists", lambda size: "[" * size),
    Shape("json", "long list", lambda size: '{"cpu": [' + "1," * size + "1]}"),
    Shape("json", "long text", lambda size: '{"cpu": "' + "9" * size + '"}'),
    Shape("json", "escaped text", lambda size: '{"cpu": "' + "\\u0031" * size + '"}'),
    Shape("json", "unclosed text", lambda size: '{"cpu": "' + "9" * size),
    Shape("json", "many digits", lambda size: '{"cpu": ' + "9" * size + "}"),
    Shape("json", "fraction", lambda size: '{"cpu": 1.' + "0" * size + "1}"),
    Shape("json", "spaces", lambda size: " " * size),
    Shape("json", "noise after it", lambda size: "{}" + "x" * size),
    Shape("json", "bytes", lambda size: b"\xff" * size),
    Shape("json", "UTF-16", lambda size: json.dumps(keys(size)).encode("utf-16")),
]

# The bytes of a message.
MESSAGES: Final = [
    Shape("wire", "entries", lambda size: b"\x0a\x00" * size),
    Shape("wire", "entries of both lists", lambda size: b"\x0a\x00\x12\x00" * size),
    Shape("wire", "long value", lambda size: field(1, b"\x08\x01" + field(2, b"9" * size))),
    Shape("wire", "sixteen long values", lambda size: field(1, b"\x08\x01" + field(2, b"9" * (size // 16))) * 16),
    Shape("wire", "value, many times", lambda size: field(1, b"\x08\x01" + field(2, b"1") * size)),
    Shape("wire", "name, many times", lambda size: field(1, b"\x08\x01" * size)),
    Shape("wire", "unknown fields", lambda size: b"\x78\x01" * size),
    Shape("wire", "unknown fields of an entry", lambda size: field(1, b"\x08\x01" + b"\x78\x01" * size)),
    Shape("wire", "long unknown field", lambda size: field(15, b"x" * size)),
    Shape("wire", "empty groups", lambda size: b"\x7b\x7c" * size),
    Shape("wire", "nested groups", groups),
    Shape("wire", "noise", lambda size: b"\xff" * size),
    Shape("wire", "not UTF-8", lambda size: field(1, field(2, b"\xff" * size))),
]

# A container's stanza.
STANZAS: Final = [
    Shape("stanza", "unknown keys", keys),
    Shape("stanza", "unknown resources", lambda size: {"limits": keys(size)}),
    Shape("stanza", "unknown resources of both", lambda size: {"requests": keys(size), "limits": keys(size)}),
    Shape("stanza", "extended resources", lambda size: {"limits": keys(size, "example.com/")}),
    Shape("stanza", "huge pages", lambda size: {"limits": {f"hugepages-{n}Ki": "1" for n in range(size)}}),
    Shape("stanza", "long name", lambda size: {"limits": {"a" * size + "/b": 1}}),
    Shape("stanza", "domain of many labels", lambda size: {"limits": {"a." * size + "b/c": 1}}),
    Shape("stanza", "long value", lambda size: {"limits": {"cpu": "9" * size}}),
    Shape("stanza", "spaces", lambda size: {"limits": {"cpu": " " * size + "1"}}),
    Shape("stanza", "huge int", lambda size: {"limits": {"cpu": 1 << 8 * size}}),
    Shape("stanza", "nested lists", lambda size: {"limits": nested(size, lambda value: [value])}),
    Shape("stanza", "claims", lambda size: {"claims": [{"name": "x"}] * size}),
    Shape("stanza", "keys that are ints", lambda size: {"limits": dict.fromkeys(range(size), 1)}),
]

# Many values, each within the limits, one after another: what is kept between calls counts. At 1,000 and more they are
# more than the caches hold, so that reading them again is no faster.
SERIES: Final = [
    Shape("series", "different", lambda size: [f"{n + 1}Mi" for n in range(2 * size)]),
    Shape("series", "of one hash", lambda size: [f"{n * MODULUS}n" for n in range(2 * size)]),
    Shape("series", "that warn", lambda size: [f"{n}m" for n in range(2 * size)]),
    Shape("series", "that are rejected", lambda size: [f"{n}Mb" for n in range(2 * size)]),
    Shape("series", "equal", lambda size: ["1Gi"] * 2 * size),
]

SHAPES: Final = [*VALUES, *MAPPINGS, *TEXTS, *MESSAGES, *STANZAS, *SERIES]
