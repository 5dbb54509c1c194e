"""The server: gRPC around :mod:`._resolve`, with health, reflection, TLS and a graceful shutdown."""

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from resources_py import ResourcesError
from resources_py.service._aio_workarounds import HealthServicer, wait_for_handlers
from resources_py.service._codec import SERVICE, status_from_error
from resources_py.service._resolve import resolve_bytes, resolve_item_bytes

_LOG: Final = logging.getLogger("resources_py.service")


# ---- the methods
#
# They take and return bytes. Bytes that cannot be decoded are INTERNAL, as in gRPC's other runtimes. With a
# deserializer, grpc.aio would answer UNKNOWN and the text of a Python exception.


async def _resolve(request: bytes, context: Any) -> bytes:
    return await _answer(resolve_bytes, request, context)


async def _resolve_stream(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    # Each answer is written before the next item is read. A client that does not read its answers is not read from, so
    # memory does not grow with the stream.
    async for request in requests:
        yield await _answer(resolve_item_bytes, request, context)


async def _answer(resolve: Callable[[bytes], bytes], request: bytes, context: Any) -> bytes:
    """Return the answer, or end the call with a status."""
    status: tuple[Any, ...]
    try:
        return resolve(request)
    except ResourcesError as error:
        status = status_from_error(error)
    except DecodeError:
        status = grpc.StatusCode.INTERNAL, f"cannot decode {len(request)} bytes as a request"
    except Exception:  # a bug: its text is for the log alone
        _LOG.exception("a call failed")
        status = grpc.StatusCode.INTERNAL, "internal error"
    await context.abort(*status)
    raise AssertionError("abort always raises")


_HANDLERS: Final[dict[str, Any]] = {
    "Resolve": grpc.unary_unary_rpc_method_handler(_resolve),
    "ResolveStream": grpc.stream_stream_rpc_method_handler(_resolve_stream),
}


# ---- the server


class Server:
    """The reference service on a port, with health and reflection, for the length of an ``async with`` block.

    Entering raises OSError if the server cannot bind the address. Leaving lets the calls under way finish, ten seconds
    at most.

    Args:
        address: ``HOST:PORT``. Port 0 takes a free one.
        credentials: ``grpc.ssl_server_credentials(…)`` for TLS. Plaintext if omitted.
        max_concurrent_streams: The most calls under way at once on one connection.

    Attributes:
        address: ``HOST:PORT``, with the actual port inside the block.

    Example:
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
            # By default a call counts until gRPC has freed it: if many end at once, those that wait are rejected.
            ("grpc.http.overload_protection", 0),
            # By default a second server shares the port and answers half of the calls:
            # https://github.com/grpc/grpc/issues/16920.
            ("grpc.so_reuseport", 0),
        ]

    async def __aenter__(self) -> Self:
        host, port = _resolve_address(self.address)
        _check_free(host, port)
        self._health = HealthServicer()
        self._server = grpc.aio.server(options=self._options)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, _HANDLERS),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        await self._health.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
        health_name = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection((SERVICE, health_name, reflection.SERVICE_NAME), self._server)
        address = _join(host, port)
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, self._credentials)
        except RuntimeError as error:
            raise OSError(f"cannot bind {address}") from error
        await self._server.start()
        self.address = _join(host, port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.drain()

    async def drain(self, seconds: float = 10.0) -> None:
        """Report NOT_SERVING, accept no more calls, and let those under way finish.

        Args:
            seconds: When to cut off the calls that are left.
        """
        if self._draining:
            return
        self._draining = True
        await self._health.enter_graceful_shutdown()
        stopped = asyncio.ensure_future(self._server.stop(seconds))
        await asyncio.sleep(min(seconds / 2, 0.1))  # let the watching clients receive NOT_SERVING
        self._health.end_watches()
        await stopped


# ---- serving until a signal


class PlaintextError(ValueError):
    """`serve` would speak plaintext on an address that is not a loopback address."""


class IncompleteTLSError(ValueError):
    """`serve` has a certificate without its key, a key without its certificate, or a client CA without both."""


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
    """Serve until SIGTERM or SIGINT, then drain. A second signal ends the process at once.

    Prints ``listening on HOST:PORT`` once it listens.

    Args:
        address: ``HOST:PORT``. Port 0 takes a free one.
        tls_cert: A PEM certificate chain, to serve TLS.
        tls_key: The PEM private key of `tls_cert`.
        tls_client_ca: Admit only clients with a certificate of these PEM authorities.
        insecure: Allow plaintext on an address that is not a loopback address.
        max_concurrent_streams: The most calls under way at once on one connection.
        drain_seconds: How long the calls under way may take to finish.

    Raises:
        OSError: The address cannot be resolved or bound, or a file cannot be read.
        ValueError: The arguments do not go together. The message of either is one line.

    Example:
        If something listens on the port already::

            >>> import socket
            >>> with socket.create_server(("127.0.0.1", 0)) as other:
            ...     serve("{}:{}".format(*other.getsockname()))  # doctest: +ELLIPSIS
            Traceback (most recent call last):
            OSError: 127.0.0.1:... is in use by another process
    """
    credentials = _load_credentials(tls_cert, tls_key, tls_client_ca)
    host, port = _resolve_address(address)
    if credentials is None and not insecure and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise PlaintextError(
            "refusing plaintext on a non-loopback address: pass tls_cert and tls_key, or insecure=True"
        )
    server = Server(_join(host, port), credentials=credentials, max_concurrent_streams=max_concurrent_streams)
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
    await wait_for_handlers()


def _load_credentials(cert: Path | None, key: Path | None, client_ca: Path | None) -> grpc.ServerCredentials | None:
    """Read the PEM files. gRPC itself takes any bytes, and then rejects every client."""
    if cert is None and key is None and client_ca is None:
        return None
    if cert is None or key is None:
        raise IncompleteTLSError("tls_cert and tls_key go together, and tls_client_ca needs both")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise OSError(f"cannot load certificate {cert} with key {key}: {error}") from error
    if client_ca is not None:
        try:
            context.load_verify_locations(client_ca)
        except OSError as error:
            raise OSError(f"cannot load client CA {client_ca}: {error}") from error
    return grpc.ssl_server_credentials(
        [(key.read_bytes(), cert.read_bytes())],
        root_certificates=client_ca.read_bytes() if client_ca else None,
        require_client_auth=client_ca is not None,
    )


def _resolve_address(address: str) -> tuple[str, int]:
    """Split ``HOST:PORT`` and resolve the host to a numeric one. An empty host means every address of the machine."""
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"address {address!r} is not HOST:PORT")
    if not host:
        host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OSError(f"cannot resolve address {address!r}: {error}") from error
    found.sort(key=lambda info: info[0] != socket.AF_INET)  # a name with both gets IPv4, as in Go
    return str(found[0][4][0]), int(port)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check_free(host: str, port: int) -> None:
    """Raise OSError, in one line, if the address cannot be bound. gRPC's own error has ten lines."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        address = _join(host, port)
        in_use = error.errno == errno.EADDRINUSE
        found = f"{address} is in use by another process" if in_use else f"cannot bind {address}: {error.strerror}"
        raise OSError(found) from error
