"""The server: its arguments, TLS and a graceful shutdown. Its methods are in :mod:`._methods`."""

import asyncio
import errno
import ipaddress
import re
import signal
import socket
import ssl
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import grpc

from resources_py.service._aio_workarounds import wait_for_handlers
from resources_py.service._methods import Methods

# ---- arguments: the Go server has the same bounds and messages

_MAX_INT: Final = 2**31 - 1  # gRPC's options are 32 bits


class ArgumentError(ValueError):
    """An argument is out of its bounds.

    Attributes:
        argument: Its name.
        rule: What it must be.
    """

    def __init__(self, argument: str, rule: str) -> None:
        self.argument, self.rule = argument, rule
        super().__init__(f"{argument} {rule}")


def _require_whole(**arguments: int) -> None:
    for name, value in arguments.items():
        if not isinstance(value, int) or not 1 <= value <= _MAX_INT:
            raise ArgumentError(name, f"must be a whole number from 1 to {_MAX_INT}")


def _require_drain_seconds(seconds: float) -> None:
    if not 0 <= seconds <= 86_400:
        raise ArgumentError("drain_seconds", "must be a number from 0 to 86400")


# ---- the server


class Server:
    """The reference service on a port, with health and reflection, for the length of an ``async with`` block.

    Entering raises OSError if the server cannot bind the address. Leaving lets the calls under way finish, ten seconds
    at most.

    Args:
        address: ``HOST:PORT``. Port 0 takes a free one.
        credentials: ``grpc.ssl_server_credentials(…)`` for TLS. Plaintext if omitted.
        max_concurrent_streams: The most calls under way at once on one connection.
        max_connections: The most connections at once. More are closed as they arrive.
        max_message_bytes: The largest message to read.

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
        max_concurrent_streams: int = 25,
        max_connections: int = 100,
        max_message_bytes: int = 65_536,
    ) -> None:
        _require_whole(
            max_concurrent_streams=max_concurrent_streams,
            max_connections=max_connections,
            max_message_bytes=max_message_bytes,
        )
        self.address = address
        self._credentials = credentials
        self._started = False
        self._drained: asyncio.Future[None] | None = None
        self._options = [
            ("grpc.max_concurrent_streams", max_concurrent_streams),
            ("grpc.max_allowed_incoming_connections", min(max_connections, _MAX_INT - 1)),
            ("grpc.max_receive_message_length", max_message_bytes),
            # Only uncompressed messages, as in Go: grpcio 1.80 inflates a message before it looks at its size.
            ("grpc.compression_enabled_algorithms_bitset", 1),
            # By default gRPC reads ahead of Python, up to some megabytes a call.
            ("grpc.http2.bdp_probe", 0),
            ("grpc.http2.lookahead_bytes", 16_384),
            # By default some 1,000 calls of all connections together may wait for Python, and more are canceled.
            ("grpc.server.max_pending_requests", _MAX_INT),
            ("grpc.server.max_pending_requests_hard_limit", _MAX_INT),
            # By default a call counts until gRPC has freed it: if many end at once, those that wait are rejected.
            ("grpc.http.overload_protection", 0),
            # By default a second server shares the port and answers half of the calls:
            # https://github.com/grpc/grpc/issues/16920.
            ("grpc.so_reuseport", 0),
        ]

    async def __aenter__(self) -> Self:
        if self._started:
            raise RuntimeError("a Server can be entered only once")
        host, port = _resolve_address(self.address)
        _check_free(host, port)
        self._methods = Methods(verify_clients=self._credentials is not None)
        self._server = grpc.aio.server(options=self._options)
        self._server.add_generic_rpc_handlers(self._methods.handlers())
        address = _join(host, port)
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, self._credentials)
        except RuntimeError as error:
            raise OSError(f"cannot bind {address}") from error
        await self._server.start()
        self._started = True
        self.address = _join(host, port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.drain()

    async def drain(self, seconds: float = 10.0) -> None:
        """Report NOT_SERVING, accept no more calls, and let those under way finish.

        While it drains already, wait for that.

        Args:
            seconds: When to cut off the calls that are left.
        """
        _require_drain_seconds(seconds)
        if self._drained is None:
            self._drained = asyncio.ensure_future(self._drain(seconds))
        await asyncio.shield(self._drained)

    async def _drain(self, seconds: float) -> None:
        self._methods.report_not_serving()
        stopped = asyncio.ensure_future(self._server.stop(seconds))
        await asyncio.sleep(min(seconds / 2, 0.1))  # let the watching clients receive NOT_SERVING
        self._methods.end_watches()
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
    max_concurrent_streams: int = 25,
    max_connections: int = 100,
    max_message_bytes: int = 65_536,
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
        max_connections: The most connections at once. More are closed as they arrive.
        max_message_bytes: The largest message to read.
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
    _require_drain_seconds(drain_seconds)
    credentials = _load_credentials(tls_cert, tls_key, tls_client_ca)
    host, port = _resolve_address(address)
    if credentials is None and not insecure and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise PlaintextError(
            "refusing plaintext on a non-loopback address: pass tls_cert and tls_key, or insecure=True"
        )
    server = Server(
        _join(host, port),
        credentials=credentials,
        max_concurrent_streams=max_concurrent_streams,
        max_connections=max_connections,
        max_message_bytes=max_message_bytes,
    )
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
    parts = re.fullmatch(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([0-9]{1,5})", address)
    if parts is None or int(parts[3]) > 65535:
        raise ArgumentError("address", "must be HOST:PORT, with a port from 0 to 65535")
    host, port = parts[1] or parts[2], int(parts[3])
    if not host:
        host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OSError(f"cannot resolve address {address!r}: {error}") from error
    found.sort(key=lambda info: info[0] != socket.AF_INET)  # a name with both gets IPv4, as in Go
    return str(found[0][4][0]), port


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
