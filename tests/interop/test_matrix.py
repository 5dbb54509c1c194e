"""Every client with every server: the official bindings (blocking and asyncio), betterproto with grpclib, and Go."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import grpc
import grpclib
import grpclib.client
import pytest
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status
from grpclib.encoding.base import CodecBase
from grpclib.exceptions import StreamTerminatedError

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.service.v1 import resources_service_pb2_grpc as service_grpc
from resourceidl.v1 import resources_pb2 as pb
from resourceidl_betterproto.resourceidl.service import v1 as better
from resources_py import ContainerResources, ExtendedResources, Resources
from resources_py.service import AsyncClient, Client

RESOLVE = "/resourceidl.service.v1.ResourcesService/Resolve"
RESOLVE_STREAM = "/resourceidl.service.v1.ResourcesService/ResolveStream"
MANY = 4_000  # more bytes than the window of a stream, 64 KiB
CONTAINER = ContainerResources(Resources(cpu=1, gpu=1), ExtendedResources("T4"), named={"rdma/hca": 1}, claims=["net"])
UNDECODABLE = {
    "cut short": b"\x0a\x05\x0a",
    "no field 0": b"\x02\x00",
    "a group that never ends": b"\x0b",
    "not UTF-8": b"\x0a\x05\x0a\x03\x12\x01\xff",
    "noise": b"\xff" * 11,
}
Places = list[tuple[str, str]]  # field and reason of each violation


class Failure(Exception):  # noqa: N818
    """A call ended with a status that is not OK."""

    def __init__(self, code: str, violations: Any = ()) -> None:
        super().__init__(code)
        self.code = code
        self.violations: Places = [(violation.field, violation.reason) for violation in violations]
        for violation in violations:
            assert 0 < len(violation.description.encode()) <= 120


# ---- the clients: bytes in and bytes out, but through the messages and stubs of their own bindings


class Connection(ABC):
    """The connection of one client to a server."""

    @abstractmethod
    async def resolve(self, request: bytes) -> bytes:
        """Return the answer, or raise Failure."""

    @abstractmethod
    def stream(
        self, requests: Iterable[bytes], *, hold: bool = False, timeout: float | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the answers. With `hold`, the stream stays open after the last request. Closing it cancels the call."""

    @abstractmethod
    async def resolve_raw(self, request: bytes) -> bytes:
        """Like `resolve`, for bytes that are not a request."""

    @abstractmethod
    def stream_raw(self, requests: Iterable[bytes]) -> AsyncIterator[bytes]:
        """Like `stream`, for bytes that are not requests."""

    @abstractmethod
    async def close(self) -> None: ...


def official_failure(error: Any) -> Failure:
    bad = error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        assert detail.Unpack(bad)
    return Failure(error.code().name, bad.field_violations)


class Sync(Connection):
    def __init__(self, target: str) -> None:
        self._channel = grpc.insecure_channel(target)
        self._stub = service_grpc.ResourcesServiceStub(self._channel)

    async def resolve(self, request: bytes) -> bytes:
        try:
            answer: bytes = self._stub.Resolve(service_pb.ResolveRequest.FromString(request)).SerializeToString()
        except grpc.RpcError as error:
            raise official_failure(error) from None
        return answer

    async def stream(
        self, requests: Iterable[bytes], *, hold: bool = False, timeout: float | None = None
    ) -> AsyncIterator[bytes]:
        over = threading.Event()

        def sending() -> Iterator[service_pb.ResolveStreamRequest]:
            yield from map(service_pb.ResolveStreamRequest.FromString, requests)
            if hold:
                over.wait(60)

        call = self._stub.ResolveStream(sending(), timeout=timeout)
        try:
            for answer in call:
                yield answer.SerializeToString()
        except grpc.RpcError as error:
            raise official_failure(error) from None
        finally:
            over.set()
            if call.cancel():
                assert call.code() is grpc.StatusCode.CANCELLED

    async def resolve_raw(self, request: bytes) -> bytes:
        try:
            answer: bytes = self._channel.unary_unary(RESOLVE)(request)
        except grpc.RpcError as error:
            raise official_failure(error) from None
        return answer

    async def stream_raw(self, requests: Iterable[bytes]) -> AsyncIterator[bytes]:
        try:
            for answer in self._channel.stream_stream(RESOLVE_STREAM)(iter(requests)):
                yield answer
        except grpc.RpcError as error:
            raise official_failure(error) from None

    async def close(self) -> None:
        self._channel.close()


class Asyncio(Connection):
    def __init__(self, target: str) -> None:
        self._channel = aio.insecure_channel(target)
        self._stub = service_grpc.ResourcesServiceStub(self._channel)

    async def resolve(self, request: bytes) -> bytes:
        try:
            answer = await self._stub.Resolve(service_pb.ResolveRequest.FromString(request))
        except grpc.RpcError as error:
            raise official_failure(error) from None
        encoded: bytes = answer.SerializeToString()
        return encoded

    async def stream(
        self, requests: Iterable[bytes], *, hold: bool = False, timeout: float | None = None
    ) -> AsyncIterator[bytes]:
        over = asyncio.Event()

        async def sending() -> AsyncIterator[service_pb.ResolveStreamRequest]:
            for request in requests:
                yield service_pb.ResolveStreamRequest.FromString(request)
            if hold:
                await over.wait()

        call = self._stub.ResolveStream(sending(), timeout=timeout)
        try:
            async for answer in call:
                yield answer.SerializeToString()
        except grpc.RpcError as error:
            raise official_failure(error) from None
        finally:
            over.set()
            if call.cancel():
                assert await call.code() is grpc.StatusCode.CANCELLED

    async def resolve_raw(self, request: bytes) -> bytes:
        try:
            answer: bytes = await self._channel.unary_unary(RESOLVE)(request)
        except grpc.RpcError as error:
            raise official_failure(error) from None
        return answer

    async def stream_raw(self, requests: Iterable[bytes]) -> AsyncIterator[bytes]:
        try:
            async for answer in self._channel.stream_stream(RESOLVE_STREAM)(iter(requests)):
                yield answer
        except grpc.RpcError as error:
            raise official_failure(error) from None

    async def close(self) -> None:
        await self._channel.close()


class Raw(CodecBase):
    """A grpclib codec that passes bytes through."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:
        return bytes(message)

    def decode(self, data: bytes, message_type: Any) -> bytes:
        return data


def grpclib_failure(error: Exception) -> Failure:
    if isinstance(error, TimeoutError):
        return Failure("DEADLINE_EXCEEDED")
    if isinstance(error, StreamTerminatedError) and str(error).endswith("error_code: 8"):  # RST_STREAM with CANCEL
        return Failure("CANCELLED")
    assert isinstance(error, grpclib.GRPCError)
    violations = [violation for bad in error.details or () for violation in bad.field_violations]
    return Failure(error.status.name, violations)


class Betterproto(Connection):
    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._channel = grpclib.client.Channel(host, int(port))
        self._raw_channel = grpclib.client.Channel(host, int(port), codec=Raw())
        self._stub = better.ResourcesServiceStub(self._channel)

    async def resolve(self, request: bytes) -> bytes:
        try:
            return bytes(await self._stub.resolve(better.ResolveRequest().parse(request)))
        except grpclib.GRPCError as error:
            raise grpclib_failure(error) from None

    async def stream(
        self, requests: Iterable[bytes], *, hold: bool = False, timeout: float | None = None
    ) -> AsyncIterator[bytes]:
        over = asyncio.Event()

        async def sending() -> AsyncIterator[better.ResolveStreamRequest]:
            for request in requests:
                yield better.ResolveStreamRequest().parse(request)
                await asyncio.sleep(0)  # otherwise, answers wait until grpclib blocks in sending
            if hold:
                await over.wait()

        async with aclosing(self._stub.resolve_stream(sending(), timeout=timeout)) as answers:  # type: ignore[type-var]
            try:
                async for answer in answers:
                    yield bytes(answer)
            except (grpclib.GRPCError, StreamTerminatedError, TimeoutError) as error:
                raise grpclib_failure(error) from None
            finally:
                over.set()

    async def resolve_raw(self, request: bytes) -> bytes:
        cardinality = grpclib.const.Cardinality.UNARY_UNARY
        try:
            async with self._raw_channel.request(RESOLVE, cardinality, bytes, bytes) as stream:
                await stream.send_message(request, end=True)
                answer: bytes = await stream.recv_message()
        except grpclib.GRPCError as error:
            raise grpclib_failure(error) from None
        return answer

    async def stream_raw(self, requests: Iterable[bytes]) -> AsyncIterator[bytes]:
        cardinality = grpclib.const.Cardinality.STREAM_STREAM
        try:
            async with self._raw_channel.request(RESOLVE_STREAM, cardinality, bytes, bytes) as stream:
                await stream.send_request()
                for request in requests:  # in lockstep: answers before an error are not kept for later reads
                    await stream.send_message(request)
                    if (answer := await stream.recv_message()) is not None:
                        yield answer
        except grpclib.GRPCError as error:
            raise grpclib_failure(error) from None

    async def close(self) -> None:
        self._channel.close()
        self._raw_channel.close()


# ---- the checks


def entries(*pairs: tuple[int, str]) -> list[pb.Resources.ResourceEntry]:
    return [pb.Resources.ResourceEntry(name=name, value=value) for name, value in pairs]  # type: ignore[arg-type]


def request_of(requests: list[tuple[int, str]], limits: list[tuple[int, str]]) -> bytes:
    resources = pb.Resources(requests=entries(*requests), limits=entries(*limits))
    return service_pb.ResolveRequest(resources=resources).SerializeToString()  # same bytes as a ResolveStreamRequest


def item(i: int) -> bytes:
    """Return the i-th item of a stream. Valid amounts are canonical; one in ten is invalid."""
    cpu, memory = (pb.Resources.CPU, f"{10 * i + 1}m"), (pb.Resources.MEMORY, f"{2 * i + 1}Ki")
    return request_of([(pb.Resources.CPU, f"{i}Mb")] if i % 10 == 9 else [cpu], [memory, cpu])


def verify(i: int, answer: bytes) -> None:
    """Check the answer to the i-th item. The description's wording is free, but it must quote the value."""
    if i % 10 == 9:
        message = service_pb.ResolveStreamResponse.FromString(answer)
        (violation,) = message.violations.violations
        assert (violation.field, violation.reason) == ("resources.requests[0].value", "INVALID_QUANTITY")
        assert f"{i}Mb" in violation.description
    else:
        both = [(pb.Resources.CPU, f"{10 * i + 1}m"), (pb.Resources.MEMORY, f"{2 * i + 1}Ki")]
        assert answer == request_of(both, both)


async def alive(connection: Connection) -> None:
    """The server still answers."""
    half = (pb.Resources.CPU, "0.5")
    assert await connection.resolve(request_of([], [half])) == request_of(*[[(pb.Resources.CPU, "500m")]] * 2)


async def unary(connection: Connection, vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        if vector["request"] is None:  # bytes that no binding would write
            continue
        try:
            got: dict[str, Any] = {"answer": (await connection.resolve(bytes.fromhex(vector["hex"]))).hex()}
        except Failure as failure:
            got = {"violations": [{"field": field, "reason": reason} for field, reason in failure.violations]}
            got |= {} if failure.code == "INVALID_ARGUMENT" else {"code": failure.code}
        assert got == {key: vector[key] for key in ("answer", "violations") if key in vector}, vector["tag"]


async def stream(connection: Connection, _: Any) -> None:
    count = 0
    async for answer in connection.stream(map(item, range(MANY))):
        verify(count, answer)
        count += 1
    assert count == MANY


async def bad_input(connection: Connection, _: Any) -> None:
    """One message with every violation that fits in, and messages with the others."""
    cpu, gpu, memory, storage, ephemeral = 1, 2, 3, 4, 5
    for requests, limits, wanted in (
        (
            [(cpu, "1Gb"), (cpu, "1"), (storage, "1"), (memory, "2Gi"), (gpu, "1"), (99, "1"), (ephemeral, "-1")],
            [(memory, "1Gi"), (ephemeral, "8Ei")],
            [
                ("requests[0].value", "INVALID_QUANTITY"),
                ("requests[1].name", "DUPLICATE_NAME"),
                ("requests[2].name", "UNSUPPORTED_NAME"),
                ("requests[5].name", "UNSUPPORTED_NAME"),
                ("requests[6].value", "NEGATIVE"),
                ("limits[1].value", "OUT_OF_RANGE"),
                ("requests[3].value", "REQUEST_ABOVE_LIMIT"),
                ("requests[4].value", "LIMIT_REQUIRED"),
            ],
        ),
        ([(gpu, "1")], [(gpu, "2")], [("requests[0].value", "REQUEST_NOT_EQUAL_LIMIT")]),
        ([(cpu, "1")] * 17, [(gpu, "0.5")], [("requests", "TOO_MANY_ENTRIES"), ("limits[0].value", "NOT_WHOLE")]),
    ):
        prefixed = [(f"resources.{field}", reason) for field, reason in wanted]
        request = request_of(requests, limits)
        with pytest.raises(Failure) as caught:
            await connection.resolve(request)
        assert (caught.value.code, caught.value.violations) == ("INVALID_ARGUMENT", prefixed)
        (answer,) = [answer async for answer in connection.stream([request])]
        violations = service_pb.ResolveStreamResponse.FromString(answer).violations.violations
        assert [(violation.field, violation.reason) for violation in violations] == prefixed
    await alive(connection)


async def undecodable(connection: Connection, _: Any) -> None:
    for name, data in UNDECODABLE.items():
        with pytest.raises(Failure) as caught:
            await connection.resolve_raw(data)
        assert caught.value.code == "INTERNAL", name
        answers = []
        with pytest.raises(Failure) as caught:  # noqa: PT012
            async for answer in connection.stream_raw([item(0), item(1), item(2), data, item(3)]):
                answers.append(answer)
        assert caught.value.code == "INTERNAL", name
        assert len(answers) == 3
        for i, answer in enumerate(answers):
            verify(i, answer)
    await alive(connection)


async def deadline(connection: Connection, _: Any) -> None:
    begin, answers = time.monotonic(), []
    with pytest.raises(Failure) as caught:  # noqa: PT012
        async for answer in connection.stream([item(0)], hold=True, timeout=0.5):
            answers.append(answer)
    # If the server's deadline expires first, its runtime may reset the stream; the client then sees CANCELLED.
    assert caught.value.code in ("DEADLINE_EXCEEDED", "CANCELLED")
    assert 0.4 < time.monotonic() - begin < 5
    verify(0, *answers)
    await alive(connection)


async def cancel(connection: Connection, _: Any) -> None:
    async with aclosing(connection.stream(map(item, itertools.count()))) as answers:  # type: ignore[type-var]
        for i in range(1000):
            verify(i, await anext(answers))
    await alive(connection)


CLIENTS: dict[str, type[Connection] | None] = {
    "official, blocking": Sync,
    "official, asyncio": Asyncio,
    "betterproto": Betterproto,
    "Go": None,
}
Check = Callable[[Connection, list[dict[str, Any]]], Coroutine[Any, Any, None]]
CHECKS: dict[str, Check] = {
    "unary": unary,
    "stream": stream,
    "bad-input": bad_input,
    "undecodable": undecodable,
    "deadline": deadline,
    "cancel": cancel,
}


@pytest.fixture(scope="module")
def vectors(root: Path) -> list[dict[str, Any]]:
    lines = (root / "conformance/vectors/resolve.jsonl").read_text("utf-8").splitlines()
    return [vector for vector in map(json.loads, lines) if vector["status"] != "INTERNAL"]  # for those: UNDECODABLE


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("server", ["Python", "Go"])
@pytest.mark.parametrize("client", CLIENTS)
def test_cell(
    client: str,
    server: str,
    check: str,
    servers: dict[str, str],
    go_client: Path,
    vectors: list[dict[str, Any]],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("cell", (client, server, check))
    record_property("checks", list(CHECKS))
    connect = CLIENTS[client]
    if connect is None:
        run_go(go_client, servers[server], check, vectors)
        return

    async def run() -> None:
        connection = connect(servers[server])
        try:
            await asyncio.wait_for(CHECKS[check](connection, vectors), 300)
        finally:
            await connection.close()

    asyncio.run(run())


def run_go(program: Path, target: str, check: str, vectors: list[dict[str, Any]]) -> None:
    """Run the Go client. It evaluates every check itself, except for the vectors."""
    sent = "".join(vector["hex"] + "\n" for vector in vectors) if check == "unary" else None
    command = [program, "--target", target, check, *([str(MANY)] if check == "stream" else [])]
    done = subprocess.run(command, input=sent, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    if check != "unary":
        assert [outcome["ok"] for outcome in outcomes] == [True]
        return
    for vector, outcome in zip(vectors, outcomes, strict=True):
        if "answer" in vector:
            assert (outcome["code"], outcome["answer"]) == ("OK", vector["answer"]), vector["tag"]
        else:
            assert outcome["code"] == "INVALID_ARGUMENT", vector["tag"]
            for violation in outcome["violations"]:
                assert 0 < len(violation.pop("description").encode()) <= 120
            assert outcome["violations"] == vector["violations"], vector["tag"]


# ---- the package's own clients


@pytest.mark.parametrize("server", ["Python", "Go"])
def test_client(servers: dict[str, str], server: str) -> None:
    wanted = [Resources(cpu=(f"{n}m", None), mem=f"{n}Mi") for n in range(1, 1001)]
    with Client(servers[server]) as client:
        assert list(client.resolve_many(wanted)) == wanted
        assert client.resolve(wanted[0]) == wanted[0]
        assert client.resolve_container(CONTAINER) == CONTAINER


@pytest.mark.parametrize("server", ["Python", "Go"])
async def test_async_client(servers: dict[str, str], server: str) -> None:
    wanted = [Resources(cpu=(f"{n}m", None), mem=f"{n}Mi") for n in range(1, 1001)]
    async with AsyncClient(servers[server]) as client:
        assert [answer async for answer in client.resolve_many(wanted)] == wanted
        assert await client.resolve(wanted[0]) == wanted[0]
        assert await client.resolve_container(CONTAINER) == CONTAINER
