"""The figures as tables: on the terminal, and as docs/benchmarks.md with its plot.

Run by itself, with this folder on PYTHONPATH, it writes the page anew from what was measured last.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from measure import OURS, REFERENCE

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "bench" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
PLOT = "benchmarks.svg"

DISTRIBUTIONS = (
    *("resources-py", "protobuf", "mashumaro", "grpcio", "betterproto", "protobuf-py"),
    *("flytekit", "flyte", "kubernetes", "pydantic", "msgspec"),
)
UNCHECKED = "mashumaro, unchecked"
RAW = "raw messages, generated stub"


class Bar(NamedTuple):
    """What must be reached: its words, where the figure stands, and how much it may be; "≥ …" if it must be as much."""

    words: str
    task: str
    reference: str
    state: str
    bar: str = ""
    way: str = OURS


BARS = (
    Bar("declare, validate and encode, to build and serialize", "declare + encode", REFERENCE, "warm", "≤ 0.35"),
    Bar("the same", "declare + encode", REFERENCE, "cold", "≤ 2.5"),
    Bar("the same", "declare + encode", REFERENCE, "cold, fractions"),
    Bar("decode and validate, to parse and read every field", "decode + read", REFERENCE, "warm", "≤ 0.6"),
    Bar("the same", "decode + read", REFERENCE, "cold", "≤ 2.5"),
    Bar("the same", "decode + read", REFERENCE, "cold, fractions"),
    Bar("declare and encode, to flytekit's path", "declare + encode", "flytekit", "warm", "≤ 0.1"),
    Bar("the same", "declare + encode", "flytekit", "cold"),
    Bar("from_json and to_json, to mashumaro unchecked", "from_json + to_json", UNCHECKED, "warm", "≤ 1.5"),
    Bar("the same", "from_json + to_json", UNCHECKED, "cold", "≤ 1.5"),
    Bar("`import resources_py`, to the generated module", "import", REFERENCE, "wall", "≤ 1.6"),
    Bar("`from resources_py import Resources`", "import", REFERENCE, "wall", way=f"{OURS}, and use"),
    Bar("gRPC unary, calls a second, to raw messages", "gRPC unary", RAW, "warm", "≥ 0.95"),
    Bar("the same", "gRPC unary", RAW, "cold", "≥ 0.95"),
    Bar("gRPC stream, items a second, to raw messages", "gRPC stream", RAW, "warm", "≥ 0.95"),
    Bar("the same", "gRPC stream", RAW, "cold", "≥ 0.95"),
    Bar("memory of 1,000,000, to as many messages", "memory of an item", REFERENCE, "distinct", "≤ 1.0"),
)

Found = Mapping[str, Sequence[Mapping[str, Any]]]


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
    """Give one task's table: a line each way, a column each state."""
    states, ways = (list(dict.fromkeys(row[key] for row in rows)) for key in ("state", "way"))
    cells = {
        (row["way"], row["state"]): f"{_number(row['ratio'])} ±{_number((row['high'] - row['low']) / 2)}"
        f" ({_number(row['cost'])} {row['unit']})"
        for row in rows
    }
    return _table(["", *states], [[way, *(cells.get((way, state), "") for state in states)] for way in ways])


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured."""
    if rows and "items" in rows[0]:
        print(_growth(rows))
        return
    for (task, reference), found in _by_task(rows).items():
        print(f"\n{task}, to {reference}\n{_task(found)}", flush=True)


def _growth(points: Sequence[Mapping[str, Any]]) -> str:
    columns = [(way, state) for way in (OURS, REFERENCE) for state in ("warm", "cold")]
    at = {(point["way"], point["state"], point["items"]): point for point in points}
    lines = []
    for items in sorted({point["items"] for point in points}):
        found = [at[way, state, items] for way, state in columns]
        memory = [f", {_number(point['bytes'])} B" if items >= 100 else "" for point in found]
        times = [f"{_number(point['seconds'] * 1e6)} µs" for point in found]
        lines.append([f"{items:,}", *(time + bytes_ for time, bytes_ in zip(times, memory, strict=True))])
    return _table(["items", *(f"{way}, {state}" for way, state in columns)], lines)


def bars(found: Found) -> str:
    """Give the table of what must be reached."""
    rows = [row for name, rows in found.items() if name != "growth" for row in rows]
    measured = {(row["task"], row["reference"], row["state"], row["way"]): row for row in rows}
    lines = []
    for words, task, reference, state, bar, way in BARS:
        row = measured.get((task, reference, state, way))
        if row is not None:
            spread = f"{_number(row['low'])} to {_number(row['high'])}"
            lines.append([words, state, bar, _number(row["ratio"]), spread, _verdict(row["ratio"], bar)])
    return _table(["", "", "bar", "ratio", "middle half", ""], lines)


def _verdict(ratio: float, bar: str) -> str:
    if not bar:
        return ""
    reached = ratio >= float(bar[2:]) if bar.startswith("≥") else ratio <= float(bar[2:])
    return "reached" if reached else "missed"


def keep(found: Found) -> None:
    """Keep what was measured beside what was before; where all of it is there, print the bars and write the page."""
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept = before | found | {"machine": _machine()}
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
    reached = bars(found)
    print(f"\n{reached}")
    growth = found.pop("growth", [])
    if growth:
        _plot(growth, PAGE.parent / PLOT)
    parts = [INTRODUCTION, "## What must be reached\n", reached, FLOORS, "## Everything that was measured\n", LEGEND]
    for rows in found.values():
        for (task, reference), each in _by_task(rows).items():
            parts.append(f"### {task}, to {reference}\n\n{_task(each)}")
    if growth:
        parts.append(
            f"## Growth\n\n{GROWTH}\n\n![Time and memory an item, from 1 to 1,000,000]({PLOT})\n\n{_growth(growth)}"
        )
    parts.append("## Where\n\n" + _table(["", ""], machine.items()))
    PAGE.write_text("\n".join(part.rstrip("\n") + "\n" for part in parts), "utf-8")


INTRODUCTION = """\
# Benchmarks

`make bench` measures all of this anew, in a quarter of an hour, and writes this page. The reference case has four
resources, two of them pairs: eight entries on the wire. *Warm* is one declaration, again and again: a program declares
few distinct ones. *Cold* is a declaration none of whose values was among the last 99,000, written in whole numbers
(`cpu=("1234m", "2468m"), mem="1234Mi", gpu="1234", ephemeral_storage=("1234Gi", "2468Gi")`), or else with fractions
(`cpu=("1.234", "2.468"), mem="1234.5Mi"`, and so on): each of these costs reading, checking, printing, and a place in a
cache.

The official bindings build, serialize, parse and read the same message, and check nothing. Each figure is the ratio to
them, or to what is named, taken within one round and process in which all ways take turns: the median of 41 rounds. It
is CPU time, but for the import and the calls a second, which are by the clock.
"""

FLOORS = """\
Where a bar is missed, or hardly reached, this is what it comes down to:

- *import*: to have `Resources` is to import protobuf and mashumaro, whose mixin is its base. `bindings + mashumaro`,
  further down, imports these two and nothing of ours: no class of mashumaro's can be had for less.
- *from_json and to_json, cold*: mashumaro looks at no value, so that its cold is its warm. What is on top of it here is
  the declaring: the cold row of declaring stands above. With that alone the bar would be missed.
- *gRPC, cold*: an item is declared, and its answer read, neither of them seen before: the two cold rows above, while
  the processor has been at other things. `client's CPU`, further down, says how much it is of a call. As calls a second
  it shows where client and server share what cores there are.
"""

LEGEND = """\
A cell is the ratio, half the width of the middle half of the rounds' ratios, and the best round's figure. Not every
peer can do the same: flytekit needs pairs to set limits, and is given them; flyte has no limit for GPUs and disk, and
writes six entries; the Kubernetes client writes JSON and no protobuf; msgspec and pydantic hold values to their types
and read no quantity. To `hash` a message, its bytes are hashed. `Quantity` stands beside `parse_quantity`.
"""

GROWTH = """\
A process that declares and encodes as many, and keeps them all: CPU time and resident memory an item, garbage
collection and the filling of the caches included. (Below 100 items, pages of memory are too coarse to count in.)"""


def _plot(points: Sequence[Mapping[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "resources"  # the same figures give the same file
    from matplotlib import pyplot

    figure, (times, sizes) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    styles = {
        (OURS, "warm"): "C0o-",
        (OURS, "cold"): "C0o--",
        (REFERENCE, "warm"): "C1s-",
        (REFERENCE, "cold"): "C1s--",
    }
    for (way, state), style in styles.items():
        line = sorted((p for p in points if (p["way"], p["state"]) == (way, state)), key=lambda p: p["items"])
        times.plot([p["items"] for p in line], [p["seconds"] * 1e6 for p in line], style, label=f"{way}, {state}")
        line = [p for p in line if p["items"] >= 100]
        sizes.plot([p["items"] for p in line], [p["bytes"] for p in line], style, label=f"{way}, {state}")
    for axes, title in ((times, "CPU time an item, µs"), (sizes, "memory an item, bytes")):
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
