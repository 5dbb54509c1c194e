"""``resources-py resolve`` and ``serve``, over a real connection."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@contextmanager
def served(
    command: list[str], environment: dict[str, str], folder: Path, *options: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [*command, "serve", "--address", "127.0.0.1:0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said.startswith("listening on 127.0.0.1:"), (said, process.stderr and process.stderr.read())
        yield said.removeprefix("listening on ").strip(), process
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture(scope="module")
def backend(
    as_module: list[str], environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with served(as_module, environment, tmp_path_factory.mktemp("backend")) as (target, _):
        yield target


def test_resolve_options(cli: Run, backend: str) -> None:
    finished = cli("resolve", "--target", backend, "--cpu", ",0.5", "--mem", "1.5Gi", "--json")
    assert (finished.returncode, finished.stderr) == (0, "")
    shown = json.loads(finished.stdout)
    assert shown["cpu"]["request"] == shown["cpu"]["limit"] == {"written": "500m", "canonical": "500m", "number": 0.5}
    assert shown["mem"]["limit"]["canonical"] == "1536Mi"


def test_resolve_shows_a_table(cli: Run, backend: str) -> None:
    finished = cli("resolve", "--target", backend, "--cpu", "0.0001")
    assert finished.returncode == 0
    assert finished.stdout.splitlines()[2].split() == ["cpu", "request", "1m", "1m", "0.001", "cores"]


def test_resolve_many(cli: Run, backend: str) -> None:
    """Each item is answered in order. Locally invalid items are not sent; items that the backend rejects are reported."""
    lines = [json.dumps({"cpu": [None, f"{number}m"]}) for number in range(1, 301)]
    lines[100] = '{"cpu": "1x"}'
    lines[200] = '{"gpu": [1, null]}'
    finished = cli("resolve", "--target", backend, "--from", "jsonl", "--to", "jsonl", stdin="\n".join(lines))
    assert finished.returncode == 1
    expected = [
        json.dumps({"cpu": str(n // 1000) if n % 1000 == 0 else f"{n}m"}) for n in range(1, 301) if n not in (101, 201)
    ]
    assert finished.stdout.splitlines() == expected
    errors = [line for line in finished.stderr.splitlines() if "warning" not in line]
    assert errors[0].startswith("<stdin>:101:9: INVALID_QUANTITY cpu: '1x'")
    assert errors[1].startswith("<stdin>:201: LIMIT_REQUIRED requests[0].value: ")
    assert len(errors) == 2


def test_resolve_rejected_item(cli: Run, backend: str) -> None:
    finished = cli("resolve", "--target", backend, "--gpu", "1,")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert ": LIMIT_REQUIRED requests[0].value: " in finished.stderr


def test_resolve_a_manifest(cli: Run, backend: str, manifests: Path) -> None:
    finished = cli("resolve", "--target", backend, manifests / "vllm-deployment.yaml", "--to", "kubernetes")
    assert finished.returncode == 0
    assert finished.stdout.count('nvidia.com/gpu: "1"') == 2


@pytest.fixture
def closed() -> Iterator[str]:
    """An address that is taken, and does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_resolve_without_a_server(cli: Run, closed: str) -> None:
    finished = cli("resolve", "--target", closed, "--cpu", "1", "--timeout", "20")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith(f"resources-py: {closed}: UNAVAILABLE: ")
    assert finished.stderr.count("\n") == 1


def test_resolve_many_without_a_server(cli: Run, closed: str, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"cpu": 1}\n' * 5)
    finished = cli("resolve", "--target", closed, "in.jsonl", "--retry", "0.2")
    assert (finished.returncode, finished.stdout) == (2, "")
    _, unanswered, status = finished.stderr.splitlines()  # the first line states the detected format
    assert re.fullmatch(
        r"resources-py: no answer to in\.jsonl:1( to in\.jsonl:[2-5])?, nor to anything after it", unanswered
    )
    assert status.startswith(f"resources-py: {closed}: UNAVAILABLE: ")


@contextmanager
def asking(
    command: list[str], environment: dict[str, str], folder: Path, target: str, *options: str
) -> Iterator[tuple[subprocess.Popen[str], Callable[[str], None]]]:
    """Run a `resolve` that gets its input line by line."""
    arguments = ["resolve", "--target", target, "--from", "jsonl", "--to", "jsonl", *options]
    with subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    ) as process:
        assert process.stdin is not None

        def write(text: str, stdin: IO[str] = process.stdin) -> None:
            stdin.write(text)
            stdin.flush()

        try:
            yield process, write
        finally:
            process.kill()


def lines(*numbers: int) -> str:
    return "".join(f'{{"cpu": "{number}m"}}\n' for number in numbers)


def test_resolve_reports_where_a_stream_broke(
    as_module: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    with (
        served(as_module, environment, tmp_path) as (target, backend),
        asking(as_module, environment, tmp_path, target) as (process, write),
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        write(lines(*range(1, 11)))
        assert "".join(process.stdout.readline() for _ in range(10)) == lines(*range(1, 11))
        backend.send_signal(signal.SIGSTOP)
        write(lines(11, 12, 13, 14) + '{"cpu": "1x"}\n')
        assert process.stderr.readline().startswith(
            "<stdin>:15:9: INVALID_QUANTITY"
        )  # so the other items have been sent
        backend.kill()
        assert process.wait(60) == 2  # even if there is more to read
        out, err = process.communicate()
        assert out == ""
        unanswered, status = err.splitlines()
        assert unanswered == "resources-py: no answer to <stdin>:11 to <stdin>:14, nor to anything after it"
        assert status.startswith(f"resources-py: {target}: UNAVAILABLE: ")


def test_resolve_retries(as_module: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    with (
        served(as_module, environment, tmp_path) as (target, backend),
        asking(as_module, environment, tmp_path, target, "--retry", "60") as (process, write),
    ):
        assert process.stdout is not None
        write(lines(1, 2))
        assert process.stdout.readline() + process.stdout.readline() == lines(1, 2)
        backend.kill()
        backend.wait()
        write(lines(3))
        with served(as_module, environment, tmp_path, "--address", target):
            assert process.communicate(lines(4, 5), timeout=60) == (lines(3, 4, 5), "")
            assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tls-cert", "a.pem"], "--tls-cert and --tls-key go together"),
        (["--tls-ca", "nowhere.pem"], "resources-py: --tls-ca nowhere.pem: No such file or directory"),
        (["--json", "--to", "json"], "pass one of the two"),
        (["--timeout", "0"], "--timeout"),
        (["--retry", "-1"], "--retry"),
    ],
)
def test_resolve_wrong_usage(cli: Run, options: list[str], said: str) -> None:
    finished = cli("resolve", "--target", "127.0.0.1:1", "--cpu", "1", *options)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert said in finished.stderr


def test_serve_until_sigterm(as_module: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with served(as_module, environment, tmp_path) as (_, process):
            process.send_signal(number)
            out, err = process.communicate()
            assert (process.returncode, out, err) == (0, "", "")


def test_serve_on_an_unavailable_address(cli: Run, backend: str) -> None:
    finished = cli("serve", "--address", backend)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == f"resources-py: {backend} is in use by another process\n"
    finished = cli("serve", "--address", "0.0.0.0:0")
    assert finished.returncode == 1
    assert "--insecure" in finished.stderr


@pytest.mark.parametrize("content", [b"", b" \n", b"no PEM\n"])
@pytest.mark.parametrize("option", ["--tls-ca", "--tls-cert", "--tls-key"])
def test_files_without_a_certificate_or_key(cli: Run, tmp_path: Path, option: str, content: bytes) -> None:
    """gRPC would trust the system's authorities instead of an empty file, or abort the process."""
    (tmp_path / "none.pem").write_bytes(content)
    (tmp_path / "some.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    files = {"--tls-cert": "some.pem", "--tls-key": "some.pem", option: "none.pem"}
    options = [argument for pair in files.items() for argument in pair]
    finished = cli("resolve", "--target", "127.0.0.1:1", "--cpu", "1", *options)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"resources-py: {option} none.pem: not a PEM file\n"


@pytest.mark.parametrize("option", ["--tls-ca", "--tls-cert", "--tls-key", "--tls-server-name"])
def test_an_empty_option_does_not_turn_tls_off(cli: Run, backend: str, option: str) -> None:
    """A variable that is not set, as in `--tls-ca "$CA"`: an answer would have come without TLS."""
    other = {"--tls-cert": ["--tls-key", "x"], "--tls-key": ["--tls-cert", "x"]}.get(option, [])
    finished = cli("resolve", "--target", backend, "--cpu", "1", "--timeout", "20", option, "", *other)
    assert (finished.returncode, finished.stdout) == (2, "")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_tls(cli: Run, as_module: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out cert.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:backend.example"]
    subprocess.run(
        ["openssl", *made.split(), *name],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    with served(as_module, environment, tmp_path, "--tls-cert", "cert.pem", "--tls-key", "key.pem") as (target, _):
        asked = ["resolve", "--target", target, "--cpu", "1", "--json", "--timeout", "30"]
        trusted = cli(*asked, "--tls-ca", "cert.pem", "--tls-server-name", "backend.example")
        assert (trusted.returncode, trusted.stderr) == (0, "")
        assert json.loads(trusted.stdout)["cpu"]["limit"]["canonical"] == "1"
        for options in (["--tls"], ["--tls-ca", "cert.pem"], []):  # wrong authority; wrong name; no TLS
            refused = cli(*asked, *options)
            assert (refused.returncode, refused.stdout) == (2, "")
            assert refused.stderr.startswith(f"resources-py: {target}: UNAVAILABLE")
