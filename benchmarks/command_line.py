"""Measure the command line: its start-up, and the rate and peak memory of converting a million lines.

    python benchmarks/command_line.py [--lines 1000000]

Every figure is a ratio to a baseline of the same run. Times are CPU times of the processes, for start-up the least of
20 runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from filecmp import cmp
from pathlib import Path

COMMAND = [sys.executable, "-m", "resources_py"]

# What a program does by hand, without validating anything.
BARE = r"""
import json, sys
from resourceidl.v1 import resources_pb2 as pb
NUMBERS = {"cpu": 1, "mem": 3, "gpu": 2, "ephemeral_storage": 5}
NAMES = {number: name for name, number in NUMBERS.items()}

def to_delimited(source, target):
    for line in source:
        declared = json.loads(line)
        message = pb.Resources()
        for name, number in NUMBERS.items():
            value = declared.get(name)
            if value is None:
                continue
            request, limit = value if isinstance(value, list) else (value, value)
            if request is not None:
                message.requests.add(name=number, value=str(request))
            if limit is not None:
                message.limits.add(name=number, value=str(limit))
        data = message.SerializeToString()
        size = len(data)
        prefix = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
        target.write(prefix + data)

def to_lines(source, target):
    while prefix := source.read(1):
        size = prefix[0] if prefix[0] < 128 else prefix[0] & 127 | source.read(1)[0] << 7
        message = pb.Resources.FromString(source.read(size))
        found = {NAMES[entry.name]: [entry.value, None] for entry in message.requests}
        for entry in message.limits:
            found.setdefault(NAMES[entry.name], [None, None])[1] = entry.value
        for name, (request, limit) in found.items():
            if request == limit:
                found[name] = request
        target.write(json.dumps(found).encode() + b"\n")

with open(sys.argv[2], "rb") as source, open(sys.argv[3], "wb") as target:
    globals()[sys.argv[1]](source, target)
"""


def measured(*arguments: str | Path) -> tuple[float, int]:
    """Run a process; return its CPU seconds and its peak RSS in KiB."""
    with subprocess.Popen(list(map(str, arguments)), stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def declarations(path: Path, lines: int, distinct: bool) -> None:
    """Write declarations: all distinct, or a thousand different ones repeated."""
    rnd = random.Random(1)

    def one() -> str:
        declared = {"cpu": [f"{rnd.randint(1, 999)}m", rnd.randint(1, 64)], "mem": f"{rnd.randint(1, 9999)}Mi"}
        if rnd.random() < 0.3:
            declared["gpu"] = rnd.randint(1, 8)
        if rnd.random() < 0.5:
            declared["ephemeral_storage"] = f"{rnd.randint(1, 999)}Gi"
        return json.dumps(declared) + "\n"

    few = [one() for _ in range(1000)]
    with path.open("w") as file:
        file.writelines(one() if distinct else rnd.choice(few) for _ in range(lines))


def start_up() -> None:
    cases: dict[str, list[str]] = {
        "python -c 'import click, resources_py'": [sys.executable, "-c", "import click, resources_py"],
        "resources-py --version": [*COMMAND, "--version"],
        "resources-py --help": [*COMMAND, "--help"],
        "resources-py show --cpu 1 --json": [*COMMAND, "show", "--cpu", "1", "--json"],
    }
    times = dict.fromkeys(cases, float("inf"))
    for _ in range(20):  # in turn, so that other work on the machine affects all of them
        for name, arguments in cases.items():
            times[name] = min(times[name], measured(*arguments)[0])
    baseline = next(iter(times.values()))
    print("start-up (bar for --version: 1.50)")
    for name, seconds in times.items():
        print(f"  {name:42} {seconds * 1000:7.1f} ms   {seconds / baseline:5.2f}")


def converting(folder: Path, lines: int, distinct: bool) -> None:
    print(f"\n{lines:,} JSON Lines, {'all distinct' if distinct else 'a thousand different ones'}")
    print(f"  {'':34} {'CPU':>8} {'items/s':>10} {'of bare':>8} {'peak RSS':>9}")
    source = folder / "declared.jsonl"
    declarations(source, lines, distinct)
    there, back, again = folder / "there.delimited", folder / "back.jsonl", folder / "again.delimited"
    bare = [sys.executable, "-c", BARE]
    convert = [*COMMAND, "convert"]
    steps: list[tuple[str, Callable[[], tuple[float, int]], str]] = [
        ("bare loop, to delimited", lambda: measured(*bare, "to_delimited", source, folder / "bare.delimited"), ""),
        (
            "resources-py, to delimited",
            lambda: measured(*convert, "--from", "jsonl", source, "-o", there),
            "bare loop, to delimited",
        ),
        ("bare loop, back", lambda: measured(*bare, "to_lines", folder / "bare.delimited", folder / "bare.jsonl"), ""),
        (
            "resources-py, back",
            lambda: measured(*convert, "--from", "delimited", there, "-o", back),
            "bare loop, back",
        ),
    ]
    seconds = {}
    for name, run, baseline in steps:
        seconds[name], peak = run()
        ratio = f"{seconds[baseline] / seconds[name]:7.2f}x" if baseline else ""
        print(f"  {name:34} {seconds[name]:7.2f}s {lines / seconds[name]:10,.0f} {ratio:>8} {peak / 1024:6.1f} MiB")
    # The bytes are canonical, so equal bytes mean equal content.
    measured(*convert, "--from", "jsonl", back, "-o", again)
    assert cmp(there, again, shallow=False), "what came back is not what was sent"
    print("  there and back: the same content")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args().lines
    start_up()
    with tempfile.TemporaryDirectory() as folder:
        for distinct in (True, False):
            for count in (10_000, lines):
                converting(Path(folder), count, distinct)


if __name__ == "__main__":
    main()
