"""Time several ways side by side, so that other work on the machine affects all of them alike.

Every round times one batch of each way, in an order that turns with each round. A figure is the least over all rounds,
and a ratio compares two such figures of one run. What runs in one process is timed in CPU time. (pyperf runs one
benchmark after the other in processes of their own: on a machine whose load changes by the minute, the ratio of two
such figures compares two different minutes.)
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import process_time
from typing import Any, NamedTuple

BASELINE = "official bindings"
OURS = "resources-py"
RAW = "raw messages"  # of gRPC


@dataclass(frozen=True)
class Row:
    """The cost of one way of doing a task, and its ratio to the cost of the reference."""

    task: str
    state: str  # README, cold, warm, …
    way: str
    cost: float
    unit: str
    reference: str
    ratio: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Bar(NamedTuple):
    """What must be reached: the row of ours, and how much its ratio may be; "≥ …" if it must be at least that.

    An absolute bar is for the figure, in its unit, not for the ratio.
    """

    task: str
    state: str
    bar: str
    reference: str = BASELINE
    is_absolute: bool = False


@dataclass(frozen=True)
class Way:
    """What is timed, and how its input is made of a declaration; making the input is not timed."""

    run: Callable[[Any], object]
    prepare: Callable[[Any], Any] = lambda declaration: declaration


def compare(
    task: str,
    state: str,
    ways: Mapping[str, Way],
    batches: Iterator[Sequence[Any]],
    rounds: int,
    reference: str = BASELINE,
) -> list[Row]:
    """Compare the ways; all of them get the same batch in a round."""
    costs = dict.fromkeys(ways, float("inf"))
    for order in in_turns(list(ways), rounds):
        batch = next(batches)
        for name in order:
            way = ways[name]
            given = [way.prepare(each) for each in batch]
            costs[name] = min(costs[name], cpu_microseconds(way.run, given))
    return rows_of(task, state, "µs", costs, reference)


def rows_of(task: str, state: str, unit: str, costs: Mapping[str, float], reference: str = BASELINE) -> list[Row]:
    """Turn the cost of each way into rows."""
    base = costs[reference]
    return [Row(task, state, way, cost, unit, reference, cost / base) for way, cost in costs.items()]


def in_turns(ways: Sequence[str], rounds: int) -> Iterable[list[str]]:
    """Yield the order of each round: every way comes first equally often."""
    for number in range(rounds):
        turned = [*ways[number % len(ways) :], *ways[: number % len(ways)]]
        yield turned if number % 2 == 0 else turned[::-1]


def cpu_microseconds(run: Callable[[Any], object], given: Sequence[Any]) -> float:
    """Time `run` on each item, as timeit does: without garbage collection. Return the mean."""
    gc.collect(0)
    gc.disable()
    begun = process_time()
    for each in given:
        run(each)
    spent = process_time() - begun
    gc.enable()
    return spent / len(given) * 1e6
