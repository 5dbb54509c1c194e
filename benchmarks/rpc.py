"""Our clients beside the generated stub with raw messages, on one server: from the values to the answer's fields.

Called as `rpc.py ROUNDS`, it prints the rows as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import grpc
from measure import OURS, Row, in_turns, rows_of
from reference import WARM, Case, numbers, official_message, ours, read_fields, whole

from resourceidl.service.v1 import resources_service_pb2 as service
from resourceidl.service.v1.resources_service_pb2_grpc import ResourcesServiceStub
from resources_py.service import AsyncClient, Client

RAW = "raw messages, generated stub"


def _one(case: Case) -> service.ResolveRequest:
    return service.ResolveRequest(resources=official_message(case))


def _item(case: Case) -> service.ResolveStreamRequest:
    return service.ResolveStreamRequest(resources=official_message(case))


def blocking(address: str) -> dict[str, dict[str, Callable[[list[Case]], object]]]:
    stub, client = ResourcesServiceStub(grpc.insecure_channel(address)), Client(address)
    return {
        "gRPC unary": {
            RAW: lambda batch: [read_fields(stub.Resolve(_one(case)).resources) for case in batch],
            OURS: lambda batch: [client.resolve(ours(case)) for case in batch],
        },
        "gRPC stream": {
            RAW: lambda batch: [read_fields(answer.resources) for answer in stub.ResolveStream(map(_item, batch))],
            OURS: lambda batch: list(client.resolve_many(map(ours, batch))),
        },
    }


def asynchronous(address: str, loop: asyncio.AbstractEventLoop) -> dict[str, dict[str, Callable[[list[Case]], object]]]:
    async def clients() -> tuple[Any, AsyncClient]:
        return ResourcesServiceStub(grpc.aio.insecure_channel(address)), AsyncClient(address)

    stub, client = loop.run_until_complete(clients())

    async def raw_unary(batch: list[Case]) -> object:
        return [read_fields((await stub.Resolve(_one(case))).resources) for case in batch]

    async def our_unary(batch: list[Case]) -> object:
        return [await client.resolve(ours(case)) for case in batch]

    async def raw_stream(batch: list[Case]) -> object:
        return [read_fields(answer.resources) async for answer in stub.ResolveStream(map(_item, batch))]

    async def our_stream(batch: list[Case]) -> object:
        return [answer async for answer in client.resolve_many(map(ours, batch))]

    def run(way: Any) -> Callable[[list[Case]], object]:
        return lambda batch: loop.run_until_complete(way(batch))

    return {
        "gRPC unary, asyncio": {RAW: run(raw_unary), OURS: run(our_unary)},
        "gRPC stream, asyncio": {RAW: run(raw_stream), OURS: run(our_stream)},
    }


def rpc(rounds: int) -> list[Row]:
    """Measure by the clock, the server being another process: items a second, and the ratio of these."""
    rows: list[Row] = []
    command = [sys.executable, "-m", "resources_py", "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        loop = asyncio.new_event_loop()
        try:
            address = server.stdout.readline().removeprefix("listening on ").strip()
            tasks = blocking(address) | asynchronous(address, loop)
            fresh = numbers()
            for task, ways in tasks.items():
                count = 1000 if "stream" in task else 200
                for state in ("warm", "cold"):
                    rates: dict[str, list[float]] = {way: [] for way in ways}
                    costs: dict[str, list[float]] = {way: [] for way in ways}
                    for number, order in enumerate(in_turns(list(ways), rounds + 1)):
                        for way in order:
                            cold = state == "cold"
                            batch = [whole(next(fresh)) if cold else WARM for _ in range(count)]
                            begun, cpu_begun = perf_counter(), process_time()
                            answers = ways[way](batch)
                            if number:  # the first opens the connection
                                rates[way].append(count / (perf_counter() - begun))
                                costs[way].append((process_time() - cpu_begun) / count * 1e6)
                            assert len(answers) == count  # type: ignore[arg-type]
                    rows += rows_of(task, state, "a second", rates, RAW, best=max)
                    rows += rows_of(f"{task}, client's CPU", state, "µs", costs, RAW)
        finally:
            loop.close()
            server.terminate()
    return rows


if __name__ == "__main__":
    print(json.dumps([row.as_dict() for row in rpc(int(sys.argv[1]))]))
