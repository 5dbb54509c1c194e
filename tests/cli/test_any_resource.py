"""Containers with any resource, claims, accelerators and shared memory, in every command and format."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format, text_format

from resourceidl.v1 import container_resources_pb2 as container_pb
from resources_py import ContainerResources, ExtendedResources, Resources, SharedMemory

Run = Callable[..., "subprocess.CompletedProcess[str]"]

STANZA = {
    "requests": {"cpu": "8", "memory": "64Gi", "hugepages-2Mi": "512Mi"},
    "limits": {"memory": "64Gi", "nvidia.com/gpu": "8", "hugepages-2Mi": "512Mi", "rdma/hca": "1", "amd.com/gpu": "2"},
    "claims": [{"name": "net"}, {"name": "disk", "request": "fast"}],
}
READ = ContainerResources(
    Resources(cpu=("8", None), mem="64Gi", gpu=(None, "8")),
    named={"hugepages-2Mi": "512Mi", "rdma/hca": (None, "1"), "amd.com/gpu": (None, "2")},
    claims=["net", ("disk", "fast")],
)
DECLARED = ContainerResources(
    Resources(cpu=0.5, mem="64Gi", gpu=8),
    ExtendedResources("A100", False, shared_memory=SharedMemory("8Gi", "/cache", "cache")),
    named={"rdma/hca": 1, "hugepages-2Mi": ("4Mi", "4096Ki")},
    claims=["net"],
)
MANIFEST = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "train", "namespace": "ml"},
    "spec": {
        "containers": [
            {"name": "main", "image": "acme/train", "resources": STANZA},
            {"name": "side", "image": "acme/side", "resources": {"limits": {"cpu": "1"}}},
        ]
    },
}
SUBJECT = {"namespace": "ml", "kind": "Pod", "name": "train", "role": "container"}
SUFFIXES = {
    "json": "json",
    "jsonl": "jsonl",
    "yaml": "yaml",
    "protojson": "json",
    "protojsonl": "jsonl",
    "txtpb": "txtpb",
    "binpb": "binpb",
    "delimited": "delimited",
}
FORMS = list(SUFFIXES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pod.yaml").write_text(yaml.safe_dump(MANIFEST, sort_keys=False))
    (tmp_path / "stanza.yaml").write_text(yaml.safe_dump(STANZA, sort_keys=False))
    (tmp_path / "declared.json").write_text(DECLARED.to_json())
    return tmp_path


def run(cli: Run, *arguments: str, **options: Any) -> str:
    """Run a command that must succeed without a problem."""
    finished = cli(*arguments, **options)
    problems = [line for line in finished.stderr.splitlines() if ": reading " not in line]
    assert (finished.returncode, problems) == (0, []), finished.stderr
    return finished.stdout


def problems(finished: subprocess.CompletedProcess[str]) -> list[list[str]]:
    assert finished.returncode == 1
    found = [line for line in finished.stderr.splitlines() if ": reading " not in line]
    return [line.split(" ")[:3] for line in found]


# ---- show


def test_table(cli: Run, folder: Path) -> None:
    rows = [line.split() for line in run(cli, "show", "stanza.yaml").splitlines()]
    assert rows[3:] == [
        ["cpu", "request", "8", "8", "8", "cores"],
        ["mem", "request", "64Gi", "64Gi", "68,719,476,736", "bytes"],
        ["limit", "64Gi", "64Gi", "68,719,476,736", "bytes"],
        ["gpu", "limit", "8", "8", "8", "devices"],
        ["hugepages-2Mi", "request", "512Mi", "512Mi", "536,870,912", "bytes"],
        ["limit", "512Mi", "512Mi", "536,870,912", "bytes"],
        ["rdma/hca", "limit", "1", "1", "1"],
        ["amd.com/gpu", "limit", "2", "2", "2"],
        ["claim", "net"],
        ["disk/fast"],
    ]


def test_table_of_an_accelerator(cli: Run, folder: Path) -> None:
    """With its device string, and a warning in its place."""
    rows = [line.split() for line in run(cli, "show", "declared.json").splitlines()]
    assert rows[-6:] == [
        ["claim", "net"],
        ["accelerator", "A100", "nvidia-tesla-a100"],
        ["partition", "False"],
        ["shared_memory.size_limit", "8Gi", "8Gi"],
        ["shared_memory.mount_path", "/cache"],
        ["shared_memory.mount_name", "cache"],
    ]
    odd = {"resources": {"gpu": 1}, "extended": {"accelerator": "A100", "partition": "9g.90gb"}}
    shown = run(cli, "show", "--from", "json", stdin=json.dumps(odd))
    (partition,) = [line for line in shown.splitlines() if line.startswith("partition")]
    assert "UNKNOWN_PARTITION" in partition
    shown = run(cli, "show", "--from", "json", stdin=json.dumps({"extended": {"accelerator": "A100"}}))
    (accelerator,) = [line for line in shown.splitlines() if line.startswith("accelerator")]
    assert "COUNT_REQUIRED" in accelerator


def test_json(cli: Run, folder: Path) -> None:
    first, second = map(json.loads, run(cli, "show", "--json", "pod.yaml").splitlines())
    assert first["named"] == {
        "hugepages-2Mi": {
            "request": {"written": "512Mi", "canonical": "512Mi", "number": 2**29},
            "limit": {"written": "512Mi", "canonical": "512Mi", "number": 2**29},
            "unit": "bytes",
        },
        "rdma/hca": {"limit": {"written": "1", "canonical": "1", "number": 1}},
        "amd.com/gpu": {"limit": {"written": "2", "canonical": "2", "number": 2}},
    }
    assert first["claims"] == ["net", ["disk", "fast"]]
    assert first["gpu"]["limit"]["number"] == 8
    assert second.keys().isdisjoint(("named", "claims", "extended"))
    shown = json.loads(run(cli, "show", "--json", "declared.json"))
    assert shown["extended"]["accelerator"] == "A100"
    assert shown["extended"]["shared_memory"] == {"size_limit": "8Gi", "mount_path": "/cache", "mount_name": "cache"}


# ---- convert


def test_stanza_and_back(cli: Run, folder: Path) -> None:
    lines = run(cli, "convert", "pod.yaml", "--to", "jsonl")
    first, second = map(json.loads, lines.splitlines())
    whole = {key: value for key, value in READ.to_dict().items() if key != "extended"}
    whole["resources"] = {key: value for key, value in whole["resources"].items() if value is not None}
    assert first == {**SUBJECT, "container": "main", **whole}
    assert second == {**SUBJECT, "container": "side", "resources": {"cpu": [None, "1"]}}
    (folder / "a.jsonl").write_text(lines)
    assert run(cli, "convert", "a.jsonl", "--to", "jsonl") == lines
    stanzas = [*yaml.safe_load_all(run(cli, "convert", "a.jsonl", "--to", "kubernetes"))]
    assert stanzas == [STANZA, {"limits": {"cpu": "1"}}]
    assert json.loads(run(cli, "convert", "stanza.yaml", "--to", "kubernetes-json")) == STANZA


@pytest.mark.parametrize("form", FORMS)
def test_every_form_and_back(cli: Run, folder: Path, form: str) -> None:
    """Each holds everything, is read by our own parsers of its kind, and is detected by name or content."""
    name = f"out.{SUFFIXES[form]}"
    run(cli, "convert", "declared.json", "--to", form, "--message", "container", "-o", name)
    data = (folder / name).read_bytes()
    if form in ("json", "jsonl", "yaml"):
        assert ContainerResources.from_dict(yaml.safe_load(data)).to_dict() == DECLARED.to_dict()
    elif form in ("protojson", "protojsonl"):
        assert json_format.Parse(data, container_pb.ContainerResources()) == DECLARED.to_proto()
    elif form == "txtpb":
        assert text_format.Parse(data, container_pb.ContainerResources()) == DECLARED.to_proto()
    else:
        size = 0 if form == "binpb" else 2
        assert data[size:] == bytes(DECLARED)
        assert size == 0 or data[0] & 0x7F | data[1] << 7 == len(bytes(DECLARED))
    again = run(cli, "convert", name, "--message", "container", "--to", "jsonl")
    assert ContainerResources.from_json(again) == DECLARED


@pytest.mark.parametrize("form", ["protojson", "protojsonl"])
def test_the_message_is_detected_on_a_pipe(cli: Run, folder: Path, form: str) -> None:
    written = run(cli, "convert", "stanza.yaml", "--to", form, "--message", "container")
    again = run(cli, "convert", "--message", "container", "--to", "kubernetes-json", stdin=written)
    assert json.loads(again) == STANZA


def test_four_resources_stay_four(cli: Run, folder: Path) -> None:
    """A container without more is written as ever, from whichever form."""
    plain = ContainerResources(Resources(cpu=1))
    for data in (plain.to_json(), '{"resources": {"cpu": 1}, "claims": []}'):
        assert run(cli, "convert", "--from", "jsonl", "--to", "jsonl", stdin=data) == '{"cpu": 1}\n'
    (folder / "a.binpb").write_bytes(bytes(plain))
    assert run(cli, "convert", "a.binpb", "--message", "container", "--to", "jsonl") == '{"cpu": "1"}\n'
    assert run(cli, "convert", "--cpu", "1", "--message", "container", "--to", "protojsonl") == (
        json.dumps(json_format.MessageToDict(plain.to_proto())) + "\n"
    )


@pytest.mark.parametrize("form", ["protojson", "txtpb", "binpb"])
def test_a_message_without_a_place_says_so(cli: Run, folder: Path, form: str) -> None:
    finished = cli("convert", "stanza.yaml", "--to", form, "-o", f"rest.{SUFFIXES[form]}")
    assert problems(finished) == [
        ["stanza.yaml:4:3:", "UNKNOWN_KEY", 'requests["hugepages-2Mi"]:'],
        ["stanza.yaml:8:3:", "UNKNOWN_KEY", 'limits["hugepages-2Mi"]:'],
        ["stanza.yaml:9:3:", "UNKNOWN_KEY", 'limits["rdma/hca"]:'],
        ["stanza.yaml:10:3:", "UNKNOWN_KEY", 'limits["amd.com/gpu"]:'],
        ["stanza.yaml:11:1:", "UNKNOWN_KEY", "claims:"],
    ]
    assert finished.stderr.count("pass --message container") == 5
    assert [line.endswith("with --gpu-resource") for line in finished.stderr.splitlines()[1:]] == [
        *(False, False, True, True, False)
    ]
    rest = run(cli, "convert", f"rest.{SUFFIXES[form]}", "--to", "jsonl")
    assert Resources.from_json(rest) == READ.resources


def test_a_line_without_a_place_says_so(cli: Run, folder: Path) -> None:
    """In the line of each; a stanza has no place for an accelerator, and the amounts are written."""
    (folder / "a.jsonl").write_text(DECLARED.to_json() + '\n{"cpu": 1}\n')
    finished = cli("convert", "a.jsonl", "--to", "delimited", "-o", "out.delimited")
    found = problems(finished)
    assert {line[0].split(":")[1] for line in found} == {"1"}
    assert [line[2] for line in found] == [
        *("extended.accelerator:", "extended.partition:", "extended.shared_memory:"),
        *('named["rdma/hca"]:', 'named["hugepages-2Mi"]:', "claims:"),
    ]
    column = DECLARED.to_json().index('"rdma/hca"') + 1
    assert [line[0] for line in found if "rdma" in line[2]] == [f"a.jsonl:1:{column}:"]
    assert (folder / "out.delimited").read_bytes().count(b"64Gi") == 2
    finished = cli("convert", "declared.json", "--to", "kubernetes")
    assert [line[2] for line in problems(finished)] == [
        *("extended.accelerator:", "extended.partition:", "extended.shared_memory:")
    ]
    parts = DECLARED.to_kubernetes()
    assert yaml.safe_load(finished.stdout) == parts.container["resources"]


def test_the_accelerator_names_the_resource(cli: Run) -> None:
    """Unless the option names another."""
    line = '{"resources": {"gpu": 4}, "extended": {"accelerator": "V5P"}}'
    for options, name in (((), "google.com/tpu"), (("--gpu-resource", "example.com/tpu"), "example.com/tpu")):
        finished = cli("convert", "--from", "jsonl", "--to", "kubernetes-json", *options, stdin=line)
        assert json.loads(finished.stdout) == {"requests": {name: "4"}, "limits": {name: "4"}}


def test_a_message_of_the_other_kind(cli: Run, folder: Path) -> None:
    for form in ("protojson", "txtpb"):
        written = run(cli, "convert", "stanza.yaml", "--to", form, "--message", "container")
        finished = cli("convert", "--from", form, "--to", "json", stdin=written)
        assert (finished.returncode, finished.stdout) == (1, "")
        assert "(it may be a ContainerResources)" in finished.stderr


def test_binary_of_the_other_kind(cli: Run, folder: Path) -> None:
    """A reader of Resources ignores what it has no field for: that is reported, and the rest is kept."""
    parts = bytes(ContainerResources(named={"rdma/hca": 1, "hugepages-2Mi": ("1Gi", "1Gi")}, claims=["net"]))
    plain = bytes(Resources(cpu=1))
    (folder / "a.binpb").write_bytes(parts)
    (folder / "b.binpb").write_bytes(plain + parts)
    (folder / "a.delimited").write_bytes(b"".join(bytes([len(each)]) + each for each in (plain, parts, plain + parts)))
    expected = [["UNKNOWN_KEY", f"{part}:"] for part in ("named_requests", "named_limits", "claims")]
    for name, kept, places in (
        ("a.binpb", ["{}"], ["a.binpb:"]),
        ("b.binpb", ['{"cpu": "1"}'], ["b.binpb:"]),
        ("a.delimited", ['{"cpu": "1"}', "{}", '{"cpu": "1"}'], ["a.delimited:record_2:", "a.delimited:record_3:"]),
    ):
        finished = cli("convert", name, "--to", "jsonl")
        lines = [line.replace("record ", "record_") for line in finished.stderr.splitlines() if "reading" not in line]
        assert finished.returncode == 1
        assert [line.split(" ")[:3] for line in lines] == [[place, *each] for place in places for each in expected]
        assert finished.stdout.splitlines() == kept
        assert finished.stderr.count(
            "has no field 3: if this is a ContainerResources, pass --message container"
        ) == len(places)
        assert problems(cli("show", name)) == problems(finished)
        checked = cli("check", name, "--from", name.partition(".")[2])
        assert checked.returncode == 1
        assert [line.split(" ")[:3] for line in checked.stdout.splitlines()] == problems(finished)
    assert ContainerResources.from_json(
        run(cli, "convert", "a.binpb", "--to", "jsonl", "--message", "container")
    ) == ContainerResources.from_bytes(parts)


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        (ContainerResources(named={"x.kubernetes.io/x": ("1", None)}), "named_requests:"),
        (ContainerResources(named={"x.kubernetes.io/x": (None, "1")}), "named_limits:"),
        (ContainerResources(claims=["net"]), "claims:"),
    ],
)
def test_each_part_in_binary(cli: Run, parts: ContainerResources, field: str) -> None:
    finished = cli("convert", "--from", "binpb", "--to", "jsonl", stdin=bytes(parts))
    assert (problems(finished), finished.stdout) == ([["<stdin>:", "UNKNOWN_KEY", field]], "{}\n")


def test_binary_whose_entries_have_no_name(cli: Run, folder: Path) -> None:
    """The parts that both messages have at the same number are not entries of a Resources."""
    for container in (
        ContainerResources(Resources(cpu=1)),
        ContainerResources(Resources(cpu=(1, None))),
        ContainerResources(extended=ExtendedResources(shared_memory=True), named={"rdma/hca": 1}),
    ):
        finished = cli("convert", "--from", "binpb", "--to", "json", stdin=bytes(container))
        assert [line[1] for line in problems(finished)] == ["UNSUPPORTED_NAME"]
        assert "(it may be a ContainerResources): pass --message container\n" in finished.stderr


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a\x05\x08\x04\x12\x011",  # of STORAGE
        b"\x0a\x05\x08\x00\x12\x011\x1a\x02\x0a\x00",  # of UNKNOWN, beside an unknown field
        b"\x0a\x02\x08\x04",  # decodes as a ContainerResources with an unknown field
    ],
)
def test_binary_of_neither_kind(cli: Run, data: bytes) -> None:
    finished = cli("convert", "--from", "binpb", "--to", "json", stdin=data)
    assert [line[1] for line in problems(finished)] == ["UNSUPPORTED_NAME"]
    assert "ContainerResources" not in finished.stderr


@pytest.mark.parametrize(
    "unknown",
    [
        b"\x32\x02\x0a\x00",  # field 6
        b"\x18\x01",  # field 3, which is not of a NamedQuantity's type
        b"\x32\x03\x1a\x01\x00",  # within another field
    ],
)
def test_unknown_fields_are_ignored(cli: Run, unknown: bytes) -> None:
    """Of other numbers and types: they are of a newer Resources. So are values as long as a tag of the other message."""
    memory = "1." + "0" * 22 + "Gi"
    assert len(memory) == 0x1A
    plain = b"\x0a\x1e\x08\x03\x12\x1a" + memory.encode()
    assert run(cli, "convert", "--from", "binpb", "--to", "jsonl", stdin=plain + unknown) == (
        json.dumps({"mem": [memory, None]}) + "\n"
    )


# ---- dicts with some of the parts

PARTS: dict[str, Any] = {
    "resources": {"cpu": 1},
    "extended": {"shared_memory": "1Gi"},
    "named": {"rdma/hca": 1},
    "claims": ["net"],
}
SUBSETS = [{key: PARTS[key] for key in keys} for size in range(1, 5) for keys in itertools.combinations(PARTS, size)]


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml"])
@pytest.mark.parametrize("is_detected", [True, False])
def test_each_part_may_be_left_out(cli: Run, folder: Path, form: str, is_detected: bool) -> None:
    """In files that are given together, of which none may stop the others."""
    # A document that has only claims is a stanza.
    values = [each for each in SUBSETS if form == "jsonl" or not is_detected or each.keys() != {"claims"}]
    values.append({**PARTS, "resources": None})
    for number, value in enumerate(values):
        text = yaml.safe_dump(value) if form == "yaml" else json.dumps(value) + "\n"
        (folder / f"{number:02}.{form}").write_text(text)
    files = [f"{number:02}.{form}" for number in range(len(values))] + ([] if is_detected else ["--from", form])
    checked = cli("check", *files)
    assert (checked.returncode, checked.stdout) == (0, "")
    count = len(values)
    assert checked.stderr == f"resources-py: {count} declarations in {count} files: nothing wrong\n"
    converted = run(cli, "convert", *files, "--to", "jsonl").splitlines()
    shown = run(cli, "show", "--json", *files).splitlines()
    for value, line, table in zip(values, map(json.loads, converted), map(json.loads, shown), strict=True):
        expected = {"resources": {}} | {key: each for key, each in value.items() if each is not None}
        assert line == (PARTS["resources"] if value.keys() == {"resources"} else expected)
        assert table.get("claims", []) == value.get("claims", [])
        assert table.get("named", {}).keys() == value.get("named", {}).keys()
        assert ("cpu" in table, "extended" in table) == (bool(value.get("resources")), "extended" in value)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_one_part_alone_is_detected(cli: Run, folder: Path, form: str) -> None:
    (folder / f"a.{form}").write_text('{"named": {"rdma/hca": 1}}\n')
    assert json.loads(run(cli, "convert", f"a.{form}", "--to", "jsonl")) == {"resources": {}, "named": {"rdma/hca": 1}}


@pytest.mark.parametrize("value", SUBSETS, ids=" ".join)
def test_what_is_wrong_in_each_part(cli: Run, folder: Path, value: dict[str, Any]) -> None:
    """It has a place, and leaves the other files intact."""
    wrong = {
        "resources": ("{cpu: 010x}", "INVALID_QUANTITY", "resources.cpu:", 7),
        "extended": ("{shared_memory: 1x}", "INVALID_QUANTITY", "extended.shared_memory:", 17),
        "named": ("{rdma/hca: 1x}", "INVALID_QUANTITY", 'named["rdma/hca"]:', 12),
        "claims": ("[010]", "WRONG_TYPE", "claims[0]:", 2),
    }
    (folder / "a.yaml").write_text("".join(f"{key}: {wrong[key][0]}\n" for key in value))
    (folder / "b.yaml").write_text("cpu: 1x\n")
    options = ("--from", "yaml")
    places = {key: f"a.yaml:{line}:{len(key) + 2 + wrong[key][3]}:" for line, key in enumerate(value, 1)}
    expected = sorted([places[key], *wrong[key][1:3]] for key in value)
    for command in (["check"], ["show"], ["convert", "--to", "jsonl"]):
        finished = cli(*command, *options, "a.yaml", "b.yaml")
        printed = finished.stdout if command == ["check"] else finished.stderr
        found = sorted(line.split(" ")[:3] for line in printed.splitlines() if ".yaml:" in line)
        assert found == [*expected, ["b.yaml:1:6:", "INVALID_QUANTITY", "cpu:"]], command
        assert ("8 is an int" in printed) == ("claims" in value)


def test_misread_numbers_in_parts(cli: Run, folder: Path) -> None:
    (folder / "a.yaml").write_text("named:\n  rdma/hca: 010\n")
    (folder / "b.yaml").write_text("resources: {cpu: 010}\nclaims: [net]\n")
    finished = cli("check", "a.yaml", "b.yaml")
    found = [line.replace("warning: ", "").split(" ")[:3] for line in finished.stdout.splitlines() if "NOT_DEC" in line]
    assert found == [
        ["a.yaml:2:13:", "NOT_DECIMAL", 'named["rdma/hca"]:'],
        ["b.yaml:1:18:", "NOT_DECIMAL", "resources.cpu:"],
    ]


def test_every_claim_has_its_place(cli: Run, folder: Path) -> None:
    """Also those beyond the number that a message can have."""
    (folder / "a.yaml").write_text("resources: {cpu: 1}\nclaims:\n" + "- a\n" * 20 + "- 5\n")
    found = problems(cli("show", "a.yaml"))
    assert [each for each in found if each[1] == "WRONG_TYPE"] == [["a.yaml:23:3:", "WRONG_TYPE", "claims[20]:"]]


@pytest.mark.parametrize(
    "text",
    [
        "resources: [a.yaml]\n",
        "resources: {requests: [a.yaml], images: []}\n",
        "resources: a\nnamedLimits: []\n",
        "resources: [a]\nextendedResources: {}\n",
        "namedLimits: {}\n",
        "extendedResources: []\n",
        "extended: true\nname: x\n",
        "extended: {by: x}\n",
        "name: x\nclaims: [email]\n",
        "named: {a: b}\n",
        "named: [rdma/hca]\n",
    ],
)
def test_files_with_keys_that_have_another_meaning(cli: Run, folder: Path, text: str) -> None:
    """Such as a kustomization."""
    (folder / "kustomization.yaml").write_text(text)
    finished = cli("check", "kustomization.yaml")
    assert (finished.returncode, finished.stderr) == (0, "resources-py: no resources found in 1 file\n")
    finished = cli("convert", "kustomization.yaml", "--to", "json")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "cannot detect the format by its keys" in finished.stderr


@pytest.mark.parametrize(
    "value",
    [
        {"resources": {"limits": [{"name": "CPU", "value": "1"}]}},
        {"resources": {"limits": []}, "claims": [{"name": "net"}]},
        {"resources": {}, "namedLimits": [{"name": "rdma/hca", "value": "1"}]},
        {"namedRequests": [], "claims": []},
        {"extendedResources": {"gpuAccelerator": {"device": "nvidia-tesla-t4"}}},
    ],
)
def test_parts_as_protojson(cli: Run, value: dict[str, Any]) -> None:
    finished = cli("show", "--message", "container", stdin=json.dumps(value))
    assert finished.returncode == 0
    assert "reading <stdin> as protojson, by its content" in finished.stderr


# ---- what is wrong


def test_places_in_a_dict(cli: Run, folder: Path) -> None:
    """`check`, `show` and `convert` find the same, where it stands."""
    (folder / "a.yaml").write_text(
        "resources: {cpu: 1x, memory: 1}\n"
        "extended:\n  device: A100\n  shared_memory: {size_limit: 1Gb, size: 1}\n"
        "named:\n  rdma/hca: [1, 1.5]\n  cpu: 1\n  x: 1\n"
        "claims: [Net, [net, Fast], {name: net, request: F}]\n"
    )
    expected = [
        ("1:18:", "INVALID_QUANTITY", "resources.cpu:"),
        ("1:22:", "UNKNOWN_KEY", "resources.memory:"),
        ("3:3:", "UNKNOWN_KEY", "extended.device:"),
        ("4:31:", "INVALID_QUANTITY", "extended.shared_memory.size_limit:"),
        ("4:36:", "UNKNOWN_KEY", "extended.shared_memory.size:"),
        ("6:17:", "WRONG_TYPE", 'named["rdma/hca"][1]:'),
        ("7:3:", "DUPLICATE_NAME", 'named["cpu"]:'),
        ("8:3:", "UNSUPPORTED_NAME", 'named["x"]:'),
        ("9:10:", "INVALID_NAME", "claims[0].name:"),
        ("9:21:", "INVALID_NAME", "claims[1].request:"),
        ("9:49:", "INVALID_NAME", "claims[2].request:"),
    ]
    for command in (["check"], ["show"], ["convert", "--to", "jsonl"]):
        finished = cli(*command, "a.yaml")
        printed = finished.stdout if command == ["check"] else finished.stderr
        assert finished.returncode == 1
        found = [tuple(line.split(" ")[:3]) for line in printed.splitlines() if line.startswith("a.yaml:")]
        assert sorted(found) == sorted((f"a.yaml:{at}", reason, field) for at, reason, field in expected), command


def test_keys_that_are_given_twice(cli: Run) -> None:
    text = "resources: {cpu: 1}\nnamed: {rdma/hca: 1, rdma/hca: 2}\n"
    assert problems(cli("show", "--from", "yaml", stdin=text)) == [["<stdin>:2:22:", "UNDECODABLE", "rdma/hca:"]]
    line = '{"resources": {}, "named": {"rdma/hca": 1, "rdma/hca": 2}}'
    assert problems(cli("show", "--from", "jsonl", stdin=line)) == [["<stdin>:1:44:", "UNDECODABLE", "rdma/hca:"]]


def test_too_many_for_a_message(cli: Run) -> None:
    """They are reported, and the rest is kept."""
    entries = ", ".join(f"example.com/r{number}: 1" for number in range(17))
    finished = cli("convert", "--to", "jsonl", stdin=f"limits: {{cpu: 1, {entries}}}\nclaims: [{{name: net}}]\n")
    assert problems(finished) == [["<stdin>:1:1:", "TOO_MANY_ENTRIES", "limits:"]]
    assert "17 resources beside the four: write at most 16" in finished.stderr
    assert json.loads(finished.stdout) == {"resources": {"cpu": [None, "1"]}, "claims": ["net"]}


def test_what_cannot_be_carried_leaves_the_rest_intact(cli: Run) -> None:
    """A claim that is not a name, and a second resource that only gpu can be."""
    stanza = "limits: {cpu: 1, rdma/hca: 1, nvidia.com/gpu: 2, amd.com/gpu: 3}\nclaims: [{name: net}, {name: Net}]\n"
    finished = cli("convert", "--to", "jsonl", "--gpu-resource", "amd.com/gpu", stdin=stanza)
    assert problems(finished) == [
        ["<stdin>:1:31:", "DUPLICATE_NAME", 'limits["nvidia.com/gpu"]:'],
        ["<stdin>:2:30:", "INVALID_NAME", 'claims[1]["name"]:'],
    ]
    advice = "cannot stand beside amd.com/gpu as gpu: with two kinds of GPU, leave --gpu-resource out\n"
    assert advice in finished.stderr
    assert json.loads(finished.stdout) == {
        "resources": {"cpu": [None, "1"], "gpu": [None, "3"]},
        "named": {"rdma/hca": [None, "1"]},
        "claims": ["net"],
    }


@pytest.mark.parametrize(
    ("stanza", "expected"),
    [
        ("limits: {rdma/hca: 1.5}", ["<stdin>:1:20:", "NOT_WHOLE", 'limits["rdma/hca"]:']),
        ("requests: {rdma/hca: 1}", ["<stdin>:1:22:", "LIMIT_REQUIRED", 'requests["rdma/hca"]:']),
        ("limits: {hugepages-2Mi: 4Mi}", ["<stdin>:1:10:", "CPU_OR_MEMORY_REQUIRED", 'limits["hugepages-2Mi"]:']),
        (f"limits: {{x/y: '{'0' * 65}'}}", ["<stdin>:1:15:", "INVALID_QUANTITY", 'limits["x/y"]:']),
        ("limits: {rdma/hca: null}", ["<stdin>:1:10:", "WRONG_TYPE", 'limits["rdma/hca"]:']),
        ("limits: {cpu: 1}\nclaims: [{}]", ["<stdin>:2:10:", "REQUIRED", "claims[0]:"]),
    ],
)
def test_what_kubernetes_rejects(cli: Run, stanza: str, expected: list[str]) -> None:
    finished = cli("convert", "--from", "kubernetes", "--to", "jsonl", stdin=stanza + "\n")
    assert (problems(finished), finished.stdout) == ([expected], "")


def test_unknown_keys_leave_the_rest_intact(cli: Run) -> None:
    finished = cli("convert", "--to", "jsonl", stdin="limits: {mem: 1Gi, rdma/hca: 1}\n")
    assert problems(finished) == [["<stdin>:1:10:", "UNKNOWN_KEY", 'limits["mem"]:']]
    assert json.loads(finished.stdout) == {"resources": {}, "named": {"rdma/hca": [None, "1"]}}


# ---- check, and resolve


def test_check_reads_the_message(cli: Run, folder: Path) -> None:
    wrong = container_pb.ContainerResources(named_limits=[container_pb.NamedQuantity(name="rdma/hca", value="1x")])
    (folder / "a.binpb").write_bytes(wrong.SerializeToString())
    finished = cli("check", "--from", "binpb", "a.binpb", "--message", "container")
    assert finished.returncode == 1
    assert "INVALID_QUANTITY named_limits[0].value" in finished.stdout
    assert cli("check", "declared.json", "stanza.yaml").returncode == 0


def test_resolve(cli: Run, folder: Path, python_server: list[str], launch: Any) -> None:
    with launch(python_server) as (_, address):
        asked = ("resolve", "stanza.yaml", "--target", address, "--to", "kubernetes-json")
        answer = json.loads(run(cli, *asked, "--message", "container"))
        amounts = STANZA["requests"] | STANZA["limits"]  # type: ignore[operator]
        assert answer == {**STANZA, "requests": amounts}
        finished = cli(*asked)
        assert {line[2] for line in problems(finished)} >= {'limits["rdma/hca"]:', "claims:"}
        assert json.loads(finished.stdout)["limits"] == {"memory": "64Gi", "nvidia.com/gpu": "8"}
        finished = cli("resolve", "declared.json", "--target", address, "--message", "container", "--to", "kubernetes")
        assert [line[2] for line in problems(finished)] == [
            *("extended.accelerator:", "extended.partition:", "extended.shared_memory:")
        ]
        shown = json.loads(
            run(cli, "resolve", "declared.json", "--target", address, "--message", "container", "--json")
        )
        assert shown["named"]["rdma/hca"]["request"]["canonical"] == "1"
