"""When a call that broke off is tried again."""

import math
import random
import time
from typing import Any, Final

import grpc

# A server that drains may end the calls that it has not accepted yet with CANCELLED instead of UNAVAILABLE:
# https://github.com/grpc/grpc/issues/41785. A call that the client cancels itself does not get here: `close` ends the
# retries, and asyncio raises its CancelledError.
_RETRYABLE: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
_FIRST_DELAY, _MAX_DELAY = 0.05, 0.5  # seconds

# gRPC's own retries (a `retryPolicy` in the service config) count attempts, at most five, not seconds. They cannot
# wait a minute for a server, and do not retry a stream that has had an answer. Hence this class.


class RetryBudget:
    """How long one call is retried, and the timeout that all of its attempts share.

    Args:
        retry: Seconds to retry, counted from when the call broke off, and anew after each answer. 0 turns retries off.
        timeout: Seconds for all attempts together, or None.
    """

    def __init__(self, retry: float, timeout: float | None) -> None:
        self._retry = retry
        self._deadline = math.inf if timeout is None else time.monotonic() + timeout
        self._broken_since: float | None = None
        self._answered = 0
        self._delay = _FIRST_DELAY

    def remaining(self) -> float | None:
        """Return the seconds that are left of the timeout, or None without one."""
        return None if self._deadline == math.inf else max(0.0, self._deadline - time.monotonic())

    def next_delay(self, error: Any, *, answered: int = 0, has_pending: bool = True) -> float | None:
        """Return the seconds to wait before the next attempt, or None if `error` is final.

        Args:
            error: The grpc.RpcError that ended the attempt.
            answered: How many items have an answer so far. Each answer renews the budget.
            has_pending: Whether an item waits for its answer. While none does, the budget is not used up.
        """
        if not self._retry or error.code() not in _RETRYABLE:
            return None
        now = time.monotonic()
        if answered != self._answered:
            self._answered, self._broken_since, self._delay = answered, None, _FIRST_DELAY
        if not has_pending:
            self._broken_since = None
        elif self._broken_since is None:
            self._broken_since = now
        left = self._retry if self._broken_since is None else self._broken_since + self._retry - now
        if left <= 0:
            return None
        delay = random.uniform(0.5, 1) * self._delay
        self._delay = min(2 * self._delay, _MAX_DELAY)
        return min(delay, left, max(0.0, self._deadline - now))
