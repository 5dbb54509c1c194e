"""The wire: output is canonical, and input follows the rules of the schema."""

from __future__ import annotations

from typing import Any

import pytest

from resourceidl.v1 import resources_pb2 as pb
from resourceidl_betterproto.resourceidl.v1 import Resources as BetterprotoResources
from resources_py import Resources, ResourcesError, ResourcesTypeError

CPU, GPU, MEMORY, STORAGE, EPHEMERAL_STORAGE = 1, 2, 3, 4, 5
Entries = list[tuple[int, str]]


def message(requests: Entries = [], limits: Entries = []) -> pb.Resources:  # noqa: B006
    """Build a message with any content."""
    return pb.Resources(
        requests=[pb.Resources.ResourceEntry(name=name, value=value) for name, value in requests],  # type: ignore[arg-type]
        limits=[pb.Resources.ResourceEntry(name=name, value=value) for name, value in limits],  # type: ignore[arg-type]
    )


def test_canonical_bytes() -> None:
    """Entries are in the order CPU, MEMORY, GPU, EPHEMERAL_STORAGE, and requests come before limits."""
    resources = Resources(ephemeral_storage="10240Mi", gpu="1000m", mem=("0.5Gi", 2**30), cpu=(0.5, "2.0"))
    expected = message(
        [(CPU, "500m"), (MEMORY, "512Mi"), (GPU, "1"), (EPHEMERAL_STORAGE, "10Gi")],
        [(CPU, "2"), (MEMORY, "1073741824"), (GPU, "1"), (EPHEMERAL_STORAGE, "10Gi")],
    )
    assert bytes(resources) == expected.SerializeToString(deterministic=True)
    assert resources.to_proto() == expected


@pytest.mark.parametrize(
    ("written", "sent"),
    [("31.25Ki", "32k"), ("1.5Ki", "1536"), ("1024Mi", "1Gi"), ("1500M", "1500M"), ("2e6", "2e6"), ("1E3", "1e3")],
)
def test_values_are_printed_parsed_and_printed(written: str, sent: str) -> None:
    resources = Resources(ephemeral_storage=written)
    assert resources.to_proto().requests[0].value == sent
    assert bytes(Resources.from_bytes(bytes(resources))) == bytes(resources)


@pytest.mark.parametrize("data_type", [bytes, bytearray, memoryview])
def test_from_bytes(data_type: Any) -> None:
    data = message([(MEMORY, "1024Mi"), (CPU, "0.5")], [(CPU, "500m")]).SerializeToString()
    read = Resources.from_bytes(data_type(data))
    assert read == Resources(cpu=(0.5, "500m"), mem=("1Gi", None))
    assert (read.cpu, read.mem) == (("0.5", "500m"), ("1024Mi", None))  # as it was sent


def test_message_types() -> None:
    resources = Resources(cpu=("500m", 2), mem="1Gi", gpu=1)
    better = resources.to_proto(BetterprotoResources)
    assert type(better) is BetterprotoResources
    assert bytes(better) == bytes(resources) == resources.to_proto(pb.Resources).SerializeToString()
    assert Resources.from_proto(better) == Resources.from_proto(resources.to_proto()) == resources


@pytest.mark.parametrize("thing", [None, b"", "", 0, [], {}, pb.Resources, object()])
def test_from_proto_requires_a_message(thing: object) -> None:
    with pytest.raises(ResourcesTypeError, match="is not a protobuf message"):
        Resources.from_proto(thing)


@pytest.mark.parametrize("thing", [None, int, pb, "Resources", pb.Resources()])
def test_to_proto_requires_a_message_class(thing: Any) -> None:
    with pytest.raises(ResourcesTypeError, match="is not a message class") as caught:
        Resources().to_proto(thing)
    assert caught.value.violations[0].field == "message_type"


@pytest.mark.parametrize("thing", [None, "", 3, pb.Resources()])
def test_from_bytes_requires_bytes(thing: Any) -> None:
    with pytest.raises(ResourcesTypeError, match="pass bytes"):
        Resources.from_bytes(thing)


@pytest.mark.parametrize(
    "data",
    [b"\x0a", b"\x0a\x05\x08\x01", b"\xff" * 20, b"\x0a\x05\x08\x01\x12\x01\xff", b"\x0b"],
    ids=["cut", "cut-entry", "noise", "utf-8", "open-group"],
)
def test_undecodable(data: bytes) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_bytes(data)
    assert [(v.field, v.reason) for v in caught.value.violations] == [("", "UNDECODABLE")]


def test_unknown_fields_are_ignored() -> None:
    data = message([(CPU, "1")]).SerializeToString()
    assert Resources.from_bytes(data + b"\x1a\x03abc" + b"\xa0\x06\x01") == Resources(cpu=(1, None))


MANY = [(CPU, "1")] * 17


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (message(MANY), [("requests", "TOO_MANY_ENTRIES")]),
        (message([], MANY), [("limits", "TOO_MANY_ENTRIES")]),
        (message([(GPU, "1")], MANY), [("limits", "TOO_MANY_ENTRIES")]),
        (message([(0, "1"), (STORAGE, "1"), (99, "x")]), [(f"requests[{i}].name", "UNSUPPORTED_NAME") for i in range(3)]),
        (message([], [(CPU, "x"), (CPU, "1")]), [("limits[0].value", "INVALID_QUANTITY"), ("limits[1].name", "DUPLICATE_NAME")]),
        (message([(CPU, "")]), [("requests[0].value", "INVALID_QUANTITY")]),
        (message([(CPU, " 1")]), [("requests[0].value", "INVALID_QUANTITY")]),
        (message([(CPU, "0" * 65)]), [("requests[0].value", "INVALID_QUANTITY")]),
        (message([(CPU, "1e1000")]), [("requests[0].value", "OUT_OF_RANGE")]),
        (message([(MEMORY, "8Ei")]), [("requests[0].value", "OUT_OF_RANGE")]),
        (message([(MEMORY, "-1e30")]), [("requests[0].value", "OUT_OF_RANGE")]),
        (message([(CPU, "-1")]), [("requests[0].value", "NEGATIVE")]),
        (message([(GPU, "0.9999")], [(GPU, "1")]), [("requests[0].value", "NOT_WHOLE")]),
        (message([(CPU, "2")], [(CPU, "1")]), [("requests[0].value", "REQUEST_ABOVE_LIMIT")]),
        (message([(CPU, "2")], [(CPU, "x"), (CPU, "1")]), [("limits[0].value", "INVALID_QUANTITY"), ("limits[1].name", "DUPLICATE_NAME")]),
        (
            message([(EPHEMERAL_STORAGE, "2"), (GPU, "2"), (0, "1"), (CPU, "2")], [(EPHEMERAL_STORAGE, "1"), (GPU, "1"), (CPU, "1"), (MEMORY, "x")]),
            [
                ("requests[2].name", "UNSUPPORTED_NAME"),
                ("limits[3].value", "INVALID_QUANTITY"),
                ("requests[3].value", "REQUEST_ABOVE_LIMIT"),
                ("requests[1].value", "REQUEST_ABOVE_LIMIT"),
                ("requests[0].value", "REQUEST_ABOVE_LIMIT"),
            ],
        ),
    ],
)  # fmt: skip
def test_reading(sent: pb.Resources, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_proto(sent)
    assert [(v.field, v.reason) for v in caught.value.violations] == expected
    assert all(0 < len(v.description.encode()) <= 120 for v in caught.value.violations)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (message([(GPU, "1")]), "LIMIT_REQUIRED"),
        (message([(GPU, "0")]), "LIMIT_REQUIRED"),
        (message([(GPU, "1")], [(GPU, "2")]), "REQUEST_NOT_EQUAL_LIMIT"),
    ],
)
def test_kubernetes_only_violations_are_accepted(sent: pb.Resources, reason: str) -> None:
    carried = Resources.from_proto(sent)
    assert carried.to_proto() == sent
    with pytest.raises(ResourcesError) as caught:
        carried.to_kubernetes()
    assert [(v.field, v.reason) for v in caught.value.violations] == [('requests["nvidia.com/gpu"]', reason)]


def test_rounded_up_to_a_thousandth_they_are_equal() -> None:
    assert Resources.from_proto(message([(CPU, "1.9m")], [(CPU, "1.1m")])).cpu == ("1.9m", "1.1m")
