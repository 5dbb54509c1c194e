"""Measure `check`, `total` and `convert` on files of many pods, in processor time and peak memory.

    python benchmarks/large_inputs.py [--pods 5000 50000] [--folder build/large-inputs] [--form NAME …] [--json]

Time is that of the whole process, as a ratio to a process that only parses the same file. Memory is the peak, above
that of `resources-py --version` in the same run. Exits with 1 if a bar is missed. YAML is slow to parse, so its files
have a tenth of the pods, or a fiftieth in one document. Each file is deleted once it is measured; the largest has
about 1 GB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from measure import OURS, Bar, Row, rows_of
from processes import Cost, least

HERE: Final = Path(__file__).resolve().parent
SCRIPT: Final = Path(sys.executable).with_name("resources-py")
PODS: Final = 50_000
MOST_MIB: Final = 32  # above --version
MOST_GROWTH_MIB: Final = 4  # from the smallest input to the largest: memory is flat
MEMORY: Final = "above --version"


class Input(NamedTuple):
    """A kind of file: what it is compared with, and how much more time it may take."""

    title: str
    form: str
    suffix: str
    baseline: str
    parse: str  # a program that parses the file named by its argument
    bar: float
    share: float = 1  # of the number of pods
    command: str = "check"

    def task(self, count: int) -> str:
        return f"{self.command.split()[0]} {int(count * self.share):,} pods, {self.title}"


_JSON = "import json, sys; json.load(open(sys.argv[1], 'rb'))"
_LINES = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"
_STRICT_LINES = """
import json, sys
def unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is written twice")
    return found
for line in open(sys.argv[1], "rb"):
    json.loads(line, object_pairs_hook=unique)
"""
_GZIP = "import gzip, json, sys; json.load(gzip.open(sys.argv[1]))"
_YAML = "import sys, yaml\nfor _ in yaml.compose_all(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader): pass"
INPUTS: Final = {
    "list": Input("JSON", "list", ".json", "json.load", _JSON, 2),
    "list-total": Input("JSON", "list", ".json", "json.load", _JSON, 2.5, command="total"),
    "list-convert": Input("JSON", "list", ".json", "json.load", _JSON, 3, command="convert --to jsonl"),
    # `check` reports keys that are written twice, and finding them takes as long as parsing a compact line.
    "jsonl": Input("JSON Lines", "jsonl", ".jsonl", "json.loads, duplicate keys found", _STRICT_LINES, 2),
    "jsonl-plain": Input("JSON Lines", "jsonl", ".jsonl", "json.loads, which keeps the last duplicate", _LINES, 4),
    "gzip": Input("JSON, gzip", "list", ".json.gz", "json.load of gzip.open", _GZIP, 2),
    "stream": Input("YAML", "stream", ".yaml", "yaml.compose_all, C", _YAML, 1.5, 0.1),
    "yaml-list": Input("YAML, one document", "yaml-list", ".yaml", "yaml.compose_all, C", _YAML, 1.5, 0.02),
}
BARS: Final = [
    bar
    for each in INPUTS.values()
    for bar in (
        Bar(each.task(PODS), "CPU", f"≤ {each.bar:g}", each.baseline),
        Bar(each.task(PODS), MEMORY, f"≤ {MOST_MIB}", each.baseline, is_absolute=True),
    )
]


def measure(kind: Input, count: int, folder: Path, idle: Cost) -> list[Row]:
    """Measure one file: processor time, and memory above that of a process that does nothing."""
    path = folder / f"pods{kind.suffix}"
    count_here = str(int(count * kind.share))
    try:
        # By another process: the memory of this one would count as that of those that it starts.
        subprocess.run([sys.executable, HERE / "pods.py", path, "--form", kind.form, "--pods", count_here], check=True)
        ways = {
            kind.baseline: [sys.executable, "-P", "-c", kind.parse, path],
            OURS: [SCRIPT, *kind.command.split(), path],
        }
        costs = least(ways, rounds=3 if count <= 5_000 else 1)
    finally:
        path.unlink(missing_ok=True)
    seconds = {way: each.cpu for way, each in costs.items()}
    above = {way: max(each.mib - idle.mib, 0.1) for way, each in costs.items()}
    task = kind.task(count)
    return rows_of(task, "CPU", "s", seconds, kind.baseline) + rows_of(task, MEMORY, "MiB", above, kind.baseline)


def measure_all(names: Iterable[str], counts: Sequence[int], folder: Path) -> tuple[list[Row], list[str]]:
    """Measure each kind of file in each size; return the rows, and which bars are missed."""
    idle = least({"version": [SCRIPT, "--version"]}, rounds=5)["version"]
    found, missed = [], []
    for name in names:
        kind = INPUTS[name]
        peaks = []
        for count in counts:
            print(f"measuring: {kind.task(count)}, to {kind.baseline}", file=sys.stderr, flush=True)
            rows = measure(kind, count, folder, idle)
            found += rows
            seconds, memory = (row for row in rows if row.way == OURS)
            peaks.append(memory.cost)
            missed += [f"{seconds.task}: {seconds.ratio:.2f} times the time"] if seconds.ratio > kind.bar else []
            missed += [f"{memory.task}: {memory.cost:.1f} MiB"] if memory.cost > MOST_MIB else []
        if peaks[-1] - peaks[0] > MOST_GROWTH_MIB:
            missed.append(f"{kind.task(counts[-1])}: memory grows by {peaks[-1] - peaks[0]:.1f} MiB")
    return found, missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, nargs="+", default=[PODS // 10, PODS])
    parser.add_argument("--folder", type=Path, default=Path("build/large-inputs"))
    parser.add_argument("--form", nargs="+", choices=INPUTS, default=list(INPUTS))
    parser.add_argument("--json", action="store_true", help="print the rows as JSON, and exit with 0")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows, missed = measure_all(arguments.form, arguments.pods, arguments.folder)
    found = [row.as_dict() for row in rows]
    if arguments.json:
        print(json.dumps(found))
        return 0
    import report  # late: what it holds would count as the memory of the processes

    report.show(found)
    print("\n".join(f"missed: {each}" for each in missed) or "all bars are reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
