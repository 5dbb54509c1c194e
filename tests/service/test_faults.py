"""Faults of both servers and their clients: killed, drained and flooded."""

from __future__ import annotations

import asyncio
import itertools
import queue
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc import aio
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources, ResourcesError
from resources_py.service import AsyncClient, Client, UnansweredError

SERVICE = "/resourceidl.service.v1.ResourcesService"
RESOLVE, STREAM = f"{SERVICE}/Resolve", f"{SERVICE}/ResolveStream"
EMPTY = b"\x0a\x00"  # the answer to an empty request
GOOD = Resources(cpu=1)

Serve = Callable[..., AbstractContextManager[tuple["subprocess.Popen[str]", str]]]


# ---- servers that disappear: what the clients' retry, and the error, promise


@cache
def item(n: int) -> Resources:
    """Return the n-th item of a stream. One in ten is invalid, and its error identifies it."""
    if n % 10 == 3:
        request = pb.Resources.ResourceEntry(name=pb.Resources.GPU, value=str(n))
        return Resources.from_proto(pb.Resources(requests=[request]))  # unlike the constructor, this does not warn
    return Resources(cpu=(f"{n}m", None), gpu=2)


def verify(n: int, answer: Resources | ResourcesError) -> None:
    if n % 10 == 3:
        assert isinstance(answer, ResourcesError), (n, answer)
        ((field, reason, description),) = answer.violations
        assert (field, reason) == ("requests[0].value", "LIMIT_REQUIRED")
        assert f" {n} " in description
    else:
        assert answer == item(n)


class Source:
    """Items 1, 2, 3 … as an iterable of the given kind. It blocks before `gate` until that is opened."""

    def __init__(self, kind: str, count: int, gate: int = 0) -> None:
        self.taken = 0
        self._numbers = range(1, count + 1)
        self._gate = gate
        self._opened: Any = threading.Event() if kind == "blocking" else asyncio.Event()
        self.items: Any = self._asynchronous() if kind == "asyncio, async iterable" else self._blocking()
        self.tasks: set[asyncio.Task[Any] | None] = set()

    def open(self) -> None:
        self._opened.set()

    def _blocking(self) -> Iterator[Resources]:
        for n in self._numbers:
            if n == self._gate:
                self._opened.wait(60)
            self.taken = n
            yield item(n)

    async def _asynchronous(self) -> AsyncIterator[Resources]:
        async with asyncio.timeout(
            300
        ):  # as a caller may do: a timeout belongs to one task, so the generator must stay in that task
            for n in self._numbers:
                if n == self._gate:
                    await self._opened.wait()
                self.tasks.add(asyncio.current_task())
                self.taken = n
                yield item(n)


@pytest.fixture(params=["blocking", "asyncio", "asyncio, async iterable"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def opened(kind: str, faces: Any) -> Any:
    """Open a client of the given kind."""
    return faces[kind.partition(",")[0]]


class Mortal:
    """A server that can be stopped and restarted on the same port."""

    def __init__(self, serve: Serve, stack: ExitStack) -> None:
        self._serve, self._stack = serve, stack
        self._pool = stack.enter_context(ThreadPoolExecutor(1))
        self._starting: Future[None] | None = None
        # Not an ephemeral port: a client that looks for a server there could connect to itself.
        ports = iter(lambda: random.SystemRandom().randrange(20_000, 32_000), None)
        self.address = next(f"127.0.0.1:{port}" for port in ports if is_free(port))
        self.start()

    def start(self) -> None:
        options = ["--address", self.address, "--drain-seconds", "0.1"]
        self.process, _ = self._stack.enter_context(self._serve(*options))

    def end(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(30)

    def restart(self, number: int = signal.SIGKILL) -> None:
        """Stop the server and begin to restart it."""
        self.await_start()
        self.end(number)
        self._starting = self._pool.submit(self.start)

    def await_start(self) -> None:
        if self._starting is not None:
            self._starting.result()


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.fixture
def mortal(serve: Serve) -> Iterator[Mortal]:
    with ExitStack() as stack:
        yield Mortal(serve, stack)


def test_stream_survives_its_servers(mortal: Mortal, opened: Any, kind: str) -> None:
    """With a server killed and drained repeatedly, every answer arrives once, in order and correct."""
    faults = {500: signal.SIGKILL, 2_000: signal.SIGTERM, 3_500: signal.SIGKILL, 3_501: signal.SIGKILL}
    count = 0
    source = Source(kind, 6_000)
    with opened(mortal.address, retry=60) as client:
        for count, answer in enumerate(client.resolve_many(source.items), 1):
            verify(count, answer)
            if count in faults:
                mortal.restart(faults[count])
    assert count == source.taken == 6_000
    assert len(source.tasks) <= 1


@pytest.mark.parametrize("kind", ["blocking", "asyncio, async iterable"], indirect=True)
def test_answers_do_not_wait_for_an_iterable_that_blocks(mortal: Mortal, opened: Any, kind: str) -> None:
    """A thread or task is blocked in the iterable while the server is killed. The items taken are still answered."""
    source = Source(kind, 200, gate=101)
    with opened(mortal.address, retry=60) as client:
        answers = client.resolve_many(source.items)
        verify(1, next(answers))
        for first in (2, 101):  # with unanswered items; without
            mortal.restart()
            for n in range(first, 101):
                verify(n, next(answers))
        assert source.taken == 100
        source.open()
        for n in range(101, 201):
            verify(n, next(answers))
        assert list(answers) == []


def test_conversation_survives_in_threads(mortal: Mortal) -> None:
    """Each item depends on the answer to the previous one."""
    heard: queue.SimpleQueue[int] = queue.SimpleQueue()

    def conversation() -> Iterator[Resources]:
        while (n := heard.get(timeout=60)) <= 30:
            yield item(n)

    heard.put(1)
    with Client(mortal.address, retry=60) as client:
        for n, answer in enumerate(client.resolve_many(conversation()), 1):
            verify(n, answer)
            if n in (10, 20):
                mortal.restart(signal.SIGTERM if n == 10 else signal.SIGKILL)
            heard.put(n + 1)
    assert n == 30


async def test_conversation_survives_in_asyncio(mortal: Mortal) -> None:
    heard: asyncio.Queue[int] = asyncio.Queue()

    async def conversation() -> AsyncIterator[Resources]:
        async with asyncio.timeout(60):
            while (n := await heard.get()) <= 30:
                yield item(n)

    heard.put_nowait(1)
    n = 0
    async with AsyncClient(mortal.address, retry=60) as client:
        async for answer in client.resolve_many(conversation()):
            n += 1
            verify(n, answer)
            if n in (10, 20):
                mortal.restart(signal.SIGTERM if n == 10 else signal.SIGKILL)
            heard.put_nowait(n + 1)
    assert n == 30


@pytest.mark.parametrize("retry", [0.0, 0.3])
def test_broken_stream_reports_unanswered_items(mortal: Mortal, opened: Any, kind: str, retry: float) -> None:
    """A caller that resumes from there, once a server is back, gets every answer once."""
    source = Source(kind, 1_500)
    items, answered, errors = source.items, 0, 0
    with opened(mortal.address, retry=retry) as client:
        while answered < 1_500:
            try:
                for answer in client.resolve_many(items):
                    answered += 1
                    verify(answered, answer)
                    if answered == 300:
                        mortal.end()
            except UnansweredError as error:
                if errors == 0:
                    verify_error(error, answered, source.taken)
                    mortal.start()
                items = chained(error.unanswered, items)
                errors += 1
    assert errors
    assert answered == source.taken == 1_500


def verify_error(error: UnansweredError, answered: int, taken: int) -> None:
    """Check the numbers of answered and taken items that an error reports."""
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert isinstance(error.__cause__, grpc.RpcError)
    assert error.details() == error.__cause__.details()
    assert error.answered == answered
    assert [*error.unanswered] == [item(n) for n in range(answered + 1, taken + 1)]
    assert error.raised is None
    assert f"{error.answered} items are answered" in str(error)
    assert f" {len(error.unanswered)} that were taken" in str(error)


def chained(first: tuple[Resources, ...], rest: Any) -> Any:
    async def asynchronous() -> AsyncIterator[Resources]:
        for item in first:
            yield item
        async for item in rest:
            yield item

    return asynchronous() if hasattr(rest, "__aiter__") else itertools.chain(first, rest)


def test_single_calls(mortal: Mortal, face: Any) -> None:
    with face(mortal.address, retry=60) as patient, face(mortal.address) as client:
        assert patient.resolve(GOOD) == GOOD == client.resolve(GOOD)
        mortal.restart(signal.SIGTERM)
        assert patient.resolve(GOOD) == GOOD
        mortal.await_start()
        mortal.end()
        with pytest.raises(grpc.RpcError) as caught:
            client.resolve(GOOD)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        begin = time.monotonic()
        for call in (patient.resolve, lambda *args, **options: next(patient.resolve_many([*args], **options))):
            with pytest.raises(grpc.RpcError) as caught:
                call(GOOD, timeout=0.5)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert 0.9 < time.monotonic() - begin < 20


# ---- misbehaving clients


def request(n: int) -> bytes:
    """A request with full lists of violations and an unknown field: 5 KiB, with an error of about the same size."""
    entries = [pb.Resources.ResourceEntry(name=1000 + i) for i in range(15)]  # type: ignore[arg-type]
    first = pb.Resources.ResourceEntry(name=pb.Resources.CPU, value=f"{n}x")
    resources = pb.Resources(requests=[first, *entries], limits=[first, *entries])
    return service_pb.ResolveRequest(resources=resources).SerializeToString() + b"\x7a\x80\x20" + bytes(4096)


def resident(process: subprocess.Popen[str]) -> float:
    """Return the resident memory of a process, in MiB."""
    found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_who_does_not_read_is_not_read_from(serve: Serve) -> None:
    """Sending stops, and so does the growth of the server's memory. Then everything is answered."""
    with serve() as (server, address):
        warm, *later = [await flood(server, address) for _ in range(3)]
    assert max(later) < warm + 8


async def flood(server: subprocess.Popen[str], address: str) -> float:
    """Send until sending blocks, then read. Return the server's memory in between."""
    sent, received, over = 0, 0, False
    async with aio.insecure_channel(address) as channel:
        call: Any = channel.stream_stream(STREAM)()

        async def send() -> None:
            nonlocal sent
            while not over:
                await call.write(request(sent))
                sent += 1
            await call.done_writing()

        sending = asyncio.create_task(send())
        before = -1
        while before != sent:
            before = sent
            assert sent < 100_000
            assert await asyncio.wait([sending], timeout=0.5) == (set(), {sending})
        held = resident(server)
        over = True
        async for answer in call:
            violations = service_pb.ResolveStreamResponse.FromString(answer).violations.violations
            assert len(violations) == 32
            assert f"{received}x" in violations[0].description
            received += 1
        await sending
    assert received == sent >= before
    return held


def test_vanished_client_does_not_affect_others(serve: Serve) -> None:
    endless = (
        "import itertools, sys\nfrom resources_py import Resources\nfrom resources_py.service import Client\n"
        "for n, _ in enumerate(Client(sys.argv[1]).resolve_many(itertools.repeat(Resources(cpu=1)))):\n"
        "    if n == 1000: print(n, flush=True)\n"
    )
    with serve("--drain-seconds", "120") as (server, address), Client(address) as client, ExitStack() as stack:
        start = [sys.executable, "-c", endless, address]
        clients = [stack.enter_context(subprocess.Popen(start, stdout=subprocess.PIPE, text=True)) for _ in range(3)]
        for vanishing in clients:
            assert vanishing.stdout is not None
            assert vanishing.stdout.readline() == "1000\n"
            vanishing.kill()
            assert client.resolve(GOOD, timeout=60) == GOOD
        server.terminate()
        assert server.wait(60) == 0  # none of their streams is left to wait for


async def test_deadline_is_the_servers_too(serve: Serve) -> None:
    """For a client that does not end its calls itself."""
    with serve("--drain-seconds", "120") as (server, address):
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        call = {":method": "POST", ":scheme": "http", ":path": STREAM, ":authority": address, "te": "trailers"}
        client.send_headers(1, [*call.items(), ("content-type", "application/grpc"), ("grpc-timeout", "500m")])
        client.send_data(1, bytes(5))  # an empty message, without ending the stream
        begin, events = time.monotonic(), list[Event]()
        async with asyncio.timeout(60):
            while not any(isinstance(event, StreamEnded | StreamReset) for event in events):
                writer.write(client.data_to_send())
                data = await reader.read(65536)
                assert data
                events += client.receive_data(data)
        assert 0.4 < time.monotonic() - begin < 30
        headers = [dict(event.headers) for event in events if isinstance(event, ResponseReceived | TrailersReceived)]
        statuses = [received[b"grpc-status"] for received in headers if b"grpc-status" in received]
        assert statuses in ([b"4"], [])  # DEADLINE_EXCEEDED, or only a reset of the stream
        writer.close()
        await writer.wait_closed()
        server.terminate()
        assert server.wait(60) == 0


async def test_deadline_of_a_client(serve: Serve) -> None:
    async def waiting() -> AsyncIterator[Resources]:
        yield GOOD
        await asyncio.sleep(600)

    with serve("--drain-seconds", "120") as (server, address):
        async with AsyncClient(address, retry=60) as client:
            begin, answers = time.monotonic(), []
            with pytest.raises(UnansweredError) as caught:  # noqa: PT012
                async for answer in client.resolve_many(waiting(), timeout=1):
                    answers.append(answer)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert (answers, caught.value.answered, caught.value.unanswered) == ([GOOD], 1, ())
            assert isinstance(caught.value.raised, asyncio.CancelledError)
            assert 0.9 < time.monotonic() - begin < 30
            server.terminate()
            assert await asyncio.to_thread(server.wait, 60) == 0


async def test_too_many_streams(serve: Serve) -> None:
    """As many calls run at once as allowed. The others wait, and none is rejected."""
    asked, at_once, steps = 1_100, 1_024, 3
    answered = [0] * asked
    go_on = asyncio.Event()

    async def talk(client: AsyncClient, k: int) -> None:
        heard = asyncio.Semaphore(1)

        async def items() -> AsyncIterator[Resources]:
            for step in range(steps):
                await heard.acquire()
                yield item(steps * k + step + 1)

        async for answer in client.resolve_many(items()):
            verify(steps * k + answered[k] + 1, answer)
            answered[k] += 1
            await go_on.wait()
            heard.release()

    with serve("--max-concurrent-streams", str(at_once)) as (_, address):
        async with AsyncClient(address) as client, asyncio.timeout(120), asyncio.TaskGroup() as group:
            for k in range(asked):
                group.create_task(talk(client, k))
            while sum(answered) < at_once:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            assert sum(answered) == at_once
            go_on.set()
    assert answered == [steps] * asked


# ---- bytes that are not calls

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
NOISE = random.Random(7).randbytes(5000)


def client_hello() -> bytes:
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
    return out.read()


GARBAGE = {
    "nothing": b"",
    "HTTP/1": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half a preface": PREFACE[:10],
    "noise": NOISE,
    "noise after the preface": PREFACE + NOISE,
    "a frame of 16 MiB": PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + NOISE,
    "data on no stream": PREFACE + b"\x00\x00\x04\x00\x00\x00\x00\x00\x00abcd",
    "headers that go on and on": PREFACE
    + b"\x00\x40\x00\x01\x00\x00\x00\x00\x01"
    + bytes(2**14)
    + (b"\x00\x40\x00\x09\x00\x00\x00\x00\x01" + bytes(2**14)) * 50,
    "settings": PREFACE + PREFACE[-9:] * 2000,
    "pings": PREFACE + (b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + bytes(8)) * 5000,
    "TLS": client_hello(),
}


def test_bytes_that_are_not_calls(serve: Serve) -> None:
    with serve("--drain-seconds", "1") as (server, address), ExitStack() as stack:
        host, port = address.split(":")
        for data in GARBAGE.values():
            connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=60))
            with suppress(OSError):  # the server may already have closed it
                connection.sendall(data)
        with grpc.insecure_channel(address) as channel:
            for method, data, code in (
                (RESOLVE, b"\xff", "INTERNAL"),
                (RESOLVE, bytes(2**16 + 1), "RESOURCE_EXHAUSTED"),
                (f"{SERVICE}/Delete", b"", "UNIMPLEMENTED"),
                ("/other.Service/Resolve", b"", "UNIMPLEMENTED"),
                ("/", b"", "UNIMPLEMENTED"),
            ):
                for call in (
                    channel.unary_unary(method),
                    lambda d, m=method: list(channel.stream_stream(m)(iter([d]))),
                ):
                    with pytest.raises(grpc.RpcError) as caught:
                        call(data)
                    assert caught.value.code().name == code, (method, caught.value.details())
                    assert not re.search(
                        r"Traceback|File |\.py|\.go\b|/(home|root|usr|tmp|work)", caught.value.details()
                    )
            answers = channel.stream_stream(STREAM)(iter([b"", b"", bytes(2**16 + 1), b""]))
            assert [next(answers), next(answers)] == [EMPTY, EMPTY]
            with pytest.raises(grpc.RpcError) as caught:
                next(answers)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert channel.unary_unary(RESOLVE)(b"") == EMPTY
        begin = time.monotonic()
        server.terminate()  # while the incomplete connections are still open
        assert server.wait(60) == 0
        assert time.monotonic() - begin < 30


# ---- TLS


def pem(certificate: trustme.LeafCert) -> tuple[bytes, bytes]:
    """Return the key and the certificate chain."""
    return certificate.private_key_pem.bytes(), b"".join(part.bytes() for part in certificate.cert_chain_pems)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(tmp_path: Path) -> Callable[[trustme.LeafCert], list[str]]:
    """Return the options with which a server presents a certificate."""

    def options(certificate: trustme.LeafCert) -> list[str]:
        files = tmp_path / "key.pem", tmp_path / "cert.pem"
        for file, data in zip(files, pem(certificate), strict=True):
            file.write_bytes(data)
        return ["--tls-key", str(files[0]), "--tls-cert", str(files[1])]

    return options


def answered(address: str, credentials: grpc.ChannelCredentials | None) -> bool:
    """Return whether the server answered. Otherwise, the connection must have been refused."""
    with Client(address, credentials=credentials, timeout=60) as client:
        try:
            return client.resolve(GOOD) == GOOD
        except grpc.RpcError as error:
            code = error.code()
    assert code is grpc.StatusCode.UNAVAILABLE
    return False


def yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def test_certificate_of_the_server(serve: Serve, authority: trustme.CA, tls: Any) -> None:
    trusting = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with serve(*tls(authority.issue_cert("127.0.0.1"))) as (_, address):
        assert answered(address, trusting)
        assert not answered(address, grpc.ssl_channel_credentials(trustme.CA().cert_pem.bytes()))
        assert not answered(address, None)  # plaintext
        assert answered(address, trusting)
    for certificate in (
        authority.issue_cert("127.0.0.1", not_after=yesterday()),
        authority.issue_cert("127.0.0.2", "other.example"),
    ):
        with serve(*tls(certificate)) as (_, address):
            assert not answered(address, trusting)
    with serve() as (_, address):
        assert not answered(address, trusting)
        assert answered(address, None)


def test_certificate_of_the_client(serve: Serve, authority: trustme.CA, tls: Any, tmp_path: Path) -> None:
    clients = trustme.CA()
    clients.cert_pem.write_to_path(tmp_path / "clients.pem")

    def presenting(certificate: trustme.LeafCert) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(authority.cert_pem.bytes(), *pem(certificate))

    good = presenting(clients.issue_cert("client.example"))
    options = [*tls(authority.issue_cert("127.0.0.1")), "--tls-client-ca", str(tmp_path / "clients.pem")]
    with serve(*options) as (_, address):
        assert answered(address, good)
        for refused in (
            presenting(authority.issue_cert("client.example")),
            presenting(clients.issue_cert("client.example", not_after=yesterday())),
            grpc.ssl_channel_credentials(authority.cert_pem.bytes()),
            None,
        ):
            assert not answered(address, refused)
            assert answered(address, good)


# ---- addresses that cannot be served


def refusal(command: list[str], *options: str) -> str:
    """Run the server, which must exit immediately with a one-line error."""
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


def test_port_in_use(command: list[str], serve: Serve) -> None:
    with serve() as (_, address), Client(address) as client:
        assert re.fullmatch(
            rf"(resources-py|reference-server): {address} is in use by another process",
            refusal(command, "--address", address),
        )
        assert client.resolve(GOOD) == GOOD


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", ":0"])
def test_plaintext_is_for_loopback_addresses(command: list[str], address: str) -> None:
    assert re.fullmatch(
        r"(resources-py|reference-server): refusing plaintext on a non-loopback address: "
        r"pass --tls-cert and --tls-key, or --insecure",
        refusal(command, "--address", address),
    )
