"""The reference service in Python and its two clients, over real connections."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import pickle
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.service.v1 import resources_service_pb2_grpc as service_grpc
from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources, ResourcesError, ResourcesTypeError, ResourcesWarning
from resources_py.service import AsyncClient, Client, UnansweredError

SERVICE = "resourceidl.service.v1.ResourcesService"
ENTRY = pb.Resources.ResourceEntry
WANTED = [Resources(cpu=n) for n in range(20)]
# Full lists of invalid entries with the longest values to quote: the largest possible answer.
WORST = pb.Resources(
    requests=[ENTRY(name=1, value="\U0001f600" * 16)] + [ENTRY(name=77_777_777 + i) for i in range(15)],
    limits=[ENTRY(name=1, value="\x00" * 64)] + [ENTRY(name=-77_777_777 - i) for i in range(15)],
)


@pytest.fixture(scope="module")
def address(launch: Any, python_server: list[str]) -> Iterator[str]:
    with launch(python_server) as (_, address):
        yield address


@pytest.fixture(scope="module")
def channel(address: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(address) as channel:
        yield channel


@pytest.fixture(scope="module")
def vectors(root: Path) -> list[dict[str, Any]]:
    lines = (root / "conformance/vectors/resolve.jsonl").read_text("utf-8").splitlines()
    return [
        vector for vector in map(json.loads, lines) if vector["status"] != "INTERNAL"
    ]  # tests/conformance has those


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with Client(address, timeout=60) as client:
        yield client


def violations_of(error: Any) -> list[error_details_pb2.BadRequest.FieldViolation]:
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    (detail,) = rpc_status.from_call(error).details
    bad = error_details_pb2.BadRequest()
    assert detail.Unpack(bad)
    return list(bad.field_violations)


def places(violations: Any) -> list[dict[str, str]]:
    """Return what all implementations must agree on; check the length of each description."""
    for violation in violations:
        assert violation.description
        assert len(violation.description.encode()) <= 120
        assert violation.description.isprintable()
    return [{"field": violation.field, "reason": violation.reason} for violation in violations]


# ---- the contract


def test_vectors(channel: grpc.Channel, vectors: list[dict[str, Any]]) -> None:
    resolve = channel.unary_unary(f"/{SERVICE}/Resolve")
    assert len(vectors) > 300
    for vector in vectors:
        try:
            got: dict[str, Any] = {"answer": resolve(bytes.fromhex(vector["hex"])).hex()}
        except grpc.RpcError as error:
            got = {"violations": places(violations_of(error))}
        assert got == {key: vector[key] for key in ("answer", "violations") if key in vector}, vector["tag"]


def test_vectors_streamed(channel: grpc.Channel, vectors: list[dict[str, Any]]) -> None:
    answers = channel.stream_stream(f"/{SERVICE}/ResolveStream")(bytes.fromhex(vector["hex"]) for vector in vectors)
    for vector, answer in zip(vectors, answers, strict=True):
        if "answer" in vector:
            assert answer.hex() == vector["answer"], vector["tag"]  # field 1 in both kinds of answer
        else:
            message = service_pb.ResolveStreamResponse.FromString(answer)
            assert message.WhichOneof("result") == "violations", vector["tag"]
            assert places(message.violations.violations) == vector["violations"], vector["tag"]


def test_container_vectors(channel: grpc.Channel, root: Path) -> None:
    """Compared as messages: Go's runtime writes the field of a oneof last."""
    resolve = channel.unary_unary(f"/{SERVICE}/ResolveContainer")
    lines = (root / "conformance/vectors/container.jsonl").read_text("utf-8").splitlines()
    for vector in map(json.loads, lines):
        try:
            answer = service_pb.ResolveContainerResponse.FromString(resolve(bytes.fromhex(vector["hex"])))
            assert answer.HasField("container_resources")
            got: dict[str, Any] = {"answer": answer.SerializeToString(deterministic=True).hex()}
        except grpc.RpcError as error:
            got = {"violations": places(violations_of(error))}
        assert got == {key: vector[key] for key in ("answer", "violations") if key in vector}, vector["tag"]


def test_resources_are_always_set(channel: grpc.Channel) -> None:
    stub = service_grpc.ResourcesServiceStub(channel)
    assert stub.Resolve(service_pb.ResolveRequest()).HasField("resources")
    (answer,) = stub.ResolveStream(iter([service_pb.ResolveStreamRequest()]))
    assert answer.HasField("resources")


def test_largest_error_fits_in_trailers(channel: grpc.Channel) -> None:
    stub = service_grpc.ResourcesServiceStub(channel)
    for _ in range(20):  # between its soft and hard limits, gRPC rejects at random
        with pytest.raises(grpc.RpcError) as caught:
            stub.Resolve(service_pb.ResolveRequest(resources=WORST))
        assert len(places(violations_of(caught.value))) == 32


def test_undecodable_bytes_are_rejected_after_pending_answers(channel: grpc.Channel) -> None:
    for undecodable in (b"\xff", b"\x0a\x05\x0a", b"\x0a\x04\x0a\x02\x12\xff"):
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(f"/{SERVICE}/Resolve")(undecodable)
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert caught.value.details() == f"cannot decode {len(undecodable)} bytes as a request"
        answers = channel.stream_stream(f"/{SERVICE}/ResolveStream")(iter([b""] * 300 + [undecodable] + [b""] * 300))
        received = 0
        with pytest.raises(grpc.RpcError) as caught:  # noqa: PT012
            for answer in answers:
                assert answer == b"\x0a\x00"
                received += 1
        assert received == 300
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert caught.value.details() == f"cannot decode {len(undecodable)} bytes as a request"
    assert channel.unary_unary(f"/{SERVICE}/Resolve")(b"") == b"\x0a\x00"


def test_only_a_request_above_the_size_limit_is_rejected(channel: grpc.Channel) -> None:
    large = service_pb.ResolveRequest(resources=pb.Resources(requests=[ENTRY(value="9" * 2**17)]))
    with pytest.raises(grpc.RpcError) as caught:
        service_grpc.ResourcesServiceStub(channel).Resolve(large)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    large.resources.requests[0].value = "9" * 60_000
    large.resources.requests[0].name = 1
    with pytest.raises(grpc.RpcError) as caught:
        service_grpc.ResourcesServiceStub(channel).Resolve(large)
    assert places(violations_of(caught.value)) == [
        {"field": "resources.requests[0].value", "reason": "INVALID_QUANTITY"}
    ]


def test_health(channel: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", SERVICE):
        assert (
            stub.Check(health_pb2.HealthCheckRequest(service=service)).status == health_pb2.HealthCheckResponse.SERVING
        )
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="other"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_reflection(channel: grpc.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE),
        reflection_pb2.ServerReflectionRequest(file_by_filename="resourceidl/v1/resources.proto"),
    ]
    services, *files = stub.ServerReflectionInfo(iter(requests))
    assert SERVICE in [service.name for service in services.list_services_response.service]
    names = [
        FileDescriptorProto.FromString(answer.file_descriptor_response.file_descriptor_proto[0]).name
        for answer in files
    ]
    assert names == ["resourceidl/service/v1/resources_service.proto", "resourceidl/v1/resources.proto"]


# ---- both clients, through one interface


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
def test_resolve(face: Any, address: str) -> None:
    with face(address) as client:
        assert client.resolve(Resources()) == Resources()
        assert repr(client.resolve(Resources(cpu=("1u", "0.5"), mem=(None, "31.25Ki"), gpu=2))) == repr(
            Resources(cpu=("1m", "500m"), mem="32k", gpu="2")
        )


def test_refusal_is_a_resources_error(face: Any, address: str) -> None:
    with pytest.warns(ResourcesWarning, match="GPU_LIMIT_MISSING"):
        wrong = Resources(gpu=(1, None))
    with face(address) as client:
        with pytest.raises(ResourcesError) as caught:
            client.resolve(wrong)
        ((field, reason, description),) = caught.value.violations
        assert (field, reason) == ("requests[0].value", "LIMIT_REQUIRED")
        assert "limit" in description
        good, bad, last = client.resolve_many([Resources(cpu=1), wrong, Resources(mem="1Gi")])
    assert (good, last) == (Resources(cpu=1), Resources(mem="1Gi"))
    assert isinstance(bad, ResourcesError)
    assert bad.violations == caught.value.violations


def test_only_resources_are_sent(face: Any, address: str) -> None:
    with face(address) as client:
        with pytest.raises(ResourcesTypeError, match="not a Resources"):
            client.resolve({"cpu": 1})
        answers = client.resolve_many([Resources(cpu=1), "cpu"])
        assert next(answers) == Resources(cpu=1)
        with pytest.raises(ResourcesTypeError, match="not a Resources"):
            next(answers)


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")  # more than 256 cores
def test_many_in_order(face: Any, address: str) -> None:
    with face(address) as client:
        assert list(client.resolve_many([])) == []
        answers = client.resolve_many(Resources(cpu=n) for n in range(3000))
        assert [answer.cpu for answer in answers] == [str(Resources(cpu=n).requests["cpu"]) for n in range(3000)]


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")  # more than 256 cores
def test_endless_stream_is_read_ahead_only_as_documented(face: Any, address: str) -> None:
    taken = 0

    def endless() -> Iterator[Resources]:
        nonlocal taken
        for taken in itertools.count(1):
            yield Resources(cpu=taken)

    with face(address) as client:
        threads = threading.active_count()
        with closing(client.resolve_many(endless())) as answers:
            for n, answer in enumerate(itertools.islice(answers, 1000), 1):
                assert answer == Resources(cpu=n)
                assert taken <= n + 256
        await_that(lambda: threading.active_count() <= threads)
        left = taken
        assert client.resolve(Resources(cpu=1)) == Resources(cpu=1)
        assert taken == left


def test_error_of_the_iterable_is_raised_after_pending_answers(face: Any, address: str) -> None:
    def failing() -> Iterator[Resources]:
        yield Resources(cpu=1)
        yield Resources(cpu=2)
        raise KeyError("mine")

    with face(address) as client:
        answers = client.resolve_many(failing())
        assert [next(answers), next(answers)] == [Resources(cpu=1), Resources(cpu=2)]
        with pytest.raises(KeyError, match="mine"):
            next(answers)


def test_other_statuses_stay_rpc_errors(face: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts connections, but never answers
        target = "{}:{}".format(*silent.getsockname())
        with face(target, timeout=0.2) as client:
            with pytest.raises(grpc.RpcError) as caught:
                client.resolve(Resources(cpu=1))
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            with pytest.raises(grpc.RpcError) as caught:
                next(client.resolve_many([Resources(cpu=1)], timeout=0.2))
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    with face(target) as client, pytest.raises(grpc.RpcError) as caught:
        client.resolve(Resources(cpu=1))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@contextmanager
def foreign(answer: Callable[[Iterator[bytes], Any], Iterator[bytes]]) -> Iterator[str]:
    """A server that breaks the contract. The second argument is gRPC's context."""
    handlers = dict.fromkeys(("Resolve", "ResolveStream"), grpc.stream_stream_rpc_method_handler(answer))
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def test_too_few_answers(face: Any) -> None:
    """The error has the items without an answer, as for any other end of a stream."""

    def two(requests: Iterator[bytes], _: Any) -> Iterator[bytes]:
        yield from itertools.islice(requests, 2)  # then OK, although more requests follow

    with foreign(two) as target, face(target) as client:
        for items in ([Resources(cpu=n) for n in (1, 2, 3)], map(Resources, itertools.count(1))):
            answers = client.resolve_many(items)
            assert [next(answers), next(answers)] == [Resources(cpu=1), Resources(cpu=2)]
            with pytest.raises(UnansweredError, match=r"^INTERNAL: .* OK and 2 answers to ") as caught:
                next(answers)
            assert caught.value.answered == 2
            count = len(caught.value.unanswered)
            assert list(caught.value.unanswered) == [Resources(cpu=n) for n in range(3, 3 + count)]
            assert isinstance(items, map) or count == 1


def test_too_few_answers_and_an_error_of_the_iterable(face: Any) -> None:
    def failing() -> Iterator[Resources]:
        yield from (Resources(cpu=1), Resources(cpu=2))
        raise KeyError("mine")

    with foreign(lambda requests, _: iter(list(requests)[:1])) as target, face(target) as client:
        with pytest.raises(UnansweredError) as caught:
            list(client.resolve_many(failing()))
        assert (caught.value.answered, caught.value.unanswered) == (1, (Resources(cpu=2),))
        assert isinstance(caught.value.raised, KeyError)


@pytest.mark.parametrize(
    "answer", [None, b"", b"\xff", b"\x12\x00", service_pb.ResolveResponse(resources=WORST).SerializeToString()]
)
def test_invalid_answer(face: Any, answer: bytes | None) -> None:
    """None is OK without a message. In a stream that is too few."""
    with (
        foreign(lambda requests, _: (answer for _ in requests if answer is not None)) as target,
        face(target) as client,
    ):
        with pytest.raises(ResourcesError) as caught:
            client.resolve(Resources(cpu=1))
        assert [violation.reason for violation in caught.value.violations] == ["UNDECODABLE"]
        if answer is None:
            return
        (error,) = client.resolve_many([Resources(cpu=1)])
        assert isinstance(error, ResourcesError)
        assert error.violations == caught.value.violations


def test_too_many_answers(face: Any) -> None:
    """The answer to nothing is not yielded."""

    def three(requests: Iterator[bytes], _: Any) -> Iterator[bytes]:
        first = next(requests)
        yield from (first, first, first)

    with foreign(three) as target, face(target) as client:
        answers = client.resolve_many([Resources(cpu=1)])
        assert next(answers) == Resources(cpu=1)
        with pytest.raises(UnansweredError, match=r"^INTERNAL: .* more answers than the 1 items") as caught:
            next(answers)
        assert (caught.value.answered, caught.value.unanswered) == (1, ())


def test_errors_can_be_pickled(face: Any) -> None:
    class LocalError(Exception):
        """It cannot be pickled."""

    def failing(error: Exception) -> Iterator[Resources]:
        yield from WANTED
        raise error

    def two_of_all(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield from list(requests)[:2]
        context.set_trailing_metadata((("key", "value"), ("key-bin", b"\x00")))
        context.abort(grpc.StatusCode.UNAVAILABLE, "broken off")

    with foreign(two_of_all) as target, face(target) as client:
        for raised, kind in ((KeyError("mine"), KeyError), (LocalError("mine"), RuntimeError)):
            with pytest.raises(UnansweredError) as caught:
                list(client.resolve_many(failing(raised)))
            error = caught.value
            again = pickle.loads(pickle.dumps(error))
            assert type(again) is UnansweredError
            assert (again.answered, again.unanswered) == (2, tuple(WANTED[2:]))
            assert isinstance(again.raised, kind)
            assert "mine" in str(again.raised)
            assert (again.code(), again.details()) == (grpc.StatusCode.UNAVAILABLE, "broken off")
            assert dict(again.trailing_metadata()) == {"key": "value", "key-bin": b"\x00"}


async def test_client_that_another_task_closes(address: str) -> None:
    """Its consumers get an error: they are not cancelled."""

    async def waiting() -> AsyncIterator[Resources]:
        yield WANTED[1]
        await asyncio.sleep(600)

    async def consume(client: AsyncClient) -> list[Any]:
        return [answer async for answer in client.resolve_many(waiting())]

    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts connections, but never answers
        clients = AsyncClient(address), AsyncClient("{}:{}".format(*silent.getsockname()), retry=600)
        calls = [asyncio.create_task(consume(client)) for client in clients]
        calls += [asyncio.create_task(clients[1].resolve(WANTED[1]))]
        await asyncio.sleep(0.5)
        await asyncio.gather(*(client.close() for client in clients))
        results = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)
    assert [type(result) for result in results] == [UnansweredError, UnansweredError, grpc.aio.AioRpcError]
    assert {result.code() for result in results} == {grpc.StatusCode.CANCELLED}
    assert (results[0].answered, results[0].unanswered) == (1, ())
    assert (results[1].answered, results[1].unanswered) == (0, (WANTED[1],))


async def test_cancelled_consumer_is_cancelled(address: str) -> None:
    """Also if the client is closed at the same time."""
    client = AsyncClient(address)
    gate = asyncio.Event()

    async def waiting() -> AsyncIterator[Resources]:
        yield WANTED[1]
        gate.set()
        await asyncio.sleep(600)

    async def consume() -> None:
        async for _ in client.resolve_many(waiting()):
            pass

    task = asyncio.create_task(consume())
    await gate.wait()
    task.cancel()
    await client.close()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_cache_of_answers_is_bounded_in_length() -> None:
    """Answers with unknown fields: each is 64 KiB, and none may be kept."""

    def answers(requests: Iterator[bytes], _: Any) -> Iterator[bytes]:
        for n, request in enumerate(requests):
            yield request + b"\x7a\x80\x80\x04" + n.to_bytes(2, "big") + bytes(2**16 - 2)

    with foreign(answers) as target, Client(target) as client:
        tracemalloc.start()
        try:
            for _ in client.resolve_many(itertools.repeat(WANTED[1], 50)):
                pass
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
            for _ in client.resolve_many(itertools.repeat(WANTED[1], 350)):
                pass
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 2**21  # the answers have 19 MiB


# ---- retrying; with servers that are killed and drained: tests/service/test_faults.py


class Breaking:
    """Answer a few items per call, then end the call with a status. After a few calls, answer everything."""

    def __init__(self, code: grpc.StatusCode, *, answers: int = 0, calls: int = 2) -> None:
        self.code, self.answers, self.calls = code, answers, calls
        self.asked = 0

    def __call__(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        self.asked += 1
        if self.asked > self.calls:
            yield from requests
        else:
            yield from itertools.islice(requests, self.answers)
            context.abort(self.code, "broken off")


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
def test_call_that_breaks_off_is_tried_again(face: Any, code: grpc.StatusCode) -> None:
    server = Breaking(code)
    with foreign(server) as target, face(target, retry=60) as client:
        assert client.resolve(Resources(cpu=1)) == Resources(cpu=1)
        assert server.asked == 3
        server.asked, server.answers = 0, 7
        assert list(client.resolve_many(iter(WANTED))) == WANTED
        assert server.asked == 3


def test_other_statuses_are_not_tried_again(face: Any) -> None:
    server = Breaking(grpc.StatusCode.INTERNAL, answers=7)
    with foreign(server) as target, face(target, retry=60) as client:
        with pytest.raises(UnansweredError, match=r"^INTERNAL: broken off: 7 items are answered") as caught:
            list(client.resolve_many(WANTED))
        assert (caught.value.answered, caught.value.code()) == (7, grpc.StatusCode.INTERNAL)
        assert list(caught.value.unanswered) == WANTED[7 : 7 + len(caught.value.unanswered)]
        server.answers = 0
        with pytest.raises(grpc.RpcError, match="broken off"):
            client.resolve(Resources(cpu=1))
        assert server.asked == 2


def test_server_that_does_not_come_back(face: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        target = "{}:{}".format(*nobody.getsockname())
    with face(target, retry=0.5) as client:
        begin = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            client.resolve(Resources(cpu=1))
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - begin >= 0.5
        with pytest.raises(UnansweredError) as unanswered:
            list(client.resolve_many(iter(WANTED)))
        assert unanswered.value.code() is grpc.StatusCode.UNAVAILABLE
        assert unanswered.value.answered == 0
        assert 1 <= time.monotonic() - begin < 30


def test_stream_that_breaks_off_behind_its_last_answer(face: Any) -> None:
    """Nothing is left to send."""

    def all_and_then(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield from requests
        context.abort(grpc.StatusCode.UNAVAILABLE, "")

    with foreign(all_and_then) as target:
        with face(target, retry=60) as client:
            assert list(client.resolve_many(WANTED)) == WANTED
        with face(target) as client, pytest.raises(UnansweredError) as caught:
            list(client.resolve_many(WANTED))
        assert (caught.value.answered, caught.value.unanswered) == (20, ())


def test_error_of_the_iterable_is_not_lost_in_a_broken_stream(face: Any) -> None:
    def failing() -> Iterator[Resources]:
        yield from WANTED
        raise KeyError("mine")

    def two_of_all(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        items = list(requests)
        yield from items[:2]
        if len(items) > 2:
            context.abort(grpc.StatusCode.UNAVAILABLE, "")

    with foreign(two_of_all) as target:
        with face(target) as client, pytest.raises(UnansweredError, match="the iterable raised KeyError") as caught:
            list(client.resolve_many(failing()))
        assert (caught.value.answered, list(caught.value.unanswered)) == (2, WANTED[2:])
        assert isinstance(caught.value.raised, KeyError)
        with face(target, retry=60) as client:
            answers = client.resolve_many(failing())
            assert list(itertools.islice(answers, 20)) == WANTED
            with pytest.raises(KeyError, match="mine"):
                next(answers)


def test_iterable_may_take_its_time_while_the_server_is_away() -> None:
    """Time without a server counts only while an item waits for its answer."""
    asked, back = 0, False

    def away(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        nonlocal asked
        asked += 1
        if asked == 1:
            yield next(requests)
        if not back:
            context.abort(grpc.StatusCode.UNAVAILABLE, "")
        yield from requests

    def slowly() -> Iterator[Resources]:
        nonlocal back
        yield WANTED[0]
        time.sleep(0.5)
        await_that(lambda: asked > 4)
        back = True
        yield WANTED[1]

    with foreign(away) as target, Client(target, retry=0.2) as client:
        assert list(client.resolve_many(slowly())) == WANTED[:2]


def test_item_that_comes_late_is_not_lost() -> None:
    """The thread that is blocked in the iterable cannot be stopped."""
    inside, come = threading.Event(), threading.Event()

    def one(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield next(requests)
        inside.wait(60)
        context.abort(grpc.StatusCode.UNAVAILABLE, "")

    def slowly() -> Iterator[Resources]:
        yield WANTED[0]
        inside.set()
        come.wait(60)
        yield WANTED[1]

    with foreign(one) as target, Client(target) as client:
        with pytest.raises(UnansweredError) as caught:
            list(client.resolve_many(slowly()))
        assert caught.value.unanswered == ()
        come.set()
        await_that(lambda: caught.value.unanswered == (WANTED[1],))
        assert caught.value.answered == 1


def test_closed_client_does_not_try_again() -> None:
    with foreign(Breaking(grpc.StatusCode.UNAVAILABLE, calls=1000)) as target, ThreadPoolExecutor(2) as pool:
        client = Client(target, retry=600)
        calls = [pool.submit(client.resolve, WANTED[1]), pool.submit(lambda: list(client.resolve_many(WANTED)))]
        time.sleep(0.2)
        client.close()
        for call in calls:
            with pytest.raises((grpc.RpcError, ValueError)):
                call.result(20)


async def test_closed_async_client_does_not_try_again() -> None:
    async def all_of(client: AsyncClient) -> list[Resources | ResourcesError]:
        return [answer async for answer in client.resolve_many(WANTED)]

    with foreign(Breaking(grpc.StatusCode.UNAVAILABLE, calls=1000)) as target:
        client = AsyncClient(target, retry=600)
        calls = [asyncio.create_task(client.resolve(WANTED[1])), asyncio.create_task(all_of(client))]
        await asyncio.sleep(0.2)
        await client.close()
        done, pending = await asyncio.wait(calls, timeout=20)
    assert pending == set()
    for call in done:
        assert call.cancelled() or isinstance(call.exception(), grpc.RpcError), call


async def test_closed_async_client_does_not_begin() -> None:
    client = AsyncClient("127.0.0.1:1")
    await client.close()
    with pytest.raises(grpc.RpcError) as caught:
        await client.resolve(WANTED[1])
    assert caught.value.code() is grpc.StatusCode.CANCELLED  # type: ignore[attr-defined]
    with pytest.raises(grpc.RpcError):
        await anext(client.resolve_many(WANTED))


# ---- one client only


def test_one_blocking_client_serves_many_threads(client: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(client.resolve, [Resources(cpu=n) for n in range(200)])) == [
            Resources(cpu=n) for n in range(200)
        ]


async def test_async_iterable(address: str) -> None:
    async def slowly() -> AsyncIterator[Resources]:
        for n in range(20):
            await asyncio.sleep(0.001)
            yield Resources(cpu=n)

    async with AsyncClient(address) as client:
        assert [answer async for answer in client.resolve_many(slowly())] == [Resources(cpu=n) for n in range(20)]


async def test_answers_do_not_wait_for_more_items(address: str) -> None:
    """Each item depends on the answer to the previous one."""
    answered: asyncio.Queue[Resources] = asyncio.Queue()

    async def conversation() -> AsyncIterator[Resources]:
        yield Resources(cpu=1)
        while (last := await answered.get()) != Resources(cpu=5):
            yield Resources(cpu=last.requests["cpu"] + Resources(cpu=1).requests["cpu"])

    async with AsyncClient(address) as client:
        async for answer in client.resolve_many(conversation()):
            assert isinstance(answer, Resources)
            answered.put_nowait(answer)
    assert answer == Resources(cpu=5)


async def test_async_client_leaves_no_tasks_behind(address: str) -> None:
    async def endless() -> AsyncIterator[Resources]:
        while True:
            yield Resources(cpu=1)

    async with AsyncClient(address) as client:
        async with aclosing(client.resolve_many(endless())) as answers:
            async for _ in answers:
                break
        await asyncio.sleep(0.05)
        ours = [task for task in asyncio.all_tasks() if "resources_py" in repr(task)]
        assert ours == []
        with pytest.raises(TimeoutError):  # noqa: PT012
            async with asyncio.timeout(0.2), aclosing(client.resolve_many(endless())) as answers:
                async for _ in answers:
                    await asyncio.sleep(0.01)
        assert await client.resolve(Resources(cpu=1)) == Resources(cpu=1)


async def test_async_iterable_that_ignores_cancellation(address: str) -> None:
    async def stubborn() -> AsyncIterator[Resources]:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
            yield Resources(cpu=1)

    async with (
        asyncio.timeout(20),
        AsyncClient(address) as client,
        aclosing(client.resolve_many(stubborn())) as answers,
    ):
        assert await anext(answers) == Resources(cpu=1)
    assert [task for task in asyncio.all_tasks() if "resources_py" in repr(task)] == []


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")  # more than 256 cores
async def test_concurrent_calls_on_one_connection(address: str) -> None:
    async with AsyncClient(address) as client:

        async def many(offset: int) -> list[Resources | ResourcesError]:
            return [answer async for answer in client.resolve_many(Resources(cpu=offset + n) for n in range(100))]

        results = await asyncio.gather(*(many(1000 * k) for k in range(20)))
    assert results == [[Resources(cpu=1000 * k + n) for n in range(100)] for k in range(20)]


def test_import_without_grpc() -> None:
    code = "import sys; sys.modules['grpc'] = None\nimport resources_py\ntry: import resources_py.service\nexcept ImportError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "resources_py.service needs gRPC (grpc is missing): pip install 'resources-py[grpc]'\n"
    assert done.stderr == ""


def await_that(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
