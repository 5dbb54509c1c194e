"""Interchange with the published flyteidl and flyteidl2: the same bytes and ProtoJSON, in both directions."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core import tasks_pb2 as flyteidl
from flyteidl2.core import tasks_pb2 as flyteidl2
from google.protobuf import json_format

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

THEIRS = pytest.mark.parametrize("theirs", [flyteidl.Resources, flyteidl2.Resources], ids=["flyteidl", "flyteidl2"])
DECLARED = [
    Resources(),
    Resources(cpu=("500m", 2), mem="1Gi", gpu=1, ephemeral_storage=(None, "10Gi")),
    Resources(cpu=(1, None), mem="2048Mi"),
]


@THEIRS
@pytest.mark.parametrize("resources", DECLARED, ids=repr)
def test_same_bytes_and_json(theirs: Any, resources: Resources) -> None:
    sent = resources.to_proto(theirs)
    ours = resources.to_proto()
    assert type(sent) is theirs
    assert sent.SerializeToString(deterministic=True) == ours.SerializeToString(deterministic=True) == bytes(resources)
    assert json_format.MessageToDict(sent) == json_format.MessageToDict(ours)
    assert json_format.ParseDict(json_format.MessageToDict(ours), theirs()) == sent
    assert json_format.ParseDict(json_format.MessageToDict(sent), pb.Resources()) == ours
    assert Resources.from_proto(sent) == resources


@THEIRS
def test_same_descriptor(theirs: Any) -> None:
    """The fields have the same numbers, names and types, and the enums have the same values."""

    def shape(message: Any) -> object:
        return [
            (field.number, field.name, field.json_name, field.type, field.label if hasattr(field, "label") else None)
            for field in message.fields
        ]

    ours, other = pb.Resources.DESCRIPTOR, theirs.DESCRIPTOR
    assert shape(ours) == shape(other)
    assert shape(ours.nested_types_by_name["ResourceEntry"]) == shape(other.nested_types_by_name["ResourceEntry"])
    assert [(v.number, v.name) for v in ours.enum_types_by_name["ResourceName"].values] == [
        (v.number, v.name) for v in other.enum_types_by_name["ResourceName"].values
    ]


@THEIRS
def test_messages_of_flytekit(theirs: Any) -> None:
    """Flytekit sends a GPU request without a limit, which only Kubernetes rejects."""
    entry = theirs.ResourceEntry
    sent = theirs(requests=[entry(name=theirs.GPU, value="1"), entry(name=theirs.MEMORY, value="1000Mi")])
    carried = Resources.from_proto(sent)
    assert (carried.gpu, carried.mem) == (("1", None), ("1000Mi", None))
    assert [warning.reason for warning in carried.warnings] == ["GPU_LIMIT_MISSING"]
