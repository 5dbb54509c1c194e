"""Measure how time and memory of every reader and command grow with every shape of input: at most linearly.

    python benchmarks/growth/growth.py [--only TEXT]

Reads inputs of three sizes, each four times the one before, and prints processor time (the least of five) and peak
memory where they grow by more than 1.3 times as much as the input. Exits with 1 if any does. `make test` checks memory;
for the commands, which read files, only that does.

To add a reader or a shape, add a row to readers.py or shapes.py; for a command or a file, to files.py. Each reader is
run on all shapes of its kind.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import files
from readers import READERS, Reader
from shapes import SHAPES, Shape

from resources_py import ResourcesError

STEP: Final = 4
MOST: Final = 1.3 * STEP  # that a cost may grow by, where the input grows by STEP
# Below these, what is measured does not depend on the input: a clock's tick, and what is allocated once.
FLOOR_SECONDS: Final = 0.002
FLOOR_FILE_SECONDS: Final = 0.02
FLOOR_BYTES: Final = 16_384


def pairs() -> Iterator[tuple[Reader, Shape]]:
    """Yield each reader with each shape of its kind."""
    for reader in READERS:
        for shape in SHAPES:
            if reader.kind == shape.kind:
                yield reader, shape


def file_pairs(directory: Path) -> Iterator[tuple[Reader, Shape]]:
    """Yield each command with each shape of its kind of file, which is written to the directory."""
    for reader, shape in files.PAIRS:
        path = directory / f"made.{reader.kind}"
        yield Reader(f"{reader.kind} file", reader.name, reader.read, partial(files.write, path)), shape


def read(reader: Reader, given: Any) -> object:
    """Read; whether the input is accepted does not matter here."""
    try:
        return reader.read(given)
    except ResourcesError as error:
        return error


def peak_bytes(reader: Reader, shape: Shape, size: int) -> int:
    """Return the most bytes that were allocated at a time, the result included."""
    read(reader, reader.prepare(shape.make(2)))  # triggers lazy imports
    given = reader.prepare(shape.make(size))
    gc.collect()  # empties Python's free lists, from which it would take without allocating
    tracemalloc.start()
    try:
        result = read(reader, given)
        del result
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def seconds(reader: Reader, shape: Shape, size: int) -> float:
    """Return the least processor time of five readings."""
    least = float("inf")
    for _ in range(5):
        given = reader.prepare(shape.make(size))
        begin = time.process_time()
        result = read(reader, given)
        least = min(least, time.process_time() - begin)
        del result
    return least


def grows_faster(costs: list[float], floor: float) -> bool:
    """Return whether a cost grew faster than its input, between any two sizes."""
    return any(larger > MOST * max(smaller, floor) for smaller, larger in itertools.pairwise(costs))


def sizes(smallest: int) -> list[int]:
    """Return the three sizes."""
    return [smallest, smallest * STEP, smallest * STEP**2]


def faster_time(reader: Reader, shape: Shape, smallest: int = 1_000, floor: float = FLOOR_SECONDS) -> list[str]:
    """Return the times, if they grow faster than the input."""
    taken = [seconds(reader, shape, size) for size in sizes(smallest)]
    return ["time " + " ".join(f"{1000 * cost:.1f}" for cost in taken) + " ms"] if grows_faster(taken, floor) else []


def faster_memory(reader: Reader, shape: Shape) -> list[str]:
    """Return the memory, if it grows faster than the input."""
    peaks = [float(peak_bytes(reader, shape, size)) for size in sizes(200)]
    if not grows_faster(peaks, FLOOR_BYTES):
        return []
    return ["memory " + " ".join(f"{cost / 1024:.0f}" for cost in peaks) + " KiB"]


def main() -> int:
    """Measure all pairs and print those that grow faster than their input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only pairs whose name contains this")
    only = parser.parse_args().only
    warnings.simplefilter("ignore")
    gc.freeze()  # what is there already need not be collected again
    failed = measured = 0

    def report(reader: Reader, shape: Shape, measure: Callable[[Reader, Shape], list[str]]) -> None:
        nonlocal failed, measured
        name = f"{reader.name} ({reader.kind}), {shape.name}"
        if only in name:
            measured += 1
            if found := measure(reader, shape):
                failed += 1
                print(f"{name}: {'; '.join(found)}", flush=True)

    for pair in pairs():
        report(*pair, lambda reader, shape: faster_time(reader, shape) + faster_memory(reader, shape))
    with TemporaryDirectory() as directory:
        for pair in file_pairs(Path(directory)):
            report(*pair, lambda reader, shape: faster_time(reader, shape, 100, FLOOR_FILE_SECONDS))
    print(f"{measured} pairs, {failed} grow faster than their input")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
