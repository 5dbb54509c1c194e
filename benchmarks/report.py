"""The figures as tables: on the terminal, and as docs/reference/benchmarks.md with its plot.

`python report.py` writes the page again from what was measured last.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import command_line
import large_inputs
from declarations import distribution, entries
from measure import BASELINE, OURS, RAW, Bar, Row
from processes import NOTHING_OF_OURS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "bench" / "results.json"
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
PLOT = "benchmarks.svg"

DISTRIBUTIONS = (
    *("resources-py", "protobuf", "mashumaro", "grpcio", "betterproto", "protobuf-py"),
    *("flytekit", "flyte", "kubernetes", "pydantic", "msgspec"),
)


BARS = (
    Bar("declare, validate, encode", "cold", "≤ 2.5"),
    Bar("declare, validate, encode", "warm", "≤ 0.35"),
    Bar("declare, validate, encode", "README", "≤ 0.35"),
    Bar("decode, validate", "cold", "≤ 2.5"),
    Bar("decode, validate", "warm", "≤ 0.15"),
    Bar("import", "wall", "≤ 1.15", NOTHING_OF_OURS),
    Bar("memory of one", "distinct", "≤ 0.4"),
    *command_line.BARS,
    *large_inputs.BARS,
    *(
        Bar(f"gRPC {kind}{form}", state, bar, RAW)
        for kind, cold in (("unary", "≥ 0.9"), ("stream", "≥ 0.75"))
        for form in ("", ", asyncio")
        for state, bar in (("cold", cold), ("warm", "≥ 0.95"))
    ),
)
HIGHER_IS_BETTER = "a second"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.3g}"


def _by_task(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    tasks: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        tasks.setdefault((row["task"], row["reference"]), []).append(row)
    return tasks


def _task(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one task's table: a line for each way, a column for each state."""
    states, ways = (list(dict.fromkeys(row[key] for row in rows)) for key in ("state", "way"))
    cells = {
        (row["way"], row["state"]): f"{_number(row['ratio'])} ({_number(row['cost'])} {row['unit']})" for row in rows
    }
    return _table(["", *states], [[way, *(cells.get((way, state), "") for state in states)] for way in ways])


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured."""
    if rows and "items" in rows[0]:
        print(_growth(rows))
        return
    for (task, reference), found in _by_task(rows).items():
        print(f"\n{task}, to {reference}\n{_task(found)}", flush=True)


def show_ours(rows: Sequence[Row]) -> None:
    """Print a line for each row of ours, beside its reference and its bar."""
    bases = {(row.task, row.state): row.cost for row in rows if row.way == row.reference}
    bars = {(bar.task, bar.state): bar.bar for bar in BARS}
    print(f"{'':28}{'':10}{'reference':>15}{'ours':>15}{'ratio':>8}{'bar':>9}")
    for row in rows:
        if row.way == OURS:
            base, ours = (f"{_number(cost)} {row.unit}" for cost in (bases[row.task, row.state], row.cost))
            bar = bars.get((row.task, row.state), "")
            print(f"{row.task:28}{row.state:10}{base:>15}{ours:>15}{row.ratio:8.2f}{bar:>9}")


def _growth(points: Sequence[Mapping[str, Any]]) -> str:
    ways = dict.fromkeys(point["way"] for point in points)
    tables = [[way for way in ways if way.endswith(", decoded") is decoded] for decoded in (False, True)]
    return "\n".join(_growth_table(points, each) for each in tables if each)


def _growth_table(points: Sequence[Mapping[str, Any]], ways: Sequence[str]) -> str:
    columns = [(way, state) for way in ways for state in ("cold", "warm")]
    at = {(point["way"], point["state"], point["items"]): point for point in points}
    lines = []
    for items in sorted({point["items"] for point in points}):
        found = [at[way, state, items] for way, state in columns]
        memory = [f", {_number(point['bytes'])} B" if items >= 100 else "" for point in found]
        times = [f"{_number(point['seconds'] * 1e6)} µs" for point in found]
        lines.append([f"{items:,}", *(time + bytes_ for time, bytes_ in zip(times, memory, strict=True))])
    return _table(["items", *(f"{way}, {state}" for way, state in columns)], lines)


def bars(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of what must be reached, missed bars first."""
    ours = {(row["task"], row["reference"], row["state"]): row for row in rows if row["way"] == OURS}
    lines = []
    for task, state, bar, reference, is_absolute in BARS:
        if row := ours.get((task, reference, state)):
            found = row["cost" if is_absolute else "ratio"]
            unit = f" {row['unit']}" if is_absolute else ""
            verdict = "reached" if _reached(found, bar) else "missed"
            lines.append([f"{task}, to {reference}", state, bar + unit, _number(found) + unit, verdict])
    return _table(["", "", "bar", "ratio or figure", ""], sorted(lines, key=lambda line: line[-1] == "reached"))


def _reached(ratio: float, bar: str) -> bool:
    return ratio >= float(bar[2:]) if bar.startswith("≥") else ratio <= float(bar[2:])


def ahead(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return every row in which another way is ahead of ours."""
    rows = list(rows)
    ours = {(row["task"], row["reference"], row["state"]): row for row in rows if row["way"] == OURS}
    lines = []
    for row in rows:
        own = ours.get((row["task"], row["reference"], row["state"]))
        if own is None or row["way"].startswith(OURS):
            continue
        times = row["cost"] / own["cost"] if row["unit"] == HIGHER_IS_BETTER else own["cost"] / row["cost"]
        if times > 1:
            lines.append([row["task"], row["state"], row["way"], f"{_number(times)} times"])
    return _table(["", "", "ahead of ours", "by"], lines)


def keep(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Store what was measured, over what was measured before, and write the page."""
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept = {**before, **found} | {"machine": _machine()}
    RESULTS.write_text(json.dumps(kept, indent=1))
    write(kept)


def _machine() -> dict[str, str]:
    try:
        models = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        models = []
    load = "/".join(f"{load:.1f}" for load in os.getloadavg())
    return {
        "CPU": f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "load average at the end (1/5/15 minutes)": load,
    } | {name: importlib.metadata.version(name) for name in DISTRIBUTIONS}


def write(found: dict[str, Any]) -> None:
    """Write the page and its plot."""
    machine = found.pop("machine")
    growth = found.pop("growth", [])
    rows = [row for part in found.values() for row in part]
    print(f"\n{bars(rows)}")
    parts = [INTRODUCTION, "## What must be reached\n", bars(rows), "## The floor\n", FLOOR, COMMAND_FLOOR]
    parts += ["## Where another way is ahead\n", AHEAD, ahead(rows), "## Everything that was measured\n", LEGEND]
    for (task, reference), each in _by_task(rows).items():
        parts.append(f"### {task}, to {reference}\n\n{_task(each)}")
    if growth:
        _plot(growth, PAGE.parent / PLOT)
        plot = f"![Time and memory of one, from 1 to 1,000,000]({PLOT})"
        parts.append(f"## Growth\n\n{GROWTH}\n\n{plot}\n\n{_growth(growth)}")
    parts.append("## The distribution\n\n" + DISTRIBUTION + "\n" + _samples())
    parts.append("## Where\n\n" + _table(["", ""], machine.items()))
    PAGE.write_text("\n".join(part.rstrip("\n") + "\n" for part in parts), "utf-8")


def _samples() -> str:
    """Return some declarations, and how many digits and which suffixes the values have."""
    drawn = list(islice(distribution(seed=1), 10_000))
    texts = [text for each in drawn for side in entries(each) for _, text in side]
    digits = Counter(sum(character.isdigit() for character in text) for text in texts)
    suffixes = Counter(text.lstrip("0123456789.") for text in texts)
    some = "\n".join(f"    {each}" for each in drawn[:5])
    shares = [
        ("digits", ", ".join(f"{count}: {_percent(digits[count], texts)}" for count in sorted(digits))),
        ("suffix", ", ".join(f"{name or 'none'}: {_percent(n, texts)}" for name, n in suffixes.most_common())),
    ]
    return f"{some}\n\n{_table(['share of the values', ''], shares)}"


def _percent(count: int, texts: Sequence[str]) -> str:
    return f"{100 * count / len(texts):.2g} %"


INTRODUCTION = """\
# Benchmarks

`make bench` measures all of this again and writes this page. `benchmarks/quick.py` prints our rows of the library in
half a minute, `make bench-cli` those of the command, and `make bench-check` those of files of many pods.

A figure is a ratio to a baseline: the fastest bare idiom for the same work, which validates nothing. For messages that
is the official bindings: an empty entry appended with `requests.add()`, then its two fields assigned. The other idioms
that were tried are in `benchmarks/baseline.py` and `benchmarks/peers.py`, and `benchmarks/candidates.py` races them.
For JSON it is mashumaro's mixin on fields without a type; for a quantity, a `Decimal` multiplied by its unit; for
lines, a loop of `json.loads`, a message and `SerializeToString`, and back; for a file, only parsing it.

- *Cold* and *all distinct*: every declaration is new, drawn from a seeded distribution (at the end of this page): a hit
  rate of 0 %.
- *Warm*: a working set of 200 declarations of that distribution, all seen before: a hit rate of 100 %. Bytes to decode
  are new objects each time, as they are when they come from a socket.
- *README* is `Resources(cpu=("500m", 2), mem="1Gi", gpu=1)`, again and again; its baseline is written out line by line.
- *90 % repeat*: nine of ten lines are drawn from a working set of 200, the others are new: a hit rate of 90 %.
- *gRPC*: the generated stub of a service, called from Python, with the server in Go. Our objects are made of the
  values, copied into the request, and made again of the answer; with raw messages, the fields are filled and read.

All ways take turns within a round. A figure is the least of all rounds, in CPU time; *wall*, and gRPC's calls a second,
are by the clock. The costs of a command are those of its whole process.
"""

COMMAND_FLOOR = """\
What bounds the rows of the command, and of gRPC:

- `check` of one file: all but a tenth of the time goes to importing click, PyYAML, and 60 modules of ours. Neither
  protobuf nor mashumaro is among them, and nothing is looked for among them by the garbage collector.
- Lines that are all distinct: four fifths of the time of a line is that of a cold declaration, or of cold decoding. The
  rest is its JSON, and some 5 µs for splitting, the cache of lines and writing. Making the cache smaller, or leaving
  it out, saves nothing.
- gRPC: warm, making the request and reading the answer takes less time with our objects than with raw messages, and
  both are lost in the cost of the call. Cold, a call is one cold declaration and one cold decoding behind.
"""

AHEAD = """\
Every row in which anything is faster or smaller than `resources-py`. Only the Kubernetes client's `parse_quantity`,
in the rows of `Quantity`, validates what it reads.
"""

FLOOR = """\
The rows of *bare exact steps* are the floor of both cold rows: `benchmarks/floor.py` parses each distinct text, prints
it, joins the bytes and makes one object; to decode, it reads each field and parses each distinct text. It finds no
error and no warning, compares no request with its limit, and accepts text alone. Those steps, and the search in a
cache, lie between the floor and our row. These were tried and left out:

- A cache of parsed texts, beside that of whole declarations: of the texts of the distribution, 4 in 10 are among the
  last 4,096, and finding and evicting them takes longer than parsing all of them.
- A parser that is one regular expression: simpler, and takes 1.5 µs for a text instead of 0.9.
- One object for equal declarations, made by a metaclass: 0.36 for README's declaration in place of 0.51. A subclass
  that is also a protocol, or has a metaclass of its own, would be an error. Of the 0.51, an object with five fields
  takes 0.2, the search in the cache 0.1, and `bytes` 0.04.
- One slot that holds all of a declaration: 0.36 too, but 0.41 for the memory of distinct ones.
- A decoder or a validator of our own beside the official runtime and the parser: two implementations of one rule.
"""

LEGEND = """\
A cell is the ratio and the figure. Not every peer can do the same: flytekit gets one declaration for each side, since
it has no pair for a disk; flyte has no limits for GPUs and disks, and writes fewer entries than README's six; the
Kubernetes client writes JSON and no protobuf; msgspec and pydantic validate types and read no quantity. To `hash` a
message, its bytes are hashed.
"""

GROWTH = """\
A process that declares and encodes that many, or decodes them, and keeps them all: CPU time and resident memory of one,
the filling of the caches included. Below 100, pages of memory are too coarse to count. Equal declarations share
their bytes, which is why warm ones take less memory.
"""

DISTRIBUTION = """\
`benchmarks/declarations.py` draws text and numbers, single values and pairs whose request is at most the limit, of 1 to
12 digits, with fractions, exponents and every suffix. The first five:
"""


def _plot(points: Sequence[Mapping[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "resources"  # the same figures give the same file
    from matplotlib import pyplot

    figure, (times, sizes) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    styles = {
        (OURS, "warm"): "C0o-",
        (OURS, "cold"): "C0o--",
        (BASELINE, "warm"): "C1s-",
        (BASELINE, "cold"): "C1s--",
    }
    for (way, state), style in styles.items():
        line = sorted((p for p in points if (p["way"], p["state"]) == (way, state)), key=lambda p: p["items"])
        times.plot([p["items"] for p in line], [p["seconds"] * 1e6 for p in line], style, label=f"{way}, {state}")
        line = [p for p in line if p["items"] >= 100]
        sizes.plot([p["items"] for p in line], [p["bytes"] for p in line], style, label=f"{way}, {state}")
    for axes, title in ((times, "CPU time of one, µs"), (sizes, "memory of one, bytes")):
        axes.set_title(title)
        axes.set_xlabel("items in the process")
        axes.set_xscale("log")
        axes.grid(alpha=0.3)
    times.set_yscale("log")
    times.legend()
    sizes.set_ylim(bottom=0)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    write(json.loads(RESULTS.read_text()))
