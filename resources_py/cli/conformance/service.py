"""Asks a server of the reference service: each case alone, and all of them in one stream."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py.cli.conformance.cases import Case, Json, Observation, SilentError
from resources_py.cli.terminal import Failure

_SERVICE: Final = service_pb.DESCRIPTOR.services_by_name["ResourcesService"].full_name
_DETAILS_KEY: Final = "grpc-status-details-bin"
_TYPE_URL: Final = "type.googleapis.com/google.rpc.BadRequest"
_MAX_DETAILS_BYTES: Final = 7 * 1024  # in base64
_EMPTY: Final = b"\x0a\x00"  # the answer to an empty request


async def observe(target: str, cases: Sequence[Case], timeout: float) -> AsyncIterator[Observation]:
    """Yield what the server answers to each case.

    Args:
        target: ``HOST:PORT`` of the server.
        cases: The cases of the suite ``resolve``.
        timeout: When to hang up on a server that does not answer, in seconds.

    Raises:
        Failure: The server cannot be reached.
        SilentError: It does not answer.
    """
    async with grpc.aio.insecure_channel(target, options=[("grpc.max_metadata_size", 64 * 1024)]) as channel:
        resolve: Any = channel.unary_unary(f"/{_SERVICE}/Resolve")
        stream: Any = channel.stream_stream(f"/{_SERVICE}/ResolveStream")
        for case in cases:
            yield Observation(case.key, "unary", case.expected, await _ask(resolve, case, timeout))
        requests = [case for case in cases if case.expected["status"] != "INTERNAL"]
        async for observation in _ask_all(stream, requests, timeout):
            yield observation
        for case in cases:
            if case.expected["status"] == "INTERNAL":
                yield Observation(case.key, "stream", case.expected, await _end_stream(stream, case, timeout))


def _request(case: Case) -> bytes:
    return bytes.fromhex(case.asked["hex"])


# ---- unary


async def _ask(resolve: Any, case: Case, timeout: float) -> Json:
    try:
        answer = await resolve(_request(case), timeout=timeout)
    except grpc.aio.AioRpcError as error:
        return _describe_status(error, case.key)
    return {"status": "OK", "answer": answer.hex()}


def _describe_status(error: grpc.aio.AioRpcError, key: str) -> Json:
    code = error.code()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        raise SilentError(f"no answer to {key}")
    if code is grpc.StatusCode.UNAVAILABLE:
        raise Failure(f"{code.name}: {error.details() or 'no details'}")
    found: list[Any] = [value for name, value in error.trailing_metadata() or () if name == _DETAILS_KEY]
    status: Json = {"status": code.name}
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return status | _describe_details(found, error.details() or "")
    return status | ({"problem": "has details"} if any(map(_has_details, found)) else {})


def _has_details(value: bytes) -> bool:
    try:
        return bool(status_pb2.Status.FromString(value).details)
    except DecodeError:
        return True


def _describe_details(found: Sequence[bytes], message: str) -> Json:
    if len(found) != 1:
        return {"problem": f"{len(found)} trailers {_DETAILS_KEY}"}
    status, bad = status_pb2.Status(), error_details_pb2.BadRequest()
    if not _parse(status, found[0]):
        return {"problem": f"{_DETAILS_KEY} is not a google.rpc.Status"}
    if (status.code, status.message) != (3, message):
        return {"problem": f"{_DETAILS_KEY} has another code or message than the status"}
    if len(found[0]) * 4 > _MAX_DETAILS_BYTES * 3:
        return {"problem": f"{_DETAILS_KEY} takes more than 7 KiB"}
    if len(status.details) != 1:
        return {"problem": f"{len(status.details)} details"}
    if status.details[0].type_url != _TYPE_URL or not _parse(bad, status.details[0].value):
        return {"problem": f"the detail is not a {_TYPE_URL}"}
    return _describe_violations(bad.field_violations)


def _parse(message: Message, data: bytes) -> bool:
    try:
        message.ParseFromString(data)
    except DecodeError:
        return False
    return True


def _describe_violations(violations: Iterable[Any]) -> Json:
    for violation in violations:
        size = len(violation.description.encode())
        if not 1 <= size <= 120:
            return {"problem": f"the description of {violation.field} has {size} bytes"}
    return {"violations": [{"field": each.field, "reason": each.reason} for each in violations]}


# ---- streams


async def _ask_all(stream: Any, cases: Sequence[Case], timeout: float) -> AsyncIterator[Observation]:
    """Send every case in one stream, and compare each answer and the end."""
    call = stream()
    sender = asyncio.create_task(_send(call, [_request(case) for case in cases]))
    try:
        for case in cases:
            answer = await _read(call, case.key, timeout)
            got = await _describe_end(call, case.key) if answer is None else _describe_item(answer)
            yield Observation(case.key, "stream", case.expected, got)
            if answer is None:
                return
        extra = await _read(call, "the end of the stream", timeout)
        status = "OK, after one more answer" if extra is not None else (await call.code()).name
        yield Observation("the end of the stream", "stream", {"status": "OK"}, {"status": status})
    finally:
        call.cancel()
        sender.cancel()
        await asyncio.wait([sender])


async def _end_stream(stream: Any, case: Case, timeout: float) -> Json:
    """Send an empty request, and then bytes that are not one."""
    call = stream()
    sender = asyncio.create_task(_send(call, [b"", _request(case)]))
    try:
        first = await _read(call, case.key, timeout)
        if first != _EMPTY:
            return {"problem": "the item before it has no answer" if first is None else f"answered {first.hex()}"}
        answer = await _read(call, case.key, timeout)
        return await _describe_end(call, case.key) if answer is None else _describe_item(answer)
    finally:
        call.cancel()
        sender.cancel()
        await asyncio.wait([sender])


async def _send(call: Any, requests: Iterable[bytes]) -> None:
    try:
        for request in requests:
            await call.write(request)
        await call.done_writing()
    except (grpc.RpcError, asyncio.InvalidStateError):
        pass  # the call is over: reading tells why


async def _read(call: Any, key: str, timeout: float) -> bytes | None:
    """Return the next answer, or None at the end of the stream."""
    try:
        answer = await asyncio.wait_for(call.read(), timeout)
    except TimeoutError:
        raise SilentError(f"no answer to {key} in the stream") from None
    except grpc.aio.AioRpcError:
        return None
    return None if answer is grpc.aio.EOF else bytes(answer)


async def _describe_end(call: Any, key: str) -> Json:
    code, metadata, details = await call.code(), await call.trailing_metadata(), await call.details()
    if code is grpc.StatusCode.OK:
        return {"status": "OK", "problem": "the stream ended too early"}
    empty = grpc.aio.Metadata()
    return _describe_status(grpc.aio.AioRpcError(code, empty, metadata or empty, details), key)


def _describe_item(answer: bytes) -> Json:
    item = service_pb.ResolveStreamResponse()
    if not _parse(item, answer):
        return {"problem": "the answer is not a ResolveStreamResponse"}
    if item.WhichOneof("result") == "violations":
        return {"status": "INVALID_ARGUMENT"} | _describe_violations(item.violations.violations)
    return {"status": "OK", "answer": answer.hex()}
