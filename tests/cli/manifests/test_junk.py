"""Objects that hold anything anywhere: the rules report what they can, and never fail."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from resources_py.cli.manifests import check_object, check_values

JUNK: list[Any] = [
    None,
    [],
    {},
    "x",
    "",
    1,
    -1,
    0.5,
    True,
    "{{x}}",
    [None],
    [1],
    {"a": []},
    {"": None},
    [[{}]],
    {"a": {"b": "c"}},
]
STANZA = {
    "requests": {"cpu": 1, "memory": "1Gi"},
    "limits": {"cpu": 2, "hugepages-2Mi": "2Mi"},
    "claims": [{"name": "a"}],
}
POD = {
    "containers": [
        {
            "name": "c",
            "image": "i",
            "resources": STANZA,
            "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
            "env": [{"name": "e", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}}],
        }
    ],
    "initContainers": [{"name": "i", "restartPolicy": "Always", "resources": STANZA}],
    "ephemeralContainers": [{"name": "e", "resources": {}}],
    "resources": {"requests": {"cpu": 9}, "limits": {"memory": "9Gi"}},
    "resourceClaims": [{"name": "a"}],
    "overhead": {"cpu": 1},
    "os": {"name": "linux"},
    "volumes": [{"name": "v", "emptyDir": {"sizeLimit": 1}}],
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": 1}, "limits": {"storage": 1}}}
ITEM = {
    "type": "Container",
    **{key: {"cpu": 1} for key in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")},
}
TARGET = {"target": {"type": "Value", "value": 1, "averageValue": 1, "averageUtilization": 1}}
METRICS = [{kind: TARGET} for kind in ("pods", "object", "external", "resource", "containerResource")]
OBJECTS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": POD},
    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": CLAIM},
    {"apiVersion": "v1", "kind": "PersistentVolume", "spec": {"accessModes": [], "capacity": {"storage": 1}}},
    {"apiVersion": "v1", "kind": "LimitRange", "spec": {"limits": [ITEM, {"type": "PersistentVolumeClaim", "max": {"storage": 1}}]}},
    {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": 1}}, "status": {"used": {"pods": 1}}},
    {"apiVersion": "v1", "kind": "Node", "status": {"capacity": {"cpu": 1}, "allocatable": {"pods": 1}}},
    {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": METRICS, "behavior": {"scaleUp": {"tolerance": 1}}}},
    {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "overhead": {"podFixed": {"cpu": 1}}},
    {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"template": POD, "maxAllowed": {"cpu": 1, "memory": 1}}},
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container of values, and a key or index in it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield value, key
        yield from places(child)


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: value["kind"])
def test_anything_anywhere(value: dict[str, Any], junk: Any) -> None:
    value = copy.deepcopy(value)
    for owner, key in [*places(value)]:
        kept, owner[key] = owner[key], junk
        for problem in check_object(value).problems:
            assert problem.description
            assert str(problem.subject) or not value["kind"] or junk is value["kind"]
            assert all(isinstance(step, str | int) for step in problem.path)
        check_values(value)
        owner[key] = kept
    assert all(problem.is_warning or problem.reason for problem in check_object(value).problems)
