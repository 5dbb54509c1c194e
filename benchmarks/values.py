"""What is measured within one process: declaring, decoding, JSON, comparing, and quantities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import baseline
import floor
from baseline import JSON, UNTYPED, Form
from declarations import BATCH, STATES, Declaration, batches, distribution, entries
from measure import BASELINE, OURS, Row, Way, compare

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Quantity, Resources

BARE = "Decimal, unchecked"
Ways = Mapping[str, Callable[[Any], object]]


def encoding(rounds: int, peers: Ways, readme: Ways) -> list[Row]:
    """Declare, validate and encode; a peer is given its entries."""
    ways = {name: Way(peer, entries) for name, peer in peers.items()}
    ours = Way(lambda declared: bytes(Resources(*declared)))
    found = []
    for state in ("cold", "warm"):
        bare = {floor.FLOOR: Way(floor.encode, entries)} if state == "cold" else {}
        found += compare("declare, validate, encode", state, ways | {OURS: ours} | bare, batches(state), rounds)
    written_out = {BASELINE: Way(baseline.readme), OURS: Way(_readme)} | {n: Way(way) for n, way in readme.items()}
    return found + compare("declare, validate, encode", "README", written_out, batches("README"), rounds)


def _readme(_: object) -> bytes:
    return bytes(Resources(cpu=("500m", 2), mem="1Gi", gpu=1))


def decoding(rounds: int, peers: Ways) -> list[Row]:
    """Decode, validate, and hold every field."""
    ways = {name: Way(peer, _received) for name, peer in peers.items()}
    ways[OURS] = Way(Resources.from_bytes, _received)
    found = []
    for state in STATES:
        bare = {floor.FLOOR: Way(floor.decode, _received)} if state == "cold" else {}
        found += compare("decode, validate", state, ways | bare, batches(state), rounds)
    return found


def _received(declaration: Declaration) -> bytes:
    """Return bytes as they are received: an object of its own each time, whose hash nobody has computed."""
    return bytes(bytearray(baseline.encode(entries(declaration))))


def json_forms(rounds: int, peers: Mapping[str, Form]) -> list[Row]:
    """Read JSON, and write it again."""
    forms = {UNTYPED: JSON, OURS: Form(lambda d: Resources(*d), Resources.to_json, Resources.from_json)} | dict(peers)
    found = []
    for state in STATES:
        ways = {name: Way(form.round_trip, _text_of(form, name)) for name, form in forms.items()}
        found += compare("from_json, to_json", state, ways, batches(state), rounds, UNTYPED)
    return found


# Their keys are not those of Resources; each reads what it wrote.
OTHER_KEYS = (BASELINE, "betterproto", "Kubernetes client", "flytekit")


def _text_of(form: Form, name: str) -> Callable[[Declaration], Any]:
    writer = form if name in OTHER_KEYS else JSON
    return lambda declaration: writer.to_json(writer.made(declaration))


def comparing(rounds: int) -> list[Row]:
    """Compare two equal values that were decoded, and hash one. A message has no hash: its bytes are hashed."""

    def pairs(decode: Callable[[bytes], Any]) -> Callable[[Declaration], Any]:
        return lambda declaration: (decode(_received(declaration)), decode(_received(declaration)))

    bare = pairs(pb.Resources.FromString)
    ours = pairs(lambda data: Resources.from_kubernetes(Resources.from_bytes(data).to_kubernetes()))
    found = []
    for state in ("cold", "warm"):
        ways = {BASELINE: Way(lambda two: two[0] == two[1], bare), OURS: Way(lambda two: two[0] == two[1], ours)}
        found += compare("==", state, ways, batches(state), rounds)
        ways = {
            BASELINE: Way(lambda two: hash(two[0].SerializeToString(deterministic=True)), bare),
            OURS: Way(lambda two: hash(two[0]), ours),
        }
        found += compare("hash", state, ways, batches(state), rounds)
    return found


def quantities(rounds: int, peers: Ways) -> list[Row]:
    """Read texts never read before, read texts again, print them, and add two."""
    bare, ours = {BARE: Way(baseline.quantity)}, {OURS: Way(Quantity)}
    others = {name: Way(peer) for name, peer in peers.items()}
    printed = {OURS: Way(lambda text: str(Quantity(text)))}
    readers = {BARE: baseline.quantity, OURS: Quantity} | dict(peers)
    added = {name: Way(lambda two, read=read: read(two[0]) + read(two[1])) for name, read in readers.items()}
    found = []
    for state in ("cold", "warm"):
        found += compare("Quantity(text)", state, bare | ours | others, _text_batches(state), rounds, BARE)
        found += compare("str(Quantity(text))", state, bare | printed | others, _text_batches(state), rounds, BARE)
        pairs = (list(zip(batch[::2], batch[1::2], strict=True)) for batch in _text_batches(state))
        found += compare("Quantity(a) + Quantity(b)", state, added, pairs, rounds, BARE)
    return found


def _text_batches(state: str) -> Iterator[list[str]]:
    same = list(islice(_texts(seed=4), BATCH))
    while True:
        yield list(islice(_FRESH, BATCH)) if state == "cold" else same


def _texts(seed: int) -> Iterator[str]:
    """Yield the distinct quantities of the distribution, but for exponents, which the bare way cannot read."""
    seen = set()
    for declaration in distribution(seed):
        for _, text in entries(declaration)[0]:
            if text not in seen and "e" not in text:
                seen.add(text)
                yield text


_FRESH = _texts(seed=3)
