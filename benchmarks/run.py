"""Measure Resources beside its peers, print the tables, and write docs/reference/benchmarks.md.

    make bench                                   # makes the environment, then runs this
    python benchmarks/run.py [--rounds N] [PART …]

The environment has the packages of requirements/bench.txt and the built wheel; this folder is on PYTHONPATH.
quick.py needs no peers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import processes
import report
import values
from measure import BASELINE, OURS, Row

from resources_py import proto_path

HERE = Path(__file__).resolve().parent


def generate_protobuf_py() -> None:
    """Write protobuf-py's bindings from the .proto in the wheel."""
    target = Path(sysconfig.get_path("purelib")) / "protobuf_py_bindings"
    target.mkdir(exist_ok=True)
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{proto_path()}", f"--py_out={target}"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run([*protoc, "resourceidl/v1/resources.proto"], check=True, env={**os.environ, "PATH": path})
    (target / "__init__.py").touch()


def in_process(rounds: int) -> list[Row]:
    import peers
    from kubernetes.utils import parse_quantity

    found = values.encoding(rounds, _fastest(peers.ENCODERS), {"flyte": peers.flyte_readme})
    found += values.decoding(rounds, _fastest(peers.DECODERS))
    found += values.json_forms(rounds, {name: form for name, form in peers.FORMS.items() if name != OURS})
    found += values.comparing(rounds)
    return found + values.quantities(rounds, {peers.KUBERNETES: parse_quantity})


def _fastest(ways: dict[str, Any]) -> dict[str, Any]:
    return {name: candidates[0] for name, candidates in ways.items()}


def imports(rounds: int) -> list[Row]:
    return processes.imports(max(3, rounds // 2), processes.IMPORTS | processes.PEERS)


def memory(rounds: int) -> list[Row]:
    count = 1_000_000 if rounds > 10 else 50_000
    counts = {BASELINE: count, OURS: count, f"{OURS}, decoded": count}
    few = ("betterproto", "flytekit", "pydantic", "msgspec", "Kubernetes client")
    return processes.memory(counts | dict.fromkeys(few, count // 20))


def grpc(rounds: int) -> list[dict[str, Any]]:
    """Measure the clients in a process of their own, without the peers' weight."""
    command = [sys.executable, str(HERE / "rpc.py"), str(max(3, rounds // 2))]
    found: list[dict[str, Any]] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def growth(rounds: int) -> list[dict[str, Any]]:
    return processes.growth(6 if rounds > 10 else 4)


PARTS: dict[str, Callable[[int], Sequence[Any]]] = {
    "values": in_process,
    "import": imports,
    "memory": memory,
    "grpc": grpc,
    "growth": growth,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {' '.join(PARTS)}; all, if none is given")
    parser.add_argument("--rounds", type=int, default=21)
    arguments = parser.parse_args()
    generate_protobuf_py()
    found = {}
    for name in arguments.parts or PARTS:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        measured = PARTS[name](arguments.rounds)
        found[name] = [row.as_dict() if isinstance(row, Row) else row for row in measured]
        report.show(found[name])
    report.keep(found)


if __name__ == "__main__":
    main()
