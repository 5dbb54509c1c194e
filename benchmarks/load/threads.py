"""Use the package's caches from many threads at once and check every answer.

    python benchmarks/load/threads.py [--threads 16] [--values 5000] [--rounds 3]

The expected answers come from conformance/vectors or from the specification, never from the code under test. There are
more values than a cache holds, so entries are evicted while other threads read. Prints one line; exits with 1 if an
answer is wrong. Without gRPC, the client is left out.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import json
import pickle
import random
import sys
import sysconfig
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from google.protobuf.internal import api_implementation
from mashumaro.dialect import Dialect

import resources_py
from resourceidl.v1 import resources_pb2 as pb
from resources_py import Quantity, QuantityError, Resources, ResourcesError

VECTORS = Path(__file__).resolve().parents[2] / "conformance" / "vectors"
SHOWN = 20


def answers() -> types.ModuleType:
    """Import the resolver without the package around it, which needs gRPC."""
    try:
        importlib.import_module("resources_py.service")
    except ImportError:
        package = types.ModuleType("resources_py.service")
        package.__path__ = [str(Path(resources_py.__file__).parent / "service")]
        sys.modules["resources_py.service"] = package
    return importlib.import_module("resources_py.service._resolve")


def entry(side: int, name: int, value: str) -> bytes:
    inner = bytes([0x08, name, 0x12, len(value)]) + value.encode()
    return bytes([side << 3 | 2, len(inner)]) + inner


def framed(data: bytes) -> bytes:
    assert len(data) < 128
    return bytes([0x0A, len(data)]) + data


# A job: its name, the call, and the expected result.
Job = tuple[str, Callable[[], object], object]


def from_vectors(resolved: Callable[[bytes], bytes]) -> Iterator[Job]:
    """Yield jobs from the vectors: Go's quantities, and requests with their answers."""

    def read(text: str) -> object:
        try:
            quantity = Quantity(text)
        except QuantityError as error:
            return error.reason
        return str(quantity), quantity.format

    def resolve(request: bytes) -> object:
        try:
            return resolved(request).hex()
        except ResourcesError as error:
            return [{"field": field, "reason": reason} for field, reason, _ in error.violations]

    for line in (VECTORS / "quantities.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        if len(text := vector.get("text", "x" * 100)) < 100:
            expected = vector.get("reason") or (vector["canonical"], vector["format"])
            yield f"quantity {text!r}", lambda text=text: read(text), expected
    for line in (VECTORS / "resolve.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        if vector["status"] == "INTERNAL":
            continue  # not a request
        if vector["request"] is None and api_implementation.Type() == "python":
            continue  # protobuf's pure Python parser reads a padded tag as another field
        request = bytes.fromhex(vector["hex"])
        expected = vector["violations"] if "violations" in vector else vector["answer"]
        yield f"resolve {vector['tag']}", lambda request=request: resolve(request), expected


def computed(
    n: int, resolved: Callable[[bytes], bytes], request_of: Callable[[Resources], bytes] | None
) -> Iterator[Job]:
    """Return the jobs for one declaration with n thousandths of CPU and n Mi of memory."""
    cpu, mem = f"{n}m", f"{n}Mi"
    sent_cpu = cpu if n % 1000 else str(n // 1000)
    sent_mem = mem if n % 1024 else f"{n // 1024}Gi"
    above = f"{n + 1}m" if (n + 1) % 1000 else str((n + 1) // 1000)
    pair = entry(1, 1, sent_cpu) + entry(1, 3, sent_mem) + entry(2, 1, above) + entry(2, 3, sent_mem)
    plain = {"cpu": [cpu, above], "mem": mem, "gpu": None, "ephemeral_storage": None}
    stanza = {"requests": {"cpu": sent_cpu, "memory": sent_mem}, "limits": {"cpu": above, "memory": sent_mem}}

    def declared() -> Resources:
        return Resources(cpu=(cpu, above), mem=mem)

    def refused() -> object:
        try:
            Resources(cpu=(above, cpu), mem=f"{n}Mb")
        except ResourcesError as error:
            return [(field, reason) for field, reason, _ in error.violations]
        return None

    yield (
        f"quantity {n}",
        lambda: (str(Quantity(cpu)), Quantity(cpu) < Quantity(above), Quantity(mem).value),
        (sent_cpu, True, n * 2**20),
    )
    yield f"sum {n}", lambda: (Quantity(cpu) + Quantity(f"{999 * n}m")).value, n
    yield f"bytes {n}", lambda: bytes(declared()), pair
    yield (
        f"from_bytes {n}",
        lambda: repr(Resources.from_bytes(pair)),
        f"Resources(cpu=({sent_cpu!r}, {above!r}), mem={sent_mem!r})",
    )
    yield f"again {n}", lambda: bytes(Resources.from_bytes(pair)), pair
    yield f"from_proto {n}", lambda: Resources.from_proto(pb.Resources.FromString(pair)) == declared(), True
    yield f"to_json {n}", lambda: declared().to_json(), json.dumps(plain)
    yield f"from_json {n}", lambda: Resources.from_json(json.dumps(plain)).to_dict(), plain
    yield f"to_kubernetes {n}", lambda: declared().to_kubernetes(), stanza
    yield f"from_kubernetes {n}", lambda: bytes(Resources.from_kubernetes(stanza)), pair
    yield (
        f"hash {n}",
        lambda: hash(Resources(cpu=n)) == hash(Resources(cpu=f"{n}000m")) == hash(Resources(cpu=float(n))),
        True,
    )
    yield f"copies {n}", lambda: copy.copy(declared()) == pickle.loads(pickle.dumps(declared())) == declared(), True
    yield (
        f"limits {n}",
        lambda: {name: str(q) for name, q in declared().limits.items()},
        {"cpu": above, "mem": sent_mem},
    )
    yield f"refused {n}", refused, [("cpu[0]", "REQUEST_ABOVE_LIMIT"), ("mem", "INVALID_QUANTITY")]
    yield f"resolve {n}", lambda: resolved(framed(pair)), framed(pair)
    if request_of is not None:
        yield f"request {n}", lambda: request_of(declared()), framed(pair)


def untouched(values: int) -> Iterator[Job]:
    """Use fresh objects from all threads at once, so that lazy state is computed concurrently."""
    for n in range(values):
        quantity, text = Quantity(f"{n}.5Mi"), f"{1024 * n + 512}Ki"
        read = Resources.from_bytes(entry(1, 3, f"{1024 * n}Ki"))
        sent = entry(1, 3, (f"{n}Mi" if n % 1024 else f"{n // 1024}Gi") if n else "0")
        yield (
            f"late quantity {n}",
            lambda q=quantity: (str(q), q.format, q.value),
            (text, "BinarySI", (2 * n + 1) * 2**19),
        )
        yield f"late hash {n}", lambda q=quantity, t=text: (hash(q), q) == (hash(Quantity(t)), Quantity(t)), True
        yield f"late bytes {n}", lambda r=read: bytes(r), sent


def dialects(rounds: int) -> Iterator[Job]:
    """Mashumaro compiles a method for each dialect on first use."""
    for n in range(20 * rounds):
        dialect = type(f"Terse{n}", (Dialect,), {"omit_none": True})
        yield f"dialect {n}", lambda d=dialect: Resources(cpu=1).to_dict(dialect=d), {"cpu": 1}
        yield f"from dialect {n}", lambda d=dialect: Resources.from_dict({"cpu": 1}, dialect=d).cpu, 1


def run(jobs: list[Job], threads: int) -> tuple[int, list[str]]:
    """Run every job in every thread, each in its own order; return the count and the failures."""
    wrong: list[str] = []
    begin = threading.Barrier(threads)

    def work(number: int) -> None:
        # Every second thread starts with the same jobs at the same time; the others start anywhere.
        order = list(range(len(jobs)))
        if number % 2:
            random.Random(number).shuffle(order)
        begin.wait()
        for index in order:
            name, do, expected = jobs[index]
            try:
                got = do()
            except BaseException as error:
                got = repr(error)
            if got != expected:
                wrong.append(f"{name}: {got!r}, not {expected!r}")

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return threads * len(jobs), wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--values", type=int, default=5000, help="more than the 4096 that a cache holds")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    resolved = answers().resolve_bytes
    client = sys.modules["resources_py.service"]
    request_of = client._codec.encode_request if hasattr(client, "_codec") else None
    sys.setswitchinterval(1e-6)
    start, done, wrong = time.monotonic(), 0, list[str]()
    for number in range(options.rounds):
        chooser = random.Random(number)
        jobs = [*from_vectors(resolved), *untouched(500), *dialects(1)]
        for n in chooser.sample(range(1, options.values + 1), options.values):
            some = list(computed(n, resolved, request_of))
            jobs += some if n % 50 == 0 else chooser.sample(some, 3)
        count, found = run(jobs, options.threads)
        done, wrong = done + count, wrong + found

    for line in wrong[:SHOWN]:
        print(line)
    lock = "without" if sysconfig.get_config_var("Py_GIL_DISABLED") and not sys._is_gil_enabled() else "with"
    print(
        f"{options.threads} threads, {lock} a global lock: {done} answers, {len(wrong)} wrong, "
        f"in {time.monotonic() - start:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
