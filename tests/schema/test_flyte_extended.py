"""Interchange of ExtendedResources with the published flyteidl and flyteidl2, over generated messages.

Run this file as a program for a longer run: ``python tests/schema/test_flyte_extended.py 100000``.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.core import tasks_pb2 as flyteidl
from flyteidl2.core import tasks_pb2 as flyteidl2
from google.protobuf import json_format

from resourceidl.v1 import extended_resources_pb2 as pb

THEIRS = pytest.mark.parametrize("theirs", [flyteidl, flyteidl2], ids=["flyteidl", "flyteidl2"])
MESSAGES = ("ExtendedResources", "GPUAccelerator", "SharedMemory")
ONLY_IN_FLYTEIDL2 = {"device_class", "accelerator_model"}
TEXTS = ("", "nvidia-tesla-a100", "T4 shared", "1g.5gb", "2x2x1", "/dev/shm", "flyte-shm", "8Gi", "é\n\x00", "x" * 300)


def generate(theirs: Any, seed: int, count: int) -> Iterator[Any]:
    """Yield messages of one of the two packages, with any combination of fields, set or set to their default."""
    rng = random.Random(seed)
    text = lambda: rng.choice(TEXTS)  # noqa: E731
    for _ in range(count):
        message = theirs.ExtendedResources()
        if rng.random() < 0.8:
            accelerator = message.gpu_accelerator
            accelerator.SetInParent()
            accelerator.device = text()
            if rng.random() < 0.3:
                accelerator.unpartitioned = rng.random() < 0.7
            elif rng.random() < 0.5:
                accelerator.partition_size = text()
            if theirs is flyteidl2:
                accelerator.device_class = rng.choice((0, 0, 1, 2, 3, 4, 5, 6, 2**31 - 1, -1))
                accelerator.accelerator_model = rng.choice((0, 0, 9, 101, 305, 500, 999, -(2**31)))
        if rng.random() < 0.6:
            message.shared_memory.SetInParent()
            if rng.random() < 0.9:
                message.shared_memory.mount_path = text()
                message.shared_memory.mount_name = text()
                message.shared_memory.size_limit = text()
        yield message


def compare(theirs: Any, message: Any) -> None:
    """Compare bytes and ProtoJSON, in both directions."""
    data = message.SerializeToString(deterministic=True)
    ours = pb.ExtendedResources.FromString(data)
    assert ours.SerializeToString(deterministic=True) == data
    assert theirs.ExtendedResources.FromString(ours.SerializeToString(deterministic=True)) == message
    text = json_format.MessageToJson(message)
    assert json_format.MessageToJson(ours) == text
    assert json_format.Parse(text, pb.ExtendedResources()) == ours
    assert json_format.Parse(text, theirs.ExtendedResources()) == message


@THEIRS
def test_same_bytes_and_json(theirs: Any) -> None:
    for message in generate(theirs, seed=17, count=2000):
        compare(theirs, message)


@THEIRS
@pytest.mark.parametrize("name", MESSAGES)
def test_same_fields(theirs: Any, name: str) -> None:
    def shape(message: Any) -> list[object]:
        return [
            (f.number, f.name, f.json_name, f.type, f.containing_oneof and f.containing_oneof.name)
            for f in message.DESCRIPTOR.fields
            if theirs is flyteidl2 or f.name not in ONLY_IN_FLYTEIDL2
        ]

    assert shape(getattr(pb, name)) == shape(getattr(theirs, name))


def test_same_enums() -> None:
    """Values that a newer flyteidl2 adds are kept by readers; this test says when the schema should have them too."""
    for ours, theirs in (
        (pb.GPUAccelerator.DeviceClass, flyteidl2.GPUAccelerator.DeviceClass),
        (pb.AcceleratorModel, flyteidl2.AcceleratorModel),
    ):
        assert ours.items() == theirs.items()


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    for package in (flyteidl, flyteidl2):
        for generated in generate(package, seed=1, count=wanted):
            compare(package, generated)
        print(f"{wanted} messages of {package.__name__}: equal")
