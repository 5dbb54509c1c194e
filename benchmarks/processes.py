"""What is measured in processes of their own: imports, the memory of many declarations, and growth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from measure import BASELINE, OURS, Row, in_turns, rows_of

HERE = Path(__file__).resolve().parent
NOTHING_OF_OURS = "bindings + mashumaro"
IMPORTS = {
    NOTHING_OF_OURS: "import resourceidl.v1.resources_pb2, mashumaro.mixins.json",
    OURS: "from resources_py import Resources",
    f"{OURS}, the package alone": "import resources_py",
    BASELINE: "import resourceidl.v1.resources_pb2",
    "nothing": "pass",
}
PEERS = {
    "betterproto": "import resourceidl_betterproto.resourceidl.v1",
    "pydantic": "from pydantic import BaseModel",
    "msgspec": "import msgspec",
    "Kubernetes client": "import kubernetes.client",
    "flytekit": "from flytekit import Resources",
    "flyte": "from flyte import Resources",
}


class Cost(NamedTuple):
    """What a process took. Its peak memory is at least that of the process that started it, which is to be small."""

    cpu: float  # seconds
    wall: float
    mib: float
    exit_code: int


def cost(command: Sequence[str | Path], longest: float = 900) -> Cost:
    """Run a process, and return what it took. One that takes longer than so many seconds is killed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name == "PYTHONPATH"}
    begun = perf_counter()
    nowhere = subprocess.DEVNULL
    with subprocess.Popen([*map(str, command)], env=kept, stdout=nowhere, stderr=nowhere) as process:
        timer = threading.Timer(longest, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - begun
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    mib = usage.ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
    return Cost(usage.ru_utime + usage.ru_stime, wall, mib, process.returncode)


def least(commands: Mapping[str, Sequence[str | Path]], rounds: int, expected: int = 0) -> dict[str, Cost]:
    """Run the commands in turns, and return the least of each that they took."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for order in in_turns(list(commands), rounds):
        for name in order:
            found[name].append(cost(commands[name]))
    for name, costs in found.items():
        if any(each.exit_code != expected for each in costs):
            raise RuntimeError(f"{name}: exit code {costs[-1].exit_code}")
    return {name: Cost(*map(min, zip(*costs, strict=True))) for name, costs in found.items()}


def race(task: str, commands: Mapping[str, Sequence[str | Path]], rounds: int, reference: str) -> list[Row]:
    """Compare whole processes, the start of the interpreter included."""
    least(commands, 1)  # reads the files into memory
    costs = least(commands, rounds)
    rows = rows_of(task, "wall", "ms", {name: each.wall * 1e3 for name, each in costs.items()}, reference)
    return rows + rows_of(task, "CPU", "ms", {name: each.cpu * 1e3 for name, each in costs.items()}, reference)


def imports(rounds: int, statements: Mapping[str, str]) -> list[Row]:
    """Import each, in a process of its own."""
    # -P: no module from the folder that this runs in
    commands = {name: [sys.executable, "-P", "-c", statement] for name, statement in statements.items()}
    return race("import", commands, rounds, NOTHING_OF_OURS)


def hold(way: str, count: int, state: str = "cold") -> dict[str, float]:
    """Run hold.py."""
    command = [sys.executable, str(HERE / "hold.py"), way, str(count), state]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def memory(counts: dict[str, int]) -> list[Row]:
    """Hold distinct declarations, so many of each way, and return the bytes that one of them takes."""
    costs = {way: hold(way, count)["peak"] for way, count in counts.items()}
    return rows_of("memory of one", "distinct", "bytes", costs)


def growth(powers: int) -> list[dict[str, Any]]:
    """Declare and encode, or decode, 1 to 10**powers in a new process, and keep them all: time and memory of one."""
    points = []
    for power in range(powers + 1):
        for way in (OURS, BASELINE, f"{OURS}, decoded", f"{BASELINE}, decoded"):
            for state in ("cold", "warm"):
                runs = [hold(way, 10**power, state) for _ in range(5 if power < 4 else 1)]
                best = min(runs, key=lambda run: run["seconds"])
                points.append({"way": way, "state": state, "items": 10**power} | best)
    return points
