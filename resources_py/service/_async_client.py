"""The asyncio client."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import grpc

from resources_py import ContainerResources, Resources, ResourcesError
from resources_py.service._aio_workarounds import ReceivedStatus
from resources_py.service._codec import (
    decode_answer,
    decode_container_answer,
    decode_item,
    encode_container_request,
    encode_request,
    raise_for_status,
    require_resources,
)
from resources_py.service._resolve import CONTAINER_FIELD_PREFIX, FIELD_PREFIX
from resources_py.service._retry import RetryBudget
from resources_py.service._shared import BaseClient, ItemsInFlight, Status, UnansweredError

_CLOSED: Final = Status(grpc.StatusCode.CANCELLED, "the client was closed")


class AsyncClient(BaseClient):
    """An asyncio client. It belongs to the event loop that it is created in.

    The arguments are those of :class:`Client`.

    Example:
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

    _grpc = grpc.aio

    async def resolve(self, resources: Resources, *, timeout: float | None = None) -> Resources:
        """Return what Kubernetes would make of `resources`, as :meth:`Client.resolve` does."""
        request = encode_request(require_resources(resources))
        try:
            return decode_answer(await self._call(self._resolve, request, timeout))
        except grpc.RpcError as error:
            raise_for_status(error, FIELD_PREFIX)

    async def resolve_container(
        self, container: ContainerResources, *, timeout: float | None = None
    ) -> ContainerResources:
        """Return what Kubernetes would make of `container`, as :meth:`Client.resolve_container` does."""
        request = encode_container_request(container)
        try:
            return decode_container_answer(await self._call(self._resolve_container, request, timeout))
        except grpc.RpcError as error:
            raise_for_status(error, CONTAINER_FIELD_PREFIX)

    async def _call(self, method: Any, request: bytes, timeout: float | None) -> Any:
        """Call a unary method, and again as long as `retry` allows."""
        budget = RetryBudget(self._retry, self._timeout if timeout is None else timeout)
        while True:
            try:
                return await method(request, timeout=budget.remaining())
            except (asyncio.CancelledError, grpc.aio.UsageError):  # the second, from a channel that is closed
                if self._closed_under_way():
                    none = grpc.aio.Metadata()
                    raise grpc.aio.AioRpcError(_CLOSED.code, none, none, _CLOSED.details) from None
                raise
            except grpc.RpcError as error:
                delay = budget.next_delay(error)
                if delay is None or await self._closed_after(delay):
                    raise

    async def resolve_many(
        self, resources: Iterable[Resources] | AsyncIterable[Resources], *, timeout: float | None = None
    ) -> AsyncGenerator[Resources | ResourcesError, None]:
        """Resolve many items in one call, as :meth:`Client.resolve_many` does.

        A task of its own reads an async iterable. If that is waiting when the call ends, closed or broken off, it is
        cancelled, and an UnansweredError then has the CancelledError as its `raised`. Leaving a loop over the answers
        early ends the call when the generator is closed; ``contextlib.aclosing`` closes it at once.
        """
        items = _AsyncItems(resources)
        budget = RetryBudget(self._retry, timeout)
        try:
            while not items.done:
                try:
                    call = self._resolve_stream(timeout=budget.remaining())
                except grpc.aio.UsageError:
                    raise UnansweredError(_CLOSED, items) from None
                self._streams.add(call)
                received = ReceivedStatus(call)
                sender = asyncio.create_task(items.send(call))
                try:
                    async for answer in call:
                        items.check_answer()
                        yield decode_item(answer)
                        items.count_answer()
                    break
                except asyncio.CancelledError:
                    if self._closed_under_way():
                        raise UnansweredError(_CLOSED, items) from None
                    raise
                except grpc.aio.AioRpcError as raised:
                    error = await received.instead_of(raised)
                    if error.code() is grpc.StatusCode.OK:
                        break  # too early: check_complete raises
                    delay = budget.next_delay(error, answered=items.answered, has_pending=items.has_pending)
                    if delay is None or await self._closed_after(delay):
                        await items.stop()
                        raise UnansweredError(Status.of(error), items) from error
                finally:
                    self._streams.discard(call)
                    sender.cancel()
                    call.cancel()
                    await asyncio.wait([sender])
            items.check_complete()
        finally:
            await items.stop()

    def _closed_under_way(self) -> bool:
        """Whether an error is from `close`, and not from the task that waits."""
        task = asyncio.current_task()
        return self._closed.is_set() and not (task and task.cancelling())

    async def _closed_after(self, delay: float) -> bool:
        await asyncio.sleep(delay)
        return self._closed.is_set()

    async def close(self) -> None:
        """Close the connection and end the calls under way with CANCELLED."""
        self._closed.set()
        for call in self._streams:  # grpcio 1.80 leaves those that have had an answer waiting forever
            call.cancel()
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class _AsyncItems(ItemsInFlight):
    """The items, as a task sends them, one task for each call.

    That task is cancelled with its call, which would end an async iterable that it is inside of. So one reader task
    takes the items of an async iterable for all calls. The sender itself takes those of any other iterable: nothing can
    cancel it there.
    """

    def __init__(self, resources: Iterable[Resources] | AsyncIterable[Resources]) -> None:
        super().__init__()
        self._changed = asyncio.Event()  # an item or an answer arrived
        self._reader: asyncio.Task[None] | None = None
        if isinstance(resources, AsyncIterable):
            self._reader = asyncio.create_task(self._read(resources))
        else:
            self._iterator = iter(resources)

    async def send(self, call: Any) -> None:
        """Send everything without an answer on `call`, and then each new item."""
        self._sent = self.answered
        with suppress(grpc.RpcError, asyncio.InvalidStateError):  # the call is over: reading its answers raises why
            while (item := await self._next()) is not None:
                await call.write(encode_request(item))
            await call.done_writing()

    def count_answer(self) -> None:
        super().count_answer()
        self._changed.set()

    async def stop(self) -> None:
        """End the reader."""
        self._exhausted = True
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def _next(self) -> Resources | None:
        """Wait for the next item to send; return None if there is none."""
        while (item := self._next_unsent()) is None and not self._exhausted:
            if self._reader is not None:
                await self._change()
            else:
                await self._wait_while_full()
                if (taken := self._take(self._iterator)) is not None:
                    self._unanswered.append(taken)
        return item

    async def _read(self, resources: AsyncIterable[Resources]) -> None:
        inside = True  # the iterable, and not in our own code
        try:
            async for item in resources:
                inside = False
                self._unanswered.append(require_resources(item))
                self._changed.set()
                await self._wait_while_full()
                if self._exhausted:  # stopped, but the iterable suppressed its CancelledError
                    break
                inside = True
        except BaseException as error:  # raised again in the caller's task
            if inside or not self._exhausted:
                self.raised = error
        self._exhausted = True
        self._changed.set()

    async def _wait_while_full(self) -> None:
        while self.is_full:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
