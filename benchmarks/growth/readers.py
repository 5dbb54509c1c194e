"""Whatever reads an input, by the kind of input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Quantity, Resources, ResourcesError


class Reader(NamedTuple):
    """One way to read inputs of a kind."""

    kind: str
    name: str
    read: Callable[[Any], object]
    prepare: Callable[[Any], Any] = lambda made: made  # what is not measured


def parsed(data: bytes) -> pb.Resources:
    """Return the message, or an empty one where protobuf rejects it."""
    try:
        return pb.Resources.FromString(data)
    except Exception:  # DecodeError, of either runtime
        return pb.Resources()


def each(read: Callable[[str], Any]) -> Callable[[Iterable[str]], list[Any]]:
    """Return a reader of many texts, which keeps all results."""

    def read_all(texts: Iterable[str]) -> list[Any]:
        found = []
        for text in texts:
            with suppress(ResourcesError):
                found.append(read(text))
        return found

    return read_all


quantities = each(Quantity)
stanzas = each(lambda text: Resources.from_kubernetes({"requests": {"memory": text}}))

READERS: Final = [
    Reader("value", "constructor", lambda value: Resources(cpu=value)),
    Reader("value", "constructor, one side", lambda value: Resources(mem=(None, value))),
    Reader("value", "from_dict", lambda value: Resources.from_dict({"gpu": value})),
    Reader(
        "value", "from_requests_and_limits", lambda value: Resources.from_requests_and_limits({"cpu": value}, value)
    ),
    Reader("value", "from_kubernetes", lambda value: Resources.from_kubernetes({"limits": {"cpu": value}})),
    Reader("value", "from_bytes", lambda value: Resources.from_bytes(value)),
    Reader("value", "from_proto", lambda value: Resources.from_proto(value)),
    Reader("value", "to_proto", lambda value: Resources().to_proto(value)),
    Reader("value", "Quantity", Quantity),
    Reader("mapping", "from_dict", Resources.from_dict),
    Reader("mapping", "from_requests_and_limits", lambda d: Resources.from_requests_and_limits(d, d)),
    Reader("json", "from_json", Resources.from_json),
    Reader("wire", "from_bytes", Resources.from_bytes),
    Reader("wire", "from_bytes, kubernetes", lambda data: Resources.from_bytes(data, kubernetes=True)),
    Reader("wire", "from_proto", Resources.from_proto, parsed),
    Reader("stanza", "from_kubernetes", Resources.from_kubernetes),
    Reader("series", "constructor", each(lambda text: Resources(cpu=text))),
    Reader("series", "from_dict", each(lambda text: Resources.from_dict({"mem": text}))),
    Reader("series", "Quantity", quantities),
    Reader("series", "set of Quantity", set, quantities),
    Reader("series", "sorted Quantity", sorted, quantities),
    Reader("series", "set of Resources", set, stanzas),
]
