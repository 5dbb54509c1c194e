"""How long it takes to read a quantity, beside the official Kubernetes client, and that no text takes long.

    pip install pyperf kubernetes
    python benchmarks/bench_quantity.py             pyperf: processes of their own, means and deviations
    python benchmarks/bench_quantity.py --least     one process, in turn, the least of many rounds: for a busy machine

Every text is timed as a value seen for the first time (900 texts of its shape, none of them seen before) and as one
seen before, in the same run as `kubernetes.utils.parse_quantity`. Then come texts of a mebibyte: read; then printed,
hashed and compared.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pyperf
from kubernetes.utils import parse_quantity

from resources_py import Quantity, QuantityError
from resources_py._quantity import _cache

SHAPES = {"500m": "{}m", "2Gi": "{}Gi", "1": "{}", "100Mi": "{}Mi", "1.5": "{}.5", "0.1": "0.{}"}
MEBIBYTE = 2**20
LONG = {
    "nines": "9" * MEBIBYTE,
    "digits": "12345678" * (MEBIBYTE // 8),
    "digits and a suffix": "7" * (MEBIBYTE - 1) + "m",
    "digits.digits": "7" * (MEBIBYTE // 2) + "." + "3" * (MEBIBYTE // 2 - 1),
    "digits.digits Ki": "7" * (MEBIBYTE // 2) + "." + "3" * (MEBIBYTE // 2 - 3) + "Ki",
    "1 and zeros": "1" + "0" * (MEBIBYTE - 1),
    "zeros": "0" * MEBIBYTE,
    "zeros and a suffix": "0" * (MEBIBYTE - 2) + "Gi",
    "point, zeros, 1": "." + "0" * (MEBIBYTE - 2) + "1",
    "point, zeros, 1e999": "." + "0" * (MEBIBYTE - 7) + "1e999",
    "1.nines Ki": "1." + "9" * (MEBIBYTE - 4) + "Ki",
    "nines e-999": "9" * (MEBIBYTE - 5) + "e-999",
    "e and digits": "1e" + "9" * (MEBIBYTE - 2),
    "e, zeros, 5": "1e" + "0" * (MEBIBYTE - 3) + "5",
    "letters of suffixes": "1" + "k" * (MEBIBYTE - 1),
    "digits and an x": "1" * (MEBIBYTE - 1) + "x",
    "garbage": "x" * MEBIBYTE,
    "spaces": " " * MEBIBYTE,
    "other digits": "\u0663" * MEBIBYTE,
    "1e999": "1e999",
    "1e-50000000": "1e-50000000",
    "9e99999999999999999999": "9e99999999999999999999",
}
OTHER = Quantity("8" * MEBIBYTE)


def first_time(loops: int, read: Callable[[str], object], shape: str) -> float:
    total = 0.0
    for _ in range(loops):
        texts = [shape.format(number) for number in range(100, 1000)]
        _cache.clear()
        begun = perf_counter()
        for text in texts:
            read(text)
        total += perf_counter() - begun
    return total


def read_and_print(text: str) -> str:
    return str(Quantity(text))


def answer(text: str) -> object:
    try:
        return Quantity(text)
    except QuantityError as error:
        return error


def use(text: str) -> None:
    """Read, print, hash and compare, if it is a quantity at all."""
    quantity = answer(text)
    if isinstance(quantity, Quantity):
        str(quantity), hash(quantity), quantity == OTHER, quantity < OTHER


def repeatedly(loops: int, function: Callable[[str], object], text: str) -> float:
    turns = range(loops)
    begun = perf_counter()
    for _ in turns:
        function(text)
    return perf_counter() - begun


# What is measured: a kind, a text, a function of a number of loops, its arguments, and how often it does it in a loop.
Task = tuple[str, str, Callable[..., float], tuple[Any, ...], int]


def tasks() -> Iterator[Task]:
    for text, shape in SHAPES.items():
        for name, read in (("ours", Quantity), ("theirs", parse_quantity)):
            yield f"first {name}", text, first_time, (read, shape), 900
            yield f"again {name}", text, repeatedly, (read, text), 1
        yield "first and str", text, first_time, (read_and_print, shape), 900
    for name, text in LONG.items():
        yield "read", name, repeatedly, (answer, text), 1
        yield "read and used", name, repeatedly, (use, text), 1


def measure_least() -> dict[tuple[str, str], float]:
    least: dict[tuple[str, str], float] = {}
    for rounds, kinds in ((200, ("first", "again")), (20, ("read",))):
        for _ in range(rounds):
            for kind, text, run, arguments, inner in tasks():
                if kind.startswith(kinds):
                    loops = 2000 if kind.startswith("again") else 1
                    took = run(loops, *arguments) / loops / inner
                    least[kind, text] = min(took, least.get((kind, text), took))
    return least


def measure_with_pyperf() -> dict[tuple[str, str], float]:
    runner = pyperf.Runner()
    means: dict[tuple[str, str], float] = {}
    for kind, text, run, arguments, inner in tasks():
        benchmark = runner.bench_time_func(f"{kind}: {text}", run, *arguments, inner_loops=inner)
        if benchmark is not None and not runner.args.worker:
            means[kind, text] = benchmark.mean()
    return means


def show(times: dict[tuple[str, str], float]) -> None:
    kinds = ("first ours", "first theirs", "again ours", "again theirs", "first and str")
    print("\nns       " + "".join(f"{kind:>14}" for kind in kinds))
    for text in SHAPES:
        print(f"{text:9}" + "".join(f"{times[kind, text] * 1e9:14.0f}" for kind in kinds))
    total = {kind: sum(times[kind, text] for text in SHAPES) for kind in kinds}
    print(f"the six, first: {total['first ours'] / total['first theirs']:.2f} times as long as theirs", end="; ")
    print(f"again: {total['again theirs'] / total['again ours']:.1f} times as fast")
    for wanted in ("read", "read and used"):
        slowest, name = max((time, name) for (kind, name), time in times.items() if kind == wanted)
        print(f"{wanted}, any of the {len(LONG)} long texts: at most {slowest * 1000:.2f} ms ({name})")


def main() -> None:
    if "--least" in sys.argv:
        show(measure_least())
    elif means := measure_with_pyperf():
        show(means)


if __name__ == "__main__":
    main()
