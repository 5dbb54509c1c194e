"""What the commands do with a file grows at most linearly with every shape of file: in memory, and in calls made.

`make growth` measures time.
"""

from __future__ import annotations

import cProfile
import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from files import PAIRS, READERS, SHAPES, Reader, write
from shapes import Shape

STEP: Final = 4
MOST: Final = 1.3 * STEP  # that a cost may grow by, where the file grows by STEP
SIZES: Final = (24, 24 * STEP, 24 * STEP**2)
# Below these, what is measured does not depend on the file.
FLOOR_BYTES: Final = 65_536
FLOOR_CALLS: Final = 5_000


@pytest.fixture(autouse=True, scope="module")
def frozen() -> Iterator[None]:
    """Garbage is collected often: leave out what was there before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def costs(reader: Reader, path: Path) -> tuple[int, int]:
    """Return the most bytes that were allocated at a time, and the number of calls."""
    gc.collect()
    tracemalloc.start()
    try:
        with cProfile.Profile() as profile:
            status = reader.read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert status in (0, 1, 2)
    return peak, sum(entry.callcount for entry in profile.getstats())


def grows_faster(values: list[int], floor: int) -> bool:
    """Return whether a cost grew faster than its file, between any two sizes."""
    return any(larger > MOST * max(smaller, floor) for smaller, larger in itertools.pairwise(values))


def test_every_kind_has_shapes() -> None:
    assert {reader.kind for reader in READERS} == {shape.kind for shape in SHAPES}
    assert len(PAIRS) >= 35


def name(value: Any) -> str:
    return f"{value.command[0]}-{value.command[-1]}" if isinstance(value, Reader) else f"{value.kind}-{value.name}"


@pytest.mark.parametrize(("reader", "shape"), PAIRS, ids=name)
def test_growth(reader: Reader, shape: Shape, tmp_path: Path) -> None:
    found = []
    for size in (2, *SIZES):  # the first imports what is imported late
        path = write(tmp_path / f"{size}.{shape.kind}", shape.make(size))
        found.append(costs(reader, path))
    _, *measured = found
    bytes_, calls = ([each[index] for each in measured] for index in (0, 1))
    assert not grows_faster(bytes_, FLOOR_BYTES), bytes_
    assert not grows_faster(calls, FLOOR_CALLS), calls


def test_quadratic_growth_is_found() -> None:
    assert grows_faster([100_000, 1_600_000, 25_600_000], FLOOR_BYTES)
    assert not grows_faster([100_000, 400_000, 1_600_000], FLOOR_BYTES)
