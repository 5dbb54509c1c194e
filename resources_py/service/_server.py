"""The server: gRPC around :mod:`._answers`, with health, reflection, TLS and an orderly end."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, Self

import grpc
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py._errors import ResourcesError
from resources_py.service import _answers

SERVICE: Final = service_pb.DESCRIPTOR.services_by_name["ResourcesService"].full_name
_LOG: Final = logging.getLogger("resources_py.service")


# ---- the calls
#
# gRPC hands over the bytes, and they are parsed here: of its own accord, grpc.aio would answer bytes that are no
# request with UNKNOWN and the text of a Python exception. INTERNAL is what its other runtimes say, Go's too.


async def _resolve(request: bytes, context: Any) -> bytes:
    try:
        return _answers.resolved(request)
    except ResourcesError as error:
        status = _status_of(error)
        await context.abort(status.code, status.details, status.trailing_metadata)
    except DecodeError:
        await _abort(context, "the bytes are no ResolveRequest")
    except Exception:
        await _abort_for_bug(context)
    raise AssertionError("abort always raises")


async def _resolve_stream(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    # One answer is written before the next item is read: whoever does not read the answers is not read from either, and
    # memory does not grow with the stream.
    async for request in requests:
        try:
            answer = _answers.resolved_item(request)
        except DecodeError:
            await _abort(context, "the bytes are no ResolveStreamRequest")
        except Exception:
            await _abort_for_bug(context)
        yield answer


async def _abort(context: Any, message: str) -> NoReturn:
    await context.abort(grpc.StatusCode.INTERNAL, message)
    raise AssertionError("abort always raises")


async def _abort_for_bug(context: Any) -> NoReturn:
    """Log a bug of ours, and end this one call without a word of it."""
    _LOG.exception("a call failed")
    await _abort(context, "internal error")


def _status_of(error: ResourcesError) -> Any:
    """Give INVALID_ARGUMENT with all violations as its detail; its message has the first: it travels beside them."""
    bad = error_details_pb2.BadRequest.FromString(
        _answers.refused(error).SerializeToString(deterministic=True)  # the two have one shape
    )
    first, more = error.violations[0], len(error.violations) - 1
    message = f"{first.field}: {first.description}" + (f" (and {more} more)" if more else "")
    status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=message)
    status.details.add().Pack(bad)
    return rpc_status.to_status(status)


_HANDLERS: Final[dict[str, Any]] = {
    "Resolve": grpc.unary_unary_rpc_method_handler(_resolve),
    "ResolveStream": grpc.stream_stream_rpc_method_handler(_resolve_stream),
}


class _Health(health_aio.HealthServicer):
    """gRPC's own health service, whose Watch ends when the server is about to: by itself it never would."""

    def __init__(self) -> None:
        super().__init__()
        self._over = asyncio.Event()

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:  # noqa: N802
        # In a task of our own, to be cancelled: gRPC's must not be, it would print a traceback now and then.
        watching = asyncio.ensure_future(super().Watch(request, context))
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({watching, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            over.cancel()
        if self._over.is_set():
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")
        await watching

    def end_watches(self) -> None:
        self._over.set()


# ---- the server


class Server:
    """The reference service on a port, with health and reflection, for as long as an ``async with`` lasts.

    `address` is ``HOST:PORT``; port 0 takes a free one, and then `.address` says which. Without `credentials` the
    server speaks plaintext. `max_concurrent_streams` bounds the calls under way at once on one connection.

    Entering raises OSError where the address cannot be had. Leaving lets calls under way finish, ten seconds at most.

    >>> import asyncio
    >>> async def where():
    ...     async with Server("127.0.0.1:0") as server:
    ...         return server.address
    >>> asyncio.run(where()).startswith("127.0.0.1:")
    True
    """

    def __init__(
        self,
        address: str = "127.0.0.1:0",
        *,
        credentials: grpc.ServerCredentials | None = None,
        max_concurrent_streams: int = 1024,
    ) -> None:
        self.address = address
        self._credentials = credentials
        self._draining = False
        self._options = [
            ("grpc.max_concurrent_streams", max_concurrent_streams),
            # Else a call counts until gRPC has freed it: where many end at once, those that waited for it are refused.
            ("grpc.http.overload_protection", 0),
            ("grpc.so_reuseport", 0),  # or a second server would share the port, and answer half of the calls
        ]

    async def __aenter__(self) -> Self:
        host, port = _resolve_address(self.address)
        _check_free(host, port)
        self._health = _Health()
        self._server = aio.server(options=self._options)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, _HANDLERS),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        await self._health.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
        reflection.enable_server_reflection(
            (SERVICE, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME), self._server
        )
        wanted = _joined(host, port)
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(wanted)
            else:
                port = self._server.add_secure_port(wanted, self._credentials)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {wanted}") from error
        await self._server.start()
        self.address = _joined(host, port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.drain()

    async def drain(self, seconds: float = 10.0) -> None:
        """Say NOT_SERVING, let calls under way finish, accept no other, and after `seconds` cut off what is left."""
        if self._draining:
            return
        self._draining = True
        await self._health.enter_graceful_shutdown()
        stopped = asyncio.ensure_future(self._server.stop(seconds))
        await asyncio.sleep(min(seconds / 2, 0.1))  # for the watching clients to hear of it
        self._health.end_watches()
        await stopped


def serve(
    address: str = "127.0.0.1:50051",
    *,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    tls_client_ca: Path | None = None,
    insecure: bool = False,
    max_concurrent_streams: int = 1024,
    drain_seconds: float = 10.0,
) -> None:
    """Serve until SIGTERM or SIGINT, and then drain. Prints ``listening on HOST:PORT`` once it does.

    `tls_cert`, `tls_key`: PEM files, to serve TLS. `tls_client_ca`: only clients with a certificate of this authority.
    `insecure`: allow plaintext on an address that is not of this machine alone. A second signal ends it at once.

    Raises OSError for an address that cannot be had and for files that cannot be read, ValueError for arguments that do
    not go together: each with a message of one line. For example, where something listens on the port already::

        >>> import socket
        >>> with socket.create_server(("127.0.0.1", 0)) as other:
        ...     serve("{}:{}".format(*other.getsockname()))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        OSError: 127.0.0.1:... is in use by another process
    """
    credentials = _credentials(tls_cert, tls_key, tls_client_ca)
    host, port = _resolve_address(address)
    if credentials is None and not insecure and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise ValueError(
            f"--address {address} is not of this machine alone: use --tls-cert and --tls-key, or --insecure"
        )
    server = Server(_joined(host, port), credentials=credentials, max_concurrent_streams=max_concurrent_streams)
    asyncio.run(_serve(server, drain_seconds))


async def _serve(server: Server, drain_seconds: float) -> None:
    loop, signals, stop = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT), asyncio.Event()
    async with server:
        for number in signals:
            loop.add_signal_handler(number, stop.set)
        print(f"listening on {server.address}", flush=True)
        await stop.wait()
        for number in signals:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        await server.drain(drain_seconds)
    # gRPC's tasks of the last calls may have a step to go. Cancelled at the end, they print a traceback now and then.
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=1)


def _credentials(cert: Path | None, key: Path | None, client_ca: Path | None) -> grpc.ServerCredentials | None:
    if cert is None and key is None and client_ca is None:
        return None
    if cert is None or key is None:
        raise ValueError("--tls-cert and --tls-key go together, and --tls-client-ca needs both")
    # gRPC would take any bytes, and then refuse every client.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise OSError(f"--tls-cert {cert} and --tls-key {key}: {error}") from error
    if client_ca is not None:
        try:
            context.load_verify_locations(client_ca)
        except (ssl.SSLError, OSError) as error:
            raise OSError(f"--tls-client-ca {client_ca}: {error}") from error
    return grpc.ssl_server_credentials(
        [(key.read_bytes(), cert.read_bytes())],
        root_certificates=client_ca.read_bytes() if client_ca else None,
        require_client_auth=client_ca is not None,
    )


def _resolve_address(address: str) -> tuple[str, int]:
    """Give the numeric host and the port of ``HOST:PORT``; no host means all of this machine's."""
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"--address {address!r} is no HOST:PORT")
    if not host:
        host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OSError(f"--address {address!r}: {error}") from error
    found.sort(key=lambda info: info[0] != socket.AF_INET)  # a name that has both: the older one, as Go does
    return str(found[0][4][0]), int(port)


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check_free(host: str, port: int) -> None:
    """Say in one line what gRPC would say in ten.

    Raises OSError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = (
            "is in use by another process" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        )
        raise OSError(f"{_joined(host, port)} {reason}") from error
