"""Fixtures that start either reference server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

# gRPC logs each failed handshake and each compressed request.
RUNTIME = re.compile(r"^[IWE]\d{4} [\d:.]+ +\d+ (ssl_transport_security|call|hpack_parser)\.cc:.*\n", re.M)

Serve = Callable[..., AbstractContextManager[tuple["subprocess.Popen[str]", str]]]


@pytest.fixture(params=["Python", "Go"])
def command(request: pytest.FixtureRequest, python_server: list[str], go_server: Path) -> list[str]:
    """The command that starts a server on a free port. Later options override earlier ones."""
    return python_server if request.param == "Python" else [str(go_server), "--address", "127.0.0.1:0"]


@pytest.fixture
def serve(command: list[str], launch: Any, tmp_path: Path) -> Iterator[Serve]:
    """Launch a server with more options. It must not print anything to stderr."""
    with (tmp_path / "stderr").open("a") as stderr:
        yield lambda *options: launch([*command, *options], stderr=stderr)
    assert RUNTIME.sub("", (tmp_path / "stderr").read_text()) == ""
