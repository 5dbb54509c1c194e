"""Sums over many objects."""

from __future__ import annotations

import pickle
import random
from typing import Any

import pytest

from resources_py import Quantity, ResourcesError, ResourcesTypeError
from resources_py.kubernetes import Total, Totals


def workload(
    kind: str, name: str, spec: dict[str, Any], cpu: Any = "1", namespace: str | None = None, **more: Any
) -> Any:
    """Return a workload whose Pods request `cpu`, and limit memory to 1Gi."""
    resources = {"requests": {"cpu": cpu, "memory": "512Mi"}, "limits": {"memory": "1Gi"}}
    pod = {"containers": [{"name": "a", "resources": resources}]}
    group = {"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}.get(kind, "apps/v1")
    body = {
        "Pod": pod,
        "CronJob": {**spec, "jobTemplate": {"spec": {**spec.pop("job", {}), "template": {"spec": pod}}}},
    }.get(kind, {**spec, "template": {"spec": pod}})
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {}) | more.pop("metadata", {})
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": body, **more}


def owned(kind: str, name: str, **labels: str) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": name, "controller": True}], "labels": labels}


def pods_of(*objects: Any, **options: Any) -> int:
    totals = Totals(**options)
    for each in objects:
        totals.add(each)
    return totals.by("all")[0].pods


@pytest.mark.parametrize(
    ("obj", "pods"),
    [
        (workload("Pod", "a", {}), 1),
        (workload("Pod", "a", {}, status={"phase": "Running"}), 1),
        (workload("Pod", "a", {}, status={"phase": "Succeeded"}), 0),
        (workload("Pod", "a", {}, status={"phase": "Failed"}), 0),
        (workload("Deployment", "a", {}), 1),
        (workload("Deployment", "a", {"replicas": 3}), 3),
        (workload("Deployment", "a", {"replicas": 0}), 0),
        (workload("StatefulSet", "a", {"replicas": 2}), 2),
        (workload("ReplicaSet", "a", {"replicas": 2}), 2),
        (workload("ReplicationController", "a", {"replicas": 2}), 2),
        (workload("DaemonSet", "a", {}), 7),
        (workload("Job", "a", {}), 1),
        (workload("Job", "a", {"parallelism": 5}), 5),
        (workload("Job", "a", {"parallelism": 5, "completions": 3}), 3),
        (workload("Job", "a", {"completions": 3}), 1),
        (workload("Job", "a", {"parallelism": 5, "suspend": True}), 0),
        (workload("CronJob", "a", {"job": {"parallelism": 2}}), 2),
        (workload("CronJob", "a", {"suspend": True}), 0),
        ({"apiVersion": "v1", "kind": "Service", "spec": {}}, 0),
        (workload("Deployment", "a", {"replicas": 3}) | {"apiVersion": "example.com/v1"}, 0),
    ],
)
def test_pods(obj: Any, pods: int) -> None:
    assert pods_of(obj, nodes=7) == pods


def autoscaler(kind: str, name: str, least: int | None, most: int) -> Any:
    spec: dict[str, Any] = {"scaleTargetRef": {"kind": kind, "name": name}, "maxReplicas": most}
    return {"kind": "HorizontalPodAutoscaler", "spec": spec | ({} if least is None else {"minReplicas": least})}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("end", "least", "pods"), [("max", 2, 10), ("min", 2, 2), ("min", None, 1)])
def test_autoscaled(turned: bool, end: Any, least: int | None, pods: int) -> None:
    objects = [workload("Deployment", "a", {"replicas": 3}), autoscaler("Deployment", "a", least, 10)]
    objects += [autoscaler("Deployment", "other", 5, 50), autoscaler("StatefulSet", "a", 5, 50)]
    assert pods_of(*(reversed(objects) if turned else objects), autoscaled=end) == pods


def test_what_is_controlled_counts_once() -> None:
    deployment = workload("Deployment", "web", {"replicas": 3})
    replica_set = workload("ReplicaSet", "web-1", {"replicas": 3}, metadata=owned("Deployment", "web"))
    pods = [workload("Pod", f"web-1-{index}", {}, metadata=owned("ReplicaSet", "web-1")) for index in range(3)]
    custom = workload("Pod", "own", {}, metadata=owned("Rollout", "own"))
    assert pods_of(*pods) == pods_of(replica_set, *pods) == pods_of(*pods, replica_set, deployment) == 3
    assert pods_of(custom, *pods, deployment) == 7  # the ReplicaSet between them is not known
    totals = Totals()
    for each in (replica_set, *pods):
        totals.add(each)
    assert totals.controlled() == 3


def test_groups() -> None:
    totals = Totals(keep_names=True)
    for each in (
        workload("Deployment", "web", {"replicas": 2}, "250m", "shop"),
        workload(
            "Pod", "web-1-a", {}, "100m", "shop", metadata=owned("ReplicaSet", "web-1", **{"pod-template-hash": "1"})
        ),
        workload("Job", "load", {}, "3"),
    ):
        assert totals.add(each)
    memory = {"memory": Quantity("1Gi")}
    assert totals.by("workload") == [
        Total("default", "Job", "load", 1, {"cpu": Quantity(3), "memory": Quantity("512Mi")}, memory),
        Total(
            "shop",
            "Deployment",
            "web",
            3,
            {"cpu": Quantity("600m"), "memory": Quantity("1536Mi")},
            {"memory": Quantity("3Gi")},
        ),
    ]
    assert [(t.namespace, t.pods) for t in totals.by("namespace")] == [("default", 1), ("shop", 3)]
    assert [(t.kind, t.pods) for t in totals.by("kind")] == [("Deployment", 3), ("Job", 1)]
    assert [(t[:4], str(t.requests["cpu"])) for t in totals.by("all")] == [(("", "", "", 4), "3600m")]


def test_merging_in_any_order() -> None:
    chance = random.Random(1)
    kinds = ["Deployment", "StatefulSet", "Pod", "DaemonSet", "Job"]
    amounts = ["100m", "1", 0.3, "1e3", "31.25Ki", "1n"]
    objects = [
        workload(chance.choice(kinds), f"w{index}", {"replicas": chance.randint(0, 5)}, chance.choice(amounts), chance.choice("ab"))
        for index in range(60)
    ] + [autoscaler("Deployment", f"w{index}", 1, 9) for index in range(0, 60, 3)]  # fmt: skip

    def count(parts: list[list[Any]]) -> Totals:
        merged = Totals(keep_names=True)
        for part in parts:
            totals = Totals(keep_names=True)
            for each in part:
                totals.add(each)
            merged.merge(pickle.loads(pickle.dumps(totals)))
        return merged

    whole = count([objects])
    for _ in range(5):
        chance.shuffle(objects)
        parts = count([objects[:20], objects[20:21], [], objects[21:]])
        for grouping in ("workload", "namespace", "kind", "all"):
            assert whole.by(grouping) == parts.by(grouping)  # type: ignore[arg-type]
    assert whole.by("all")[0].requests["cpu"].format == "BinarySI"


@pytest.mark.parametrize(
    ("obj", "error"),
    [
        (workload("Deployment", "a", {"replicas": "3"}), ResourcesTypeError),
        (workload("Deployment", "a", {"replicas": -1}), ResourcesTypeError),
        (workload("Deployment", "a", {}, "1Gb"), ResourcesError),
        ({"apiVersion": "v1", "kind": "Pod", "spec": [1]}, ResourcesTypeError),
    ],
)
def test_what_cannot_be_counted(obj: Any, error: type[ResourcesError]) -> None:
    totals = Totals()
    with pytest.raises(error):
        totals.add(obj)
    assert totals.by("all") == [Total("", "", "", 0, {}, {})]
