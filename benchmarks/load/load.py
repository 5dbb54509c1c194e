"""Put a reference server under the load of many connections: bursts, churn, and a hostile neighbor.

    python benchmarks/load/load.py --go-server PATH [--server Python] [--server Go] [--scale 1.0]

In each phase, clients that keep to the documented limits make calls whose answers are known, and all must arrive:

- bursts: a hundred connections with fifteen calls each at once, and two with a thousand each;
- churn: connections that are opened for one call, again and again, fifty at once at most;
- neighbor: two clients make single calls while a stranger holds twenty connections, opens as many streams on each as
  the server allows, keeps a part of the largest message in each, and sends messages that are too large, undecodable,
  compressed, or cut off by a reset.

For each server, the script prints the number of calls that were lost or answered wrongly, and the largest resident
memory. Exits with 1 if a call was lost or wrong, or if memory exceeded 300 MiB.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from grpc import aio
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived
from h2.exceptions import ProtocolError

SERVICE = "/resourceidl.service.v1.ResourcesService"
RESOLVE, STREAM = f"{SERVICE}/Resolve", f"{SERVICE}/ResolveStream"
MAX_MIB = 300.0
MAX_MESSAGE, CONNECTIONS, STRANGERS = 65_536, 100, 20
TIMEOUT = 120.0
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


def request(n: int) -> tuple[bytes, bytes]:
    """Return a request for n thousandths of CPU, and the resources of its answer."""
    value = f"{n % 900 + 1}m".encode()
    entry = b"\x08\x01\x12" + bytes([len(value)]) + value
    framed = bytes([0x0A, len(entry)]) + entry
    return bytes([0x0A, len(framed)]) + framed, bytes([0x0A, len(framed)]) + framed


async def ask(channel: aio.Channel, n: int, found: Counter[str]) -> None:
    """Make one call, and count how it ended."""
    sent, expected = request(n)
    try:
        answer = await channel.unary_unary(RESOLVE)(sent, timeout=TIMEOUT)
        found["answered" if answer == expected else "wrong"] += 1
    except grpc.RpcError as error:
        found["lost"] += 1
        found[f"{error.code().name}: {error.details()}"[:120]] += 1


async def burst(address: str, connections: int, calls: int) -> Counter[str]:
    found: Counter[str] = Counter()
    channels = [aio.insecure_channel(address, OWN_CONNECTION) for _ in range(connections)]
    await asyncio.gather(*(ask(channel, n, found) for channel in channels for n in range(calls)))
    await asyncio.gather(*(channel.close() for channel in channels))
    return found


async def churn(address: str, connections: int) -> Counter[str]:
    found: Counter[str] = Counter()
    # The server notices a little later that a connection is closed, so stay below the limit.
    at_once = asyncio.Semaphore(CONNECTIONS // 2)

    async def one(n: int) -> None:
        async with at_once, aio.insecure_channel(address, OWN_CONNECTION) as channel:
            await ask(channel, n, found)

    await asyncio.gather(*map(one, range(connections)))
    return found


async def neighbor(address: str, calls: int) -> Counter[str]:
    found: Counter[str] = Counter()
    stop = asyncio.Event()
    strangers = [asyncio.create_task(stranger(address, n, stop)) for n in range(STRANGERS)]
    await asyncio.sleep(0.5)
    channels = [aio.insecure_channel(address, OWN_CONNECTION) for _ in range(2)]
    for n in range(calls):
        await asyncio.gather(*(ask(channel, n, found) for channel in channels))
    await asyncio.gather(*(channel.close() for channel in channels))
    found["hostile connections at the end"] += sum(not task.done() for task in strangers)
    stop.set()
    await asyncio.wait(strangers)
    return found


async def stranger(address: str, number: int, stop: asyncio.Event) -> None:
    """Be one hostile connection: open streams with parts of messages, then do harm of one kind."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        writer.write(client.data_to_send())
        client.receive_data(await reader.read(65_536))
        part = b"\0" + (MAX_MESSAGE - 1).to_bytes(4, "big") + bytes(60_000)
        left = {}
        for _ in range(1024):
            if client.open_outbound_streams + 1 >= client.remote_settings.max_concurrent_streams:
                break
            stream = start(client, address)
            left[stream] = part
        kinds = (
            (b"\0" + (MAX_MESSAGE + 1).to_bytes(4, "big") + bytes(1000), ()),
            (b"\0\0\0\0\2\xff\xff", ()),
            (b"\1" + len(BOMB).to_bytes(4, "big") + BOMB, (("grpc-encoding", "gzip"),)),
            (bytes(5) * 50, ()),
        )
        harm, headers = kinds[number % len(kinds)]
        while not stop.is_set():
            for stream in list(left):
                left[stream] = send(client, stream, left[stream])
            stream = start(client, address, headers)
            send(client, stream, harm)
            writer.write(client.data_to_send())
            with suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    acknowledge(client, await reader.read(65_536))
            with suppress(ProtocolError):  # the server may have ended it
                client.reset_stream(stream)
            writer.write(client.data_to_send())
            await asyncio.sleep(0.05)
    finally:
        writer.close()


BOMB = gzip.compress(bytes(2**23))


def send(client: H2Connection, stream: int, data: bytes) -> bytes:
    """Send as much as the server admits at once; return the rest."""
    size = max(0, min(client.local_flow_control_window(stream), client.max_outbound_frame_size, len(data)))
    if size:
        client.send_data(stream, data[:size])
    return data[size:]


def acknowledge(client: H2Connection, data: bytes) -> None:
    """Take what the server has sent, and let it send more."""
    for event in client.receive_data(data):
        if isinstance(event, DataReceived) and event.flow_controlled_length:
            client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)


def start(client: H2Connection, address: str, headers: Sequence[tuple[str, str]] = ()) -> int:
    """Begin a ResolveStream."""
    stream: int = client.get_next_available_stream_id()
    call = {":method": "POST", ":scheme": "http", ":path": STREAM, ":authority": address, "te": "trailers"}
    client.send_headers(stream, [*call.items(), ("content-type", "application/grpc"), *headers])
    return stream


def peak(pid: int) -> float:
    """Return the largest resident memory that a process has had, in MiB."""
    found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found, "the server is gone"
    return int(found[1]) / 1024


async def phases(name: str, address: str, pid: int, scale: float) -> bool:
    """Run the phases, print their results, and return whether all passed."""
    runs: tuple[tuple[str, Any], ...] = (
        ("100 connections of 15 calls", lambda: burst(address, CONNECTIONS, 15)),
        ("2 connections of 1,000 calls", lambda: burst(address, 2, 1000)),
        ("churn", lambda: churn(address, max(150, round(3000 * scale)))),
        ("hostile neighbor", lambda: neighbor(address, max(100, round(2000 * scale)))),
        ("100 connections of 15 calls again", lambda: burst(address, CONNECTIONS, 15)),
    )
    passed = True
    for phase, run in runs:
        begin = time.monotonic()
        # Connections that the last phase has closed are free again a little later.
        await asyncio.sleep(0.5)
        found = await run()
        memory = peak(pid)
        others = {key: count for key, count in found.items() if key not in ("answered", "wrong", "lost")}
        print(
            f"{name}, {phase}: {found['answered']} answered, {found['wrong']} wrong, {found['lost']} lost; "
            f"peak {memory:.0f} MiB; {time.monotonic() - begin:.1f} s{f'; {others}' if others else ''}",
            flush=True,
        )
        passed = passed and not found["wrong"] and not found["lost"] and memory <= MAX_MIB
    return passed


def load(name: str, command: Sequence[str], scale: float) -> bool:
    started = [*command, "--address", "127.0.0.1:0"]
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().removeprefix("listening on ").strip()
            return asyncio.run(phases(name, address, server.pid, scale))
        finally:
            server.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go-server", metavar="PATH", required=True, help="the reference server in Go")
    parser.add_argument("--server", choices=["Python", "Go"], action="append", help="may be given twice; default both")
    parser.add_argument("--scale", metavar="X", type=float, default=1.0, help="length of churn and neighbor")
    arguments = parser.parse_args()
    commands = {"Python": [sys.executable, "-m", "resources_py", "serve"], "Go": [arguments.go_server]}
    passed = [load(name, commands[name], arguments.scale) for name in arguments.server or commands]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
