"""Measure the command line: its start, and a million lines converted to protobuf and back.

    python benchmarks/command_line.py [--lines 1000000] [--rounds N] [--json]

A start is compared with the import of the packages that it needs. The lines are drawn from the distribution: all
distinct, or nine of ten from a working set of 200.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from filecmp import cmp
from itertools import islice
from pathlib import Path
from typing import Final

from declarations import Declaration, distribution
from measure import OURS, Bar, Row, rows_of
from processes import Cost, least, race

SCRIPT: Final = Path(sys.executable).with_name("resources-py")
YAML_AND_CLICK: Final = 'python -c "import yaml, click"'
CLICK: Final = 'python -c "import click"'
BARE_LOOP: Final = "json and protobuf in a loop, unchecked"
LINES: Final = 1_000_000
STATES: Final = ("all distinct", "90 % repeat")
ONE_FILE: Final = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: registry.example/web:1
    resources:
      requests: {cpu: 500m, memory: 1Gi}
      limits: {cpu: "2", memory: 1Gi}
"""

CHECK_ONE: Final = "resources-py check one.yaml"
BARS: Final = (
    Bar(CHECK_ONE, "wall", "≤ 1.6", YAML_AND_CLICK),
    Bar(f"{LINES:,} lines to delimited and back", STATES[0], "≥ 0.5", BARE_LOOP),
    Bar(f"{LINES:,} lines to delimited and back", STATES[1], "≥ 0.8", BARE_LOOP),
)

# What a program does by hand, without validating anything: the fastest of the ways that were tried. `loads` takes
# longer if it has to detect the encoding.
BARE: Final = r"""
import json, sys
from resourceidl.v1 import resources_pb2 as pb
NUMBERS = {"cpu": 1, "mem": 3, "gpu": 2, "ephemeral_storage": 5}
NAMES = {number: name for name, number in NUMBERS.items()}

def to_delimited(source, target):
    loads, Resources, write = json.loads, pb.Resources, target.write
    for line in source:
        message = Resources()
        add_request, add_limit = message.requests.add, message.limits.add
        for name, value in loads(line.decode()).items():
            number = NUMBERS[name]
            request, limit = value if type(value) is list else (value, value)
            if request is not None:
                entry = add_request()
                entry.name = number
                entry.value = str(request)
            if limit is not None:
                entry = add_limit()
                entry.name = number
                entry.value = str(limit)
        data = message.SerializeToString()
        size = len(data)
        write((bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + data)

def to_lines(source, target):
    dumps, parse, read, write = json.dumps, pb.Resources.FromString, source.read, target.write
    while prefix := read(1):
        size = prefix[0] if prefix[0] < 128 else prefix[0] & 127 | read(1)[0] << 7
        message = parse(read(size))
        found = {NAMES[entry.name]: [entry.value, None] for entry in message.requests}
        for entry in message.limits:
            name, value = NAMES[entry.name], entry.value
            pair = found.get(name)
            if pair is None:
                found[name] = [None, value]
            elif pair[0] == value:
                found[name] = value
            else:
                pair[1] = value
        write(dumps(found).encode() + b"\n")

with open(sys.argv[2], "rb") as source, open(sys.argv[3], "wb") as target:
    globals()[sys.argv[1]](source, target)
"""


def start(rounds: int) -> list[Row]:
    """Start the command, do little, and exit."""
    python = [sys.executable, "-P", "-c"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "one.yaml")
        file.write_text(ONE_FILE)
        imports = {YAML_AND_CLICK: [*python, "import yaml, click"]}
        found = race(CHECK_ONE, {**imports, OURS: [SCRIPT, "check", file]}, rounds, YAML_AND_CLICK)
        for arguments in ("--version", "--help", "show --cpu 1 --json"):
            commands = {CLICK: [*python, "import click"], OURS: [SCRIPT, *arguments.split()]}
            found += race(f"resources-py {arguments}", commands, rounds, CLICK)
    return found


def write_lines(path: Path, count: int, state: str) -> None:
    """Write declarations, one a line."""
    rnd, drawn = random.Random(1), map(_line, distribution(seed=6))
    common = list(islice(drawn, 200))
    with path.open("w") as file:
        for _ in range(count):
            is_common = state != STATES[0] and rnd.random() < 0.9
            file.write(rnd.choice(common) if is_common else next(drawn))


def _line(declaration: Declaration) -> str:
    return json.dumps({name: value for name, value in declaration._asdict().items() if value is not None}) + "\n"


def converting(lines: int, rounds: int) -> list[Row]:
    """Convert lines of JSON to length-delimited protobuf, and back."""
    found = []
    for state in STATES:
        print(f"measuring: {lines:,} lines, {state}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            there, back = _convert(Path(folder), lines, state, rounds)
        both = {way: there[way].cpu + back[way].cpu for way in there}
        tasks = {"to delimited": _seconds(there), "from delimited": _seconds(back), "to delimited and back": both}
        for task, seconds in tasks.items():
            rates = {way: lines / each for way, each in seconds.items()}
            found += rows_of(f"{lines:,} lines {task}", state, "a second", rates, BARE_LOOP)
        peaks = {way: max(there[way].mib, back[way].mib) for way in there}
        found += rows_of(f"{lines:,} lines, peak memory", state, "MiB", peaks, BARE_LOOP)
    return found


def _seconds(costs: dict[str, Cost]) -> dict[str, float]:
    return {way: each.cpu for way, each in costs.items()}


def _convert(folder: Path, lines: int, state: str, rounds: int) -> tuple[dict[str, Cost], dict[str, Cost]]:
    source, there, back = folder / "declared.jsonl", folder / "there.delimited", folder / "back.jsonl"
    bare, bare_there, again = [sys.executable, "-P", "-c", BARE], folder / "bare.delimited", folder / "again.delimited"
    convert = [SCRIPT, "convert", "--from"]
    write_lines(source, lines, state)
    ways = {
        BARE_LOOP: [*bare, "to_delimited", source, bare_there],
        OURS: [*convert, "jsonl", source, "-o", there],
    }
    costs = least(ways, rounds)
    ways = {
        BARE_LOOP: [*bare, "to_lines", bare_there, folder / "bare.jsonl"],
        OURS: [*convert, "delimited", there, "-o", back],
    }
    costs_back = least(ways, rounds)
    # The bytes are canonical, so equal bytes mean equal content.
    least({"again": [*convert, "jsonl", back, "-o", again]}, 1)
    assert cmp(there, again, shallow=False), "what came back is not what was sent"
    return costs, costs_back


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, default=21, help="of each start; of a million lines, one")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    arguments = parser.parse_args()
    rows = start(arguments.rounds) + converting(arguments.lines, 1 if arguments.lines > 100_000 else 3)
    found = [row.as_dict() for row in rows]
    if arguments.json:
        print(json.dumps(found))
    else:
        import report  # late: what it holds would count as the memory of the processes

        report.show(found)


if __name__ == "__main__":
    main()
