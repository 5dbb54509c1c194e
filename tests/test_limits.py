"""The table of docs/reference/limits.md: each row is tested at its limit and one step beyond."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import re
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_status import rpc_status
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, TrailersReceived

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.v1 import resources_pb2 as pb
from resources_py import (
    ContainerResources,
    ExtendedResources,
    Quantity,
    QuantityError,
    Resources,
    ResourcesError,
    SharedMemory,
    Violation,
)
from resources_py.grpc import status_from
from resources_py.service import Client

RESOLVE = "/resourceidl.service.v1.ResourcesService/Resolve"
RESOLVE_STREAM = "/resourceidl.service.v1.ResourcesService/ResolveStream"
EMPTY = b"\x0a\x00"  # the answer to an empty request
CPU, MEMORY = 1, 3
MEBIBYTE = 2**20

Test = TypeVar("Test")
CHECKED: dict[tuple[str, str, str], None] = {}


def row(limit: str, default: str, said: str) -> Callable[[Test], Test]:
    """Mark which row of the table the test checks."""
    CHECKED[limit, default, said] = None
    return lambda test: test


def test_every_row_is_checked(root: Path) -> None:
    section = (root / "docs" / "reference" / "limits.md").read_text("utf-8")
    _, _, *rows = re.findall(r"^\|(.*)\|$", section, re.M)
    assert [tuple(cell.strip() for cell in line.split("|")) for line in rows] == list(CHECKED)


# ---- values


def message(*values: str, name: int = MEMORY) -> pb.Resources:
    entries = [pb.Resources.ResourceEntry(name=name, value=value) for value in values]  # type: ignore[arg-type]
    return pb.Resources(requests=entries)


READERS: dict[str, Callable[[str], Resources]] = {
    "constructor": lambda text: Resources(mem=text),
    "pair": lambda text: Resources(mem=(text, None)),
    "from_dict": lambda text: Resources.from_dict({"mem": text}),
    "from_json": lambda text: Resources.from_json(json.dumps({"mem": text})),
    "from_kubernetes": lambda text: Resources.from_kubernetes({"requests": {"memory": text}}),
    "from_bytes": lambda text: Resources.from_bytes(message(text).SerializeToString()),
    "from_proto": lambda text: Resources.from_proto(message(text)),
}
READER = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


def refusals(read: Callable[..., object], *given: Any) -> list[Violation]:
    """Return the problems of an input, or nothing if it is accepted."""
    try:
        read(*given)
    except ResourcesError as error:
        return list(error.violations)
    return []


def reasons(read: Callable[..., object], *given: Any) -> list[str]:
    return [violation.reason for violation in refusals(read, *given)]


@pytest.fixture(scope="module", params=["Python", "Go"])
def server(request: pytest.FixtureRequest, python_server: list[str], go_program: Any) -> list[str]:
    """The command that starts each reference server."""
    return (
        python_server
        if request.param == "Python"
        else [str(go_program("reference-server")), "--address", "127.0.0.1:0"]
    )


@pytest.fixture(scope="module")
def address(server: list[str], launch: Any) -> Iterator[str]:
    with launch(server) as (_, address):
        yield address


@pytest.fixture(scope="module")
def resolve(address: str) -> Iterator[Callable[[pb.Resources], list[Violation]]]:
    """Return the problems that the server finds in a message."""
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(RESOLVE)

        def ask(message: pb.Resources) -> list[Violation]:
            try:
                call(service_pb.ResolveRequest(resources=message).SerializeToString())
            except grpc.RpcError as error:
                bad = error_details_pb2.BadRequest()
                for detail in rpc_status.from_call(error).details:
                    detail.Unpack(bad)
                return [Violation(v.field, v.reason, v.description) for v in bad.field_violations]
            return []

        yield ask


LENGTH = row("length of a quantity, wherever a `Resources` is read", "64 bytes", "`INVALID_QUANTITY`")
EXPONENT = row("exponent of a quantity", "three digits", "`OUT_OF_RANGE`")
SIZE = row("size of a value", "2^63-1", "`OUT_OF_RANGE`")
VALUES = [
    pytest.param("1Gi".zfill(64), "1Gi".zfill(65), "INVALID_QUANTITY", id="length"),
    pytest.param("0e999", "0e1000", "OUT_OF_RANGE", id="exponent"),
    pytest.param("0e-0999", "0e-01000", "OUT_OF_RANGE", id="negative exponent"),
    pytest.param(str(2**63 - 1), str(2**63), "OUT_OF_RANGE", id="size"),
    pytest.param("9007199254740991Ki", "9007199254740992Ki", "OUT_OF_RANGE", id="binary size"),
]


@LENGTH
@EXPONENT
@SIZE
@READER
@pytest.mark.parametrize(("within", "beyond", "reason"), VALUES)
def test_values(read: Callable[[str], Resources], within: str, beyond: str, reason: str) -> None:
    assert reasons(read, within) == []
    assert reasons(read, beyond) == [reason]


@pytest.mark.parametrize(("within", "beyond", "reason"), VALUES)
def test_values_at_a_server(resolve: Any, within: str, beyond: str, reason: str) -> None:
    assert resolve(message(within)) == []
    assert [violation.reason for violation in resolve(message(beyond))] == [reason]


def test_numbers() -> None:
    assert reasons(Resources, None, 2**63 - 1) == []
    assert reasons(Resources, None, 2**63) == ["OUT_OF_RANGE"]


@row(
    "text given to `Quantity` by itself; its exponent",
    "256 characters; three digits",
    "`QuantityError`, reason `range`",
)
def test_quantity() -> None:
    assert str(Quantity("1" * 256)) == "1" * 256
    assert str(Quantity("1e999")) == "1e999"
    for text in ("1" * 257, "1e1000"):
        with pytest.raises(QuantityError) as caught:
            Quantity(text)
        assert caught.value.reason == "range"


ENTRIES = row("entries in one list of a message", "16", "`TOO_MANY_ENTRIES`")


@ENTRIES
def test_entries() -> None:
    for side in ("requests", "limits"):
        sent = pb.Resources(**{side: message(*["1"] * 16).requests})
        assert set(reasons(Resources.from_proto, sent)) == {"DUPLICATE_NAME"}
        getattr(sent, side).add(name=CPU, value="1")
        assert reasons(Resources.from_proto, sent) == ["TOO_MANY_ENTRIES"]


def test_entries_at_a_server(resolve: Any) -> None:
    assert {violation.reason for violation in resolve(message(*["1"] * 16))} == {"DUPLICATE_NAME"}
    assert [violation.reason for violation in resolve(message(*["1"] * 17))] == ["TOO_MANY_ENTRIES"]


@row("named quantities on one side; claims", "16; 16", "`TOO_MANY_ENTRIES`")
def test_named_quantities_and_claims() -> None:
    for count, expected in ((16, []), (17, ["TOO_MANY_ENTRIES"])):
        for given in ({"named": {f"a/b{i}": 1 for i in range(count)}}, {"claims": [f"a{i}" for i in range(count)]}):
            if expected:
                assert reasons(lambda each: ContainerResources(**each), given) == expected
            else:
                ContainerResources(**given)


@row("a device, a partition, a mount path, a mount name", "253 bytes", "`INVALID_NAME`, `INVALID_PATH`")
def test_texts() -> None:
    for name in ("accelerator", "partition"):
        ExtendedResources(**{name: "é" + "x" * 251})
        assert reasons(lambda text, name=name: ExtendedResources(**{name: text}), "é" + "x" * 252) == ["INVALID_NAME"]
    SharedMemory(mount_path="/" * 253, mount_name="x" * 253)
    assert reasons(lambda path: SharedMemory(mount_path=path), "/" * 254) == ["INVALID_PATH"]
    assert reasons(lambda name: SharedMemory(mount_name=name), "x" * 254) == ["INVALID_NAME"]


@row("digits of a whole number in `from_json`", "Python's 4,300", "`UNDECODABLE`")
def test_digits() -> None:
    for digits, reason in ((4300, "OUT_OF_RANGE"), (4301, "UNDECODABLE")):
        assert reasons(Resources.from_json, f'{{"mem": {"9" * digits}}}') == [reason]


@row("nesting in `from_json`", "Python's, some 1,000 levels", "`UNDECODABLE`")
def test_nesting() -> None:
    """The possible depth depends on the stack in use. Within it, input is rejected for its content."""
    for opening, closing_, reason in (("[", "]", "WRONG_LENGTH"), ('{"cpu":', "}", "WRONG_TYPE")):
        for levels, expected in ((500, reason), (100_000, "UNDECODABLE")):
            text = f'{{"cpu": {opening * levels}1{closing_ * levels}}}'
            assert reasons(Resources.from_json, text) == [expected]


@pytest.mark.parametrize("around", [lambda value: [value], lambda value: {"cpu": value}], ids=["lists", "dicts"])
def test_nesting_of_objects(around: Callable[[Any], Any]) -> None:
    """At any depth, it is quoted, compared and rejected without a RecursionError."""
    deep: Any = 1
    for _ in range(100_000):
        deep = around(deep)
    for read in (
        lambda: Resources(cpu=(1, deep), mem=deep),
        lambda: Resources.from_dict(deep),
        lambda: Resources.from_dict({"cpu": deep}),
        lambda: Resources.from_kubernetes(deep),
        lambda: Resources.from_kubernetes({"requests": deep, "limits": {"cpu": deep}}),
        lambda: Resources.from_bytes(deep),
        lambda: Resources.from_proto(deep),
        lambda: Resources.from_requests_and_limits(requests=deep, limits={"cpu": deep}),
    ):
        assert set(reasons(read)) & {"WRONG_TYPE", "WRONG_LENGTH", "UNKNOWN_KEY"}


GROUPS = row(
    "groups nested in an unknown field", "protobuf's 100; in Go 10,001", "`UNDECODABLE`, by a server `INTERNAL`"
)


def groups(levels: int) -> bytes:
    return b"\x7b" * levels + b"\x7c" * levels  # field 15: start and end of a group


@GROUPS
def test_groups() -> None:
    assert reasons(Resources.from_bytes, groups(100)) == []
    assert reasons(Resources.from_bytes, groups(101)) == ["UNDECODABLE"]


def test_groups_at_a_server(address: str, server: list[str], python_server: list[str]) -> None:
    most = 100 if server == python_server else 10_001
    with grpc.insecure_channel(address) as channel:
        assert channel.unary_unary(RESOLVE)(groups(most)) == EMPTY
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(RESOLVE)(groups(most + 1))
    assert caught.value.code() is grpc.StatusCode.INTERNAL


@row("the details of a gRPC status, encoded", "7 KiB", "descriptions are cut, then violations left out: `TRUNCATED`")
def test_details() -> None:
    def sent(count: int) -> list[Any]:
        violation = Violation("requests[0].value", "INVALID_QUANTITY", "x" * 120)
        ((_, value),) = status_from(ResourcesError([violation] * count)).trailing_metadata
        assert len(value) * 4 / 3 <= 7 * 1024
        (detail,) = status_pb2.Status.FromString(value).details
        return list(error_details_pb2.BadRequest.FromString(detail.value).field_violations)

    # 31 take 5,229 bytes, 32 would take 5,391, and 7 KiB of base64 are 5,376.
    assert [len(violation.description) for violation in sent(31)] == [120] * 31
    assert [len(violation.description) for violation in sent(32)] == [80] * 32
    assert [violation.reason for violation in sent(132)] == ["INVALID_QUANTITY"] * 132
    assert [violation.reason for violation in sent(133)] == ["INVALID_QUANTITY"] * 131 + ["TRUNCATED"]


@row("a description; a value quoted in it", "120 bytes; 40, in Go 32", "cut, with `...`")
def test_descriptions() -> None:
    for bytes_, expected in ((120, "d" * 120), (121, "d" * 117 + "...")):
        assert ResourcesError([Violation("cpu", "REASON", "d" * bytes_)]).violations[0].description == expected
    for length, expected in ((38, f"'{'x' * 38}' is"), (39, f"'{'x' * 36}... is")):
        assert refusals(Resources, None, "x" * length)[0].description.startswith(expected)
    # characters of four bytes, in UTF-8 and escaped
    for violation in refusals(Resources.from_dict, {"\U0001f600" * n: "\U0001f600" * n for n in range(1, 40)}):
        assert len(violation.description.encode()) <= 120
        assert len(violation.field) <= 40


def test_descriptions_of_a_server(resolve: Any, server: list[str], python_server: list[str]) -> None:
    most, mark = (40, "'") if server == python_server else (32, '"')
    for length, expected in (
        (most - 2, f"{mark}{'x' * (most - 2)}{mark} "),
        (most - 1, f"{mark}{'x' * (most - 4)}... "),
    ):
        assert resolve(message("x" * length))[0].description.startswith(expected)


@row("different warnings that Python remembers for a module", "1,000", "forgotten: each may be shown again")
def test_remembered_warnings() -> None:
    module: dict[str, Any] = {"__name__": "module", "Resources": Resources}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for values, shown in ((1000, 1000), (1000, 0), (1001, 1), (1001, 1001)):
            caught.clear()
            exec(f"for n in range({values}): Resources(mem=2 + n)", module)
            assert len(caught) == shown


# ---- size of the input

# Each reads about `size` bytes of the worst input. Runs in a separate process, which forks for each measurement.
COSTS = r"""
import json, os, resource, sys, time
from resourceidl.v1 import resources_pb2 as pb
from resources_py import Quantity, Resources, ResourcesError

def keys(size):
    return {f"key{n:07}": 1 for n in range(size // 10)}

SHAPES = {
    "from_bytes, entries": lambda size: lambda data=b"\x0a\x00" * (size // 2): Resources.from_bytes(data),
    "from_bytes, unknown fields": lambda size: lambda data=b"\x78\x01" * (size // 2): Resources.from_bytes(data),
    "from_bytes, noise": lambda size: lambda data=b"\xff" * size: Resources.from_bytes(data),
    "from_proto": lambda size: lambda m=pb.Resources.FromString(b"\x12\x00" * (size // 2)): Resources.from_proto(m),
    "from_json, text": lambda size: lambda text='{"cpu": "' + "9" * size + '"}': Resources.from_json(text),
    "from_json, list": lambda size: lambda text='{"cpu": [' + "1," * (size // 2) + "1]}": Resources.from_json(text),
    "from_json, noise": lambda size: lambda data=b"\xff" * size: Resources.from_json(data),
    "from_json, keys": lambda size: lambda text=json.dumps(keys(size // 4)): Resources.from_json(text),
    "from_json, last key twice": lambda size: lambda text='{"z": 1, ' + json.dumps(keys(size // 4))[1:-1] + ', "z": 1}': Resources.from_json(text),
    "from_json, key twice": lambda size: lambda text="{" + json.dumps(keys(size // 4))[1:-1] + ', "z": 1, "z": 1}': Resources.from_json(text),
    "from_dict, keys": lambda size: lambda d=keys(size // 4): Resources.from_dict(d),
    "from_dict, text": lambda size: lambda d={"x" * size: "\U0001f600" * (size // 4)}: Resources.from_dict(d),
    "from_kubernetes, keys": lambda size: lambda d={"limits": keys(size // 4)}: Resources.from_kubernetes(d),
    "from_kubernetes, space": lambda size: lambda d={"limits": {"cpu": " " * size + "1"}}: Resources.from_kubernetes(d),
    "Quantity": lambda size: lambda text="9" * size: str(Quantity(text)),
    "Quantity, fraction": lambda size: lambda text="1." + "0" * size + "1Gi": repr(Quantity(text)),
    "Quantity, no quantity": lambda size: lambda text="1" * size + "x": Quantity(text),
}

def cost(shape, size):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        job = SHAPES[shape](size)
        before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        try:
            job()
        except ResourcesError:
            pass
        taken = time.process_time() - begin
        os.write(write, json.dumps([taken, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024]).encode())
        os._exit(0)
    os.close(write)
    found = os.read(read, 1000)
    os.close(read)
    os.waitpid(child, 0)
    return json.loads(found)

for shape in SHAPES:
    SHAPES[shape](1000)  # triggers lazy imports
    print(json.dumps([shape, [min(cost(shape, size) for _ in range(2)) for size in (2**16, 2**20)]]))
"""


@row("what else is read at once", "none", "time and memory are in proportion to its size")
def test_time_and_memory_are_in_proportion() -> None:
    done = subprocess.run([sys.executable, "-c", COSTS], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    costs = dict(json.loads(line) for line in done.stdout.splitlines())
    assert len(costs) == 17
    for shape, ((seconds, mebibytes), (seconds_16, mebibytes_16)) in costs.items():
        # Sixteen times the input. Quadratic time would be 256 times as much. Times too short to measure are ignored.
        assert seconds_16 < 0.1 + 64 * seconds, shape
        assert mebibytes_16 < 20 + 64 * mebibytes, shape


# ---- servers and clients


def padded(size: int) -> bytes:
    """Return a request of exactly this many bytes, in an unknown field."""
    length = size - 5
    return (
        b"\x7a"
        + bytes([length & 127 | 128, length >> 7 & 127 | 128, length >> 14 & 127 | 128, length >> 21])
        + b"x" * length
    )


@row("a message to a server", "64 KiB (`--max-message-bytes`)", "`RESOURCE_EXHAUSTED`, also ending a stream")
def test_message_size(address: str, launch: Any, server: list[str]) -> None:
    def check(address: str, size: int) -> None:
        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary(RESOLVE)
            assert call(padded(size)) == EMPTY
            with pytest.raises(grpc.RpcError) as caught:
                call(padded(size + 1))
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            answers = channel.stream_stream(RESOLVE_STREAM)(iter([padded(size), padded(size + 1), b""]))
            assert next(answers) == EMPTY
            with pytest.raises(grpc.RpcError) as caught:
                next(answers)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert call(b"") == EMPTY

    check(address, 65_536)
    with launch([*server, "--max-message-bytes", "1000"]) as (_, other):
        check(other, 1000)


@row("a compressed message to a server", "none", "`UNIMPLEMENTED`")
def test_compressed_message(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(RESOLVE)(padded(10_000), compression=compression)
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            with pytest.raises(grpc.RpcError) as caught:
                list(channel.stream_stream(RESOLVE_STREAM)(iter([padded(10_000)]), compression=compression))
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert channel.unary_unary(RESOLVE)(b"") == EMPTY


@row("connections to a server", "100 (`--max-connections`)", "closed as they arrive: `UNAVAILABLE`")
def test_connections(launch: Any, server: list[str]) -> None:
    for options, most in (([], 100), (["--max-connections", "3"], 3)):
        with launch([*server, *options]) as (_, address), ExitStack() as stack:
            pool = [("grpc.use_local_subchannel_pool", 1)]  # otherwise they share one connection
            channels = [stack.enter_context(grpc.insecure_channel(address, pool)) for _ in range(most)]
            for channel in channels:
                assert channel.unary_unary(RESOLVE)(b"", timeout=60) == EMPTY
            with grpc.insecure_channel(address, pool) as channel, pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(RESOLVE)(b"", timeout=60)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            for channel in channels:
                assert channel.unary_unary(RESOLVE)(b"", timeout=60) == EMPTY
            channels[0].close()
            with Client(address, retry=60, options=pool) as client:  # there is room again
                assert client.resolve(Resources(cpu=1), timeout=60) == Resources(cpu=1)


@row("calls under way on one connection to a server", "25 (`--max-concurrent-streams`)", "the others wait")
async def test_calls_under_way(address: str) -> None:
    async with aio.insecure_channel(address) as channel:
        calls = [channel.stream_stream(RESOLVE_STREAM)() for _ in range(25)]
        for call in calls:
            await call.write(b"")
        for call in calls:
            assert await call.read() == EMPTY
        waiting = asyncio.ensure_future(channel.unary_unary(RESOLVE)(b"", timeout=60))
        assert await asyncio.wait([waiting], timeout=0.5) == (set(), {waiting})
        await calls[0].done_writing()
        assert await waiting == EMPTY
        for call in calls:
            call.cancel()


@row("length of a stream", "none", "")
def test_length_of_a_stream(address: str) -> None:
    """Memory does not grow either: `make long-stream` sends a million items each way."""
    with grpc.insecure_channel(address) as channel:
        answers = channel.stream_stream(RESOLVE_STREAM)(itertools.repeat(b"", 20_000))
        assert sum(answer == EMPTY for answer in answers) == 20_000


@row("items that `resolve_many` reads ahead of the answers", "256", "it reads on when answers are taken")
def test_read_ahead(address: str) -> None:
    taken = 0

    def endless() -> Iterator[Resources]:
        nonlocal taken
        while True:
            taken += 1
            yield Resources(cpu=1)

    with Client(address) as client, closing(client.resolve_many(endless())) as answers:
        for answered in range(1, 4):
            next(answers)
            end = time.monotonic() + 30
            while taken < answered - 1 + 256 and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(0.2)  # give it time to read more
            assert taken == answered - 1 + 256  # the current answer counts as taken once the next is requested


@row("a stream that ends inside a message", "none", "`INTERNAL`; in Python OK, after the answers to all whole messages")
def test_stream_that_ends_inside_a_message(address: str, server: list[str], python_server: list[str]) -> None:
    """GRPC in Python reports it as the end of the stream, without a way to tell the two apart."""
    whole, part = bytes(5), b"\0\0\0\0\5ab"
    data, status = exchange(address, RESOLVE_STREAM, whole + part)
    assert data == b"\0\0\0\0\2" + EMPTY
    assert status == ("0" if server == python_server else "13")


def exchange(address: str, path: str, data: bytes) -> tuple[bytes, str]:
    """Make a call with these bytes as the body. Return the body and the status of its answer."""
    client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    client.initiate_connection()
    call = {":method": "POST", ":scheme": "http", ":path": path, ":authority": address, "te": "trailers"}
    client.send_headers(1, [*call.items(), ("content-type", "application/grpc")])
    client.send_data(1, data, end_stream=True)
    host, port = address.split(":")
    body = b""
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        while True:
            connection.sendall(client.data_to_send())
            for event in client.receive_data(connection.recv(65_536)):
                if isinstance(event, DataReceived):
                    body += event.data
                if isinstance(event, ResponseReceived | TrailersReceived):
                    headers = dict(event.headers)
                    if "grpc-status" in headers:
                        return body, str(headers["grpc-status"])


@row("time for calls to end on SIGTERM", "10 s (`--drain-seconds`)", "`UNAVAILABLE` or `CANCELLED`")
def test_drain(launch: Any, server: list[str]) -> None:
    """tests/service/test_process.py checks that calls may finish in time."""
    over = threading.Event()

    def held() -> Iterator[bytes]:
        yield b""
        over.wait(60)

    with launch([*server, "--drain-seconds", "0.3"]) as (process, address), grpc.insecure_channel(address) as channel:
        answers = channel.stream_stream(RESOLVE_STREAM)(held())
        assert next(answers) == EMPTY
        process.terminate()
        with pytest.raises(grpc.RpcError) as caught:
            next(answers)
        assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        over.set()


def test_defaults(server: list[str]) -> None:
    """The help has the defaults."""
    done = subprocess.run([*server, "--help"], capture_output=True, text=True, timeout=60)
    said = " ".join((done.stdout + done.stderr).split())
    for option, default in (
        ("max-concurrent-streams", "25"),
        ("max-connections", "100"),
        ("max-message-bytes", "65536"),
        ("drain-seconds", "10"),
    ):
        assert re.search(rf"-{option} [^()\[]*[(\[]default:? {default}(\.0)?[)\]]", said), option


# ---- the command line: tests/cli/test_limits.py has these in all forms


def convert(form: str, data: bytes) -> str:
    command = [sys.executable, "-m", "resources_py", "convert", "--from", form, "--to", "jsonl"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=120)
    return done.stderr.decode() if done.returncode else "read"


def spaced(text: bytes, size: int) -> bytes:
    return b" " * (size - len(text)) + text


@row(
    "command line: a document, an item of a list, a line or a record",
    "16 MiB",
    "`UNDECODABLE`, in `check` of a document `UNREADABLE`",
)
def test_document_line_and_record() -> None:
    largest = 16 * MEBIBYTE
    assert convert("json", spaced(b"{}", largest)) == "read"
    assert "UNDECODABLE it is larger than 16 MiB" in convert("json", spaced(b"{}", largest + 1))
    assert convert("jsonl", spaced(b"{}", largest)) == "read"
    assert "UNDECODABLE the line is longer than 16 MiB" in convert("jsonl", spaced(b"{}", largest + 1))
    assert convert("delimited", delimited(largest)) == "read"
    assert "UNDECODABLE the record is longer than 16 MiB" in convert("delimited", delimited(largest + 1))


def delimited(size: int) -> bytes:
    return bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21]) + padded(size)


@row("command line: a file, compressed or not", "none", "memory does not grow with it")
def test_file() -> None:
    """Memory is measured in tests/cli/test_streams.py."""
    item = b'{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [{"name": "' + b"c" * 2**20 + b'"}]}}'
    whole = b'{"items": [' + b",\n".join([item] * 20) + b'], "kind": "List"}'
    assert len(whole) > 16 * MEBIBYTE
    assert convert("manifest", whole) == "read"
    assert convert("manifest", gzip.compress(whole, 1)) == "read"


@row("command line: nesting of a document", "200 levels", "likewise")
def test_nesting_of_a_document() -> None:
    for form, opening, closing_ in (("json", b"[", b"]"), ("jsonl", b'{"cpu":', b"}"), ("yaml", b"[", b"]")):
        assert "nested" not in convert(form, opening * 200 + b"1" + closing_ * 200)
        assert "UNDECODABLE it is nested deeper than 200 levels" in convert(form, opening * 201 + b"1" + closing_ * 201)


@row("command line: values in a document", "1,000,000", "likewise")
def test_values_in_a_document(tmp_path: Path) -> None:
    for values, said in ((1_000_000, False), (1_000_001, True)):
        (tmp_path / "list.json").write_text("[" + "1," * (values - 2) + "1]")
        command = [sys.executable, "-m", "resources_py", "check", "list.json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert ("UNREADABLE it holds more than 1,000,000 values" in done.stdout) is said, done.stdout
