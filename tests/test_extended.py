"""ExtendedResources, SharedMemory and parse_accelerator: what they accept, mean and write."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import warnings
from typing import Any

import pytest
from flyteidl2.core import tasks_pb2 as flyteidl2

from resources_py import (
    ExtendedResources,
    Quantity,
    ResourcesError,
    ResourcesTypeError,
    ResourcesWarning,
    SharedMemory,
    parse_accelerator,
)

GPU = "gpu_accelerator"


def problems(kind: Any, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    with pytest.raises(ResourcesError) as caught:
        kind(*args, **kwargs)
    return [(violation.field, violation.reason) for violation in caught.value.violations]


def accelerator(**fields: Any) -> bytes:
    message = flyteidl2.ExtendedResources(gpu_accelerator=flyteidl2.GPUAccelerator(**fields))
    return message.SerializeToString(deterministic=True)


# ---- what is written


@pytest.mark.parametrize(
    ("declared", "fields"),
    [
        (ExtendedResources("A100"), {"device": "nvidia-tesla-a100"}),
        (ExtendedResources("A100_80G"), {"device": "nvidia-a100-80gb"}),
        (ExtendedResources("L40s"), {"device": "nvidia-l40s"}),
        (ExtendedResources("H100"), {"device": "nvidia-h100"}),
        (ExtendedResources("nvidia-tesla-h100"), {"device": "nvidia-tesla-h100"}),
        (ExtendedResources("H200"), {"device": "nvidia-h200"}),
        (ExtendedResources("my-own-device"), {"device": "my-own-device"}),
        (ExtendedResources("T4 shared"), {"device": "T4 shared"}),
        (ExtendedResources("A100", "1g.5gb"), {"device": "nvidia-tesla-a100", "partition_size": "1g.5gb"}),
        (ExtendedResources("A100", False), {"device": "nvidia-tesla-a100", "unpartitioned": True}),
        (ExtendedResources("V5P", "2x2x1"), {"device": "tpu-v5p-slice", "partition_size": "2x2x1", "device_class": 1}),
        (ExtendedResources("MI300X"), {"device": "amd-mi300x", "device_class": 3}),
        (ExtendedResources("Trn1"), {"device": "aws-trn1", "device_class": 2}),
        (ExtendedResources("x", device_class="HABANA_GAUDI"), {"device": "x", "device_class": 4}),
        (ExtendedResources("V5E", device_class="NVIDIA_GPU"), {"device": "tpu-v5-lite-podslice"}),
        (ExtendedResources(device_class=77), {"device_class": 77}),
        (ExtendedResources(accelerator_model="NVIDIA_A100"), {"accelerator_model": 9}),
        (ExtendedResources(""), {}),
    ],
    ids=repr,
)
def test_accelerator_on_the_wire(declared: ExtendedResources, fields: dict[str, Any]) -> None:
    assert bytes(declared) == accelerator(**fields)
    read = ExtendedResources.from_bytes(bytes(declared))
    assert (read, hash(read), bytes(read)) == (declared, hash(declared), bytes(declared))
    assert declared.to_proto(flyteidl2.ExtendedResources).SerializeToString(deterministic=True) == bytes(declared)


def test_nothing_is_written_for_nothing() -> None:
    assert bytes(ExtendedResources()) == bytes(ExtendedResources(shared_memory=False)) == b""


@pytest.mark.parametrize(
    ("given", "path", "name", "size"),
    [
        (True, "/dev/shm", "flyte-shared-memory", ""),
        ("8Gi", "/dev/shm", "flyte-shared-memory", "8Gi"),
        (2**30, "/dev/shm", "flyte-shared-memory", "1073741824"),
        (Quantity("1024Mi"), "/dev/shm", "flyte-shared-memory", "1Gi"),
        (SharedMemory(mount_name="flyte-shm"), "/dev/shm", "flyte-shm", ""),
        ({"size_limit": "1024Mi", "mount_path": "/x"}, "/x", "flyte-shared-memory", "1024Mi"),
    ],
)
def test_shared_memory_on_the_wire(given: Any, path: str, name: str, size: str) -> None:
    message = ExtendedResources(shared_memory=given).to_proto().shared_memory
    assert (message.mount_path, message.mount_name, message.size_limit) == (path, name, size)


def test_what_was_read_is_written_again() -> None:
    """Bytes of flyte and flytekit that ours would write otherwise, and numbers of a later schema."""
    for fields in (
        {"device": "tpu-v5p-slice"},  # flytekit knows no classes
        {"device": "H200"},  # flyte has no device string for it
        {"device": "", "unpartitioned": False},
        {"device": "x", "partition_size": ""},
        {"device_class": -1, "accelerator_model": 12345},
    ):
        data = accelerator(**fields)
        read = ExtendedResources.from_bytes(data)
        assert bytes(read) == bytes(copy.deepcopy(read)) == bytes(pickle.loads(pickle.dumps(read))) == data
        assert ExtendedResources.from_dict(read.to_dict()) == read


def test_unknown_fields_are_dropped() -> None:
    assert bytes(ExtendedResources.from_bytes(accelerator(device="x") + b"\x7a\x01x")) == accelerator(device="x")


# ---- a value


def test_equality_is_by_meaning() -> None:
    assert ExtendedResources("A100") == ExtendedResources("nvidia-tesla-a100")
    assert ExtendedResources("V5P") == ExtendedResources.from_bytes(accelerator(device="tpu-v5p-slice"))
    assert ExtendedResources("H200") == ExtendedResources.from_bytes(accelerator(device="H200"))
    assert SharedMemory("1024Mi") == SharedMemory(2**30)
    assert ExtendedResources(shared_memory=True) == ExtendedResources(shared_memory=SharedMemory())
    assert ExtendedResources("A100") != ExtendedResources("A100", False) != ExtendedResources("A100", "1g.5gb")
    assert ExtendedResources() != ExtendedResources("") != ExtendedResources("A100")
    assert ExtendedResources("H100") != ExtendedResources("nvidia-tesla-h100")
    assert SharedMemory() != SharedMemory("1Gi")
    assert ExtendedResources() != SharedMemory()


def test_attributes_give_back_what_was_written() -> None:
    extended = ExtendedResources("A100", False, shared_memory="8Gi")
    assert (extended.accelerator, extended.partition, extended.device_class) == ("A100", False, None)
    assert extended.to_dict() == {
        "accelerator": "A100",
        "partition": False,
        "device_class": None,
        "accelerator_model": None,
        "shared_memory": "8Gi",
    }
    assert eval(repr(extended)) == extended
    assert ExtendedResources.from_json(extended.to_json()) == extended
    assert dataclasses.replace(extended, partition=None) == ExtendedResources("A100", shared_memory="8Gi")
    nested = ExtendedResources(shared_memory=SharedMemory("1Gi"))
    assert nested.to_dict()["shared_memory"] == SharedMemory("1Gi").to_dict()
    assert ExtendedResources.from_dict(nested.to_dict()) == nested


def test_immutable() -> None:
    for value in (ExtendedResources("A100"), SharedMemory()):
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.mount_path = "x"  # type: ignore[union-attr,misc]
        with pytest.raises(AttributeError):
            value.other = 1  # type: ignore[union-attr]


# ---- what is rejected


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"accelerator": 1}, [("accelerator", "WRONG_TYPE")]),
        ({"accelerator": "x" * 254}, [("accelerator", "INVALID_NAME")]),
        ({"accelerator": "é" * 127}, [("accelerator", "INVALID_NAME")]),
        ({"accelerator": "\ud800"}, [("accelerator", "INVALID_NAME")]),
        ({"partition": True}, [("partition", "WRONG_TYPE")]),
        ({"partition": "x" * 254}, [("partition", "INVALID_NAME")]),
        ({"device_class": "GPU"}, [("device_class", "UNSUPPORTED_NAME")]),
        ({"device_class": 2**31}, [("device_class", "UNSUPPORTED_NAME")]),
        ({"device_class": True}, [("device_class", "WRONG_TYPE")]),
        ({"accelerator_model": "A100"}, [("accelerator_model", "UNSUPPORTED_NAME")]),
        ({"shared_memory": "8Gb"}, [("shared_memory", "INVALID_QUANTITY")]),
        ({"shared_memory": ""}, [("shared_memory", "INVALID_QUANTITY")]),
        ({"shared_memory": -1}, [("shared_memory", "NEGATIVE")]),
        ({"shared_memory": 1.5}, [("shared_memory", "WRONG_TYPE")]),
        ({"shared_memory": {"size_limit": "8Ei"}}, [("shared_memory.size_limit", "OUT_OF_RANGE")]),
        ({"shared_memory": {"size": "8Gi"}}, [("shared_memory.size", "UNKNOWN_KEY")]),
        ({"acelerator": "A100"}, [("acelerator", "UNKNOWN_KEY")]),
        (
            {"accelerator": 1, "partition": 2, "shared_memory": "x"},
            [("accelerator", "WRONG_TYPE"), ("partition", "WRONG_TYPE"), ("shared_memory", "INVALID_QUANTITY")],
        ),
    ],
)
def test_rejected(arguments: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert problems(ExtendedResources, **arguments) == found


def test_rejected_shared_memory() -> None:
    assert problems(SharedMemory, True, 1, "x" * 254) == [("size_limit", "WRONG_TYPE"), ("mount_path", "WRONG_TYPE")]
    assert problems(SharedMemory, mount_path="x" * 254, mount_name="x" * 254) == [
        ("mount_path", "INVALID_PATH"),
        ("mount_name", "INVALID_NAME"),
    ]
    with pytest.raises(ResourcesTypeError):
        SharedMemory(size="1Gi")  # type: ignore[call-arg]


def test_bytes_that_are_not_a_message() -> None:
    assert problems(ExtendedResources.from_bytes, b"\xff") == [("", "UNDECODABLE")]
    assert problems(ExtendedResources.from_bytes, "x") == [("", "WRONG_TYPE")]
    assert problems(ExtendedResources.from_proto, 1) == [("", "WRONG_TYPE")]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"device": "T4 shared"}, [(f"{GPU}.device", "INVALID_NAME")]),
        ({"device": "x" * 64}, [(f"{GPU}.device", "INVALID_NAME")]),
        ({"device": "x" * 63, "partition_size": "1g.5gb+me"}, [(f"{GPU}.partition_size", "INVALID_NAME")]),
        ({"device": "-x"}, [(f"{GPU}.device", "INVALID_NAME")]),
        ({"device_class": 5}, [(f"{GPU}.device_class", "UNSUPPORTED_NAME")]),
        ({"device": "apple-silicon"}, [(f"{GPU}.device_class", "UNSUPPORTED_NAME")]),
        ({"device_class": 9}, [(f"{GPU}.device_class", "UNSUPPORTED_NAME")]),
        ({"accelerator_model": 12345}, [(f"{GPU}.accelerator_model", "UNSUPPORTED_NAME")]),
        ({"accelerator_model": 12345, "device": "x"}, []),
    ],
)
def test_what_only_kubernetes_rejects(fields: dict[str, Any], found: list[tuple[str, str]]) -> None:
    data = accelerator(**fields)
    ExtendedResources.from_bytes(data)
    if found:
        assert problems(ExtendedResources.from_bytes, data, kubernetes=True) == found
    else:
        ExtendedResources.from_bytes(data, kubernetes=True)


@pytest.mark.parametrize(
    ("path", "name", "found"),
    [
        ("/dev/shm", "shm", []),
        ("", "", [("mount_path", "INVALID_PATH"), ("mount_name", "INVALID_NAME")]),
        ("dev/shm", "Shm", [("mount_path", "INVALID_PATH"), ("mount_name", "INVALID_NAME")]),
        ("/a:b", "a.b", [("mount_path", "INVALID_PATH"), ("mount_name", "INVALID_NAME")]),
        ("/", "x" * 64, [("mount_name", "INVALID_NAME")]),
    ],
)
def test_mounts_that_only_kubernetes_rejects(path: str, name: str, found: list[tuple[str, str]]) -> None:
    data = bytes(SharedMemory(mount_path=path, mount_name=name))
    if found:
        assert problems(SharedMemory.from_bytes, data, kubernetes=True) == found
    else:
        assert bytes(SharedMemory.from_bytes(data, kubernetes=True)) == data


# ---- what is odd


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"accelerator": "A100", "partition": "9g.90gb"}, [("partition", "UNKNOWN_PARTITION")]),
        ({"accelerator": "T4", "partition": "1g.5gb"}, [("partition", "UNKNOWN_PARTITION")]),
        ({"accelerator": "my-device", "partition": "1g.5gb"}, []),
        ({"accelerator": "a100"}, [("accelerator", "UNKNOWN_DEVICE")]),
        ({"accelerator": "A100:8"}, [("accelerator", "UNKNOWN_DEVICE")]),
        ({"accelerator": "my-device:2"}, [("accelerator", "UNKNOWN_DEVICE")]),
        ({"accelerator": "my-device:x"}, []),
        ({"accelerator": "nvidia-tesla-h100", "partition": "1g.10gb"}, []),
        ({"shared_memory": "8"}, [("shared_memory", "TINY_MEMORY")]),
        ({"shared_memory": {"size_limit": "100m"}}, [("shared_memory.size_limit", "FRACTIONAL_BYTES")]),
    ],
)
def test_warnings(arguments: dict[str, Any], found: list[tuple[str, str]]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        extended = ExtendedResources(**arguments)
    assert [(w.field, w.reason) for w in extended.warnings] == found
    assert [(str(w.message), w.filename) for w in caught] == [
        (str(w).removeprefix("shared_memory.") if "." in w.field else str(w), __file__) for w in extended.warnings
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourcesWarning)
        pickle.loads(pickle.dumps(extended))
        ExtendedResources.from_bytes(bytes(extended))


def test_warning_about_a_count_shows_the_way() -> None:
    expected = (
        "accelerator: 'A100:8' names a device and a count: "
        "write gpu=8 and ExtendedResources('A100'), or use parse_accelerator [UNKNOWN_DEVICE]"
    )
    with pytest.warns(ResourcesWarning) as caught:
        extended = ExtendedResources("A100:8")
    assert [str(each.message) for each in caught] == [expected]
    assert extended.to_proto().gpu_accelerator.device == "A100:8"


# ---- a device and a count in one text


def test_parse_accelerator() -> None:
    assert parse_accelerator("A100:8") == (8, ExtendedResources("A100"))
    assert parse_accelerator("T4") == (1, ExtendedResources("T4"))
    assert parse_accelerator("T4 shared:1").extended.accelerator == "T4 shared"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (8, "WRONG_TYPE"),
        ("", "INVALID_NAME"),
        (":8", "INVALID_NAME"),
        ("A100:", "INVALID_NAME"),
        ("A:1:2", "INVALID_NAME"),
        ("A100:0", "COUNT_REQUIRED"),
        ("A100:0.5", "NOT_WHOLE"),
        ("A100:-1", "NEGATIVE"),
        ("A100:x", "INVALID_QUANTITY"),
    ],
)
def test_parse_accelerator_rejects(text: Any, reason: str) -> None:
    assert problems(parse_accelerator, text) == [("", reason)]
