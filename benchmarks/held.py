"""Make and keep N items, in this process alone, and print what that took, as JSON.

Called as `held.py WAY N [warm|cold]`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any

import baseline
from declarations import README, Declaration, distribution, entries

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

PAGE = os.sysconf("SC_PAGESIZE")
BATCH = 1000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def _ours(declaration: Declaration) -> Any:
    made = Resources(*declaration)
    bytes(made)
    return made


def _message(declaration: Declaration) -> Any:
    return pb.Resources.FromString(baseline.encode(entries(declaration)))


WAYS = {
    "baseline": _message,
    "ours": _ours,
    "ours, parsed": lambda declaration: Resources.from_bytes(baseline.encode(entries(declaration))),
}


def main() -> None:
    warnings.simplefilter("error")
    way, count, state = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    make = WAYS[way]
    kept: list[Any] = [None] * count
    fresh = distribution(1, distinct=False)  # what it remembers would be counted
    make(README)  # what the first one sets up is no item's
    batch = [README] * BATCH
    before, seconds = resident(), 0.0
    for start in range(0, count, BATCH):
        if state == "cold":
            batch = list(islice(fresh, BATCH))
        stop = min(start + BATCH, count)
        begun = process_time()
        for number in range(start, stop):
            kept[number] = make(batch[number - start])
        seconds += process_time() - begun
    grown = resident() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    print(json.dumps({"seconds": seconds / count, "bytes": grown / count, "peak": peak / count}))


if __name__ == "__main__":
    main()
