"""Messages of a later schema version: passed on unchanged, but rejected where the new content matters.

The later version has another resource, TPU, and another field in each message. resources_go/compatibility_test.go is the
same for Go, and tests/ecosystem/test_bindings.py measures the other bindings.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from resourceidl.v1 import resources_pb2 as pb
from resourceidl_betterproto.resourceidl.v1 import Resources as BetterprotoResources
from resources_py import Resources, ResourcesError, proto_path

TPU = 6
Class = Callable[..., Any]


def later(files: descriptor_pb2.FileDescriptorSet) -> descriptor_pb2.FileDescriptorSet:
    """Add fields and values that a later version may add."""
    made = descriptor_pb2.FileDescriptorSet()
    made.CopyFrom(files)
    (messages,) = (file for file in made.file if file.package == "resourceidl.v1")
    (resources,) = messages.message_type
    (entry,), (names,) = resources.nested_type, resources.enum_type
    names.value.add(name="TPU", number=TPU)
    text = descriptor_pb2.FieldDescriptorProto(
        number=15,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
    )
    for message, name in ((resources, "accelerator_type"), (entry, "note")):
        message.field.add().CopyFrom(text)
        message.field[-1].name = name
    return made


def classes(files: descriptor_pb2.FileDescriptorSet) -> Callable[[str], Class]:
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


@pytest.fixture(scope="module")
def files(
    root: Path, codegen_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> descriptor_pb2.FileDescriptorSet:
    """The .proto of examples/jobs and its imports."""
    made = tmp_path_factory.mktemp("jobs") / "jobs.binpb"
    command = ["python", "-m", "grpc_tools.protoc", f"-I{root / 'examples' / 'jobs'}", f"-I{proto_path()}"]
    command += ["--include_imports", f"--descriptor_set_out={made}", "jobs.proto"]
    subprocess.run(command, env=codegen_environment, check=True)
    return descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes())


@pytest.fixture(scope="module")
def today(files: descriptor_pb2.FileDescriptorSet) -> Callable[[str], Class]:
    return classes(files)


@pytest.fixture(scope="module")
def tomorrow(files: descriptor_pb2.FileDescriptorSet) -> Callable[[str], Class]:
    return classes(later(files))


@pytest.fixture(scope="module")
def sent(tomorrow: Callable[[str], Any]) -> Any:
    entry = tomorrow("resourceidl.v1.Resources.ResourceEntry")
    return tomorrow("resourceidl.v1.Resources")(
        requests=[entry(name=1, value="500m", note="steady"), entry(name=TPU, value="4")],
        accelerator_type="v7",
    )


@pytest.fixture(scope="module")
def with_new_fields(sent: Any) -> bytes:
    """The same message without the TPU entry."""
    message = type(sent)()
    message.CopyFrom(sent)
    del message.requests[1]
    data: bytes = message.SerializeToString()
    return data


# ---- programs that pass the message on


@pytest.mark.parametrize(
    "carry",
    [
        lambda data: pb.Resources.FromString(data).SerializeToString(),
        lambda data: bytes(BetterprotoResources().parse(data)),
    ],
    ids=["official", "betterproto"],
)
def test_program_that_forwards_the_message(carry: Callable[[bytes], bytes], sent: Any) -> None:
    assert type(sent).FromString(carry(sent.SerializeToString())) == sent


def test_user_message_that_contains_it(today: Callable[[str], Any], tomorrow: Callable[[str], Any], sent: Any) -> None:
    job = tomorrow("jobs.v1.SubmitRequest")(name="train", resources=sent)
    read = today("jobs.v1.SubmitRequest").FromString(job.SerializeToString())
    assert read.resources.requests[1].name == TPU
    passed_on = today("jobs.v1.SubmitRequest")(name=read.name)
    passed_on.resources.CopyFrom(read.resources)
    assert type(job).FromString(passed_on.SerializeToString()) == job


def test_protojson_keeps_the_number_and_drops_the_fields(sent: Any) -> None:
    written = json_format.MessageToDict(pb.Resources.FromString(sent.SerializeToString()))
    assert written == {"requests": [{"name": "CPU", "value": "500m"}, {"name": TPU, "value": "4"}]}
    assert json_format.ParseDict(written, pb.Resources()).requests[1].name == TPU
    with pytest.raises(json_format.ParseError):
        json_format.Parse(json_format.MessageToJson(sent), pb.Resources())


# ---- programs that read it

REFUSED = [("requests[1].name", "UNSUPPORTED_NAME")]


@pytest.mark.parametrize(
    "read",
    [
        Resources.from_bytes,
        lambda data: Resources.from_proto(pb.Resources.FromString(data)),
        lambda data: Resources.from_proto(BetterprotoResources().parse(data)),
    ],
    ids=["from_bytes", "from_proto", "betterproto"],
)
def test_resources(read: Callable[[bytes], Resources], sent: Any, with_new_fields: bytes) -> None:
    with pytest.raises(ResourcesError) as caught:
        read(sent.SerializeToString())
    assert [(v.field, v.reason) for v in caught.value.violations] == REFUSED
    assert str(TPU) in caught.value.violations[0].description
    assert read(with_new_fields) == Resources(cpu=("500m", None))
    assert bytes(read(with_new_fields)) == bytes(Resources(cpu=("500m", None)))  # a Resources keeps only known fields


@pytest.mark.parametrize("name", ["Python", "Go"])
def test_servers(
    name: str, launch: Any, python_server: list[str], go_program: Any, sent: Any, with_new_fields: bytes
) -> None:
    go_server = [str(go_program("reference-server")), "--address", "127.0.0.1:0"]
    with (
        launch(python_server if name == "Python" else go_server) as (_, address),
        grpc.insecure_channel(address) as channel,
    ):
        resolve = channel.unary_unary("/resourceidl.service.v1.ResourcesService/Resolve")

        def request(data: bytes) -> bytes:
            return b"\x0a" + bytes([len(data)]) + data + b"\x7a\x01x"  # and a field 15 of the request itself

        with pytest.raises(grpc.RpcError) as caught:
            resolve(request(sent.SerializeToString()))
        bad = error_details_pb2.BadRequest()
        assert rpc_status.from_call(caught.value).details[0].Unpack(bad)
        assert [(v.field, v.reason) for v in bad.field_violations] == [(f"resources.{f}", r) for f, r in REFUSED]
        assert str(TPU) in bad.field_violations[0].description
        answer = bytes(Resources(cpu=("500m", None)))
        assert resolve(request(with_new_fields)) == b"\x0a" + bytes([len(answer)]) + answer


@pytest.mark.parametrize("form", ["delimited", "protojson", "json"])
def test_convert(form: str, sent: Any, with_new_fields: bytes) -> None:
    command = [sys.executable, "-m", "resources_py", "convert", "--from", "binpb", "--to"]
    refused = subprocess.run([*command, form], input=sent.SerializeToString(), capture_output=True)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"UNSUPPORTED_NAME requests[1].name: name 6 is not supported" in refused.stderr
    read = subprocess.run([*command, form], input=with_new_fields, capture_output=True)
    assert (read.returncode, read.stderr) == (0, b"")
