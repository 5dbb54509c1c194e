"""What is measured of the package itself, beside the baseline: declaring, reading, converting.

Cold: no declaration was seen before. Warm: a working set of 200 declarations, each of which was seen before: a hit rate
of 100 %. README: the one declaration of README's example, which takes the place of the set.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

import baseline
from declarations import README, TEN, TWO, Declaration, distribution, entries
from mashumaro.mixins.json import DataClassJSONMixin
from measure import least

from resources_py import Quantity, Resources

BATCH = 200
STATES = ("README", "warm", "cold")
BASELINE = "baseline"


@dataclass(frozen=True)
class Row:
    """One task in one state: what the baseline and we cost at least, in µs of CPU time an item."""

    task: str
    state: str
    base: float
    ours: float
    bar: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.base


@dataclass(frozen=True)
class Task:
    """What is measured: two ways, each with what makes its input of a declaration."""

    name: str
    base: Callable[[Any], object]
    ours: Callable[[Any], object]
    prepare_base: Callable[[Declaration], Any]
    prepare_ours: Callable[[Declaration], Any]
    bars: dict[str, float]


@dataclass
class Unchecked(DataClassJSONMixin):
    """mashumaro on fields of no type: it looks at no value, and is as fast as its mixin gets."""

    cpu: Any = None
    mem: Any = None
    gpu: Any = None
    ephemeral_storage: Any = None


_MULTIPLIERS = {suffix: Decimal(10) ** power for suffix, power in TEN.items()} | {
    suffix: Decimal(2**power) for suffix, power in TWO.items()
}


def _bare_quantity(text: str) -> Decimal:
    """Read a quantity as a program does that trusts it."""
    number = text.rstrip("numkKMGTPEi")
    return Decimal(number) * _MULTIPLIERS[text[len(number) :]]


def _json(declaration: Declaration) -> str:
    return json.dumps(declaration._asdict())


def _fresh_bytes(declaration: Declaration) -> bytes:
    """Return bytes as the wire brings them: an object of their own each time, whose hash nobody has computed."""
    return bytes(bytearray(baseline.encode(entries(declaration))))


TASKS = (
    Task(
        "declare, validate, encode",
        baseline.encode,
        lambda declared: bytes(Resources(*declared)),
        entries,
        lambda declared: declared,
        {"README": 0.35, "warm": 0.35, "cold": 2.5},
    ),
    Task(
        "decode, validate",
        baseline.decode,
        Resources.from_bytes,
        _fresh_bytes,
        _fresh_bytes,
        {"warm": 0.15, "cold": 2.5},
    ),
    Task(
        "from_json, to_json",
        lambda text: Unchecked.from_json(text).to_json(),
        lambda text: Resources.from_json(text).to_json(),
        _json,
        _json,
        {},
    ),
)


def rows(rounds: int) -> list[Row]:
    """Measure all of it."""
    found = []
    fresh = distribution(seed=1)
    for task in TASKS:
        for state in STATES:
            given = _Inputs(state, fresh)
            prepare = {BASELINE: task.prepare_base, "ours": task.prepare_ours}
            costs = least(
                {BASELINE: task.base, "ours": task.ours},
                lambda way, given=given, prepare=prepare: [prepare[way](each) for each in given.next(way)],
                rounds,
            )
            found.append(Row(task.name, state, costs[BASELINE], costs["ours"], task.bars.get(state)))
    return found + quantities(rounds)


class _Inputs:
    """The declarations of a round, the same for all ways."""

    def __init__(self, state: str, fresh: Iterator[Declaration]) -> None:
        self._fresh = fresh
        self._same = {"README": [README] * BATCH, "warm": list(islice(distribution(seed=2), BATCH))}.get(state)
        self._batches: dict[str, list[Declaration]] = {}

    def next(self, way: str) -> Sequence[Declaration]:
        if self._same is not None:
            return self._same
        if way not in self._batches:
            self._batches = dict.fromkeys((BASELINE, "ours"), list(islice(self._fresh, BATCH)))
        return self._batches.pop(way)


def texts(seed: int) -> Iterator[str]:
    """Give the distinct quantities of the distribution that `Decimal` can read with a suffix."""
    seen = set()
    for declaration in distribution(seed):
        for _, text in entries(declaration)[0]:
            if text not in seen and "e" not in text:
                seen.add(text)
                yield text


def quantities(rounds: int) -> list[Row]:
    """Read texts seen for the first time, read them again, and add two that were read for the first time."""
    fresh, same = texts(3), list(islice(texts(4), BATCH))
    batch: dict[str, list[str]] = {}

    def cold(way: str) -> list[str]:
        if way not in batch:
            batch.update(dict.fromkeys((BASELINE, "ours"), list(islice(fresh, BATCH))))
        return batch.pop(way)

    def pairs(way: str) -> list[tuple[str, str]]:
        found = cold(way)
        return list(zip(found[::2], found[1::2], strict=True))

    tasks: tuple[tuple[str, Any, Any, Any], ...] = (
        ("Quantity(text), first", _bare_quantity, Quantity, cold),
        ("Quantity(text), again", _bare_quantity, Quantity, lambda _: same),
        ("str(Quantity(text)), first", _bare_quantity, lambda text: str(Quantity(text)), cold),
        (
            "Quantity(a) + Quantity(b), first",
            lambda two: _bare_quantity(two[0]) + _bare_quantity(two[1]),
            lambda two: Quantity(two[0]) + Quantity(two[1]),
            pairs,
        ),
    )
    found = []
    for name, base, ours, inputs in tasks:
        costs = least({BASELINE: base, "ours": ours}, inputs, rounds)
        found.append(Row(name, "", costs[BASELINE], costs["ours"]))
    return found


def show(found: Sequence[Row]) -> None:
    print(f"{'':34}{'':8}{'baseline':>10}{'ours':>10}{'ratio':>8}{'bar':>7}")
    for row in found:
        bar = "" if row.bar is None else f"{row.bar:.2f}"
        print(f"{row.task:34}{row.state:8}{row.base:8.2f}µs{row.ours:8.2f}µs{row.ratio:8.2f}{bar:>7}")
