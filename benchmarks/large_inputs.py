"""Measure `check` and `total` on files of many pods, in processor time and peak memory.

    python benchmarks/large_inputs.py [--pods 5000 50000] [--folder build/large-inputs] [--form NAME …]

Time is that of the whole process, as a ratio to a process that only parses the same file. Memory is the peak, above
that of `resources-py --version` in the same run. Exits with 1 if a bar is missed. YAML is slow to parse, so its files
have a tenth of the pods, or a fiftieth in one document. Each file is deleted once it is measured; the largest has
about 1 GB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pods
from measure import in_turns

COMMAND: Final = [sys.executable, "-P", "-m", "resources_py"]
LONGEST: Final = 900  # seconds, of one process
MOST_MIB: Final = 32  # above --version
MOST_GROWTH_MIB: Final = 4  # from the smallest input to the largest: memory is flat


class Input(NamedTuple):
    """A kind of file: what it is compared with, and how much more time it may take."""

    form: str
    suffix: str
    baseline: str
    parse: str  # a program that parses the file named by its argument
    bar: float
    share: float = 1  # of the number of pods
    command: str = "check"


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
    "list": Input("list", ".json", "json.load", _JSON, 2),
    "list-total": Input("list", ".json", "json.load", _JSON, 2.5, command="total"),
    # `check` reports keys that are written twice, and finding them takes as long as parsing a compact line.
    "jsonl": Input("jsonl", ".jsonl", "json.loads of each line, duplicate keys found", _STRICT_LINES, 2),
    "jsonl-plain": Input("jsonl", ".jsonl", "json.loads of each line, which keeps the last duplicate", _LINES, 4),
    "gzip": Input("list", ".json.gz", "json.load of gzip.open", _GZIP, 2),
    "stream": Input("stream", ".yaml", "yaml.compose_all", _YAML, 1.5, 0.1),
    "yaml-list": Input("yaml-list", ".yaml", "yaml.compose_all", _YAML, 1.5, 0.02),
}


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    mib: float
    exit_code: int


def cost(command: Sequence[str]) -> Cost:
    """Run a process; return its processor time and its peak memory. One that takes too long is stopped."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        timer = threading.Timer(LONGEST, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    mib = usage.ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
    return Cost(usage.ru_utime + usage.ru_stime, mib, process.returncode)


def least(commands: dict[str, list[str]], rounds: int) -> dict[str, Cost]:
    """Run the commands in turns, so that other work on the machine affects all of them; return the least of each."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for order in in_turns(list(commands), rounds):
        for name in order:
            found[name].append(cost(commands[name]))
    return {name: min(costs) for name, costs in found.items()}


def measure(kind: Input, count: int, folder: Path, idle: Cost) -> tuple[float, bool]:
    """Measure one file and print a line; return the memory above `idle`, and whether the bars are reached."""
    path = folder / f"pods{kind.suffix}"
    try:
        pods.write(path, kind.form, count)
        megabytes = path.stat().st_size / 1e6
        commands = {"ours": [*COMMAND, kind.command, str(path)], "parse": [sys.executable, "-c", kind.parse, str(path)]}
        ours, parsed = least(commands, rounds=3 if count <= 5_000 else 1).values()
    finally:
        path.unlink(missing_ok=True)
    assert parsed.exit_code == 0, kind.parse
    ratio, above = ours.seconds / parsed.seconds, ours.mib - idle.mib
    verdict = [f"exit code {ours.exit_code}"] if ours.exit_code else []
    verdict += ["too slow"] if ratio > kind.bar else []
    verdict += ["too much memory"] if above > MOST_MIB else []
    print(
        f"  {count:9,} {megabytes:7.0f} MB {ours.seconds:9.2f} s {parsed.seconds:8.2f} s {ratio:6.2f} (≤ {kind.bar:3})"
        f" {above:8.1f} MiB (≤ {MOST_MIB}) {parsed.mib - idle.mib:8.0f} MiB   {', '.join(verdict) or 'reached'}",
        flush=True,
    )
    return above, not verdict


def measure_all(names: Iterable[str], counts: Sequence[int], folder: Path) -> bool:
    """Measure each kind of file in each size; return whether all bars are reached."""
    idle = least({"version": [*COMMAND, "--version"]}, rounds=5)["version"]
    print(f"resources-py --version: {idle.seconds:.2f} s, {idle.mib:.1f} MiB")
    is_reached = True
    for name in names:
        kind = INPUTS[name]
        print(f"\n{name}: {kind.command}, {kind.baseline}, ratio; memory of both above --version")
        found = [measure(kind, int(count * kind.share), folder, idle) for count in counts]
        growth = found[-1][0] - found[0][0]
        print(f"  memory grows by {growth:.1f} MiB (≤ {MOST_GROWTH_MIB})")
        is_reached &= all(each for _, each in found) and growth <= MOST_GROWTH_MIB
    return is_reached


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--folder", type=Path, default=Path("build/large-inputs"))
    parser.add_argument("--form", nargs="+", choices=INPUTS, default=list(INPUTS))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    return 0 if measure_all(arguments.form, arguments.pods, arguments.folder) else 1


if __name__ == "__main__":
    sys.exit(main())
