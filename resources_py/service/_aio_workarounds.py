"""What grpc.aio does wrong, and what is done about it. Each was seen with grpcio 1.85.1."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import grpc

_MADE_UP_DETAILS: Final = "Internal error from Core"


class ReceivedStatus:
    """The status that a client's call received from the server.

    If a write fails because the call ends, grpc.aio makes up a status, INTERNAL and "Internal error from Core":
    https://github.com/grpc/grpc/issues/36066. The made-up status replaces the received one or is replaced by it, and
    only the first of the two runs the done callbacks. So both are looked at, the first and the current one.
    """

    def __init__(self, call: Any) -> None:
        self._call = call
        self._received: grpc.aio.AioRpcError | None = None
        call.add_done_callback(self._note)

    async def instead_of(self, error: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """Wait for the received status; return it, or `error` if there is none within five seconds."""
        for _ in range(500):
            self._note(self._call)
            if self._received is not None:
                return self._received
            await asyncio.sleep(0.01)
        return error

    def _note(self, call: Any) -> None:
        details = _result_of(call.details())
        if self._received is None and details != _MADE_UP_DETAILS:
            code, initial, trailing = map(_result_of, (call.code(), call.initial_metadata(), call.trailing_metadata()))
            self._received = grpc.aio.AioRpcError(code, initial, trailing, details)


def _result_of(awaitable: Awaitable[Any]) -> Any:
    """Return a result that is there already, without waiting."""
    try:
        awaitable.__await__().send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the result is not there yet")


async def wait_for_handlers() -> None:
    """Let the tasks of the last calls end, after the server stopped and before the event loop does.

    ``Server.stop`` does not wait for the handlers of aborted calls: https://github.com/grpc/grpc/issues/37239. If the
    loop cancels them, they print a traceback now and then.
    """
    if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(tasks, timeout=1)
