"""What is measured in processes of their own: imports, the memory of many declarations, and growth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

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


def imports(rounds: int, statements: dict[str, str]) -> list[Row]:
    """Import each, in a process of its own, the interpreter's start included."""
    found: dict[str, dict[str, float]] = {"wall": {}, "CPU": {}}
    for number, order in enumerate(in_turns(list(statements), rounds + 1)):
        for name in order:
            for clock, cost in _run(statements[name]).items():
                if number:  # the first round reads the files into memory
                    found[clock][name] = min(cost, found[clock].get(name, cost))
    rows: list[Row] = []
    for clock, least in found.items():
        rows += rows_of("import", clock, "ms", {name: least[name] for name in statements}, NOTHING_OF_OURS)
    return rows


def _run(statement: str) -> dict[str, float]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") or name == "PYTHONPATH"}
    begun = perf_counter()
    # -P: no module from the folder that this runs in
    process = subprocess.Popen([sys.executable, "-P", "-c", statement], env=kept)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{statement} failed")
    return {"wall": (perf_counter() - begun) * 1e3, "CPU": (usage.ru_utime + usage.ru_stime) * 1e3}


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
