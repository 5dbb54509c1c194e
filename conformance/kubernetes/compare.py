"""Compare this package with the Kubernetes API server on generated objects.

    python compare.py --oracle PATH [--count N] [--seed S] [--jobs J]

A quarter of the objects are containers' resources, for the Python library and Go's Defaulted; the others are
manifests, for the rules of the `check` command. The table in docs/reference/kubernetes.md lists what differs
deliberately; any other difference is an error. Prints the smallest example of each kind of difference, the rows of the
table that never applied, and a summary.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import library
import manifests
from differences import read_table
from objects import Objects
from oracle import Oracle
from report import Report

LONG_RUN: Final = 100_000  # in which every row of the table should apply
BATCH: Final = 2_000  # objects of one seed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", metavar="PATH", required=True, help="the program of this folder")
    parser.add_argument("--count", metavar="N", type=int, default=5_000)
    parser.add_argument("--seed", metavar="S", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--jobs", metavar="J", type=int, default=2)
    parser.add_argument("--shown", metavar="K", type=int, default=20, help="how many kinds of differences are printed")
    arguments = parser.parse_args()
    begin = time.monotonic()
    report = Report()
    batches = [
        (f"{arguments.seed}/{first}", min(BATCH, arguments.count - first)) for first in range(0, arguments.count, BATCH)
    ]
    with ProcessPoolExecutor(arguments.jobs, initializer=_start, initargs=(arguments.oracle,)) as pool:
        for part in pool.map(_compare, *zip(*batches, strict=True)):
            report.add(part)
    report.print(arguments.shown)
    unused = [row.id for row in read_table() if not report.applied[row.id]]
    if unused and arguments.count >= LONG_RUN:
        print(f"rows of the table that never applied: {', '.join(unused)}")
    print(
        f"{arguments.count} objects, seed {arguments.seed}: {report.count} differences, "
        f"{report.applied.total()} that are in the table, {report.asked} objects judged "
        f"({report.accepted} accepted) in {time.monotonic() - begin:.0f} s"
    )
    return 1 if report.count else 0


_oracle: Oracle


def _start(program: str) -> None:
    global _oracle
    _oracle = Oracle(program)


def _compare(seed: str, count: int) -> Report:
    """Compare the objects of one seed."""
    objects = Objects(random.Random(seed))
    report = Report()
    stanzas = [objects.carried_stanza() for _ in range(count // 4)]
    library.compare(_oracle, stanzas, report)
    manifests.compare(_oracle, [objects.any() for _ in range(count - len(stanzas))], report)
    return report


if __name__ == "__main__":
    sys.exit(main())
