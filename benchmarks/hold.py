"""Make and keep N declarations in this process, and print what one of them takes, as JSON.

hold.py WAY N cold|warm
"""

from __future__ import annotations

import json
import sys
import warnings
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any

import baseline
from declarations import README, Declaration, batches, distribution, entries
from measure import BASELINE, OURS, Way

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

BATCH = 1000


def memory(field: str) -> int:
    """Return a field of /proc/self/status in bytes."""
    # Not getrusage: Linux hands the parent's ru_maxrss down.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def _decoded(data: bytes) -> Any:
    message = pb.Resources.FromString(data)
    baseline.read_fields(message)
    return message


def _ours(declaration: Declaration) -> Any:
    made = Resources(*declaration)
    bytes(made)
    return made


def _received(declaration: Declaration) -> bytes:
    return baseline.encode(entries(declaration))


# How the input is made, which is not timed, and what is kept. A parsed message takes less than one that was built.
LEAN: dict[str, Way] = {
    BASELINE: Way(lambda message: pb.Resources.FromString(baseline.encode(message)), entries),
    OURS: Way(_ours),
    f"{BASELINE}, decoded": Way(_decoded, _received),
    f"{OURS}, decoded": Way(Resources.from_bytes, _received),
}


def way_of(name: str) -> Way:
    if name in LEAN:
        return LEAN[name]
    import peers  # heavy, so only where one of them is measured

    return Way(peers.FORMS[name].made)


def main() -> None:
    warnings.simplefilter("error")
    way, count, state = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    make, prepare = way_of(way).run, way_of(way).prepare
    kept: list[Any] = [None] * count
    fresh = distribution(1, distinct=False)  # what it would remember would be counted
    same = (next(batches("warm")) * (BATCH // 200))[:BATCH]
    make(prepare(README))  # the first one sets up what all of them share
    before, seconds = memory("VmRSS:"), 0.0
    for start in range(0, count, BATCH):
        batch = [prepare(each) for each in (same if state == "warm" else islice(fresh, BATCH))]
        stop = min(start + BATCH, count)
        begun = process_time()
        for number in range(start, stop):
            kept[number] = make(batch[number - start])
        seconds += process_time() - begun
    grown = memory("VmRSS:") - before
    peak = memory("VmHWM:") - before
    print(json.dumps({"seconds": seconds / count, "bytes": grown / count, "peak": peak / count}))


if __name__ == "__main__":
    main()
