"""Measure several ways side by side, so that what else the machine does falls on all of them alike.

Each round times one batch of every way, in an order that turns with each round, and compares within the round: a ratio
is the median over the rounds, its spread the middle half of them. What runs in one process is timed in CPU time, which
does not count the time that others had the core. (pyperf gives each benchmark processes of its own, one benchmark after
the other: on a machine whose load changes by the minute, the ratio of two such figures is that of two minutes.)
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from time import process_time
from typing import Any

REFERENCE = "official bindings"
OURS = "resources-py"


@dataclass
class Row:
    """One figure: what `way` costs, and how many times what the row's reference costs."""

    task: str
    state: str  # warm, cold, …
    way: str
    cost: float  # the best of all rounds
    unit: str
    reference: str
    ratio: float  # the median over the rounds
    low: float  # the middle half of the ratios
    high: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def rows_of(
    task: str,
    state: str,
    unit: str,
    costs: Mapping[str, Sequence[float]],
    reference: str = REFERENCE,
    best: Callable[[Sequence[float]], float] = min,
) -> list[Row]:
    """Turn each way's costs, a round each, into rows."""
    rows = []
    for way, found in costs.items():
        ratios = [cost / base for cost, base in zip(found, costs[reference], strict=True)]
        low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else (ratios * 3)
        rows.append(Row(task, state, way, best(found), unit, reference, median(ratios), low, high))
    return rows


def in_turns(ways: Sequence[str], rounds: int) -> Iterable[list[str]]:
    """Give the order of each round: every way comes first as often, and after each other as often."""
    for number in range(rounds):
        turned = [*ways[number % len(ways) :], *ways[: number % len(ways)]]
        yield turned if number % 2 == 0 else turned[::-1]


def cpu_seconds(way: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    """Time `way` on each of `inputs`."""
    begun = process_time()
    for given in inputs:
        way(given)
    return process_time() - begun


def compare(
    task: str,
    state: str,
    ways: Mapping[str, Callable[[Any], object]],
    inputs: Mapping[str, Callable[[int], Sequence[Any]]],
    rounds: int = 41,
    reference: str = REFERENCE,
) -> list[Row]:
    """Compare `ways`; `inputs` gives what each takes in a round, by the way's name or else by the empty one.

    Garbage is collected between batches, and, as in timeit, not while one is timed.
    """
    costs: dict[str, list[float]] = {way: [] for way in ways}
    for number, order in enumerate(in_turns(list(ways), rounds)):
        for way in order:
            given = inputs.get(way, inputs[""])(number) if "" in inputs else inputs[way](number)
            gc.collect(0)
            gc.disable()
            costs[way].append(cpu_seconds(ways[way], given) / len(given) * 1e6)
            gc.enable()
    return rows_of(task, state, "µs", costs, reference)


def least(
    ways: Mapping[str, Callable[[Any], object]], inputs: Callable[[str], Sequence[Any]], rounds: int
) -> dict[str, float]:
    """Return what each way costs at least, in µs of CPU time an item; the ways take turns within each round."""
    costs = dict.fromkeys(ways, float("inf"))
    for order in in_turns(list(ways), rounds):
        for way in order:
            given = inputs(way)
            gc.collect(0)
            gc.disable()
            costs[way] = min(costs[way], cpu_seconds(ways[way], given) / len(given) * 1e6)
            gc.enable()
    return costs
