"""Single quantities: the grammar everywhere, and what Kubernetes asks of some of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.manifests import TypeMeta, check_object
from resources_py.cli.manifests.walk import table

Find = Callable[[dict[str, Any]], list[tuple[str, str]]]


def test_every_path_of_the_table_is_walked(found: Find) -> None:
    """A bad quantity is reported at the end of each of the paths in the table."""

    def paths(type_name: str) -> list[tuple[str | int, ...]]:
        if type_name == "Quantity":
            return [()]
        if type_name[:2] in ("[]", "{}"):
            key: str | int = 0 if type_name[:2] == "[]" else "cpu"
            return [(key, *rest) for rest in paths(type_name[2:])]
        return [(key, *rest) for key, each in table().types[type_name].items() for rest in paths(each)]

    def value_at(path: tuple[str | int, ...]) -> Any:
        if not path:
            return "1x"
        return [value_at(path[1:])] if path[0] == 0 else {path[0]: value_at(path[1:])}

    count = 0
    kinds = {name: type_name for name, type_name in table().kinds.items() if "v" in name[0]}
    for (api_version, kind), type_name in kinds.items():
        if "/" not in api_version and api_version != "v1":
            continue  # the entry of a group
        for path in paths(type_name):
            if "inlineVolumeSpec" in path:
                continue  # Kubernetes lets a volume in an attachment have no capacity
            problems = found({"apiVersion": api_version, "kind": kind, **value_at(path)})
            assert (".".join(map(str, path)), "INVALID_QUANTITY") in problems, (api_version, kind, path, problems)
            count += 1
    assert count > 400


def test_the_kind_of_another_version(found: Find) -> None:
    """A kind leads to the same places in a version that Kubernetes no longer has."""
    spec = {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "1x"}}}]}}}}}
    assert len(found({"apiVersion": "batch/v2alpha1", "kind": "CronJob", "spec": spec})) == 1
    assert found({"apiVersion": "v1", "kind": "ConfigMap", "spec": spec}) == []
    assert found({"apiVersion": "v1", "kind": "CronJob", "spec": spec}) == []
    assert len(check_object({"spec": spec}, TypeMeta("batch/v1", "CronJob")).problems) == 1


def test_status_is_held_to_the_grammar(found: Find) -> None:
    resources = {"limits": {"cpu": "1x"}, "request": {}, "requests": None, "claims": [{"name": 1}, {}]}
    status = {
        "containerStatuses": [{"resources": resources, "allocatedResources": {"memory": "1Gb", "cpu": None}}],
        "resources": [],
    }
    value = {"apiVersion": "v1", "kind": "Pod", "status": status}
    assert check_object(value).count == 0  # it declares nothing
    assert found(value) == [
        ("status.containerStatuses.0.allocatedResources.memory", "INVALID_QUANTITY"),
        ("status.containerStatuses.0.allocatedResources.cpu", "no_value"),
        ("status.containerStatuses.0.resources.limits.cpu", "INVALID_QUANTITY"),
        ("status.containerStatuses.0.resources.request", "UNKNOWN_KEY"),
        ("status.containerStatuses.0.resources.claims.0.name", "WRONG_TYPE"),
        ("status.resources", "WRONG_TYPE"),
    ]


@pytest.mark.parametrize("value", ["1x", "", " 1", True, [], {}, "1" * 65, "1e9999", "10E", "-10E", float("inf")])
def test_one_quantity(found: Find, value: Any) -> None:
    reason = "WRONG_TYPE" if value is True or value in ([], {}) else "INVALID_QUANTITY"
    reason = "OUT_OF_RANGE" if value in ("1e9999", "10E", "-10E") else reason
    problems = found({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "maximumVolumeSize": value})
    assert problems == ([] if value == " 1" else [("maximumVolumeSize", reason)])


def test_numbers(found: Find) -> None:
    for value in (0, 1, 0.5, 1e20, "9223372036854775807", 10**18, "-1"):
        problems = found({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "maximumVolumeSize": value})
        assert problems == ([("maximumVolumeSize", "OUT_OF_RANGE")] if value == 1e20 else [])


def test_what_only_the_text_knows(found: Find) -> None:
    hard = DuplicateDict(pods=MisreadInt(8, "010"))
    hard.duplicates = ["pods", "gone"]
    spec = DuplicateDict(hard=hard, scopes=[])
    spec.duplicates = ["hard", "scopes"]
    assert found({"apiVersion": "v1", "kind": "ResourceQuota", "spec": spec}) == [
        ("spec.hard", "duplicate_key"),
        ("spec.hard.pods", "not_decimal"),
        ("spec.hard.pods", "duplicate_key"),
        ("spec.hard.gone", "duplicate_key"),
    ]


# ---- nodes, storage capacities


def test_nodes(found: Find) -> None:
    amounts = {
        "cpu": "0.5",
        "pods": "1.5",
        "nvidia.com/gpu": "2",
        "example.com/x": "0.9999",
        "memory": "-1",
        "odd": "1",
    }
    value = {"apiVersion": "v1", "kind": "Node", "status": {"capacity": amounts, "allocatable": {"cpu": "1x"}}}
    assert found(value) == [
        ("status.capacity.pods", "NOT_WHOLE"),
        ("status.capacity.memory", "NEGATIVE"),
        ("status.allocatable.cpu", "INVALID_QUANTITY"),
    ]


def test_storage_capacity(found: Find) -> None:
    value = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIStorageCapacity",
        "capacity": "-1",
        "maximumVolumeSize": "-1",
    }
    assert found(value) == [("capacity", "NEGATIVE")]


# ---- autoscalers


def autoscaler(**metric: Any) -> dict[str, Any]:
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"metrics": [metric]}}


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("pods", {"averageValue": "100m"}, []),
        ("pods", {"averageValue": 0}, [("averageValue", "NOT_POSITIVE")]),
        ("pods", {"averageValue": "-1"}, [("averageValue", "NEGATIVE")]),
        ("pods", {"averageValue": "1x"}, [("averageValue", "INVALID_QUANTITY")]),
        ("pods", {"value": 1}, [("averageValue", "REQUIRED")]),
        ("object", {"value": 1, "averageValue": 1}, []),
        ("object", {}, [("averageValue", "REQUIRED")]),
        ("external", {"value": "{{x}}"}, []),
        ("external", {"value": 1, "averageValue": 1}, [("value", "NOT_ALLOWED")]),
        ("resource", {"averageUtilization": 80}, []),
        ("resource", {"averageUtilization": 80, "averageValue": 1}, [("averageValue", "NOT_ALLOWED")]),
        ("containerResource", {}, [("averageUtilization", "REQUIRED")]),
        ("resource", "x", [("", "WRONG_TYPE")]),
    ],
)
def test_targets(found: Find, kind: str, target: Any, expected: list[tuple[str, str]]) -> None:
    at = f"spec.metrics.0.{kind}.target"
    assert found(autoscaler(**{kind: {"target": target}})) == [(f"{at}.{key}".rstrip("."), r) for key, r in expected]


def test_tolerance(found: Find) -> None:
    value = autoscaler() | {"spec": {"behavior": {"scaleUp": {"tolerance": "-0.1"}, "scaleDown": {"tolerance": 0}}}}
    assert found(value) == [("spec.behavior.scaleUp.tolerance", "NEGATIVE")]


# ---- what a container reads of its own resources


@pytest.mark.parametrize(
    ("resource", "divisor", "is_refused"),
    [
        ("limits.memory", "1024Gi", False),  # Go prints it anew, as 1Ti, since 1024 is a multiple of 8
        ("limits.memory", "1024.Ki", False),
        ("limits.memory", "8Gi", True),
        ("limits.memory", "01Gi", True),  # and this as it is written
        *(("limits.cpu", text, False) for text in ("1", "1m", 1, "1000m", 1.0, "0", None)),
        *(("requests.cpu", text, True) for text in ("2", "10m", "1k", "01", "+1", "1e0", "-1")),
        *(("limits.memory", text, False) for text in ("1", "1Mi", "1E", "1000k", "1.0Ki")),
        *(("requests.memory", text, True) for text in ("1m", "2Mi", "1024", "1e3", "01Ki")),
        ("limits.ephemeral-storage", "2Gi", True),
        ("limits.hugepages-2Mi", "2Mi", True),
        ("limits.hugepages-2Mi", "1Mi", False),
    ],
)
def test_divisors(found: Find, resource: str, divisor: Any, is_refused: bool) -> None:
    selector = {"resource": resource, "divisor": divisor}
    env = [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"resourceFieldRef": selector}}]
    value = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c", "env": env}]}}
    at = "spec.containers.0.env.1.valueFrom.resourceFieldRef.divisor"
    assert found(value) == ([(at, "UNSUPPORTED_VALUE")] if is_refused else [])
