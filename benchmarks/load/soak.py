"""Put a reference server under full load.

    python benchmarks/load/soak.py --go-server PATH [--seconds 600] [--server Python] [--server Go]

Sixteen clients run in four processes, each on its own connection: blocking and asyncio, unary calls and streams, with
`resources_py.service` and without it. One request in ten is bad. Every expected answer is known beforehand, from
conformance/vectors or from the specification.

For each server, the script prints the number of requests and answers, the latency of unary calls, and the server's
resident memory. The first fifth of the time is the warm-up. The median memory of the last fifth may exceed that of the
second fifth by 10% or 8 MiB, whichever is more; runs under 30 seconds do not check this. Exits with 1 if an answer is
wrong or missing, if a reason of the specification did not occur, or if memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import Resources, ResourcesError
from resources_py.service import AsyncClient, Client

VECTORS = Path(__file__).resolve().parents[2] / "conformance" / "vectors" / "resolve.jsonl"
REASONS = {
    *("TOO_MANY_ENTRIES", "UNSUPPORTED_NAME", "DUPLICATE_NAME", "INVALID_QUANTITY", "OUT_OF_RANGE", "NEGATIVE"),
    *("NOT_WHOLE", "REQUEST_ABOVE_LIMIT", "REQUEST_NOT_EQUAL_LIMIT", "LIMIT_REQUIRED"),
}
STREAM = 1000  # items in one stream
TIMEOUT = 60.0
# Otherwise, all channels of a process would share one connection.
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_metadata_size", 64 * 1024)]
SHOWN = 10
GROWTH, GROWTH_MIB, JUDGED_FROM = 1.1, 8, 30.0


# ---- requests and expected answers

# The bytes of the Resources in the answer, or the field and reason of each violation.
Outcome = bytes | tuple[tuple[str, str], ...]


class Case(NamedTuple):
    """One request."""

    tag: str
    request: bytes
    outcome: Outcome
    plain: bool  # whether the official binding would write the same bytes


def framed(resources: bytes) -> bytes:
    """Return the ResolveRequest, or the answer, with the given Resources."""
    assert len(resources) < 128
    return bytes([0x0A, len(resources)]) + resources


def unframed(message: bytes) -> bytes:
    found = re.fullmatch(rb"\x0a[\x80-\xff]*[\x00-\x7f](.*)|", message, re.S)
    assert found
    return found[1] or b""


def vectors() -> list[Case]:
    cases = []
    for line in VECTORS.read_text("utf-8").splitlines():
        vector = json.loads(line)
        outcome: Outcome
        if vector["status"] == "INTERNAL":
            continue  # not a request
        if "answer" in vector:
            outcome = unframed(bytes.fromhex(vector["answer"]))
        else:
            outcome = tuple((v["field"], v["reason"]) for v in vector["violations"])
        cases.append(Case(vector["tag"], bytes.fromhex(vector["hex"]), outcome, vector["request"] is not None))
    return cases


def entry(side: int, name: int, value: str) -> bytes:
    inner = bytes([0x08, name, 0x12, len(value)]) + value.encode()
    return bytes([side << 3 | 2, len(inner)]) + inner


def unlike_others(n: int) -> Case:
    """Make a request that is in no cache: n thousandths of CPU, and memory with only a limit."""
    cpu, mem = (f"{n}m" if n % 1000 else str(n // 1000)), (f"{n}Ki" if n % 1024 else f"{n >> 10}Mi")
    asked = entry(1, 1, f"{n}m") + entry(2, 3, f"{n}Ki")
    return Case(str(n), framed(asked), entry(1, 1, cpu) + entry(1, 3, mem) + entry(2, 3, mem), True)


class Cases:
    """Yield requests endlessly. One in ten is invalid."""

    def __init__(self, seed: int, only_plain: bool) -> None:
        self._rng = random.Random(seed)
        known = [case for case in vectors() if case.plain or not only_plain]
        self._rng.shuffle(known)
        self._good = [case for case in known if isinstance(case.outcome, bytes)]
        bad = [case for case in known if not isinstance(case.outcome, bytes)]
        # Start with one per reason, so that a short run covers all of them.
        self._bad = [next(case for case in bad if reason in str(case.outcome)) for reason in sorted(REASONS)] + bad
        self._made = 0

    def __next__(self) -> Case:
        self._made += 1
        if self._made % 10 == 0:
            return self._bad[(self._made // 10 - 1) % len(self._bad)]
        if self._rng.random() < 0.5:
            return self._rng.choice(self._good)
        return unlike_others(self._rng.randrange(1, 1_000_000))


# ---- results, in bounded memory


class Tally:
    """Counts, and a histogram of latencies."""

    STEP = math.log(1.02)  # a bucket ends 2% above where it begins

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.latencies: Counter[int] = Counter()
        self.shown: list[str] = []

    def ask(self, case: Case) -> None:
        self.counts["requests"] += 1
        self.counts["bad"] += not isinstance(case.outcome, bytes)

    def answer(self, case: Case, outcome: Outcome) -> None:
        self.counts["answers"] += 1
        if outcome != case.outcome:
            self._say("wrong", f"{case.tag}: {outcome!r}, not {case.outcome!r}")
        if not isinstance(outcome, bytes):
            self.reasons.update(reason for _, reason in outcome)

    def lose(self, missing: int, why: object) -> None:
        self._say("lost", str(why), missing)

    def _say(self, what: str, text: str, times: int = 1) -> None:
        self.counts[what] += times
        if len(self.shown) < SHOWN:
            self.shown.append(f"{what}: {' '.join(text.split())[:400]}")

    def took(self, seconds: float) -> None:
        self.latencies[round(math.log(seconds) / self.STEP)] += 1

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.reasons += other.reasons
        self.latencies += other.latencies
        self.shown += other.shown

    def percentile(self, share: float) -> float:
        """Return milliseconds."""
        left = share * self.latencies.total()
        for bucket in sorted(self.latencies):
            left -= self.latencies[bucket]
            if left <= 0:
                return 1000 * math.exp(bucket * self.STEP)
        return math.nan


# ---- the clients: each asks until the time is over, and waits for what is due


class Sent(Resources):
    """A message that serializes to the given bytes, valid or not."""

    __slots__ = ("_data",)
    _data: bytes

    def __bytes__(self) -> bytes:
        """Return the bytes."""
        return self._data


def sent(case: Case) -> Resources:
    made = object.__new__(Sent)
    object.__setattr__(made, "_data", unframed(case.request))
    return made


def outcome_of(answer: Resources | ResourcesError) -> Outcome:
    if isinstance(answer, ResourcesError):
        return tuple((f"resources.{field}", reason) for field, reason, _ in answer.violations)
    return bytes(answer)


def refusal(error: Any) -> Outcome:
    """Parse a status.

    Raises `error` unless it is a rejection of the request.
    """
    status = rpc_status.from_call(error) if error.code() is grpc.StatusCode.INVALID_ARGUMENT else None
    if status is None:
        raise error
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(bad)
    return tuple((violation.field, violation.reason) for violation in bad.field_violations)


def streamed(answer: bytes) -> Outcome:
    message = service_pb.ResolveStreamResponse.FromString(answer)
    if message.WhichOneof("result") == "resources":
        return unframed(answer)
    return tuple((violation.field, violation.reason) for violation in message.violations.violations)


def some(cases: Cases, tally: Tally, due: deque[Case], end: float) -> Iterator[Case]:
    """Yield the items of one stream and record that their answers are due."""
    for _ in range(STREAM):
        if time.monotonic() >= end:
            return
        case = next(cases)
        due.append(case)
        tally.ask(case)
        yield case


def unary(address: str, cases: Cases, tally: Tally, end: float) -> None:
    with Client(address, options=OPTIONS, timeout=TIMEOUT) as client:
        while time.monotonic() < end:
            case = next(cases)
            tally.ask(case)
            begin = time.monotonic()
            answer: Resources | ResourcesError
            try:
                answer = client.resolve(sent(case))
            except ResourcesError as error:
                answer = error
            except grpc.RpcError as error:
                tally.lose(1, error)
                time.sleep(0.1)
                continue
            tally.took(time.monotonic() - begin)
            tally.answer(case, outcome_of(answer))


def stream(address: str, cases: Cases, tally: Tally, end: float) -> None:
    with Client(address, options=OPTIONS) as client:
        while time.monotonic() < end:
            due: deque[Case] = deque()
            items = map(sent, some(cases, tally, due, end))
            try:
                for answer in client.resolve_many(items, timeout=TIMEOUT):
                    tally.answer(due.popleft(), outcome_of(answer))
            except (grpc.RpcError, RuntimeError) as error:
                tally.lose(len(due), error)
                time.sleep(0.1)


async def unary_aio(address: str, cases: Cases, tally: Tally, end: float) -> None:
    async with AsyncClient(address, options=OPTIONS, timeout=TIMEOUT) as client:
        while time.monotonic() < end:
            case = next(cases)
            tally.ask(case)
            begin = time.monotonic()
            answer: Resources | ResourcesError
            try:
                answer = await client.resolve(sent(case))
            except ResourcesError as error:
                answer = error
            except grpc.RpcError as error:
                tally.lose(1, error)
                await asyncio.sleep(0.1)
                continue
            tally.took(time.monotonic() - begin)
            tally.answer(case, outcome_of(answer))


async def stream_aio(address: str, cases: Cases, tally: Tally, end: float) -> None:
    async with AsyncClient(address, options=OPTIONS) as client:
        while time.monotonic() < end:
            due: deque[Case] = deque()
            items = map(sent, some(cases, tally, due, end))
            try:
                async for answer in client.resolve_many(items, timeout=TIMEOUT):
                    tally.answer(due.popleft(), outcome_of(answer))
            except (grpc.RpcError, RuntimeError) as error:
                tally.lose(len(due), error)
                await asyncio.sleep(0.1)


async def raw(address: str, cases: Cases, tally: Tally, end: float) -> None:
    """Send all vectors as bytes, alternating unary calls and streams."""
    service = "/resourceidl.service.v1.ResourcesService"
    async with aio.insecure_channel(address, OPTIONS) as channel:
        resolve, resolve_stream = (
            channel.unary_unary(f"{service}/Resolve"),
            channel.stream_stream(f"{service}/ResolveStream"),
        )
        while time.monotonic() < end:
            due = deque([next(cases)])
            tally.ask(due[0])
            begin = time.monotonic()
            try:
                try:
                    outcome: Outcome = unframed(await resolve(due[0].request, timeout=TIMEOUT))
                except grpc.RpcError as error:
                    outcome = refusal(error)
                tally.took(time.monotonic() - begin)
                tally.answer(due.popleft(), outcome)

                requests = [case.request for case in some(cases, tally, due, end)]
                async for answer in resolve_stream(iter(requests), timeout=TIMEOUT):
                    tally.answer(due.popleft(), streamed(answer))
                if due:
                    tally.lose(len(due), "the stream ended with OK")
            except grpc.RpcError as error:
                tally.lose(len(due), error)
                await asyncio.sleep(0.1)


Ask = Callable[[str, Cases, Tally, float], Any]
PROCESSES: tuple[tuple[Ask, ...], ...] = (
    (unary, unary, stream, stream),
    (unary, unary, stream, stream),
    (unary_aio, unary_aio, unary_aio, stream_aio, stream_aio),
    (unary_aio, raw, raw),
)
CLIENTS = sum(map(len, PROCESSES))


def work(job: tuple[int, str, float]) -> Tally:
    """Run the clients of one process."""
    number, address, seconds = job
    asks, end, total = PROCESSES[number], time.monotonic() + seconds, Tally()
    tallies = [Tally() for _ in asks]
    cases = [Cases(100 * number + index, only_plain=ask is not raw) for index, ask in enumerate(asks)]

    async def together() -> None:
        await asyncio.gather(*(ask(address, *rest, end) for ask, *rest in zip(asks, cases, tallies, strict=True)))

    if asyncio.iscoroutinefunction(asks[0]):
        asyncio.run(together())
    else:
        with ThreadPoolExecutor(len(asks)) as pool:
            for future in [
                pool.submit(ask, address, *rest, end) for ask, *rest in zip(asks, cases, tallies, strict=True)
            ]:
                future.result()
    for tally in tallies:
        total.add(tally)
    return total


# ---- the server


def resident(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    found = re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found, "the server is gone"
    return int(found[1]) / 1024


def processor_time(pid: int) -> float:
    """Return the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def soak(name: str, command: Sequence[str], seconds: float) -> bool:
    """Put one server under load, print the results, and return whether it passed."""
    with subprocess.Popen([*command, "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().removeprefix("listening on ").strip()
            memory, interval, total = [], min(5.0, seconds / 100), Tally()
            spawn = get_context("spawn")
            ready = spawn.Barrier(len(PROCESSES) + 1)
            with spawn.Pool(len(PROCESSES), ready.wait) as pool:
                ready.wait()
                begin, busy = time.monotonic(), processor_time(server.pid)
                tallies = pool.map_async(work, [(number, address, seconds) for number in range(len(PROCESSES))], 1)
                while not tallies.ready():
                    memory.append(resident(server.pid))
                    tallies.wait(interval)
                taken, busy = time.monotonic() - begin, processor_time(server.pid) - busy
                for tally in tallies.get():
                    total.add(tally)
        finally:
            server.terminate()
    return report(name, total, memory, taken, busy, judged=seconds >= JUDGED_FROM)


def report(name: str, total: Tally, memory: list[float], taken: float, busy: float, judged: bool) -> bool:
    fifth = max(1, len(memory) // 5)
    first, last = statistics.median(memory[fifth : 2 * fifth] or memory), statistics.median(memory[-fifth:])
    bound = max(GROWTH * first, first + GROWTH_MIB)
    counts = total.counts
    missing, unknown = REASONS - set(total.reasons), set(total.reasons) - REASONS
    grown = judged and last > bound
    for line in total.shown[:SHOWN]:
        print(line)
    print(
        f"{name}: {CLIENTS} clients, {taken:.0f} s, {busy / taken:.0%} of a processor; "
        f"{counts['requests']} requests, {counts['bad']} of them bad, for {len(total.reasons)} reasons; "
        f"{counts['answers']} answers, {counts['wrong']} wrong, {counts['lost']} lost; "
        f"unary {total.latencies.total()}, p50 {total.percentile(0.5):.1f} ms, p99 {total.percentile(0.99):.1f} ms; "
        f"RSS {first:.1f} MiB after warm-up, {last:.1f} MiB at the end"
        f"{f', allowed {bound:.1f}' if judged else ' (too short a run to judge)'}",
        flush=True,
    )
    if missing or unknown:
        print(f"{name}: reasons that did not occur: {sorted(missing)}; that are none: {sorted(unknown)}")
    if grown:
        print(f"{name}: memory grows")
    unanswered = counts["requests"] != counts["answers"]
    return not (counts["wrong"] or counts["lost"] or unanswered or missing or unknown or grown)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go-server", metavar="PATH", required=True, help="the reference server in Go")
    parser.add_argument("--seconds", metavar="S", type=float, default=600.0, help="for each server")
    parser.add_argument("--server", choices=["Python", "Go"], action="append", help="may be given twice; default both")
    arguments = parser.parse_args()
    commands = {"Python": [sys.executable, "-m", "resources_py", "serve"], "Go": [arguments.go_server]}
    well = [soak(name, commands[name], arguments.seconds) for name in arguments.server or commands]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
