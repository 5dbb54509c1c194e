"""Fixtures for all tests. Tests import the installed wheel and run outside the repository."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# Tests send signals. A shell that starts pytest in the background makes it and its children ignore SIGINT; nohup, SIGHUP.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No deadline: timings are meaningless on a shared machine.
settings.register_profile("here", deadline=None, print_blob=True)
# In CI, use the same examples each time, so that only the change can make a test fail.
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository, for its .proto files, vectors and examples. Imports use the installed wheel."""
    return ROOT


@pytest.fixture(scope="session")
def codegen_environment() -> dict[str, str]:
    """An environment whose `python` and protoc plugins are the pinned ones of the code generator."""
    tools = ROOT / "build" / "codegen" / "bin"
    assert (tools / "protoc-gen-go").exists(), "run `make test`, or `make generate` once: it installs the pinned tools"
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def _launched(command: list[str], **options: Any) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            assert line.startswith("listening on 127.0.0.1:"), (command, line)
            yield server, line.removeprefix("listening on ").rstrip("\n")
        finally:
            if server.poll() is None:
                server.terminate()
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    server.kill()


Launch = Callable[..., AbstractContextManager[tuple[subprocess.Popen[str], str]]]


@pytest.fixture(scope="session")
def launch() -> Launch:
    """Start a server program: `with launch(command) as (process, address)`. Leaving the block stops it."""
    return _launched


@pytest.fixture(scope="session")
def python_server() -> list[str]:
    """The command that starts the Python reference server on a free loopback port."""
    return [sys.executable, "-m", "resources_py", "serve", "--address", "127.0.0.1:0"]


@pytest.fixture(scope="session")
def go_program() -> Callable[[str], Path]:
    """Find a Go program that the Makefile has built: reference-server, jobs or interop."""

    def program(name: str) -> Path:
        binary = ROOT / "build" / "go" / "bin" / name
        assert binary.exists(), f"run `make test`, or `make build/go/bin/{name}`"
        return binary

    return program


@pytest.fixture(scope="session")
def go_server(go_program: Callable[[str], Path]) -> Path:
    """The reference server in Go."""
    return go_program("reference-server")


# ---- both clients of the service, through one interface


@contextmanager
def _blocking(target: str, **options: Any) -> Iterator[Any]:
    from resources_py.service import Client

    with Client(target, **options) as client:
        yield client


class _Blocking:
    def __init__(self, runner: asyncio.Runner, client: Any) -> None:
        self._runner, self._client = runner, client

    def resolve(self, resources: Any, **options: Any) -> Any:
        return self._runner.run(self._client.resolve(resources, **options))

    def resolve_container(self, container: Any, **options: Any) -> Any:
        return self._runner.run(self._client.resolve_container(container, **options))

    def resolve_many(self, resources: Any, **options: Any) -> Iterator[Any]:
        answers = self._client.resolve_many(resources, **options)
        run = self._runner.get_loop().run_until_complete  # faster than runner.run
        try:
            while True:
                try:
                    yield run(anext(answers))
                except StopAsyncIteration:
                    return
        finally:
            run(answers.aclose())


@contextmanager
def _asynchronous(target: str, **options: Any) -> Iterator[_Blocking]:
    from resources_py.service import AsyncClient

    async def open_client() -> AsyncClient:
        return AsyncClient(target, **options)

    with asyncio.Runner() as runner:
        client = runner.run(open_client())
        yield _Blocking(runner, client)
        runner.run(client.close())


Face = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="session")
def faces() -> dict[str, Face]:
    """Functions that open a client. The asyncio client is wrapped to look blocking, with an event loop in this thread."""
    return {"blocking": _blocking, "asyncio": _asynchronous}


@pytest.fixture(params=["blocking", "asyncio"])
def face(request: pytest.FixtureRequest, faces: dict[str, Face]) -> Face:
    """Each of `faces` in turn."""
    return faces[request.param]
