"""The example: a user's own service that carries Resources, in Python and in Go."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import resources_py
from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import Resources
from resources_py.grpc import error_from


@pytest.fixture(scope="module")
def jobs_environment(
    root: Path, codegen_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """An environment in which `import jobs_pb2` works, generated from jobs.proto and the wheel's .proto files."""
    made, example = tmp_path_factory.mktemp("jobs"), root / "examples" / "jobs"
    protoc = ["python", "-m", "grpc_tools.protoc", "-I", str(example), "-I", str(resources_py.proto_path())]
    arguments = [f"--python_out={made}", f"--grpc_python_out={made}", "jobs.proto"]
    subprocess.run([*protoc, *arguments], env=codegen_environment, check=True, timeout=120)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(made), str(example)])}


@pytest.fixture(scope="module")
def go_server(go_program: Any) -> str:
    return str(go_program("jobs"))


@pytest.fixture(scope="module")
def addresses(root: Path, jobs_environment: dict[str, str], go_server: str, launch: Any) -> Iterator[dict[str, str]]:
    """The address of each server."""
    python = [sys.executable, str(root / "examples/jobs/server.py"), "--address", "127.0.0.1:0"]
    with (
        launch(python, env=jobs_environment) as (_, sync_address),
        launch([*python, "--asyncio"], env=jobs_environment) as (_, asyncio_address),
        launch([go_server, "--address", "127.0.0.1:0"]) as (_, go_address),
    ):
        yield {"Python": sync_address, "asyncio": asyncio_address, "Go": go_address}


@pytest.fixture(scope="module")
def submits(addresses: dict[str, str]) -> Iterator[dict[str, Any]]:
    """A raw Submit call for each server."""
    with ExitStack() as stack:
        calls = {}
        for name, address in addresses.items():
            channel = stack.enter_context(grpc.insecure_channel(address))
            calls[name] = channel.unary_unary("/jobs.v1.JobService/Submit")
        yield calls


def submit(call: Any, request: bytes) -> tuple[str, Any]:
    """Return the pod, or the field and reason of every violation."""
    try:
        answer: bytes = call(request)
    except grpc.RpcError as error:
        bad = error_details_pb2.BadRequest()
        rpc_status.from_call(error).details[0].Unpack(bad)
        return error.code().name, [(violation.field, violation.reason) for violation in bad.field_violations]
    # The SubmitResponse without its only tag and length.
    return "OK", re.sub(rb"\A\x0a[\x80-\xff]*[\x00-\x7f]", b"", answer).decode() if answer else ""


def length_delimited(number: int, content: bytes) -> bytes:
    size, length = b"", len(content)
    while length > 127:
        size, length = size + bytes([length & 127 | 128]), length >> 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + content


def request(name: str, image: str, resources: bytes | None) -> bytes:
    parts = [length_delimited(1, name.encode()), length_delimited(2, image.encode())]
    return b"".join(parts + ([] if resources is None else [length_delimited(3, resources)]))


def test_pod(submits: dict[str, Any]) -> None:
    wanted = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "train-7"},
        "spec": {
            "containers": [
                {
                    "image": "registry.example/train:1",
                    "name": "main",
                    "resources": {
                        "limits": {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "1"},
                        "requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"},
                    },
                }
            ],
            "restartPolicy": "Never",
        },
    }
    resources = bytes(Resources(cpu=("0.5", 2), mem="1024Mi", gpu=1))
    for server, call in submits.items():
        code, pod = submit(call, request("train-7", "registry.example/train:1", resources))
        assert (code, pod) == ("OK", json.dumps(wanted, indent=2, sort_keys=True)), server


def test_resources_that_are_empty_are_left_out(submits: dict[str, Any]) -> None:
    for call in submits.values():
        for empty in (None, b""):
            code, pod = submit(call, request("a", "b", empty))
            assert code == "OK"
            assert json.loads(pod)["spec"]["containers"] == [{"image": "b", "name": "main"}]


@pytest.mark.parametrize(
    ("name", "image", "violation"),
    [
        ("", "i", ("name", "INVALID_NAME")),
        ("A", "i", ("name", "INVALID_NAME")),
        ("a_b", "i", ("name", "INVALID_NAME")),
        ("a-", "i", ("name", "INVALID_NAME")),
        ("a..b", "i", ("name", "INVALID_NAME")),
        ("a\n", "i", ("name", "INVALID_NAME")),
        ("é", "i", ("name", "INVALID_NAME")),
        ("a" * 254, "i", ("name", "INVALID_NAME")),
        ("a", "", ("image", "INVALID_IMAGE")),
        ("a", "two words", ("image", "INVALID_IMAGE")),
        ("a", "i\n", ("image", "INVALID_IMAGE")),
        ("a", "ï", ("image", "INVALID_IMAGE")),
        ("", "", ("name", "INVALID_NAME")),
    ],
)
def test_name_and_image(submits: dict[str, Any], name: str, image: str, violation: tuple[str, str]) -> None:
    for server, call in submits.items():
        assert submit(call, request(name, image, None)) == ("INVALID_ARGUMENT", [violation]), server


@pytest.mark.parametrize("name", ["a", "0", "a-b.c-d.e", "a" * 253])
def test_valid_names(submits: dict[str, Any], name: str) -> None:
    for server, call in submits.items():
        assert submit(call, request(name, "<i>&!~", None))[0] == "OK", server


def test_all_servers_agree(root: Path, submits: dict[str, Any]) -> None:
    lines = (root / "conformance/vectors/resolve.jsonl").read_text("utf-8").splitlines()
    pods = 0
    for vector in map(json.loads, lines):
        if vector["status"] == "INTERNAL":  # not a request
            continue
        resources = service_pb.ResolveRequest.FromString(bytes.fromhex(vector["hex"])).resources.SerializeToString()
        answers = {name: submit(call, request("a", "b", resources)) for name, call in submits.items()}
        assert answers["Python"] == answers["asyncio"] == answers["Go"], vector["tag"]
        pods += answers["Go"][0] == "OK"
    assert pods > 100


# What a client of the example declares, as code and as the fields of the violations that it gets.
REJECTED = """
import asyncio, sys, warnings
from client import submit, submit_async
from resources_py import Resources, ResourcesError

warnings.simplefilter("ignore")
pair = Resources.from_bytes(bytes(Resources(cpu=1, mem=(None, "1Gi"), gpu=(1, 2))))
single = Resources.from_bytes(bytes(Resources(gpu=9223372036854776)))
for name, declared in (("a", pair), ("a", single), ("A", single)):
    for way in (submit, lambda *job: asyncio.run(submit_async(*job))):
        try:
            way(sys.argv[1], name, "b", declared)
        except ResourcesError as error:
            print(*(f"{v.field} {v.reason}" for v in error.violations), sep=", ")
"""


@pytest.mark.parametrize("server", ["Python", "asyncio", "Go"])
def test_violations_are_at_the_declaration(
    addresses: dict[str, str], jobs_environment: dict[str, str], server: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", REJECTED, addresses[server]]
    done = subprocess.run(
        command, env=jobs_environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        *["gpu[0] REQUEST_NOT_EQUAL_LIMIT"] * 2,
        *["gpu OUT_OF_RANGE, gpu OUT_OF_RANGE"] * 2,
        *["name INVALID_NAME"] * 2,
    ]


def test_violations_of_another_client_are_at_the_declaration(submits: dict[str, Any]) -> None:
    sent = request("a", "b", b"".join(length_delimited(side, b"\x08\x01\x12\x01x") for side in (1, 2)))
    for server, call in submits.items():
        with pytest.raises(grpc.RpcError) as caught:
            call(sent)
        for declared, expected in ((Resources(cpu=1), ["cpu", "cpu"]), (Resources(cpu=(1, 2)), ["cpu[0]", "cpu[1]"])):
            error = error_from(caught.value, field_prefix="resources.", declared=declared)
            assert error is not None
            assert [(v.field, v.reason) for v in error.violations] == [(f, "INVALID_QUANTITY") for f in expected], (
                server
            )


def test_the_service_assembles_nothing(root: Path) -> None:
    """A user's service needs no code of its own for statuses and places."""
    for file in ("server.py", "client.py", "demo.py", "go/main.go"):
        text = (root / "examples" / "jobs" / file).read_text("utf-8")
        assert not re.search(r"BadRequest|FieldViolation|status_pb2|rpc_status|errdetails|requests\[", text), file


# ---- the demo


@pytest.mark.parametrize("server", ["Python", "Go"])
def test_demo(root: Path, jobs_environment: dict[str, str], go_server: str, server: str, tmp_path: Path) -> None:
    command = [sys.executable, str(root / "examples/jobs/demo.py")]
    command += ["--server-command", shlex.quote(go_server)] if server == "Go" else []
    done = subprocess.run(
        command, env=jobs_environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == f"The jobs server in {server} answers."
    assert "selenium  (kubernetes/examples)" in lines
    at = lines.index("selenium  (kubernetes/examples)")
    assert lines[at + 1 : at + 4] == [
        "  declared  selenium-hub-deployment.yaml: {limits: {memory: 1000Mi, cpu: '.5'}}",
        "  bytes     12 08 08 01 12 04 35 30 30 6d 12 0a 08 03 12 06 31 30 30 30 4d 69",
        "  pod       limits:   cpu 500m, memory 1000Mi",
    ]
    at = next(index for index, line in enumerate(lines) if line.startswith("typo  "))
    assert lines[at + 1] == '  declared  Resources(cpu="1", mem="123Mb")'
    assert lines[at + 2].startswith("  refused   mem: '123Mb' is not a quantity")
    assert "did you mean 123M or 123Mi?" in done.stdout
    assert "  refused   by the server:" in lines
    assert "            gpu[0]: a GPU request needs a limit" in done.stdout
    assert lines[-1] == "11 pods came back, 1 declaration was refused before it was sent, 1 by the server."


def test_client_alone(root: Path, jobs_environment: dict[str, str], launch: Any, tmp_path: Path) -> None:
    example = root / "examples" / "jobs"
    python = [sys.executable, str(example / "server.py"), "--address", "127.0.0.1:0"]
    with launch(python, env=jobs_environment) as (server, address):
        client = [sys.executable, str(example / "client.py"), address, "train", "registry.example/train:1"]
        done = subprocess.run(
            client, env=jobs_environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
        )
        assert json.loads(done.stdout)["spec"]["containers"][0]["resources"] == {
            "requests": {"cpu": "500m", "memory": "1Gi"},
            "limits": {"cpu": "2", "memory": "1Gi"},
        }
        server.terminate()
        assert server.wait(10) == 0
