"""Clients of the service, blocking and asyncio, that take and give `Resources`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, NoReturn, Self

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.v1 import resources_pb2 as pb
from resources_py import _wire
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted
from resources_py._resources import Resources
from resources_py.service._answers import PREFIX

_SERVICE: Final = service_pb.DESCRIPTOR.services_by_name["ResourcesService"].full_name
_RESOLVE: Final = f"/{_SERVICE}/Resolve"
_RESOLVE_STREAM: Final = f"/{_SERVICE}/ResolveStream"
# Two full lists of bad entries make trailers of some 6 KiB, and the status message comes on top of them: more than the
# 8 KiB at which gRPC may begin to refuse would be a server's with longer words than ours.
_OPTIONS: Final = (("grpc.max_metadata_size", 64 * 1024),)
# How many items of a stream may be sent and not answered: enough to keep both ends busy, little enough to hold.
_AHEAD: Final = 256


class Client:
    """A blocking client, for any number of threads.

    `target` is ``HOST:PORT``. Without `credentials` (``grpc.ssl_channel_credentials(…)``) it speaks plaintext.
    `options` are gRPC's channel options. `timeout` is the default of `resolve`, in seconds.

    >>> import asyncio
    >>> from resources_py import Resources
    >>> from resources_py.service import Client, Server
    >>> def ask(address):
    ...     with Client(address) as client:
    ...         print(client.resolve(Resources(cpu=(None, "0.5"))))
    ...         for answer in client.resolve_many([Resources(cpu="1500m"), Resources(gpu=1)]):
    ...             print(answer)
    >>> async def main():
    ...     async with Server() as server:
    ...         await asyncio.to_thread(ask, server.address)
    >>> asyncio.run(main())
    Resources(cpu='500m')
    Resources(cpu='1500m')
    Resources(gpu='1')
    """

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        options: Sequence[tuple[str, Any]] = (),
        timeout: float | None = None,
    ) -> None:
        self._timeout = timeout
        options = (*_OPTIONS, *options)
        if credentials is None:
            self._channel: Any = grpc.insecure_channel(target, options)
        else:
            self._channel = grpc.secure_channel(target, credentials, options)
        self._resolve = self._channel.unary_unary(_RESOLVE)  # no serializer: bytes go in and come out, see below
        self._resolve_stream = self._channel.stream_stream(_RESOLVE_STREAM)

    def resolve(self, resources: Resources, *, timeout: float | None = None) -> Resources:
        """Give what Kubernetes would make of `resources`.

        Raises ResourcesError with the violations where the server refuses it, ResourcesTypeError for what is no
        `Resources`, and grpc.RpcError for every other status: where the server cannot be reached, for one, or `timeout`
        seconds pass.
        """
        try:
            answer = self._resolve(_request(resources), timeout=self._timeout if timeout is None else timeout)
        except grpc.RpcError as error:
            _raise(error)
        return _resources(answer)

    def resolve_many(
        self, resources: Iterable[Resources], *, timeout: float | None = None
    ) -> Generator[Resources | ResourcesError, None, None]:
        """Resolve many in one call: give, in order, what became of each, or the ResourcesError of that one.

        `resources` may be endless. It is read as answers are taken, at most 256 items ahead of them, in a thread of
        gRPC's. `timeout` seconds are for the whole. Closing the generator ends the call.

        Raises grpc.RpcError where the call breaks off: what was given until then is answered, nothing after it is.
        Nothing is sent again by itself. What `resources` raises is raised here, after the answers to the items before
        it; likewise ResourcesTypeError for an item that is no `Resources`.
        """
        sending = _Sending(resources)
        call = self._resolve_stream(sending, timeout=timeout)
        try:
            for answer in call:
                yield _answer(answer)
                sending.answered()
        finally:
            sending.close()
            call.cancel()
        sending.check()

    def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """As :class:`Client`, for asyncio. It belongs to the event loop that it is made in.

    >>> import asyncio
    >>> from resources_py import Resources
    >>> from resources_py.service import AsyncClient, Server
    >>> async def main():
    ...     async with Server() as server, AsyncClient(server.address) as client:
    ...         wanted = [Resources(cpu="1500m"), Resources(mem=("1Gi", None))]
    ...         return [answer async for answer in client.resolve_many(wanted)]
    >>> asyncio.run(main())
    [Resources(cpu='1500m'), Resources(mem=('1Gi', None))]
    """

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        options: Sequence[tuple[str, Any]] = (),
        timeout: float | None = None,
    ) -> None:
        self._timeout = timeout
        options = (*_OPTIONS, *options)
        if credentials is None:
            self._channel: Any = aio.insecure_channel(target, options)
        else:
            self._channel = aio.secure_channel(target, credentials, options)
        self._resolve = self._channel.unary_unary(_RESOLVE)
        self._resolve_stream = self._channel.stream_stream(_RESOLVE_STREAM)

    async def resolve(self, resources: Resources, *, timeout: float | None = None) -> Resources:
        """As :meth:`Client.resolve`."""
        try:
            answer = await self._resolve(_request(resources), timeout=self._timeout if timeout is None else timeout)
        except grpc.RpcError as error:
            _raise(error)
        return _resources(answer)

    async def resolve_many(
        self, resources: Iterable[Resources] | AsyncIterable[Resources], *, timeout: float | None = None
    ) -> AsyncGenerator[Resources | ResourcesError, None]:
        """As :meth:`Client.resolve_many`. `resources` is read in a task of its own.

        A loop over it that is left early ends the call when the generator is closed: ``contextlib.aclosing`` does so at
        once.
        """
        sending = _AsyncSending(resources)
        call = self._resolve_stream(timeout=timeout)
        ends = _Ends(call)
        sender = asyncio.create_task(sending.send(call))
        try:
            async for answer in call:
                yield _answer(answer)
                sending.answered()
        except aio.AioRpcError as error:
            end = await ends.instead_of(error)
            if end.code() is not grpc.StatusCode.OK:  # else it ended too early, see below
                raise end from None
        finally:
            sending.close()
            sender.cancel()
            call.cancel()
            await asyncio.wait([sender])
        sending.check()

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


# ---- a stream's items on their way out


class _Count:
    """What was sent, what was answered, and how the sending ended."""

    def __init__(self) -> None:
        self._sent = self._answered = 0
        self._all_sent = False
        self._error: BaseException | None = None

    def answered(self) -> None:
        self._answered += 1

    def check(self) -> None:
        """Raise what ended the sending early, or that the server said OK to less than everything."""
        if self._error is not None:
            raise self._error
        if not self._all_sent or self._sent != self._answered:
            raise RuntimeError(
                f"the server ended the stream with OK and {self._answered} answers to {self._sent} items"
            )


class _Sending(_Count):
    """The items, as gRPC's thread takes them."""

    def __init__(self, resources: Iterable[Resources]) -> None:
        super().__init__()
        self._items = iter(resources)
        self._room = threading.Semaphore(_AHEAD)
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._room.acquire()
        if self._closed:
            raise StopIteration
        try:
            request = _request(next(self._items))
        except StopIteration:
            self._all_sent = True
            raise
        except BaseException as error:  # it is the caller's, and must come out where they are
            self._error = error
            raise StopIteration from None
        self._sent += 1
        return request

    def answered(self) -> None:
        super().answered()
        self._room.release()

    def close(self) -> None:
        self._closed = True
        self._room.release()


class _AsyncSending(_Count):
    """The items, as a task of ours sends them."""

    def __init__(self, resources: Iterable[Resources] | AsyncIterable[Resources]) -> None:
        super().__init__()
        self._closed = False
        self._items = aiter(resources) if isinstance(resources, AsyncIterable) else _each(resources)
        self._room = asyncio.Semaphore(_AHEAD)

    async def send(self, call: Any) -> None:
        try:
            async for item in self._items:
                request = _request(item)
                await self._room.acquire()
                self._sent += 1
                if not await _write(call, request):
                    return
            self._all_sent = True
        except BaseException as error:  # it is the caller's, and must come out where they are
            if not self._closed:
                self._error = error
        await call.done_writing()

    def answered(self) -> None:
        super().answered()
        self._room.release()

    def close(self) -> None:
        self._closed = True


async def _each(resources: Iterable[Resources]) -> AsyncIterator[Resources]:
    for item in resources:
        yield item


async def _write(call: Any, request: bytes) -> bool:
    """Send one; say whether the call is still there. If it is not, whoever reads the answers hears why."""
    try:
        await call.write(request)
    except (grpc.RpcError, asyncio.InvalidStateError):
        return False
    return True


class _Ends:
    """The status that a call ended with.

    Where an item is being sent while the call ends, grpc.aio puts a status of its own over the one that it received:
    INTERNAL, "Internal error from Core". So that one is noted as it comes.
    """

    def __init__(self, call: Any) -> None:
        self._noted: list[aio.AioRpcError] = []
        call.add_done_callback(self._note)

    def _note(self, call: Any) -> None:
        initial, trailing = _at_once(call.initial_metadata()), _at_once(call.trailing_metadata())
        code, details = _at_once(call.code()), _at_once(call.details())
        if details != "Internal error from Core":
            self._noted.append(aio.AioRpcError(code, initial, trailing, details, None))

    async def instead_of(self, error: aio.AioRpcError) -> aio.AioRpcError:
        if not self._noted:
            await asyncio.sleep(0.1)  # it may come second, too
        return self._noted[0] if self._noted else error


def _at_once(result: Awaitable[Any]) -> Any:
    """Give a result that has arrived already."""
    try:
        result.__await__().send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it has not arrived")


# ---- bytes, and what they mean


def _request(resources: Resources) -> bytes:
    if not isinstance(resources, Resources):
        raise ResourcesTypeError([Violation("", "WRONG_TYPE", f"{quoted(resources)} is no Resources")])
    data = bytes(resources)
    before = _BEFORE.get(len(data))
    if before is None:
        request = service_pb.ResolveRequest(resources=pb.Resources.FromString(data))
        before = _BEFORE[len(data)] = request.SerializeToString().removesuffix(data)
    return before + data


# What stands before a Resources in a ResolveRequest, or in a ResolveStreamRequest, which has the same bytes, depends on
# its length alone; so the generated binding is asked once for each. A Resources is at most 600 bytes long.
_BEFORE: Final[dict[int, bytes]] = {}


# The same few answers come again and again: a few megabytes. An error is not kept.
@lru_cache(maxsize=4096)
def _resources(answer: bytes) -> Resources:
    """Read a ResolveStreamResponse, or a ResolveResponse, which has the same bytes.

    Raises ResourcesError with the violations, or with UNDECODABLE for what no server should have sent.
    """
    try:
        message = service_pb.ResolveStreamResponse.FromString(answer)
        if message.WhichOneof("result") == "resources":
            return Resources._from_values(_wire.read(message.resources, for_kubernetes=False))
    except (DecodeError, ResourcesError) as error:
        raise ResourcesError([Violation("", "UNDECODABLE", "the server's answer cannot be understood")]) from error
    if not message.violations.violations:
        raise ResourcesError([Violation("", "UNDECODABLE", "the server's answer is empty")])
    raise _error(message.violations.violations)


def _answer(answer: bytes) -> Resources | ResourcesError:
    """Read a ResolveStreamResponse."""
    try:
        return _resources(answer)
    except ResourcesError as error:
        return error.with_traceback(None)  # it is not raised, and keeps no frame alive


def _raise(error: Any) -> NoReturn:
    """Raise ResourcesError where that is what the status of a grpc.RpcError says, else `error` itself."""
    bad = error_details_pb2.BadRequest()
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
        with suppress(ValueError, DecodeError):  # details that contradict the status, or are none: not ours to read
            status = rpc_status.from_call(error)
            any(detail.Unpack(bad) for detail in (status.details if status else ()))
    if bad.field_violations:
        raise _error(bad.field_violations) from error
    raise error


def _error(violations: Iterable[service_pb.Violation | error_details_pb2.BadRequest.FieldViolation]) -> ResourcesError:
    return ResourcesError([Violation(v.field.removeprefix(PREFIX), v.reason, v.description) for v in violations])
