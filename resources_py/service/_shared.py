"""What the blocking and the asyncio client share."""

import pickle
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Self

import grpc

from resources_py import Resources
from resources_py.service._codec import SERVICE, require_resources

MAX_IN_FLIGHT: Final = 256  # items of a stream that are sent and not answered: enough to keep both ends busy

# The largest trailers of our server take some 6 KiB, and the status message comes on top. gRPC may reject 8 KiB.
_OPTIONS: Final = {"grpc.max_metadata_size": 64 * 1024}
# With retry on, reconnect faster than gRPC's default backoff, which reaches two minutes, and give up an attempt to
# connect after 5 seconds, not 20.
_RETRY_OPTIONS: Final = {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 500,
    "grpc.min_reconnect_backoff_ms": 5000,
}


class BaseClient:
    """A channel and its three methods. They exchange bytes: no serializer is set."""

    _grpc: Any  # grpc or grpc.aio

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
        self._streams: set[Any] = set()  # the asyncio client's calls of ResolveStream under way
        merged = list({**_OPTIONS, **(_RETRY_OPTIONS if retry else {}), **dict(options)}.items())
        if credentials is None:
            self._channel: Any = self._grpc.insecure_channel(target, merged)
        else:
            self._channel = self._grpc.secure_channel(target, credentials, merged)
        self._resolve = self._channel.unary_unary(f"/{SERVICE}/Resolve")
        self._resolve_container = self._channel.unary_unary(f"/{SERVICE}/ResolveContainer")
        self._resolve_stream = self._channel.stream_stream(f"/{SERVICE}/ResolveStream")


class ItemsInFlight:
    """The items of one stream, across all of its calls. Those without an answer are kept, to be sent again."""

    def __init__(self) -> None:
        self.answered = 0
        self.raised: BaseException | None = None  # by the iterable
        self._unanswered: deque[Resources] = deque()
        self._sent = 0  # how many of all items the current call has sent, or need not send
        self._exhausted = False

    @property
    def done(self) -> bool:
        """Whether every item has its answer, and the iterable has no more."""
        return self._exhausted and not self._unanswered

    @property
    def has_pending(self) -> bool:
        """Whether an item waits for its answer."""
        return bool(self._unanswered)

    @property
    def is_full(self) -> bool:
        """Whether no item may be taken before an answer arrives."""
        return len(self._unanswered) >= MAX_IN_FLIGHT

    def unanswered(self) -> tuple[Resources, ...]:
        """Return the items without an answer, in order."""
        return tuple(self._unanswered)

    def check_answer(self) -> None:
        """Raise UnansweredError if the server has sent an answer to nothing."""
        if self._sent == self.answered:
            raise UnansweredError(
                Status(
                    grpc.StatusCode.INTERNAL, f"the server sent more answers than the {self._sent} items it received"
                ),
                self,
            )

    def count_answer(self) -> None:
        """Forget the first item in flight: it has its answer."""
        self.answered += 1
        self._unanswered.popleft()

    def check_complete(self) -> None:
        """Raise UnansweredError if the server said OK to less than everything, or what the iterable raised."""
        if not self.done:
            items = self.answered + len(self.unanswered())
            raise UnansweredError(
                Status(
                    grpc.StatusCode.INTERNAL,
                    f"the server ended the stream with OK and {self.answered} answers to {items} items",
                ),
                self,
            )
        if self.raised is not None:
            raise self.raised

    def frozen(self) -> "ItemsInFlight":
        """Return the state alone, which can be pickled."""
        frozen = ItemsInFlight()
        frozen.answered, frozen._unanswered = self.answered, deque(self.unanswered())
        frozen.raised = self.raised
        try:
            pickle.dumps(self.raised)
        except Exception:  # any object may be in it
            frozen.raised = RuntimeError(repr(self.raised))
        return frozen

    def _next_unsent(self) -> Resources | None:
        """Return the first item in flight that the current call has not sent, and count it as sent."""
        index = self._sent - self.answered
        if index == len(self._unanswered):
            return None
        self._sent += 1
        return self._unanswered[index]

    def _take(self, iterator: Iterator[Resources]) -> Resources | None:
        """Take the next item of the iterable; note its end, and what it raises."""
        try:
            return require_resources(next(iterator))
        except StopIteration:
            self._exhausted = True
        except BaseException as error:  # raised again in the caller's thread
            self.raised, self._exhausted = error, True
        return None


class Status(NamedTuple):
    """How a call ended."""

    code: grpc.StatusCode
    details: str | None
    trailing_metadata: tuple[tuple[str, str | bytes], ...] = ()

    @classmethod
    def of(cls, error: Any) -> Self:
        """Return the status of a grpc.RpcError."""
        metadata = error.trailing_metadata() or ()
        return cls(error.code(), error.details(), tuple((key, value) for key, value in metadata))


class UnansweredError(grpc.RpcError):
    """A stream ended without an answer to everything; this error has the items that have none.

    The first `answered` items have an answer. To go on with an iterator, resolve
    ``itertools.chain(error.unanswered, iterator)``; with a list, ``items[error.answered:]``. The status is that of the
    grpc.RpcError in ``__cause__``, or INTERNAL if the server said OK with too few or too many answers. It can be
    pickled.

    Attributes:
        answered: How many items have an answer.

    Example:
        >>> from resources_py import Resources
        >>> from resources_py.service import Client, UnansweredError
        >>> with Client("127.0.0.1:1") as client:
        ...     try:
        ...         list(client.resolve_many([Resources(cpu=1)]))
        ...     except UnansweredError as error:
        ...         print(error.code().name, error.answered)
        UNAVAILABLE 0
    """

    def __init__(self, status: Status, items: ItemsInFlight) -> None:
        self._status, self._items = status, items
        self.answered = items.answered
        raised = "" if items.raised is None else f"; the iterable raised {items.raised!r}"
        super().__init__(
            f"{status.code.name}: {status.details}: {self.answered} items are answered; .unanswered has the "
            f"{len(self.unanswered)} that were taken from the iterable and have no answer{raised}"
        )

    @property
    def unanswered(self) -> tuple[Resources, ...]:
        """The items that were taken from the iterable and have no answer, in order.

        If the blocking client's iterable is still producing an item, that item is added when it arrives.
        """
        return self._items.unanswered()  # not copied at first: a thread that is in the iterable cannot be stopped

    @property
    def raised(self) -> BaseException | None:
        """What the iterable itself raised, if anything."""
        return self._items.raised

    def code(self) -> grpc.StatusCode:
        """Return the status code."""
        return self._status.code

    def details(self) -> str | None:
        """Return the status message."""
        return self._status.details

    def trailing_metadata(self) -> Any:
        """Return the trailing metadata."""
        return self._status.trailing_metadata

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._status, self._items.frozen())
