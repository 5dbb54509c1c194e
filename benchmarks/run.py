"""Resources beside its peers: everything is measured, printed as a table, and written to docs/benchmarks.md.

    make bench                                  # makes the environment, and then runs this
    python benchmarks/run.py [--quick] [PART …]

The environment has the packages of requirements/bench.txt and the built wheel; this folder is on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import report
from measure import OURS, REFERENCE, Row, compare, rows_of
from reference import COLD, WARM, Case, encode_official, numbers

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Quantity, Resources, _wire, proto_path

HERE = Path(__file__).resolve().parent
BATCH = 200


def generate_protobuf_py() -> None:
    """Write protobuf-py's bindings, from the .proto in the wheel."""
    target = Path(sysconfig.get_path("purelib")) / "protobuf_py_bindings"
    target.mkdir(exist_ok=True)
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{proto_path()}", f"--py_out={target}"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run([*protoc, "resourceidl/v1/resources.proto"], check=True, env={**os.environ, "PATH": path})
    (target / "__init__.py").touch()


# ---- one value at a time

Inputs = Callable[[int], list[Any]]  # what a way takes, in each round


class Fresh:
    """Cases, none of which has a value that is in any cache."""

    def __init__(self) -> None:
        self._numbers = numbers()

    def states(self, make: Callable[[Case], Any] = lambda case: case) -> dict[str, Inputs]:
        """Give, for each state, what `make` makes of a batch of cases."""

        def cold(shape: Callable[[int], Case], _: int) -> list[Any]:
            return [make(shape(number)) for number in itertools.islice(self._numbers, BATCH)]

        return {"warm": lambda _: [make(WARM)] * BATCH} | {name: partial(cold, shape) for name, shape in COLD.items()}


def values(rounds: int) -> list[Row]:
    """Declare, encode, decode, convert and compare."""
    import peers

    rows = []
    fresh = Fresh()
    for state, given in fresh.states().items():
        rows += compare("declare + encode", state, peers.ENCODE, {"": given}, rounds)
        two = {name: peers.ENCODE[name] for name in ("flytekit", OURS)}
        rows += compare("declare + encode", state, two, {"": given}, rounds, reference="flytekit")
    for state, given in fresh.states(encode_official).items():
        rows += compare("decode + read", state, peers.DECODE, {"": given}, rounds)
    for task in ("to_dict", "from_dict", "to_json", "from_json", "from_json + to_json"):
        ways = {name: _conversion(form, task) for name, form in peers.FORMS.items()}
        for state in ("warm", *COLD):
            inputs = {name: fresh.states(_input(name, task))[state] for name in ways}
            rows += compare(task, state, ways, inputs, rounds)
            if task == "from_json + to_json":
                two = {name: ways[name] for name in (peers.UNCHECKED, OURS)}
                rows += compare(task, state, two, inputs, rounds, reference=peers.UNCHECKED)
    return rows + equality(rounds, fresh)


def _conversion(form: Any, task: str) -> Callable[[Any], Any]:
    if task != "from_json + to_json":
        convert: Callable[[Any], Any] = getattr(form, task)
        return convert
    read, write = form.from_json, form.to_json
    return lambda text: write(read(text))


def _input(name: str, task: str) -> Callable[[Case], Any]:
    """Give what makes a conversion's input: the object, or what somebody wrote, of whose values none was declared."""
    import peers

    form = peers.FORMS[name]
    if task.startswith("to_"):
        made: Callable[[Case], Any] = form.made
        return made
    writer = form if name in peers.KEYS_OF_THEIR_OWN else peers.FORMS[peers.UNCHECKED]
    write = writer.to_dict if task == "from_dict" else writer.to_json
    return lambda case: write(writer.made(case))


def equality(rounds: int, fresh: Fresh) -> list[Row]:
    """Compare two that are equal, and hash one. Cold: just read from bytes, of values never seen."""

    def read(data: bytes) -> Resources:
        return Resources._from_values(_wire.read(_wire.decode(data), for_kubernetes=False))  # not the one that is kept

    def pairs(decode: Callable[[bytes], Any]) -> dict[str, Inputs]:
        return fresh.states(lambda case: (decode(encode_official(case)), decode(encode_official(case))))

    ours, bare = pairs(read), pairs(pb.Resources.FromString)
    same = {REFERENCE: lambda two: two[0] == two[1], OURS: lambda two: two[0] == two[1]}
    hashes = {REFERENCE: lambda two: hash(two[0].SerializeToString(deterministic=True)), OURS: lambda two: hash(two[0])}
    rows = []
    for state in ours:
        inputs = {REFERENCE: bare[state], OURS: ours[state]}
        rows += compare("==", state, same, inputs, rounds)
        rows += compare("hash", state, hashes, inputs, rounds)
    return rows


def quantity(rounds: int) -> list[Row]:
    """Read, and read and print, quantities: the six shapes of bench_quantity.py."""
    from bench_quantity import SHAPES
    from kubernetes.utils import parse_quantity

    theirs, fresh_numbers = "Kubernetes client", itertools.count(1)
    texts = [*SHAPES] * (BATCH // len(SHAPES))

    def fresh(_: int) -> list[str]:
        return [
            shape.format(number) for number in itertools.islice(fresh_numbers, BATCH // 6) for shape in SHAPES.values()
        ]

    rows = []
    ways = {theirs: parse_quantity, OURS: Quantity}
    printed = {theirs: lambda text: str(parse_quantity(text)), OURS: lambda text: str(Quantity(text))}
    for state, given in (("warm", lambda _: texts), ("cold", fresh)):
        rows += compare("Quantity, read", state, ways, {"": given}, rounds, reference=theirs)
        rows += compare("Quantity, read + str", state, printed, {"": given}, rounds, reference=theirs)
    return rows


# ---- processes


def _child(*command: str, environment: dict[str, str] | None = None) -> Any:
    result = subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True, env=environment)
    return json.loads(result.stdout)


def imports(rounds: int) -> list[Row]:
    """Import each, in a process of its own: its wall time, and its CPU time, the interpreter's start included."""
    modules = {
        REFERENCE: "import resourceidl.v1.resources_pb2",
        OURS: "import resources_py",
        f"{OURS}, and use": "from resources_py import Resources",
        "bindings + mashumaro": "import resourceidl.v1.resources_pb2, mashumaro.mixins.json",
        "nothing": "pass",
        "betterproto": "import resourceidl_betterproto.resourceidl.v1",
        "pydantic": "from pydantic import BaseModel",
        "msgspec": "import msgspec",
        "Kubernetes client": "import kubernetes.client",
        "flytekit": "from flytekit import Resources",
        "flyte": "from flyte import Resources",
    }
    rows = []
    slow = ("Kubernetes client", "flytekit", "flyte")
    for names, count in (([n for n in modules if n not in slow], rounds), ([REFERENCE, *slow], max(3, rounds // 8))):
        found: dict[str, dict[str, list[float]]] = {"wall": {}, "CPU": {}}
        for number in range(count + 1):
            for name in names if number % 2 else names[::-1]:
                wall, cpu = _import(modules[name])
                if number:  # the first reads the files into memory
                    found["wall"].setdefault(name, []).append(wall)
                    found["CPU"].setdefault(name, []).append(cpu)
        for clock, costs in found.items():
            wanted = rows_of("import", clock, "ms", costs)
            rows += [row for row in wanted if row.way != REFERENCE or names[-1] != "flyte"]
    return rows


def _import(statement: str) -> tuple[float, float]:
    from time import perf_counter

    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    begun = perf_counter()
    # -P: the folder that this runs in is no place for modules
    process = subprocess.Popen([sys.executable, "-P", "-c", statement], env=clean)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{statement} failed")
    return (perf_counter() - begun) * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3


def memory(rounds: int) -> list[Row]:
    """Hold a million: by how much the process's peak grows, an item."""
    count = 1_000_000 if rounds > 5 else 50_000
    few = count // 20
    ways = {REFERENCE: count, f"{REFERENCE}, parsed": count, OURS: count, f"{OURS}, parsed": count}
    ways |= {"protobuf-py": few, "betterproto": few, "flytekit": few, "pydantic": few, "msgspec": few}
    found = {}
    for way, number in ways.items():
        found[way] = [_child(str(HERE / "hold.py"), way, str(number))["peak"]]
    return rows_of("memory of an item", "distinct", "bytes", found)


def growth(rounds: int) -> list[dict[str, Any]]:
    """Declare and encode 1 to a million in a fresh process, and keep them all: time and memory an item."""
    most = 6 if rounds > 5 else 4
    points = []
    for power in range(most + 1):
        for way in (OURS, REFERENCE):
            for state in ("warm", "cold"):
                tries = 5 if power < 4 else 1
                runs = [_child(str(HERE / "hold.py"), way, str(10**power), state) for _ in range(tries)]
                best = min(runs, key=lambda run: run["seconds"])
                points.append({"way": way, "state": state, "items": 10**power} | best)
    return points


def grpc(rounds: int) -> list[dict[str, Any]]:
    """Measure the clients in a process of their own, which the peers do not weigh on."""
    rows: list[dict[str, Any]] = _child(str(HERE / "rpc.py"), str(rounds))
    return rows


# ---- all of it

PARTS: dict[str, Callable[[int], Sequence[Any]]] = {
    "values": values,
    "quantity": quantity,
    "import": imports,
    "memory": memory,
    "grpc": grpc,
    "growth": growth,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {' '.join(PARTS)}; all, if none is given")
    parser.add_argument("--quick", action="store_true", help="few rounds, and no page written")
    arguments = parser.parse_args()
    generate_protobuf_py()
    found = {}
    for name in arguments.parts or PARTS:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        measured = PARTS[name](5 if arguments.quick else 41)
        found[name] = [row.as_dict() if isinstance(row, Row) else row for row in measured]
        report.show(found[name])
    if not arguments.quick:
        report.keep(found)


if __name__ == "__main__":
    main()
