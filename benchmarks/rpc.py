"""A service of your own with our objects beside raw messages: from the values to the answer's fields.

The reference service stands for yours: its generated stub has requests and answers that hold a Resources, unary and as
a stream. The server is the one in Go, if it is built. `rpc.py ROUNDS` prints the rows as JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import grpc
from baseline import read_fields
from declarations import Declaration, batches, entries
from measure import OURS, RAW, Row, in_turns, rows_of

from resourceidl.service.v1 import resources_service_pb2 as service
from resourceidl.service.v1.resources_service_pb2_grpc import ResourcesServiceStub
from resources_py import Resources
from resources_py.service import AsyncClient, Client

CLIENT = f"{OURS}, its Client"
GO_SERVER = Path(__file__).resolve().parent.parent / "build" / "go" / "bin" / "reference-server"
Ways = dict[str, Callable[[list[Declaration]], list[Any]]]


def _raw(request: Any, declaration: Declaration) -> Any:
    """Fill the message in place, which is the fastest idiom."""
    for side, given in zip((request.resources.requests, request.resources.limits), entries(declaration), strict=True):
        for name, value in given:
            entry = side.add()
            entry.name = name
            entry.value = value
    return request


def _raw_one(declaration: Declaration) -> Any:
    return _raw(service.ResolveRequest(), declaration)


def _raw_item(declaration: Declaration) -> Any:
    return _raw(service.ResolveStreamRequest(), declaration)


def _ours(declaration: Declaration) -> Resources:
    return Resources(*declaration)


def _our_one(declaration: Declaration) -> Any:
    request = service.ResolveRequest()
    request.resources.CopyFrom(_ours(declaration).to_proto())
    return request


def _our_item(declaration: Declaration) -> Any:
    request = service.ResolveStreamRequest()
    request.resources.CopyFrom(_ours(declaration).to_proto())
    return request


def _read(answer: Any) -> Resources:
    return Resources.from_proto(answer.resources)


def blocking(address: str) -> dict[str, Ways]:
    stub, client = ResourcesServiceStub(grpc.insecure_channel(address)), Client(address)
    return {
        "gRPC unary": {
            RAW: lambda batch: [read_fields(stub.Resolve(_raw_one(each)).resources) for each in batch],
            OURS: lambda batch: [_read(stub.Resolve(_our_one(each))) for each in batch],
            CLIENT: lambda batch: [client.resolve(_ours(each)) for each in batch],
        },
        "gRPC stream": {
            RAW: lambda batch: [read_fields(each.resources) for each in stub.ResolveStream(map(_raw_item, batch))],
            OURS: lambda batch: [_read(each) for each in stub.ResolveStream(map(_our_item, batch))],
            CLIENT: lambda batch: list(client.resolve_many(map(_ours, batch))),
        },
    }


def asynchronous(address: str, loop: asyncio.AbstractEventLoop) -> dict[str, Ways]:
    async def clients() -> tuple[Any, AsyncClient]:
        return ResourcesServiceStub(grpc.aio.insecure_channel(address)), AsyncClient(address)

    stub, client = loop.run_until_complete(clients())

    async def raw_unary(batch: list[Declaration]) -> list[Any]:
        return [read_fields((await stub.Resolve(_raw_one(each))).resources) for each in batch]

    async def our_unary(batch: list[Declaration]) -> list[Any]:
        return [_read(await stub.Resolve(_our_one(each))) for each in batch]

    async def client_unary(batch: list[Declaration]) -> list[Any]:
        return [await client.resolve(_ours(each)) for each in batch]

    async def raw_stream(batch: list[Declaration]) -> list[Any]:
        return [read_fields(each.resources) async for each in stub.ResolveStream(map(_raw_item, batch))]

    async def our_stream(batch: list[Declaration]) -> list[Any]:
        return [_read(each) async for each in stub.ResolveStream(map(_our_item, batch))]

    async def client_stream(batch: list[Declaration]) -> list[Any]:
        return [answer async for answer in client.resolve_many(map(_ours, batch))]

    def run(way: Any) -> Callable[[list[Declaration]], list[Any]]:
        return lambda batch: loop.run_until_complete(way(batch))

    return {
        "gRPC unary, asyncio": {RAW: run(raw_unary), OURS: run(our_unary), CLIENT: run(client_unary)},
        "gRPC stream, asyncio": {RAW: run(raw_stream), OURS: run(our_stream), CLIENT: run(client_stream)},
    }


def rpc(rounds: int) -> list[Row]:
    """Measure items a second by the clock, since the server is another process; and the client's CPU time."""
    rows: list[Row] = []
    server_command = [str(GO_SERVER)] if GO_SERVER.exists() else [sys.executable, "-m", "resources_py", "serve"]
    with subprocess.Popen([*server_command, "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        loop = asyncio.new_event_loop()
        try:
            address = server.stdout.readline().removeprefix("listening on ").strip()
            tasks = blocking(address) | asynchronous(address, loop)
            for task, ways in tasks.items():
                size = 1000 if "stream" in task else 200
                for state in ("cold", "warm"):
                    rows += _race(task, state, ways, size, rounds)
        finally:
            loop.close()
            server.terminate()
    return rows


def _race(task: str, state: str, ways: Ways, size: int, rounds: int) -> list[Row]:
    rates, costs = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, float("inf"))
    source = itertools.chain.from_iterable(batches(state))
    for number, order in enumerate(in_turns(list(ways), rounds + 1)):
        for way in order:
            batch = list(itertools.islice(source, size))
            begun, cpu_begun = perf_counter(), process_time()
            answers = ways[way](batch)
            wall, cpu = perf_counter() - begun, process_time() - cpu_begun
            assert len(answers) == size
            if number:  # the first opens the connection
                rates[way] = max(rates[way], size / wall)
                costs[way] = min(costs[way], cpu / size * 1e6)
    cpu_task = f"{task}, client's CPU"
    return rows_of(task, state, "a second", rates, RAW) + rows_of(cpu_task, state, "µs", costs, RAW)


if __name__ == "__main__":
    print(json.dumps([row.as_dict() for row in rpc(int(sys.argv[1]))]))
