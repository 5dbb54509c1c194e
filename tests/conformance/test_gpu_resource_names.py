"""The GPU resource's name: conformance/vectors/gpu_resource_names.jsonl, which Go reads as well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resources_py import Resources, ResourcesError

VECTORS = Path(__file__).resolve().parents[2] / "conformance" / "vectors" / "gpu_resource_names.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
VALID = [case["name"] for case in CASES if case["valid"]]
INVALID = [case["name"] for case in CASES if not case["valid"]]


@pytest.mark.parametrize("name", VALID)
def test_valid(name: str) -> None:
    stanza = {"requests": {name: "1"}, "limits": {name: "1"}}
    assert Resources(gpu=1).to_kubernetes(gpu_resource=name) == stanza
    assert Resources.from_kubernetes(stanza, gpu_resource=name) == Resources(gpu=1)


@pytest.mark.parametrize("name", INVALID)
def test_invalid(name: str) -> None:
    with pytest.raises(ResourcesError) as writing:
        Resources(gpu=1).to_kubernetes(gpu_resource=name)
    with pytest.raises(ResourcesError) as reading:
        Resources.from_kubernetes({}, gpu_resource=name)
    for raised in (writing, reading):
        assert [(v.field, v.reason) for v in raised.value.violations] == [("gpu_resource", "UNSUPPORTED_NAME")]
