"""Text that is not the command's own: names, keys and values from files, and what a backend says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# A new line with a workflow command and a finding, a color, a window's title, NUL, C1's escape, a change of direction,
# a line separator, and half of a surrogate pair.
HOSTILE = "x\n::error::forged\r\nb.yaml:1:1: FORGED \x1b[31m\x1b]0;title\x07\x00\x9b31m\u202e\u2028\udcff##[error]z"
IN_A_NAME = HOSTILE.replace("\x00", "")
KEPT = ("FORGED", "title")  # shown, in its place


def assert_harmless(printed: str) -> None:
    """No character acts on a terminal, and no line begins with anything hostile."""
    for line in printed.splitlines():
        assert line.isprintable(), repr(line)
        assert not line.startswith(("::error::", "b.yaml")), line
        assert "##[" not in line, line
    assert printed.isascii() or printed.encode()


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """A manifest whose names, keys and values are hostile, in a file with such a name."""
    limits = {"cpu": HOSTILE, HOSTILE: 1, "example.com/" + HOSTILE: HOSTILE}
    containers = [{"name": HOSTILE, "image": "i", "resources": {"limits": limits, HOSTILE: 1}}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": HOSTILE}, "spec": {"containers": containers}}
    name = f"{IN_A_NAME}.json".replace("/", "")
    (tmp_path / name).write_text(json.dumps(pod))
    return name


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["check", "--format", "github"],
        ["check", "--format", "json"],
        ["check", "--format", "sarif"],
        ["show", "--from", "manifest"],
        ["show", "--from", "manifest", "--json"],
        ["show"],
        ["convert", "--to", "json"],
        ["convert", "--to", "json", "--from", "yaml"],
        ["convert", "--to", "json", "--from", "protojson"],
        ["convert", "--to", "json", "--from", "txtpb"],
        ["convert", "--to", "json", "--from", "jsonl"],
        ["convert", "--to", "json", "--from", "binpb"],
    ],
    ids=" ".join,
)
def test_names_keys_and_values(cli: Run, manifest: str, command: list[str]) -> None:
    finished = cli(*command, manifest)
    assert finished.returncode in (1, 2)
    printed = finished.stdout + finished.stderr
    if "--json" not in command and command[-1] != "json":
        assert "title" in printed
    is_json = "json" in command[-1] or command[-1] == "sarif"
    assert_harmless(printed.replace("##[", "") if is_json else printed)
    if command == ["check", "--format", "github"]:
        assert all(line.startswith("::error file=x") for line in finished.stdout.splitlines())


def test_values_that_are_shown(cli: Run, tmp_path: Path) -> None:
    """In the table too, and in its heading."""
    containers = [{"name": HOSTILE, "image": "i", "resources": {"limits": {"cpu": "1"}}}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": HOSTILE}, "spec": {"containers": containers}}
    (tmp_path / IN_A_NAME.replace("/", "")).write_text(json.dumps(pod))
    finished = cli("show", IN_A_NAME.replace("/", ""))
    assert finished.returncode == 0
    assert "FORGED" in finished.stdout
    assert_harmless(finished.stdout + finished.stderr)


@pytest.mark.parametrize("name", ["::error::x.yaml", " ::error::x.yaml", "##[error]x.yaml", "##vso[x]y.yaml"])
def test_a_name_that_begins_a_workflow_command(cli: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("limits: {cpu: 1x}\n")
    for arguments in ([name], ["."]):
        for form in ("text", "github"):
            finished = cli("check", "--format", form, *arguments)
            assert finished.returncode == 1
            for line in (finished.stdout + finished.stderr).splitlines():
                assert not line.strip().startswith("::error::")
                assert "##[" not in line
                assert "##vso[" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        [IN_A_NAME],
        ["show", f"--{IN_A_NAME}"],
        ["show", IN_A_NAME],
        ["show", "--from", IN_A_NAME],
        ["show", "--cpu", IN_A_NAME],
        ["show", "--cpu", "1", "--gpu-resource", IN_A_NAME],
        ["check", IN_A_NAME],
        ["convert", "--cpu", "1", "-o", f"no/{IN_A_NAME}", "--to", "json"],
        ["resolve", "--cpu", "1", "--target", IN_A_NAME, "--timeout", "5"],
        ["resolve", "--cpu", "1", "--target", "127.0.0.1:1", "--tls-ca", IN_A_NAME],
    ],
    ids=lambda arguments: " ".join(each for each in arguments if each.isascii() and each.isprintable()),
)
def test_arguments(cli: Run, arguments: list[str]) -> None:
    """A shell's pattern makes arguments of names."""
    finished = cli(*arguments)
    assert finished.returncode in (1, 2)
    assert_harmless(finished.stdout + finished.stderr)


@pytest.fixture(scope="module")
def hostile_backend() -> Iterator[str]:
    """Rejects what asks for one CPU with hostile violations, and anything else with a hostile status."""

    def resolve(request: bytes, context: grpc.ServicerContext) -> bytes:
        violations = error_details_pb2.BadRequest(
            field_violations=[{"field": "resources." + hostile, "description": hostile, "reason": hostile}]
        )
        status = status_pb2.Status(code=3, message=hostile)
        status.details.add().Pack(violations)
        context.abort_with_status(rpc_status.to_status(status))
        raise AssertionError

    def resolve_stream(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, hostile)
        yield b""

    hostile = HOSTILE.encode("utf-8", "ignore").decode()
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Resolve": grpc.unary_unary_rpc_method_handler(resolve),
        "ResolveStream": grpc.stream_stream_rpc_method_handler(resolve_stream),
    }
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("resourceidl.service.v1.ResourcesService", handlers)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@pytest.mark.parametrize("options", [["--cpu", "1"], ["--from", "jsonl"]])
def test_what_a_backend_says(cli: Run, hostile_backend: str, options: list[str]) -> None:
    finished = cli("resolve", "--target", hostile_backend, *options, stdin='{"cpu": 1}\n')
    assert finished.returncode in (1, 2)
    assert "FORGED" in finished.stderr
    assert_harmless(finished.stdout + finished.stderr)


# ---- what cannot be encoded


@pytest.mark.parametrize("form", ["text", "github", "json"])
def test_a_name_that_is_not_utf_8(cli: Run, tmp_path: Path, form: str) -> None:
    """The other files are reported too."""
    name = os.fsdecode(b"a\xff.yaml")
    for path in (name, "b.yaml"):
        (tmp_path / path).write_text("cpu: 1x\n")
    finished = cli("check", "--format", form, name, "b.yaml")
    assert finished.returncode == 1
    assert r"a\udcff.yaml" in finished.stdout
    assert "b.yaml" in finished.stdout
    assert finished.stderr == "resources-py: 2 declarations in 2 files: 2 errors\n"


@pytest.mark.parametrize("command", [["check"], ["check", "--format", "github"], ["show"]], ids=" ".join)
def test_a_locale_without_the_character(cli: Run, tmp_path: Path, command: list[str]) -> None:
    spoken = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "caf\xe9"}}
    pod = spoken | {"spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1x", "memory": 1}}}]}}
    (tmp_path / "a.json").write_text(json.dumps(pod))
    good = pod | {"spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}]}}
    (tmp_path / "b.json").write_text(json.dumps(good))
    ascii_locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for name in ("a.json", "b.json"):
        finished = cli(*command, name, env=ascii_locale)
        assert finished.returncode in (0, 1)
        if finished.stdout:
            assert r"caf\xe9" in finished.stdout
