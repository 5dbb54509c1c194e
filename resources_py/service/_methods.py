"""The server's methods: the reference service, health and reflection.

They take and return bytes, because grpc.aio would answer bytes that its deserializer rejects with UNKNOWN and the text
of a Python exception. Here they are INTERNAL, as in gRPC's other runtimes.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from resources_py import ResourcesError
from resources_py.grpc import status_from
from resources_py.service._codec import SERVICE
from resources_py.service._resolve import resolve_bytes, resolve_container_bytes, resolve_item_bytes

T = TypeVar("T")

_LOG: Final = logging.getLogger("resources_py.service")
_HEALTH: Final = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
_Status: Final = health_pb2.HealthCheckResponse


class Methods:
    """The methods of one server.

    Health is our own: the Watch of grpc_health never ends by itself, and holds a lock while it writes, so that one
    client that does not read keeps the status from all others.

    Args:
        verify_clients: Reject a client whose certificate has a weak signature.
    """

    def __init__(self, *, verify_clients: bool) -> None:
        self._verify_clients = verify_clients
        self._draining, self._ending = asyncio.Event(), asyncio.Event()
        self._reflection = reflection.aio.ReflectionServicer((SERVICE, _HEALTH, reflection.SERVICE_NAME))

    def handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        """Return what gRPC calls."""
        unary, stream = grpc.unary_unary_rpc_method_handler, grpc.stream_stream_rpc_method_handler
        methods: dict[str, dict[str, Any]] = {
            SERVICE: {
                "Resolve": unary(self._resolve),
                "ResolveStream": stream(self._resolve_stream),
                "ResolveContainer": unary(self._resolve_container),
            },
            _HEALTH: {"Check": unary(self._check), "Watch": grpc.unary_stream_rpc_method_handler(self._watch)},
            reflection.SERVICE_NAME: {"ServerReflectionInfo": stream(self._reflect)},
        }
        return tuple(grpc.method_handlers_generic_handler(name, handlers) for name, handlers in methods.items())

    def report_not_serving(self) -> None:
        """Answer Check, and tell every Watch, that the server is not serving."""
        self._draining.set()

    def end_watches(self) -> None:
        """End every Watch."""
        self._ending.set()

    async def _resolve(self, request: bytes, context: Any) -> bytes:
        return self._apply(resolve_bytes, request, context) or b""

    async def _resolve_container(self, request: bytes, context: Any) -> bytes:
        return self._apply(resolve_container_bytes, request, context) or b""

    async def _resolve_stream(self, _: Any, context: Any) -> AsyncIterator[bytes]:
        # Each answer is written before the next item is read. A client that does not read its answers is not read from,
        # so memory does not grow with the stream.
        # `context.read`, because the iterator of requests would keep the last request if the call ends before it does.
        while (request := await context.read()) is not grpc.aio.EOF:
            if (answer := self._apply(resolve_item_bytes, request, context)) is None:
                return
            yield answer

    async def _check(self, request: bytes, context: Any) -> bytes:
        if (check := self._apply(health_pb2.HealthCheckRequest.FromString, request, context)) is None:
            return b""
        if (status := self._status(check)) == _Status.SERVICE_UNKNOWN:
            _end(context, grpc.StatusCode.NOT_FOUND, "unknown service")
        return _Status(status=status).SerializeToString()

    async def _watch(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        if (check := self._apply(health_pb2.HealthCheckRequest.FromString, request, context)) is None:
            return
        status = self._status(check)
        yield _Status(status=status).SerializeToString()
        await self._draining.wait()
        if self._status(check) != status:
            yield _Status(status=self._status(check)).SerializeToString()
        await self._ending.wait()
        _end(context, grpc.StatusCode.UNAVAILABLE, "the server is shutting down")

    def _status(self, check: health_pb2.HealthCheckRequest) -> Any:
        if check.service not in ("", SERVICE):
            return _Status.SERVICE_UNKNOWN
        return _Status.NOT_SERVING if self._draining.is_set() else _Status.SERVING

    async def _reflect(self, _: Any, context: Any) -> AsyncIterator[bytes]:
        async def requests() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
            while (request := await context.read()) is not grpc.aio.EOF:
                asked = self._apply(reflection_pb2.ServerReflectionRequest.FromString, request, context)
                if asked is None:
                    return
                yield asked

        answers: Any = self._reflection.ServerReflectionInfo(requests(), context)
        async for answer in answers:
            yield answer.SerializeToString()

    def _apply(self, function: Callable[[bytes], T], request: bytes, context: Any) -> T | None:
        """Return what `function` returns, or set the status of the call and return None."""
        if self._verify_clients and any(map(_is_weak, context.auth_context().get("x509_pem_cert", ()))):
            _end(context, grpc.StatusCode.UNAUTHENTICATED, "the client's certificate has a weak signature")
            return None
        try:
            return function(request)
        except ResourcesError as error:
            status = status_from(error)
            _end(context, status.code, status.details, status.trailing_metadata)
        except DecodeError:
            _end(context, grpc.StatusCode.INTERNAL, f"cannot decode {len(request)} bytes as a request")
        except Exception:  # a bug: its text is for the log alone
            _LOG.exception("a call failed")
            _end(context, grpc.StatusCode.INTERNAL, "internal error")
        return None


def _end(context: Any, code: grpc.StatusCode, details: str, metadata: Any = ()) -> None:
    """Set the status that the call ends with once its method returns.

    Not ``context.abort``: gRPC keeps the error that it raises, and with it every frame and the request, in a cycle that
    lives until the next full garbage collection.
    """
    context.set_code(code)
    context.set_details(details)
    context.set_trailing_metadata(metadata)


# The DER object identifiers of the signatures that Go rejects, and gRPC's BoringSSL does not: MD5 and SHA-1 with RSA,
# SHA-1 with DSA and with ECDSA.
_WEAK_SIGNATURES: Final = tuple(
    map(bytes.fromhex, ("06092a864886f70d010104", "06092a864886f70d010105", "06072a8648ce380403", "06072a8648ce3d0401"))
)


@lru_cache(maxsize=128)
def _is_weak(certificate: bytes) -> bool:
    """Whether a PEM certificate is signed with MD5 or SHA-1. BoringSSL has verified it already."""
    der = ssl.PEM_cert_to_DER_cert(certificate.decode())
    return any(identifier in der for identifier in _WEAK_SIGNATURES)
