"""The rows that decide about a cache or a fast path, in half a minute, in any environment that has the package.

    PYTHONPATH=benchmarks build/venv/bin/python benchmarks/quick.py [--rounds N]

With the checkout and generated/python in front of PYTHONPATH, it measures the checkout.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import rows

HERE = Path(__file__).resolve().parent
STATEMENTS = {
    rows.BASELINE: "import resourceidl.v1.resources_pb2, mashumaro.mixins.json",
    "ours": "from resources_py import Resources",
}


def cpu_ms(statement: str) -> float:
    """Run one statement in a process of its own."""
    # -P: the folder that this runs in is no place for modules
    with subprocess.Popen([sys.executable, "-P", "-c", statement]) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{statement} failed")
    return (usage.ru_utime + usage.ru_stime) * 1e3


def held(way: str, count: int) -> float:
    """Return by how much a process grows for each distinct declaration that it keeps with its bytes."""
    command = [sys.executable, str(HERE / "held.py"), way, str(count), "cold"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    peak: float = json.loads(result.stdout)["peak"]
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--held", type=int, default=50_000, help="declarations to keep, for the memory")
    arguments = parser.parse_args()
    found = rows.rows(arguments.rounds)
    rows.show(found)
    costs = {way: min(cpu_ms(statement) for _ in range(6)) for way, statement in STATEMENTS.items()}
    print(
        f"{'import':42}{costs['baseline']:8.1f}ms{costs['ours']:8.1f}ms{costs['ours'] / costs['baseline']:8.2f}   1.15"
    )
    sizes = {way: held(way, arguments.held) for way in ("baseline", "ours")}
    print(
        f"{'memory of one':42}{sizes['baseline']:9.0f}B{sizes['ours']:9.0f}B{sizes['ours'] / sizes['baseline']:8.2f}   0.40"
    )


if __name__ == "__main__":
    main()
