"""Clients that mean harm, at both servers: what they may cost, and what they are told."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import itertools
import re
import signal
import socket
import subprocess
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamReset

from resources_py import Resources
from resources_py.service import AsyncClient, Client, Server

SERVICE = "resourceidl.service.v1.ResourcesService"
RESOLVE, STREAM = f"/{SERVICE}/Resolve", f"/{SERVICE}/ResolveStream"
HEALTH, REFLECTION = "/grpc.health.v1.Health", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
EMPTY = b"\x0a\x00"  # the answer to an empty request
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
Status = health_pb2.HealthCheckResponse

Serve = Callable[..., AbstractContextManager[tuple["subprocess.Popen[str]", str]]]


def peak(process: subprocess.Popen[str]) -> float:
    """Return the largest resident memory that a process has had, in MiB."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


on_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


# ---- memory


async def test_rejected_messages_are_freed_at_once() -> None:
    """Without waiting for a garbage collection. The messages are undecodable, or have violations."""
    bad = b"\xff" * 60_000, b"\x0a\x40" + b"\x0a\x02\x08\x05" * 16 + b"\x7a\xe0\xd4\x03" + bytes(60_000)
    async with Server() as server, aio.insecure_channel(server.address) as channel:
        for message, method in itertools.product(bad, (RESOLVE, STREAM)):
            call: Any = channel.unary_unary(RESOLVE) if method == RESOLVE else channel.stream_unary(STREAM)

            async def ask(method: str = method, call: Any = call, message: bytes = message) -> None:
                try:
                    await call(message if method == RESOLVE else iter([message]))
                except grpc.RpcError as error:
                    assert error.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT)  # noqa: PT017

            await ask()
            gc.collect()
            gc.disable()
            tracemalloc.start()
            try:
                for _ in range(50):
                    await ask()
                await asyncio.sleep(0.05)
                kept, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
                gc.enable()
            assert kept < 2**20  # all 50 have 3 MB


@on_linux
def test_compressed_messages_are_not_inflated(serve: Serve) -> None:
    """256 MiB of zeros, in 256 KiB."""
    with serve("--max-message-bytes", str(2**20)) as (server, address):
        deflate = zlib.compressobj(9, wbits=31)
        bomb = b"".join(deflate.compress(bytes(2**24)) for _ in range(16)) + deflate.flush()
        before = peak(server)
        for path in (RESOLVE, STREAM, f"{HEALTH}/Check", REFLECTION):
            assert exchange(address, path, b"\1" + len(bomb).to_bytes(4, "big") + bomb, "gzip") == "12"
        assert peak(server) < before + 64


def exchange(address: str, path: str, data: bytes, encoding: str) -> str:
    """Make a call with these bytes as the body, and return the status of its answer."""

    client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    client.initiate_connection()
    call = {":method": "POST", ":scheme": "http", ":path": path, ":authority": address, "te": "trailers"}
    client.send_headers(1, [*call.items(), ("content-type", "application/grpc"), ("grpc-encoding", encoding)])
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        while True:
            while (size := min(client.local_flow_control_window(1), client.max_outbound_frame_size, len(data))) > 0:
                client.send_data(1, data[:size])
                data = data[size:]
            connection.sendall(client.data_to_send())
            for event in client.receive_data(connection.recv(65_536)):
                headers = dict(getattr(event, "headers", None) or ())
                if "grpc-status" in headers:
                    return str(headers["grpc-status"])


# ---- bursts


BURSTS = pytest.mark.parametrize(("connections", "calls"), [(100, 25), (3, 1000)])


@BURSTS
async def test_burst_is_answered_by_a_busy_server(connections: int, calls: int) -> None:
    """Python does something else while gRPC's threads receive all calls."""
    async with Server(max_concurrent_streams=calls) as server, Burst(server.address, connections, calls) as burst:
        await asyncio.to_thread(burst.open)
        burst.send()
        time.sleep(1)
        assert await asyncio.to_thread(burst.statuses) == {"0": connections * calls}


@BURSTS
def test_burst_is_answered(serve: Serve, connections: int, calls: int) -> None:
    """The calls are sent while the server is stopped."""
    with (
        serve("--max-concurrent-streams", str(calls)) as (server, address),
        Burst(address, connections, calls) as burst,
    ):
        burst.open()
        server.send_signal(signal.SIGSTOP)
        try:
            burst.send()
        finally:
            server.send_signal(signal.SIGCONT)
        assert burst.statuses() == {"0": connections * calls}


class Burst(ExitStack):
    """Many calls on many connections, all sent before any answer is read."""

    def __init__(self, address: str, connections: int, calls: int) -> None:
        super().__init__()
        self._address, self._calls = address, calls
        self._opened = [
            (H2Connection(H2Configuration(header_encoding="utf-8")), socket.socket()) for _ in range(connections)
        ]

    async def __aenter__(self) -> Burst:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        host, port = self._address.split(":")
        for client, connection in self._opened:
            self.enter_context(connection)
            connection.settimeout(60)
            connection.connect((host, int(port)))
            client.initiate_connection()
            connection.sendall(client.data_to_send())
            client.receive_data(connection.recv(65_536))

    def send(self) -> None:
        call = {":method": "POST", ":scheme": "http", ":path": RESOLVE, ":authority": self._address, "te": "trailers"}
        for client, connection in self._opened:
            for _ in range(self._calls):
                stream = client.get_next_available_stream_id()
                client.send_headers(stream, [*call.items(), ("content-type", "application/grpc")])
                client.send_data(stream, bytes(5), end_stream=True)
            connection.sendall(client.data_to_send())

    def statuses(self) -> Counter[str]:
        found = Counter[str]()
        for client, connection in self._opened:
            expected = found.total() + self._calls
            while found.total() < expected:
                data = connection.recv(65_536)
                assert data
                for event in client.receive_data(data):
                    headers = dict(getattr(event, "headers", None) or ())
                    if "grpc-status" in headers or isinstance(event, StreamReset):
                        found[headers.get("grpc-status", "reset")] += 1
                connection.sendall(client.data_to_send())
        return found


# ---- health and reflection


@pytest.mark.parametrize("path", [f"{HEALTH}/Check", f"{HEALTH}/Watch", REFLECTION])
def test_garbage_is_answered_without_details(serve: Serve, path: str) -> None:
    with serve() as (_, address), grpc.insecure_channel(address) as channel:
        for data in (b"\xff", b"\x0a\x05", b"\x0a\x01\xff", b"\x0a" + bytes(1000)):
            with pytest.raises(grpc.RpcError) as caught:
                list(channel.stream_stream(path)(iter([data]), timeout=60))
            assert caught.value.code() is grpc.StatusCode.INTERNAL
            assert not re.search(r"class|Error|Traceback|File |\.py", caught.value.details())


def test_odd_questions_to_reflection(serve: Serve) -> None:
    """Each gets an answer."""
    ask = reflection_pb2.ServerReflectionRequest
    odd = [
        ask(file_by_filename="nowhere.proto"),
        ask(file_by_filename="/etc/passwd"),
        ask(file_containing_symbol=""),
        ask(file_containing_symbol="a" * 10_000),
        ask(file_containing_symbol=f"{SERVICE}.Resolve.more"),
        ask(all_extension_numbers_of_type="resourceidl.v1.Resources"),
        ask(all_extension_numbers_of_type="nothing"),
        *(
            ask(file_containing_extension={"containing_type": name, "extension_number": number})  # type: ignore[arg-type]
            for name in ("resourceidl.v1.Resources", "nothing", "")
            for number in (-1, 0, 1, 2**31 - 1)
        ),
        ask(list_services="*"),
    ]
    with serve() as (_, address), grpc.insecure_channel(address) as channel:
        answers = list(
            channel.stream_stream(
                REFLECTION,
                reflection_pb2.ServerReflectionRequest.SerializeToString,
                reflection_pb2.ServerReflectionResponse.FromString,
            )(iter(odd), timeout=60)
        )
    assert len(answers) == len(odd)
    assert SERVICE in str(answers[-1])


def test_every_watcher_hears_of_the_end(serve: Serve) -> None:
    """Also after others have left, and beside one that does not read."""
    asked = health_pb2.HealthCheckRequest(service=SERVICE)
    with serve() as (server, address), ExitStack() as stack:
        channels = [stack.enter_context(grpc.insecure_channel(address, OWN_CONNECTION)) for _ in range(5)]
        watches = [health_pb2_grpc.HealthStub(channel).Watch(asked) for channel in channels]
        for watch in watches:
            assert next(watch).status == Status.SERVING
        watches[0].cancel()
        channels[1].close()
        with pytest.raises(grpc.RpcError):
            next(watches[0])
        time.sleep(0.3)  # the server has noticed
        with Client(address) as client:
            assert client.resolve(Resources(cpu=1), timeout=60) == Resources(cpu=1)
        server.terminate()
        for watch in watches[2:]:
            assert next(watch).status == Status.NOT_SERVING
            with pytest.raises(grpc.RpcError) as caught:
                next(watch)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_watch_of_an_unknown_service(serve: Serve) -> None:
    with serve() as (server, address), grpc.insecure_channel(address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="other"))
        assert next(watch).status == Status.SERVICE_UNKNOWN
        server.terminate()
        with pytest.raises(grpc.RpcError) as caught:
            next(watch)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


# ---- the server in Python, in this process


async def test_server_is_entered_once() -> None:
    async with Server() as server:
        with pytest.raises(RuntimeError, match=r"^a Server can be entered only once$"):
            await server.__aenter__()
        async with AsyncClient(server.address) as client:
            assert await client.resolve(Resources(cpu=1)) == Resources(cpu=1)
    with pytest.raises(RuntimeError, match=r"^a Server can be entered only once$"):
        await server.__aenter__()
    async with AsyncClient(server.address) as client:
        with pytest.raises(grpc.RpcError) as caught:
            await client.resolve(Resources(cpu=1))
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_server_that_cannot_bind_can_be_entered_again() -> None:
    async with Server() as first:
        second = Server(first.address)
        with pytest.raises(OSError, match="in use"):
            await second.__aenter__()
    async with second, AsyncClient(second.address) as client:
        assert await client.resolve(Resources(cpu=1)) == Resources(cpu=1)


async def test_every_drain_waits_for_the_end() -> None:
    async with Server() as server, aio.insecure_channel(server.address) as channel:
        call: Any = channel.stream_stream(STREAM)()
        await call.write(b"")
        assert await call.read() == EMPTY
        drains = [asyncio.create_task(server.drain(60)) for _ in range(3)]
        assert await asyncio.wait(drains, timeout=0.5) == (set(), set(drains))
        drains[0].cancel()  # the others go on
        await asyncio.wait(drains[:1])
        await call.write(b"")
        assert await call.read() == EMPTY
        assert not drains[1].done()
        await call.done_writing()
        await asyncio.wait_for(asyncio.gather(*drains[1:]), 30)


# ---- certificates with a weak signature

OID_SHA256, OID_SHA1 = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d010105")
DIGEST_INFO = bytes.fromhex("3021300906052b0e03021a05000414")


def signed_with_sha1(authority: trustme.CA, certificate: trustme.LeafCert) -> bytes:
    """Return the certificate in PEM, signed again with SHA-1. The cryptography package refuses to."""
    parsed = x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    der = parsed.public_bytes(serialization.Encoding.DER).replace(OID_SHA256, OID_SHA1)
    signed, size = der[4 : 4 + len(parsed.tbs_certificate_bytes)], key.key_size // 8
    digest = DIGEST_INFO + hashlib.sha1(signed).digest()
    padded = b"\0\1" + b"\xff" * (size - 3 - len(digest)) + b"\0" + digest
    numbers = key.private_numbers()
    signature = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    again = x509.load_der_x509_certificate(der[:-size] + signature)
    return again.public_bytes(serialization.Encoding.PEM)


def test_weak_client_certificate_is_rejected(serve: Serve, tmp_path: Path) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = authority.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    server.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    options = [
        "--tls-key",
        tmp_path / "key.pem",
        "--tls-cert",
        tmp_path / "cert.pem",
        "--tls-client-ca",
        tmp_path / "ca.pem",
    ]
    leaf = authority.issue_cert("client.example", key_type=trustme.KeyType.RSA)
    root, key = authority.cert_pem.bytes(), leaf.private_key_pem.bytes()
    good = grpc.ssl_channel_credentials(root, key, leaf.cert_chain_pems[0].bytes())
    weak = grpc.ssl_channel_credentials(root, key, signed_with_sha1(authority, leaf))
    with serve(*map(str, options)) as (_, address):
        for credentials, codes in ((good, {"OK"}), (weak, {"UNAUTHENTICATED", "UNAVAILABLE"}), (good, {"OK"})):
            with grpc.secure_channel(address, credentials, OWN_CONNECTION) as channel:
                for path, data in ((RESOLVE, b""), (STREAM, b""), (f"{HEALTH}/Check", b""), (REFLECTION, b"\x3a\x00")):
                    try:
                        list(channel.stream_stream(path)(iter([data]), timeout=60))
                        code = "OK"
                    except grpc.RpcError as error:
                        code = error.code().name
                    assert code in codes, path


# ---- arguments

WHOLE = "must be a whole number from 1 to 2147483647"
SECONDS = "must be a number from 0 to 86400"
ADDRESS = "must be HOST:PORT, with a port from 0 to 65535"
NUMBERS = ("0", "-1", "2147483648", "1_000", "\u0661")


@pytest.mark.parametrize(
    ("option", "values", "rule"),
    [
        ("--max-concurrent-streams", NUMBERS, WHOLE),
        ("--max-connections", NUMBERS[:1], WHOLE),
        ("--max-message-bytes", NUMBERS[:1], WHOLE),
        (
            "--drain-seconds",
            ("-1", "86400.5", "1e10", "nan"),
            SECONDS,
        ),
        ("--address", ("", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1"), ADDRESS),
        ("--address", ("127.0.0.1:\u0661", "127.0.0.1:http", "127.0.0.1: 1", "::1:0", "[::1]"), ADDRESS),
    ],
)
def test_arguments_out_of_bounds(command: list[str], option: str, values: tuple[str, ...], rule: str) -> None:
    """Both servers have the same bounds and the same messages."""
    started = [
        subprocess.Popen([*command, option, value], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for value in values
    ]
    try:
        for value, process in zip(values, started, strict=True):
            out, said = process.communicate(timeout=60)
            assert (process.returncode, out) == (1, ""), value
            assert re.fullmatch(rf"(resources-py|reference-server): {option} {re.escape(rule)}\n", said), (value, said)
    finally:
        for process in started:  # one that takes a bad argument would serve on
            process.kill()
            process.communicate()


def test_arguments_within_bounds(serve: Serve) -> None:
    most = str(2**31 - 1)
    for number, seconds in (("1", "0"), (most, "86400"), ("0000000007", "0.25")):
        options = ["--max-concurrent-streams", number, "--max-connections", number, "--drain-seconds", seconds]
        with (
            serve(*options, "--max-message-bytes", number if number != "1" else "2") as (_, address),
            Client(address) as client,
        ):
            assert client.resolve(Resources(), timeout=60) == Resources()


@pytest.mark.parametrize("argument", ["max_concurrent_streams", "max_connections", "max_message_bytes"])
def test_arguments_of_a_server(argument: str) -> None:
    for value in (0, -1, 2**31, 1.5, "1", None):
        arguments: Any = {argument: value}
        with pytest.raises(ValueError, match=f"^{argument} {re.escape(WHOLE)}$"):
            Server(**arguments)


async def test_arguments_of_drain() -> None:
    async with Server() as server:
        for value in (-1, float("nan"), float("inf"), 86_401):
            with pytest.raises(ValueError, match=f"^drain_seconds {re.escape(SECONDS)}$"):
                await server.drain(value)
