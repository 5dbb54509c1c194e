"""Runs kube-apiserver and etcd on loopback, for as long as a test needs them."""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HOST: Final = "127.0.0.1"
_START: Final = 120  # seconds until the API server must be ready
_STOP: Final = 30  # seconds until a program that should stop is killed


class ApiServer:
    """A client of the running API server."""

    def __init__(self, port: int, certificate: Path, token: str) -> None:
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False  # the server signed a certificate for itself
        self._connection = HTTPSConnection(HOST, port, context=context, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; return the status and the decoded answer."""
        self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
        response = self._connection.getresponse()
        content = response.read()
        is_json = (response.getheader("Content-Type") or "").startswith("application/json")
        return response.status, json.loads(content) if is_json else content.decode()

    def is_ready(self) -> bool:
        """Return whether the server answers, and has the namespace for the pods."""
        try:
            paths = ("/readyz", "/api/v1/namespaces/default")
            return all(self.request("GET", path)[0] == 200 for path in paths)
        except OSError:
            self._connection.close()
            return False


@contextmanager
def running(programs: Path) -> Iterator[ApiServer]:
    """Run both programs, the API server after etcd; stop them in the other order."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        client, peer, port = free_ports(3)
        stack.enter_context(process(etcd_command(programs, folder, client, peer), folder / "etcd.log"))
        token = secrets.token_hex()
        (folder / "tokens").write_text(f"{token},test,test,system:masters\n")
        (folder / "key").write_bytes(private_key())
        command = api_server_command(programs, folder, client, port)
        server = stack.enter_context(process(command, folder / "kube-apiserver.log"))
        yield wait_until_ready(server, folder, port, token)


def etcd_command(programs: Path, folder: Path, client: int, peer: int) -> list[str]:
    urls = {
        f"--{who}-urls": f"http://{HOST}:{port}" for who, port in (("listen-client", client), ("listen-peer", peer))
    }
    urls |= {
        "--advertise-client-urls": urls["--listen-client-urls"],
        "--initial-advertise-peer-urls": urls["--listen-peer-urls"],
    }
    options = {"--data-dir": folder / "etcd", "--initial-cluster": f"default={urls['--listen-peer-urls']}", **urls}
    return [str(programs / "etcd"), "--unsafe-no-fsync", *(f"{name}={value}" for name, value in options.items())]


def api_server_command(programs: Path, folder: Path, etcd: int, port: int) -> list[str]:
    options = {
        "--etcd-servers": f"http://{HOST}:{etcd}",
        "--bind-address": HOST,
        "--secure-port": port,
        "--cert-dir": folder,
        "--token-auth-file": folder / "tokens",
        "--authorization-mode": "AlwaysAllow",
        "--disable-admission-plugins": "ServiceAccount",
        "--endpoint-reconciler-type": "none",
        "--service-cluster-ip-range": "10.0.0.0/24",
        "--service-account-issuer": "https://localhost",
        "--service-account-key-file": folder / "key",
        "--service-account-signing-key-file": folder / "key",
        "--shutdown-delay-duration": "0s",
    }
    return [str(programs / "kube-apiserver"), *(f"{name}={value}" for name, value in options.items())]


def wait_until_ready(server: subprocess.Popen[bytes], folder: Path, port: int, token: str) -> ApiServer:
    """Return a client once the server is ready."""
    certificate, deadline = folder / "apiserver.crt", time.monotonic() + _START
    client: ApiServer | None = None
    while time.monotonic() < deadline and server.poll() is None:
        if client is None and certificate.exists():
            client = ApiServer(port, certificate, token)
        if client is not None and client.is_ready():
            return client
        time.sleep(0.1)
    log = (folder / "kube-apiserver.log").read_text().splitlines()
    raise SystemExit("the API server is not ready:\n" + "\n".join(log[-20:]))


@contextmanager
def process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program; on leaving the block, stop it within bounded time."""
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL) as running,
    ):
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(_STOP)
            except subprocess.TimeoutExpired:
                running.kill()


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((HOST, 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def private_key() -> bytes:
    """Return a new key, with which the API server would sign tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
