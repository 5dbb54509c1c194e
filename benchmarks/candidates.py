"""Race the candidates for each peer's fastest idiom.

    make build/bench/.made
    PYTHONPATH=benchmarks build/bench/bin/python benchmarks/candidates.py

Exits with an error if the first candidate, which is the one used, is slower by more than a tenth than another.
"""

from __future__ import annotations

import sys

import baseline
import peers
from declarations import Declaration, batches, entries
from measure import BASELINE, Way, compare


def encoded(declaration: Declaration) -> bytes:
    return baseline.encode(entries(declaration))


def main() -> None:
    slower = []
    races = [(f"encode, {peer}", [Way(way, entries) for way in ways]) for peer, ways in peers.ENCODERS.items()]
    races += [(f"decode, {peer}", [Way(way, encoded) for way in ways]) for peer, ways in peers.DECODERS.items()]
    for task, ways in races:
        named = {way.run.__name__: way for way in ways}
        rows = compare(task, "warm", named, batches("warm"), rounds=20, reference=next(iter(named)))
        print(f"{task:32}", *(f"{row.way} {row.cost:.2f} µs" for row in rows), sep="  ")
        slower += [f"{task}: {row.way}" for row in rows if row.ratio < 0.9]
    # README's lines, written out, are the baseline of README's row.
    both = {baseline.encode.__name__: Way(baseline.encode, entries), "readme": Way(baseline.readme)}
    rows = compare("README", "README", both, batches("README"), rounds=20, reference="readme")
    print(f"{'encode, README':32}", *(f"{row.way} {row.cost:.2f} µs" for row in rows), sep="  ")
    if slower:
        sys.exit(f"faster than the one used: {'; '.join(slower)}")


if __name__ == "__main__":
    assert BASELINE in peers.ENCODERS
    main()
