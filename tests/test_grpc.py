"""Ending calls with violations, and getting them back: resources_py.grpc."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from resources_py import Resources, ResourcesError, Violation
from resources_py.grpc import abort, abort_async, error_from, status_from

VECTORS = Path(__file__).resolve().parents[1] / "conformance" / "vectors" / "details.jsonl"
METHOD = "/jobs.v1.JobService/Submit"
LARGE = ResourcesError([Violation(f"requests[{n}].value", "INVALID_QUANTITY", "x" * 120) for n in range(1000)])


def details(status: Any) -> list[Violation]:
    ((key, value),) = status.trailing_metadata
    assert key == "grpc-status-details-bin"
    assert len(value) * 4 / 3 <= 7 * 1024
    message = status_pb2.Status.FromString(value)
    assert (message.code, message.message) == (3, status.details)
    (detail,) = message.details
    assert detail.type_url == "type.googleapis.com/google.rpc.BadRequest"
    bad = error_details_pb2.BadRequest.FromString(detail.value)
    return [Violation(v.field, v.reason, v.description) for v in bad.field_violations]


CASES = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["tag"] for case in CASES])
def test_large_details_are_cut(case: dict[str, Any]) -> None:
    violation = Violation(case["field"], "INVALID_QUANTITY", case["description"])
    expected = [violation._replace(description=case["cut"])] * case["kept"]
    if case["more"]:
        expected.append(Violation("", "TRUNCATED", f"{case['more']} more"))
    assert details(status_from(ResourcesError([violation] * case["count"]))) == expected


def test_message() -> None:
    one, two = Violation("cpu", "NEGATIVE", "is negative"), Violation("", "UNDECODABLE", "é" * 60)
    assert status_from(ResourcesError([one])).details == "cpu: is negative"
    assert status_from(ResourcesError([one, two]), field_prefix="a.").details == "a.cpu: is negative (and 1 more)"
    assert status_from(ResourcesError([two])).details == "é" * 60
    assert len(status_from(ResourcesError([one._replace(field="é" * 200)])).details.encode()) <= 200
    assert status_from(ResourcesError([])).details == "invalid resources"


def test_prefix() -> None:
    error = ResourcesError([Violation("requests[0].value", "NEGATIVE", "d"), Violation("", "UNDECODABLE", "d")])
    found = details(status_from(error, field_prefix="containers[2].resources."))
    assert [v.field for v in found] == ["containers[2].resources.requests[0].value", "containers[2].resources"]


def test_text_that_utf_8_cannot_carry() -> None:
    (found,) = details(status_from(ResourcesError([Violation("\ud800", "R", "\udfff")])))
    assert found == (r"\ud800", "R", r"\udfff")


# ---- over a connection


@contextmanager
def _sync(error: ResourcesError, prefix: str) -> Iterator[str]:
    def answer(request: bytes, context: Any) -> bytes:
        abort(context, error, field_prefix=prefix)

    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((_handler(answer),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


@contextmanager
def _asyncio(error: ResourcesError, prefix: str) -> Iterator[str]:
    async def answer(request: bytes, context: Any) -> bytes:
        await abort_async(context, error, field_prefix=prefix)

    async def start() -> tuple[Any, int]:
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers((_handler(answer),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    async def stop(server: Any) -> None:
        await server.stop(0)

    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as pool:
        server, port = pool.submit(runner.run, start()).result()
        loop = runner.get_loop()
        running = pool.submit(loop.run_forever)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            asyncio.run_coroutine_threadsafe(stop(server), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            running.result(10)


def _handler(answer: Any) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(
        "jobs.v1.JobService", {"Submit": grpc.unary_unary_rpc_method_handler(answer)}
    )


def _ask(target: str) -> Any:
    with grpc.insecure_channel(target) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(METHOD)(b"", timeout=20)
    return caught.value


async def _ask_async(target: str) -> Any:
    async with grpc.aio.insecure_channel(target) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            await channel.unary_unary(METHOD)(b"", timeout=20)
        return caught.value


@pytest.mark.parametrize("serve", [_sync, _asyncio])
@pytest.mark.parametrize("ask", [_ask, lambda target: asyncio.run(_ask_async(target))], ids=["sync", "asyncio"])
def test_there_and_back(serve: Any, ask: Any) -> None:
    sent = ResourcesError([Violation("requests[0].value", "NEGATIVE", "is 'é'"), Violation("gpu", "NOT_WHOLE", "half")])
    with serve(sent, "job.resources.") as target:
        failure = ask(target)
    assert failure.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.details() == "job.resources.requests[0].value: is 'é' (and 1 more)"
    error = error_from(failure, field_prefix="job.resources.")
    assert error is not None
    assert error.violations == sent.violations


@pytest.mark.parametrize("serve", [_sync, _asyncio])
def test_the_largest_error_arrives(serve: Any) -> None:
    with serve(LARGE, "resources.") as target:
        for _ in range(20):  # gRPC rejects trailers that are too large at random
            error = error_from(_ask(target), field_prefix="resources.")
            assert error is not None
            *kept, last = error.violations
            assert last == ("", "TRUNCATED", f"{1000 - len(kept)} more")
            assert [v.field for v in kept] == [f"requests[{n}].value" for n in range(len(kept))]


# ---- the client's side alone


class Failure(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode, metadata: Any) -> None:
        self.code, self.trailing_metadata = lambda: code, lambda: metadata


def failure(*fields: str, code: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT) -> Failure:
    status = status_from(ResourcesError([Violation(field, "NEGATIVE", "d") for field in fields]))
    return Failure(code, status.trailing_metadata)


def fields(failed: Any, **options: Any) -> list[str]:
    error = error_from(failed, **options)
    assert error is not None
    return [violation.field for violation in error.violations]


@pytest.mark.parametrize(
    "other",
    [
        grpc.RpcError(),
        ValueError("x"),
        failure("cpu", code=grpc.StatusCode.INTERNAL),
        Failure(grpc.StatusCode.INVALID_ARGUMENT, None),
        Failure(grpc.StatusCode.INVALID_ARGUMENT, [("other-bin", b"\xff")]),
        Failure(grpc.StatusCode.INVALID_ARGUMENT, [("grpc-status-details-bin", b"\xff")]),
        Failure(grpc.StatusCode.INVALID_ARGUMENT, [("grpc-status-details-bin", b"")]),
    ],
    ids=range(7),
)
def test_any_other_failure_is_none(other: Any) -> None:
    assert error_from(other) is None


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
def test_fields_are_those_of_the_declaration() -> None:
    # On the wire: requests CPU, GPU; limits CPU, MEMORY.
    declared = Resources(cpu="1", mem=(None, "1Gi"), gpu=(1, None))
    sent = ["requests[0].value", "requests[1].value", "limits[0].name", "limits[1].value"]
    assert fields(failure(*sent), declared=declared) == ["cpu", "gpu[0]", "cpu", "mem[1]"]
    assert fields(failure(*sent)) == sent
    prefix = "containers[2].resources."
    sent = [prefix + field for field in sent]
    assert fields(failure(*sent), field_prefix=prefix, declared=declared) == ["cpu", "gpu[0]", "cpu", "mem[1]"]
    assert fields(failure("name", *sent), field_prefix="other.", declared=declared) == ["name", *sent]


def test_fields_that_are_not_an_entry_lose_only_the_prefix() -> None:
    sent = ["r.requests", "r.requests[7].value", "r.requests[0]", "r.requests[0].values", "r", "rr.requests[0].value"]
    expected = ["requests", "requests[7].value", "requests[0]", "requests[0].values", "", "rr.requests[0].value"]
    assert fields(failure(*sent), field_prefix="r.", declared=Resources(cpu=1)) == expected


def test_import_without_grpc() -> None:
    code = "import sys; sys.modules['grpc'] = None\ntry: import resources_py.grpc\nexcept ImportError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "resources_py.grpc needs gRPC (grpc is missing): pip install 'resources-py[grpc]'\n"
    assert done.stderr == ""
