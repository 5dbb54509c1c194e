"""The vectors of ContainerResources, read by this implementation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import ContainerResources, ResourcesError
from resources_py.service._resolve import resolve_container_bytes

VECTORS = Path(__file__).resolve().parents[2] / "conformance" / "vectors" / "container.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["tag"])
def test_resolve(case: dict[str, Any]) -> None:
    request = bytes.fromhex(case["hex"])
    parsed = json_format.ParseDict(case["request"], service_pb.ResolveContainerRequest())
    assert parsed.SerializeToString(deterministic=True) == request
    if "answer" in case:
        assert resolve_container_bytes(request).hex() == case["answer"]
        assert resolve_container_bytes(bytes.fromhex(case["answer"])).hex() == case["answer"]
        return
    with pytest.raises(ResourcesError) as caught:
        resolve_container_bytes(request)
    assert [{"field": v.field, "reason": v.reason} for v in caught.value.violations] == case["violations"]
    assert all(len(v.description.encode()) <= 120 for v in caught.value.violations)


@pytest.mark.parametrize("case", [case for case in CASES if "kubernetes" in case], ids=lambda case: case["tag"])
def test_kubernetes(case: dict[str, Any]) -> None:
    message = service_pb.ResolveContainerRequest.FromString(bytes.fromhex(case["hex"])).container_resources
    container = ContainerResources.from_proto(message, kubernetes=True)
    parts = container.to_kubernetes()
    assert parts._asdict() == case["kubernetes"]
    spec = parts.add_to({"containers": [{"name": "main"}]}, "main")
    assert parts.add_to(spec, "main") == spec
