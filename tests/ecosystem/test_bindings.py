"""Other protobuf bindings: `to_proto` and `from_proto` with their messages, and how each reads hostile bytes.

The bindings are generated here, from the .proto files in the wheel. docs/how-to/bindings.md has the results; a test fails if they
change.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from resourceidl.v1 import resources_pb2 as official
from resources_py import Resources, ResourcesError, ResourcesTypeError, proto_path

# A user's own message, to test whether a field that is set to an empty message stays set.
TASK = """
syntax = "proto3";
package acme.v1;
import "resourceidl/v1/resources.proto";
message Task {
  string name = 1;
  resourceidl.v1.Resources resources = 2;
}
"""


class Binding:
    """One binding: its two message classes, its reader and its writer."""

    def __init__(self, resources: type[Any], task: type[Any] | None, **ways: Callable[..., Any]) -> None:
        self.resources, self.task = resources, task
        self.read, self.write = ways["read"], ways["write"]
        self.read_json, self.write_json = ways["read_json"], ways["write_json"]


def generate(plugin: str, folder: Path) -> str:
    """Generate the bindings into a separate package and return its name."""
    package = f"generated_by_{plugin.replace('-', '_')}"
    target = folder / package
    target.mkdir()
    (folder / "acme.proto").write_text(TASK)
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"-I{proto_path()}", f"--{plugin}_out={target}"),
        *("acme.proto", "resourceidl/v1/resources.proto"),
    ]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (target / "__init__.py").touch()
    return package


def official_binding(folder: Path) -> Binding:
    task = importlib.import_module(f"{generate('python', folder)}.acme_pb2").Task
    return Binding(
        official.Resources,
        task,
        read=lambda kind, data: kind.FromString(data),
        write=lambda message: message.SerializeToString(deterministic=True),
        read_json=lambda kind, text: json_format.Parse(text, kind()),
        write_json=json_format.MessageToJson,
    )


def betterproto_binding(folder: Path) -> Binding:
    package = generate("python_betterproto", folder)
    try:
        task = importlib.import_module(f"{package}.acme.v1").Task
    except ModuleNotFoundError:  # 1.2.5 generates an import of a missing package
        task = None
    return Binding(
        importlib.import_module(f"{package}.resourceidl.v1").Resources,
        task,
        read=lambda kind, data: kind().parse(data),
        write=bytes,
        read_json=lambda kind, text: kind().from_json(text),
        write_json=lambda message: message.to_json(),
    )


def betterproto2_binding(folder: Path) -> Binding:
    package = generate("python_betterproto2", folder)
    return Binding(
        importlib.import_module(f"{package}.resourceidl.v1").Resources,
        importlib.import_module(f"{package}.acme.v1").Task,
        read=lambda kind, data: kind.parse(data),
        write=bytes,
        read_json=lambda kind, text: kind.from_json(text),
        write_json=lambda message: message.to_json(),
    )


def protobuf_py_binding(folder: Path) -> Binding:
    package = generate("py", folder)
    return Binding(
        importlib.import_module(f"{package}.resourceidl.v1.resources_pb").Resources,
        importlib.import_module(f"{package}.acme_pb").Task,
        read=lambda kind, data: kind.from_binary(data),
        write=lambda message: message.to_binary(),
        read_json=lambda kind, text: kind.from_json(text),
        write_json=lambda message: message.to_json(),
    )


def name_of(distribution: str) -> str | None:
    """Return the heading of the binding's column, or None if it is not installed."""
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    return f"{distribution} {version}" if distribution == "betterproto" else distribution


MAKERS: dict[str, Callable[[Path], Binding]] = {
    name: maker
    for name, maker in (
        (name_of("protobuf"), official_binding),
        (name_of("protobuf-py"), protobuf_py_binding),
        (name_of("betterproto2"), betterproto2_binding),
        (name_of("betterproto"), betterproto_binding),
    )
    if name is not None
}


@pytest.fixture(scope="module")
def bindings(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Binding]:
    folder = tmp_path_factory.mktemp("bindings")
    made: dict[str, Binding] = {}
    sys.path[:0] = [str(folder), str(folder / "generated_by_python")]  # acme_pb2 is at the root of the output

    def binding(name: str) -> Binding:
        if name not in made:
            importlib.invalidate_caches()
            made[name] = MAKERS[name](folder)
        return made[name]

    return binding


EVERY = pytest.mark.parametrize("name", MAKERS)
DECLARED = [
    Resources(),
    Resources(cpu=("500m", 2), mem="1Gi", gpu=1, ephemeral_storage=(None, "10Gi")),
    Resources(cpu=(0.5, None)),
]


def test_the_environment_has_them() -> None:
    assert "protobuf" in MAKERS
    assert len(MAKERS) == (2 if "betterproto 1.2.5" in MAKERS else 4)


@EVERY
@pytest.mark.parametrize("declared", DECLARED, ids=repr)
def test_round_trip(name: str, declared: Resources, bindings: Callable[[str], Binding]) -> None:
    binding = bindings(name)
    message = declared.to_proto(binding.resources)
    assert type(message) is binding.resources
    assert binding.write(message) == bytes(declared)
    assert Resources.from_proto(message) == declared
    ours = json_format.MessageToDict(declared.to_proto())
    assert json.loads(binding.write_json(message)) == ours
    assert Resources.from_proto(binding.read_json(binding.resources, json.dumps(ours))) == declared


@EVERY
def test_violations_are_the_same(name: str, bindings: Callable[[str], Binding]) -> None:
    binding = bindings(name)
    message = binding.read_json(binding.resources, '{"requests": [{"name": "CPU", "value": "1Gb"}, {"name": "GPU"}]}')
    with pytest.raises(ResourcesError) as caught:
        Resources.from_proto(message)
    assert [(v.field, v.reason) for v in caught.value.violations] == [
        ("requests[0].value", "INVALID_QUANTITY"),
        ("requests[1].value", "INVALID_QUANTITY"),
    ]


@EVERY
def test_class_instead_of_a_message(name: str, bindings: Callable[[str], Binding]) -> None:
    with pytest.raises(ResourcesTypeError):
        Resources.from_proto(bindings(name).resources)


# ---- what each binding keeps, loses or rejects

ENTRY = bytes.fromhex("0a08080112043530306d")  # requests: CPU, "500m"
GROUP = bytes.fromhex("1b08011c")  # field 3, which does not exist

# The row of the page and the received bytes.
BYTES: dict[str, bytes] = {
    "bytes end one short: `500m` lacks its `m`": ENTRY[:-1],
    "bytes end inside a tag": b"\x80",
    "text that is not UTF-8": bytes.fromhex("0a0508011201ff"),
    "an enum number unknown here": bytes.fromhex("0a050863120131"),
    "an empty entry in a list": b"\x0a\x00" + ENTRY,
    "an unknown field": ENTRY + b"\x1a\x01x",
    "an unknown group": ENTRY + GROUP,
    "an unknown group that does not end": ENTRY + GROUP[:-1],
}
TASKS: dict[str, bytes] = {
    "a message field that is set, and empty": b"\x12\x00",
    "a message field twice: both are to be merged": 2 * (b"\x12" + bytes([len(ENTRY)]) + ENTRY),
}
JSON: dict[str, str] = {
    "JSON: an enum name unknown here": '{"requests": [{"name": "TPU", "value": "1"}]}',
    "JSON: an enum number unknown here": '{"requests": [{"name": 99, "value": "1"}]}',
    "JSON: an unknown key": '{"request": [{"name": "CPU", "value": "1"}]}',
    "JSON: a number for a string": '{"requests": [{"name": "CPU", "value": 1}]}',
}
WRITE_JSON = "an enum number unknown here, to JSON"


def outcome(binding: Binding, reference: Binding, row: str) -> str:
    """Return the outcome: refused, kept, lost (something is missing) or garbled (something changed)."""
    if row == WRITE_JSON:
        message = binding.read(binding.resources, BYTES["an enum number unknown here"])
        try:
            return "kept" if json.loads(binding.write_json(message))["requests"][0]["name"] == 99 else "garbled"
        except Exception:
            return "refused"
    kind = "task" if row in TASKS else "resources"
    if (message_type := getattr(binding, kind)) is None:
        return "no import"
    try:
        if row in JSON:
            message = binding.read_json(message_type, JSON[row])
        else:
            message = binding.read(message_type, {**BYTES, **TASKS}[row])
        written = binding.write(message)
    except Exception:
        return "refused"
    try:
        if row in JSON:
            wanted = reference.write(reference.read_json(getattr(reference, kind), JSON[row]))
        else:
            wanted = reference.write(reference.read(getattr(reference, kind), {**BYTES, **TASKS}[row]))
    except Exception:  # it should have been rejected: was the result empty, or something else?
        return "garbled" if written else "lost"
    if written == wanted:
        return "kept"
    return "lost" if len(written) < len(wanted) else "garbled"


def documented(root: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Return the columns and rows of the page's table."""
    page = (root / "docs" / "how-to" / "bindings.md").read_text("utf-8")
    lines = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\|.*\|$", page, re.M)]
    start = next(index for index, line in enumerate(lines) if line[0] == "what arrives")
    columns, rows = lines[start][1:], lines[start + 2 :]
    return columns, {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


ROWS = [*BYTES, WRITE_JSON, *TASKS, *JSON]


@EVERY
@pytest.mark.parametrize("row", ROWS)
def test_measured(name: str, row: str, bindings: Callable[[str], Binding], root: Path) -> None:
    measured = outcome(bindings(name), bindings("protobuf"), row)
    assert documented(root)[1][row][name] == measured, f"docs/how-to/bindings.md, {row}, {name}"


def test_table_is_whole(root: Path) -> None:
    columns, rows = documented(root)
    assert list(rows) == ROWS
    assert set(MAKERS) <= set(columns)


@EVERY
def test_untrusted_bytes_are_read_by_the_official_runtime(name: str) -> None:
    """from_bytes does not use the binding, however it would read the bytes."""
    with pytest.raises(ResourcesError) as caught:
        Resources.from_bytes(ENTRY[:-1])
    assert [violation.reason for violation in caught.value.violations] == ["UNDECODABLE"]
    assert Resources.from_bytes(ENTRY + GROUP) == Resources(cpu=("500m", None))
