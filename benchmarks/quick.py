"""The rows that a cache or a fast path is judged by, in half a minute, wherever the package is installed.

    PYTHONPATH=benchmarks build/venv/bin/python benchmarks/quick.py

To measure a checkout without installing it: PYTHONPATH=.:generated/python:benchmarks.
"""

from __future__ import annotations

import argparse

import baseline
import processes
import report
import values
from measure import BASELINE, OURS

import resources_py


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--held", type=int, default=50_000, help="declarations to keep, for the memory")
    arguments = parser.parse_args()
    rounds = arguments.rounds
    rows = values.encoding(rounds, {BASELINE: baseline.encode}, {})
    rows += values.decoding(rounds, {BASELINE: baseline.decode})
    rows += values.json_forms(rounds, {})
    rows += values.quantities(rounds, {})
    statements = {name: processes.IMPORTS[name] for name in (processes.NOTHING_OF_OURS, OURS)}
    rows += processes.imports(max(3, rounds // 4), statements)
    rows += processes.memory({BASELINE: arguments.held, OURS: arguments.held})
    print(resources_py.__file__)
    report.show_ours(rows)


if __name__ == "__main__":
    main()
