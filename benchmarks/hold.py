"""Make and keep N items, in this process alone, and print what that took, as JSON.

Called as `hold.py WAY N [warm|cold]`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from measure import OURS, REFERENCE
from reference import Case, encode_official, official_message, ours

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

PAGE = os.sysconf("SC_PAGESIZE")


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def maker(way: str) -> Callable[[Case], Any]:
    """Give what makes one."""
    if way not in LEAN:  # the peers weigh much, and are imported only where they are asked for
        import peers

        return peers.protobuf_py_message if way == "protobuf-py" else peers.FORMS[way].made
    return LEAN[way]


def case_of(number: int) -> Case:
    mib = f"{number}Mi"
    return Case((f"{number}m", f"{2 * number}m"), mib, str(number % 16), (mib, f"{2 * number}Mi"))


def _and_bytes(case: Case) -> Any:
    made = ours(case)
    bytes(made)
    return made


def _and_encode(case: Case) -> Any:
    made = official_message(case)
    made.SerializeToString()
    return made


LEAN: dict[str, Callable[[Case], Any]] = {
    REFERENCE: _and_encode,
    OURS: _and_bytes,
    f"{REFERENCE}, parsed": lambda case: pb.Resources.FromString(encode_official(case)),
    f"{OURS}, parsed": lambda case: Resources.from_bytes(encode_official(case)),
}


def main() -> None:
    warnings.simplefilter("error")
    way, count, warm = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["warm"]
    make = maker(way)
    kept = [None] * count
    case = case_of(500)
    make(case_of(499))  # what the first one sets up is no item's
    before, seconds = resident(), 0.0
    for start in range(0, count, 1000):
        numbers = range(start, min(start + 1000, count))
        given = [case if warm else case_of(number + 1000) for number in numbers]
        begun = process_time()
        for number, each in zip(numbers, given, strict=True):
            kept[number] = make(each)
        seconds += process_time() - begun
    held = resident() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    print(json.dumps({"seconds": seconds / count, "bytes": held / count, "peak": peak / count}))


if __name__ == "__main__":
    main()
