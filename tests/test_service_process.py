"""The server as a process: how it starts, what it refuses to do, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
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
    """Run the server; it must end at once, with one line that says why."""
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


class Talk:
    """A ResolveStream under way: one item, one answer, for as long as one likes."""

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


# ---- how it ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_calls_under_way_may_finish(launch: Any, python_server: list[str], number: signal.Signals) -> None:
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


def test_client_that_vanishes_is_nobody_elses_trouble(launch: Any, python_server: list[str]) -> None:
    endless = (
        "import itertools, sys\nfrom resources_py import Resources\nfrom resources_py.service import Client\n"
        "for n, _ in enumerate(Client(sys.argv[1]).resolve_many(itertools.repeat(Resources(cpu=1)))):\n"
        "    if n == 1000: print(n, flush=True)\n"
    )
    with launch(python_server, stderr=subprocess.PIPE) as (server, address), Client(address) as client:
        for _ in range(3):
            command = [sys.executable, "-c", endless, address]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as vanishing:
                assert vanishing.stdout is not None
                assert vanishing.stdout.readline() == "1000\n"
                vanishing.kill()
            assert client.resolve(Resources(cpu=1), timeout=10) == Resources(cpu=1)
        server.terminate()
        assert server.wait(5) == 0  # no stream of theirs is left to wait for
        assert server.stderr.read() == ""


# ---- what it refuses to do


def test_port_in_use(launch: Any, python_server: list[str]) -> None:
    with launch(python_server) as (_, address):
        line = refused(python_server[:-1], address)
        assert line == f"resources-py: {address} is in use by another process"
        with Client(address) as client:
            assert client.resolve(Resources(cpu=1)) == Resources(cpu=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address", "0.0.0.0:0"], "--address 0.0.0.0:0 is not of this machine alone"),
        (["--address", "[::]:0"], "--address [::]:0 is not of this machine alone"),
        (["--address", ":0"], "--address :0 is not of this machine alone"),
        (["--address", "192.0.2.1:0", "--insecure"], "192.0.2.1:0 cannot be had"),  # it is nobody's
        (["--address", "127.0.0.1"], "is no HOST:PORT"),
        (["--address", "127.0.0.1:65536"], "is no HOST:PORT"),
        (["--address", "nowhere.invalid:0"], "--address 'nowhere.invalid:0'"),
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
    with pytest.raises(ValueError, match="not of this machine alone"):
        serve("0.0.0.0:0")


# ---- TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("tls")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
    return ["--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")]


def answers(address: str, credentials: grpc.ChannelCredentials | None) -> bool:
    with Client(address, credentials=credentials, timeout=10) as client:
        try:
            return client.resolve(Resources(cpu=1)) == Resources(cpu=1)
        except grpc.RpcError as error:
            code = error.code()
    assert code is grpc.StatusCode.UNAVAILABLE
    return False


def test_tls(launch: Any, python_server: list[str], tls: list[str], authority: trustme.CA) -> None:
    trusted = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with launch([*python_server, *tls]) as (_, address):
        assert answers(address, trusted)
        assert not answers(address, grpc.ssl_channel_credentials(trustme.CA().cert_pem.bytes()))
        assert not answers(address, None)
        assert answers(address, trusted)


def test_mutual_tls(
    launch: Any, python_server: list[str], tls: list[str], authority: trustme.CA, tmp_path: Path
) -> None:
    clients = trustme.CA()
    clients.cert_pem.write_to_path(tmp_path / "clients.pem")

    def presenting(certificate: trustme.LeafCert) -> grpc.ChannelCredentials:
        chain = b"".join(part.bytes() for part in certificate.cert_chain_pems)
        return grpc.ssl_channel_credentials(authority.cert_pem.bytes(), certificate.private_key_pem.bytes(), chain)

    with launch([*python_server, *tls, "--tls-client-ca", str(tmp_path / "clients.pem")]) as (_, address):
        assert answers(address, presenting(clients.issue_cert("client.example")))
        assert not answers(address, grpc.ssl_channel_credentials(authority.cert_pem.bytes()))
        assert not answers(address, presenting(authority.issue_cert("client.example")))
        assert not answers(address, None)
        assert answers(address, presenting(clients.issue_cert("client.example")))


def test_files_that_are_no_certificates(python_server: list[str], tls: list[str], tmp_path: Path) -> None:
    _, cert, _, key = tls
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    other = tmp_path / "other.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_pem.write_to_path(other)
    for wrong_cert, wrong_key in ((nonsense, key), (cert, nonsense), (cert, other)):
        line = refused(python_server, "--tls-cert", str(wrong_cert), "--tls-key", str(wrong_key))
        assert line.startswith(f"resources-py: --tls-cert {wrong_cert} and --tls-key {wrong_key}: ")
    line = refused(python_server, *tls, "--tls-client-ca", str(nonsense))
    assert line.startswith(f"resources-py: --tls-client-ca {nonsense}: ")
