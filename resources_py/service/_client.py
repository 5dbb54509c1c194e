"""Clients of the service, blocking and asyncio, that take and give `Resources`."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Generator, Iterable, Iterator, Sequence
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
_OPTIONS: Final = {"grpc.max_metadata_size": 64 * 1024}
# Who tries again looks for the server more often than gRPC would by itself, which is every two minutes in the end; and
# gives up a connection that is not made sooner than in 20 seconds, to begin another.
_RECONNECTING: Final = {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 500,
    "grpc.min_reconnect_backoff_ms": 5000,
}
_FIRST_PAUSE, _LAST_PAUSE = 0.05, 0.5  # seconds between two tries
# The statuses of a call that broke off. gRPC's servers say CANCELLED now and then to what they cut off at the end of a
# drain. What is cancelled here never gets there: see `_closed`, and asyncio has its CancelledError.
_BROKEN_OFF: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
# How many items of a stream may be sent and not answered: enough to keep both ends busy, little enough to hold.
_AHEAD: Final = 256


class UnansweredError(grpc.RpcError):
    """A stream ended with an error status; this has the items that have no answer.

    The first `.answered` items have theirs. `.unanswered` are those that were taken from the iterable and have none, in
    order; what comes after them is still in there. To go on with an iterator, ask for
    ``itertools.chain(error.unanswered, iterator)``; with a list, for ``items[error.answered:]``. The status is that of
    the grpc.RpcError in ``__cause__``.

    >>> from resources_py import Resources
    >>> from resources_py.service import Client, UnansweredError
    >>> with Client("127.0.0.1:1") as client:
    ...     try:
    ...         list(client.resolve_many([Resources(cpu=1)]))
    ...     except UnansweredError as error:
    ...         print(error.code().name, error.answered)
    UNAVAILABLE 0
    """

    def __init__(self, error: Any, items: _Items) -> None:
        self._error, self._items = error, items
        self.answered = items.answered
        raised = "" if items.raised is None else f"; the iterable raised {items.raised!r}"
        super().__init__(
            f"{error.code().name}: {error.details()}: {self.answered} items are answered, and .unanswered has the "
            f"{len(self.unanswered)} that were taken from the iterable and are not{raised}"
        )

    # Not copied: a thread of gRPC's that stands in the iterable cannot be stopped, and what it gets must not be lost.

    @property
    def unanswered(self) -> tuple[Resources, ...]:
        """The items that were taken and have no answer, in order.

        Where the blocking client's iterable is at work on an item, that item is added when it comes.
        """
        return self._items.unanswered()

    @property
    def raised(self) -> BaseException | None:
        """What the iterable raised itself, if it did."""
        return self._items.raised

    def code(self) -> grpc.StatusCode:
        """Give the status code."""
        code: grpc.StatusCode = self._error.code()
        return code

    def details(self) -> str | None:
        """Give the status message."""
        details: str | None = self._error.details()
        return details

    def trailing_metadata(self) -> Any:
        """Give the trailing metadata."""
        return self._error.trailing_metadata()


class _Base:
    """What the two clients share. Their stubs are bytes to bytes: no serializer."""

    _grpc: Any

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        options: Sequence[tuple[str, Any]] = (),
        timeout: float | None = None,
        retry: float = 0.0,
    ) -> None:
        self._timeout, self._retry = timeout, retry
        self._closed = threading.Event()
        chosen = list({**_OPTIONS, **(_RECONNECTING if retry else {}), **dict(options)}.items())
        if credentials is None:
            self._channel: Any = self._grpc.insecure_channel(target, chosen)
        else:
            self._channel = self._grpc.secure_channel(target, credentials, chosen)
        self._resolve = self._channel.unary_unary(_RESOLVE)
        self._resolve_stream = self._channel.stream_stream(_RESOLVE_STREAM)


class Client(_Base):
    """A blocking client, for any number of threads.

    `target` is ``HOST:PORT``. Without `credentials` (``grpc.ssl_channel_credentials(…)``) it speaks plaintext.
    `options` are gRPC's channel options. `timeout` is the default of `resolve`, in seconds.

    `retry`: for so many seconds a call that breaks off is tried again, with UNAVAILABLE or CANCELLED by the server: it
    cannot be reached, was killed or shuts down. They count from when it broke off, and anew after each answer; in a
    stream, only while an item waits for its answer. 0: nothing is sent again.

    >>> import asyncio
    >>> from resources_py import Resources
    >>> from resources_py.service import Client, Server
    >>> def ask(address):
    ...     with Client(address, retry=10) as client:
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

    _grpc = grpc

    def resolve(self, resources: Resources, *, timeout: float | None = None) -> Resources:
        """Give what Kubernetes would make of `resources`.

        `timeout` seconds are for all tries together.

        Raises ResourcesError with the violations where the server refuses it, ResourcesTypeError for what is no
        `Resources`, and grpc.RpcError for every other status: where the server cannot be reached, for one, or `timeout`
        seconds pass.
        """
        request = _request(_checked(resources))
        tries = _Tries(self._retry, self._timeout if timeout is None else timeout)
        while True:
            try:
                return _resources(self._resolve(request, timeout=tries.left()))
            except grpc.RpcError as error:
                pause = tries.pause(error)
                if pause is None or self._closed.wait(pause):
                    _raise(error)

    def resolve_many(
        self, resources: Iterable[Resources], *, timeout: float | None = None
    ) -> Generator[Resources | ResourcesError, None, None]:
        """Resolve many in one call: give, in order, what became of each, or the ResourcesError of that one.

        `resources` may be endless. It is read as answers are taken, at most 256 items ahead of them, in a thread of
        gRPC's. `timeout` seconds are for the whole. Closing the generator ends the call.

        Where the call breaks off and the client has a `retry`, the items that have no answer are sent again in a call
        that goes on from there: each gets one answer, in order. `resources` is read once, whatever happens.

        Raises UnansweredError, a grpc.RpcError, for an error status that no retry mends: what was given until then is
        answered, and it has the items that are not. What `resources` raises is raised here, after the answers to the
        items before it; likewise ResourcesTypeError for an item that is no `Resources`.
        """
        sending = _Sending(resources)
        tries = _Tries(self._retry, timeout)
        try:
            while not sending.over:
                call = self._resolve_stream(sending.begin(), timeout=tries.left())
                try:
                    for answer in call:
                        yield _answer(answer)
                        sending.count_answer()
                    break
                except grpc.RpcError as error:
                    pause = tries.pause(error, sending)
                    if pause is None or self._closed.wait(pause):
                        sending.end(wait=1.0)
                        raise UnansweredError(error, sending) from error
                finally:
                    call.cancel()
            sending.check()
        finally:
            sending.end()

    def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        self._closed.set()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Base):
    """As :class:`Client`, for asyncio. It belongs to the event loop that it is made in.

    >>> import asyncio
    >>> from resources_py import Resources
    >>> from resources_py.service import AsyncClient, Server
    >>> async def main():
    ...     async with Server() as server, AsyncClient(server.address, retry=10) as client:
    ...         wanted = [Resources(cpu="1500m"), Resources(mem=("1Gi", None))]
    ...         return [answer async for answer in client.resolve_many(wanted)]
    >>> asyncio.run(main())
    [Resources(cpu='1500m'), Resources(mem=('1Gi', None))]
    """

    _grpc = aio

    async def resolve(self, resources: Resources, *, timeout: float | None = None) -> Resources:
        """As :meth:`Client.resolve`."""
        request = _request(_checked(resources))
        tries = _Tries(self._retry, self._timeout if timeout is None else timeout)
        while True:
            try:
                return _resources(await self._resolve(request, timeout=tries.left()))
            except grpc.RpcError as error:
                pause = tries.pause(error)
                if pause is None or await self._closed_after(pause):
                    _raise(error)

    async def resolve_many(
        self, resources: Iterable[Resources] | AsyncIterable[Resources], *, timeout: float | None = None
    ) -> AsyncGenerator[Resources | ResourcesError, None]:
        """As :meth:`Client.resolve_many`. An async iterable is read in a task of its own.

        A loop over it that is left early ends the call when the generator is closed: ``contextlib.aclosing`` does so at
        once. An async iterable that is waiting when the call ends, closed or broken off, is cancelled; an
        UnansweredError then has the CancelledError as its `.raised`.
        """
        sending = _AsyncSending(resources)
        tries = _Tries(self._retry, timeout)
        try:
            while not sending.over:
                call = self._resolve_stream(timeout=tries.left())
                ends = _Ends(call)
                sender = asyncio.create_task(sending.send(call))
                try:
                    async for answer in call:
                        yield _answer(answer)
                        sending.count_answer()
                    break
                except aio.AioRpcError as error:
                    end = await ends.instead_of(error)
                    if end.code() is grpc.StatusCode.OK:
                        break  # it ended too early, see below
                    pause = tries.pause(end, sending)
                    if pause is None or await self._closed_after(pause):
                        await sending.end()
                        raise UnansweredError(end, sending) from end
                finally:
                    sender.cancel()
                    call.cancel()
                    await asyncio.wait([sender])
            sending.check()
        finally:
            await sending.end()

    async def _closed_after(self, pause: float) -> bool:
        await asyncio.sleep(pause)
        return self._closed.is_set()

    async def close(self) -> None:
        """Close the connection; calls under way are cancelled."""
        self._closed.set()
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


# ---- trying again


class _Tries:
    """Whether and when a call that broke off is tried again."""

    def __init__(self, retry: float, timeout: float | None) -> None:
        self._retry = retry
        self._end = None if timeout is None else time.monotonic() + timeout
        self._broken: float | None = None  # since when an item waits for its answer
        self._answered = 0
        self._pause = _FIRST_PAUSE

    def left(self) -> float | None:
        """Give what is left of the timeout."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def pause(self, error: Any, items: _Items | None = None) -> float | None:
        """Give how many seconds to wait before the next try, or None for no other."""
        if not self._retry or error.code() not in _BROKEN_OFF:
            return None
        now = time.monotonic()
        if items is not None and items.answered != self._answered:
            self._answered, self._broken, self._pause = items.answered, None, _FIRST_PAUSE
        if items is not None and not items.waiting:
            self._broken = None  # the caller's iterable may take its time: nobody waits for the server
        elif self._broken is None:
            self._broken = now
        left = self._retry if self._broken is None else self._broken + self._retry - now
        if left <= 0:
            return None
        pause = random.uniform(0.5, 1) * self._pause
        self._pause = min(2 * self._pause, _LAST_PAUSE)
        return min(pause, left, pause if self._end is None else max(0.0, self._end - now))


# ---- a stream's items on their way out


class _Items:
    """The items of a stream, whichever call they go out on. Those that have no answer are kept, to be sent again."""

    def __init__(self) -> None:
        self.answered = 0
        self.raised: BaseException | None = None  # by the iterable, which that ended
        self._unanswered: deque[Resources] = deque()
        self._sent = 0  # how many the call under way has sent, or need not; of all items
        self._exhausted = False

    @property
    def over(self) -> bool:
        """Whether every item has its answer, and there is no other."""
        return self._exhausted and not self._unanswered

    @property
    def waiting(self) -> bool:
        """Whether an item has no answer."""
        return bool(self._unanswered)

    def unanswered(self) -> tuple[Resources, ...]:
        return tuple(self._unanswered)

    def check(self) -> None:
        """Raise what ended the iterable early, or that the server said OK to less than everything."""
        if self.raised is not None:
            raise self.raised
        if not self.over:
            items = self.answered + len(self._unanswered)
            raise RuntimeError(f"the server ended the stream with OK and {self.answered} answers to {items} items")

    def _item_of(self, items: Iterator[Resources]) -> Resources | None:
        """Give the next item, or None where there is none, which is noted."""
        try:
            return _checked(next(items))
        except StopIteration:
            self._exhausted = True
        except BaseException as error:  # it is the caller's, and must come out where they are
            self.raised, self._exhausted = error, True
        return None

    def _unsent(self) -> Resources | None:
        """Give the first item that was taken, and that the call under way has not sent."""
        place = self._sent - self.answered
        if place == len(self._unanswered):
            return None
        self._sent += 1
        return self._unanswered[place]

    def _count_answer(self) -> None:
        if self._sent == self.answered:
            raise RuntimeError(f"the server answers more than the {self._sent} items that it was sent")
        self.answered += 1
        self._unanswered.popleft()


class _Sending(_Items):
    """The items, as gRPC's threads take them: one for each call.

    The thread of a call that has broken off may stand in the iterable, for as long as that takes. So the next call's
    thread sends what is there, and then waits; and what the other one gets goes out on the call that there is by then.
    """

    def __init__(self, resources: Iterable[Resources]) -> None:
        super().__init__()
        self._items = iter(resources)
        self._changed = threading.Condition(threading.Lock())  # guards all else, but is not held while an item is taken
        self._taking = False
        self._call = 0

    def begin(self) -> Iterator[bytes]:
        """Give the requests of a new call. Those of the call before it end."""
        with self._changed:
            self._call += 1
            self._sent = self.answered
            self._changed.notify_all()
            return self._requests(self._call)

    def end(self, wait: float = 0.0) -> None:
        """Let the threads end, and wait for one that stands in the iterable: most come out at once."""
        with self._changed:
            self._call += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._taking, wait)

    def _requests(self, call: int) -> Iterator[bytes]:
        while (item := self._next(call)) is not None:
            yield _request(item)

    def _next(self, call: int) -> Resources | None:
        with self._changed:
            while call == self._call:
                item = self._unsent()
                if item is not None or self._exhausted:
                    return item
                if self._taking or len(self._unanswered) >= _AHEAD:
                    self._changed.wait()
                    continue
                self._taking = True
                self._changed.release()
                item = self._item_of(self._items)
                self._changed.acquire()
                self._taking = False
                if item is not None:
                    self._unanswered.append(item)
                self._changed.notify_all()
            return None

    def count_answer(self) -> None:
        with self._changed:
            self._count_answer()
            self._changed.notify_all()

    def unanswered(self) -> tuple[Resources, ...]:
        with self._changed:
            return super().unanswered()


class _AsyncSending(_Items):
    """The items, as a task of ours sends them: one for each call.

    It is cancelled with its call, which would end an async iterable that it stands in. So these have a reader, one task
    for all calls; other iterables are read by the sender itself, as nothing can come between.
    """

    def __init__(self, resources: Iterable[Resources] | AsyncIterable[Resources]) -> None:
        super().__init__()
        self._room, self._news = asyncio.Event(), asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        if isinstance(resources, AsyncIterable):
            self._reader = asyncio.create_task(self._read(resources))
        else:
            self._items = iter(resources)

    async def send(self, call: Any) -> None:
        self._sent = self.answered
        with suppress(grpc.RpcError, asyncio.InvalidStateError):  # whoever reads the answers hears why
            while (item := await self._next()) is not None:
                await call.write(_request(item))
            await call.done_writing()

    async def _next(self) -> Resources | None:
        while (item := self._unsent()) is None and not self._exhausted:
            if self._reader is not None:
                self._news.clear()
                await self._news.wait()
            else:
                await self._await_room()
                if (taken := self._item_of(self._items)) is not None:
                    self._unanswered.append(taken)
        return item

    async def _read(self, resources: AsyncIterable[Resources]) -> None:
        inside = True
        try:
            async for item in resources:
                inside = False
                self._unanswered.append(_checked(item))
                self._news.set()
                await self._await_room()
                if self._exhausted:  # it took no notice of being cancelled
                    break
                inside = True
        except BaseException as error:  # it is the caller's, and must come out where they are
            if inside or not self._exhausted:
                self.raised = error
        self._exhausted = True
        self._news.set()

    async def _await_room(self) -> None:
        while len(self._unanswered) >= _AHEAD:
            self._room.clear()
            await self._room.wait()

    def count_answer(self) -> None:
        self._count_answer()
        self._room.set()

    async def end(self) -> None:
        """Let the reader end."""
        self._exhausted = True
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])


class _Ends:
    """The status that a call ended with.

    Where an item is being sent while the call ends, grpc.aio makes up a status of its own: INTERNAL, "Internal error
    from Core". It stands before or after the one that was received, for which a callback comes just once. So that is
    looked for in both places.
    """

    def __init__(self, call: Any) -> None:
        self._first: list[aio.AioRpcError] = []
        call.add_done_callback(lambda call: self._first.append(self._status(call)))
        self._call = call

    def _status(self, call: Any) -> aio.AioRpcError:
        code, initial, trailing = (
            _at_once(call.code()),
            _at_once(call.initial_metadata()),
            _at_once(call.trailing_metadata()),
        )
        return aio.AioRpcError(code, initial, trailing, _at_once(call.details()))

    async def instead_of(self, error: aio.AioRpcError) -> aio.AioRpcError:
        for _ in range(500):
            for status in (error, *self._first, self._status(self._call)):
                if status.details() != "Internal error from Core":
                    return status
            await asyncio.sleep(0.01)  # the other is on its way
        return error


def _at_once(result: Awaitable[Any]) -> Any:
    """Give a result that has arrived already."""
    try:
        result.__await__().send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it has not arrived")


# ---- bytes, and what they mean


def _checked(resources: Resources) -> Resources:
    if not isinstance(resources, Resources):
        raise ResourcesTypeError([Violation("", "WRONG_TYPE", f"{quoted(resources)} is no Resources")])
    return resources


def _request(resources: Resources) -> bytes:
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
