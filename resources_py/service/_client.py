"""The blocking client."""

import threading
from collections.abc import Generator, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import grpc

from resources_py import ContainerResources, Resources, ResourcesError
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


class Client(BaseClient):
    """A blocking client, safe to share between threads.

    Args:
        target: ``HOST:PORT`` of the server.
        credentials: ``grpc.ssl_channel_credentials(…)`` for TLS. Plaintext if omitted.
        options: gRPC channel options.
        timeout: The default timeout of `resolve` and `resolve_container`, in seconds.
        retry: Seconds to retry a call that breaks off, because the server cannot be reached, was killed or is shutting
            down (UNAVAILABLE, or CANCELLED by the server). They count from when the call broke off, and anew after each
            answer; in a stream, only while an item waits for its answer. 0 turns retries off.

    Example:
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
        """Return what Kubernetes would make of `resources`.

        Args:
            resources: What to resolve.
            timeout: Seconds for all attempts together. The client's default if omitted.

        Raises:
            ResourcesError: The server rejects `resources`; it has the violations.
            ResourcesTypeError: `resources` is not a `Resources`.
            grpc.RpcError: Any other status, such as an unreachable server or a timeout.
        """
        request = encode_request(require_resources(resources))
        try:
            return decode_answer(self._call(self._resolve, request, timeout))
        except grpc.RpcError as error:
            raise_for_status(error, FIELD_PREFIX)

    def resolve_container(self, container: ContainerResources, *, timeout: float | None = None) -> ContainerResources:
        """Return what Kubernetes would make of `container`.

        Args:
            container: What to resolve.
            timeout: As in :meth:`resolve`.

        Raises:
            ResourcesError: The server rejects `container`; it has the violations. Their fields are those of the
                message: ``named_limits[0].value``.
            ResourcesTypeError: `container` is not a `ContainerResources`.
            grpc.RpcError: As in :meth:`resolve`.
        """
        request = encode_container_request(container)
        try:
            return decode_container_answer(self._call(self._resolve_container, request, timeout))
        except grpc.RpcError as error:
            raise_for_status(error, CONTAINER_FIELD_PREFIX)

    def _call(self, method: Any, request: bytes, timeout: float | None) -> Any:
        """Call a unary method, and again as long as `retry` allows."""
        budget = RetryBudget(self._retry, self._timeout if timeout is None else timeout)
        while True:
            try:
                return method(request, timeout=budget.remaining())
            except grpc.RpcError as error:
                delay = budget.next_delay(error)
                if delay is None or self._closed.wait(delay):
                    raise

    def resolve_many(
        self, resources: Iterable[Resources], *, timeout: float | None = None
    ) -> Generator[Resources | ResourcesError, None, None]:
        """Resolve many items in one call.

        With `retry`, if the call breaks off, the items without an answer are sent again in a new call: each item gets
        one answer, in order, and `resources` is read once. Closing the generator ends the call.

        Args:
            resources: What to resolve; it may be endless. One of gRPC's threads reads it as answers are taken, at most
                256 items ahead of them.
            timeout: Seconds for the whole stream.

        Yields:
            For each item, in order, what Kubernetes would make of it, or the ResourcesError with its violations.

        Raises:
            UnansweredError: The call ended with an error status that is not retried, or with OK and too few or too
                many answers. It has the items without an answer.
            ResourcesTypeError: An item is not a `Resources`. Raised after the answers to the items before it, as is
                whatever `resources` itself raises.
        """
        items = _ThreadedItems(resources)
        budget = RetryBudget(self._retry, timeout)
        try:
            while not items.done:
                call = self._resolve_stream(items.start_call(), timeout=budget.remaining())
                try:
                    for answer in call:
                        items.check_answer()
                        yield decode_item(answer)
                        items.count_answer()
                    break
                except UnansweredError:
                    raise
                except grpc.RpcError as error:
                    delay = budget.next_delay(error, answered=items.answered, has_pending=items.has_pending)
                    if delay is None or self._closed.wait(delay):
                        items.stop(wait=1.0)
                        raise UnansweredError(Status.of(error), items) from error
                finally:
                    call.cancel()
            items.stop(wait=1.0)
            items.check_complete()
        finally:
            items.stop()

    def close(self) -> None:
        """Close the connection and cancel the calls under way."""
        self._closed.set()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _ThreadedItems(ItemsInFlight):
    """The items, as gRPC's threads take them, one thread for each call.

    The thread of a call that broke off may be inside the iterable, for any length of time. So the next call's thread
    sends what is in flight and then waits; what the first thread takes goes out on the call that is current by then.
    """

    def __init__(self, resources: Iterable[Resources]) -> None:
        super().__init__()
        self._iterator = iter(resources)
        self._changed = threading.Condition(threading.Lock())  # guards everything; released while an item is taken
        self._taking = False
        self._call = 0  # the number of the current call; the threads of earlier ones end

    def start_call(self) -> Iterator[bytes]:
        """Return the requests of a new call, and end those of the call before it."""
        with self._changed:
            self._call += 1
            self._sent = self.answered
            self._changed.notify_all()
        return self._requests(self._call)

    def stop(self, wait: float = 0.0) -> None:
        """End the threads, and wait for one that is inside the iterable: most leave at once."""
        with self._changed:
            self._call += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._taking, wait)

    def count_answer(self) -> None:
        with self._changed:
            super().count_answer()
            self._changed.notify_all()

    def unanswered(self) -> tuple[Resources, ...]:
        with self._changed:
            return super().unanswered()

    def _requests(self, call: int) -> Iterator[bytes]:
        while (item := self._next(call)) is not None:
            yield encode_request(item)

    def _next(self, call: int) -> Resources | None:
        """Wait for the next item to send on `call`; return None if there is none, or another call is current."""
        with self._changed:
            while call == self._call:
                item = self._next_unsent()
                if item is not None or self._exhausted:
                    return item
                if self._taking or self.is_full:
                    self._changed.wait()
                    continue
                self._taking = True
                self._changed.release()
                item = self._take(self._iterator)
                self._changed.acquire()
                self._taking = False
                if item is not None:
                    self._unanswered.append(item)
                self._changed.notify_all()
            return None
