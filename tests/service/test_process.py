"""The server as a process: start, refusals and shutdown."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc

from resources_py import Resources
from resources_py.service import Client, serve

STREAM = "/resourceidl.service.v1.ResourcesService/ResolveStream"
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVING = health_pb2.HealthCheckResponse.SERVING


def refused(command: list[str], *arguments: str) -> str:
    """Run the server, which must exit immediately with a one-line error."""
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


class Talk:
    """An open ResolveStream that is given one item at a time."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._ready = threading.Semaphore(0)
        self._over = False
        self.answers = channel.stream_stream(STREAM)(iter(self._item, None))

    def _item(self) -> bytes | None:
        self._ready.acquire()
        return None if self._over else b""

    def ask(self) -> bytes:
        self._ready.release()
        answer: bytes = next(self.answers)
        return answer

    def end(self) -> None:
        self._over = True
        self._ready.release()
        assert list(self.answers) == []


# ---- shutdown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_calls_in_flight_may_finish(launch: Any, python_server: list[str], number: signal.Signals) -> None:
    with launch(python_server, stderr=subprocess.PIPE) as (server, address), grpc.insecure_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service="resourceidl.service.v1.ResourcesService"))
        assert next(watch).status == SERVING
        talk = Talk(channel)
        assert talk.ask() == b"\x0a\x00"
        server.send_signal(number)
        assert next(watch).status == NOT_SERVING
        with pytest.raises(grpc.RpcError) as caught:
            next(watch)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        for _ in range(100):
            assert talk.ask() == b"\x0a\x00"
        with Client(address, timeout=5) as client, pytest.raises(grpc.RpcError) as caught:
            client.resolve(Resources(cpu=1))
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert server.poll() is None
        talk.end()
        assert server.wait(5) == 0
        assert server.stderr.read() == ""


def test_calls_that_do_not_finish_are_cut_off(launch: Any, python_server: list[str]) -> None:
    with (
        launch([*python_server, "--drain-seconds", "0.5"], stderr=subprocess.PIPE) as (server, address),
        grpc.insecure_channel(address) as channel,
    ):
        talk = Talk(channel)
        talk.ask()
        begin = time.monotonic()
        server.terminate()
        with pytest.raises(grpc.RpcError) as caught:
            next(talk.answers)
        assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert server.wait(10) == 0
        assert 0.4 < time.monotonic() - begin < 8
        assert server.stderr.read() == ""
        talk._over = True
        talk._ready.release()


def test_second_signal_ends_it_at_once(launch: Any, python_server: list[str]) -> None:
    with launch(python_server) as (server, address), grpc.insecure_channel(address) as channel:
        talk = Talk(channel)
        talk.ask()
        server.terminate()
        time.sleep(0.3)
        assert server.poll() is None
        server.terminate()
        assert server.wait(5) == -signal.SIGTERM
        talk._over = True
        talk._ready.release()


# ---- refusals


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address", "192.0.2.1:0", "--insecure"], "cannot bind 192.0.2.1:0: "),  # it is nobody's
        (["--address", "nowhere.invalid:0"], "cannot resolve address 'nowhere.invalid:0': "),
        (["--tls-cert", "cert.pem"], "--tls-cert and --tls-key go together"),
        (["--tls-client-ca", "ca.pem"], "--tls-client-ca needs both"),
        (["--tls-cert", "/nowhere/cert.pem", "--tls-key", "/nowhere/key.pem"], "No such file"),
    ],
)
def test_refusals(python_server: list[str], arguments: list[str], said: str) -> None:
    assert said in refused(python_server, *arguments)


def test_names_are_resolved(launch: Any, python_server: list[str]) -> None:
    with launch([*python_server, "--address", "localhost:0"]) as (_, address), Client(address) as client:
        assert client.resolve(Resources()) == Resources()


def test_serve_is_callable_without_the_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = "{}:{}".format(*other.getsockname())
        with pytest.raises(OSError, match=f"^{address} is in use by another process$"):
            serve(address)
    with pytest.raises(
        ValueError, match=r"^refusing plaintext on a non-loopback address: pass tls_cert and tls_key, or insecure=True$"
    ):
        serve("0.0.0.0:0")
    with pytest.raises(ValueError, match=r"^tls_cert and tls_key go together, and tls_client_ca needs both$"):
        serve("127.0.0.1:0", tls_cert=Path("cert.pem"))


def test_invalid_certificate_files(python_server: list[str], tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    cert, key, nonsense, other = (tmp_path / name for name in ("cert.pem", "key.pem", "nonsense.pem", "other.pem"))
    certificate.private_key_pem.write_to_path(key)
    certificate.cert_chain_pems[0].write_to_path(cert)
    nonsense.write_text("nonsense")
    trustme.CA().issue_cert("127.0.0.1").private_key_pem.write_to_path(other)
    for wrong_cert, wrong_key in ((nonsense, key), (cert, nonsense), (cert, other)):
        line = refused(python_server, "--tls-cert", str(wrong_cert), "--tls-key", str(wrong_key))
        assert line.startswith(f"resources-py: cannot load certificate {wrong_cert} with key {wrong_key}: ")
    tls = ["--tls-cert", str(cert), "--tls-key", str(key)]
    line = refused(python_server, *tls, "--tls-client-ca", str(nonsense))
    assert line.startswith(f"resources-py: cannot load client CA {nonsense}: ")
