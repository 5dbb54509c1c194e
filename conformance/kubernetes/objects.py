"""Generated Kubernetes objects: valid but for their resources.

The API server must have nothing else to reject, so that its answer is about resources alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from pods import CONTAINER_RESOURCES, Object, Pods, new_object
from values import COMPUTE

QUOTAS: Final = (
    *("cpu", "memory", "requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "pods", "services", "secrets"),
    *("requests.storage", "persistentvolumeclaims", "requests.ephemeral-storage", "limits.ephemeral-storage"),
    *("requests.nvidia.com/gpu", "hugepages-2Mi", "requests.hugepages-2Mi", "count/jobs.batch", "count/pods"),
    *("gold.storageclass.storage.k8s.io/requests.storage", "nvidia.com/gpu", "limits.nvidia.com/gpu"),
)


class Objects(Pods):
    """Generate objects of any kind."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self._kinds: list[Callable[[], Object]] = [self.pod] * 8 + [self.workload] * 4
        self._kinds += [self.claim, self.volume, self.limit_range, self.limit_range, self.quota]
        self._kinds += [self.runtime_class, self.autoscaler, self.storage_capacity, self.node, self.slice]

    def any(self) -> Object:
        """Return an object of any kind."""
        self.values.choose_chaos()
        return self.rng.choice(self._kinds)()

    def claim(self) -> Object:
        """Return a PersistentVolumeClaim."""
        return new_object("v1", "PersistentVolumeClaim", spec=self.claim_spec())

    def volume(self) -> Object:
        """Return a PersistentVolume."""
        capacity: Any = {"storage": self.values.amount("memory")}
        if self.maybe(self.values.chaos / 3):
            capacity = self.amounts(("storage", "storage", "cpu"))
        spec = {"capacity": capacity, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}}
        return new_object("v1", "PersistentVolume", spec=spec)

    def limit_range(self) -> Object:
        """Return a LimitRange."""
        rng = self.rng
        kinds = ("Container", "Pod", "PersistentVolumeClaim", "example.com/kind")
        items = [self._limit_range_item(kind) for kind in rng.sample(kinds, rng.choice((1, 1, 1, 2)))]
        return new_object("v1", "LimitRange", spec={"limits": items})

    def _limit_range_item(self, kind: str) -> Object:
        rng, values, names = (
            self.rng,
            self.values,
            ("storage",) if kind == "PersistentVolumeClaim" else CONTAINER_RESOURCES,
        )
        item: Object = {"type": kind}
        sides = ["min", "max"] if kind != "Container" else ["min", "defaultRequest", "default", "max"]
        ordered = sorted(
            rng.sample((*"123456789", "1100m"), len(sides)), key=lambda text: float(text.replace("100m", ".1"))
        )
        for name in {values.name(*names) for _ in range(rng.choice((1, 1, 2)))}:
            for side, amount in zip(sides, ordered, strict=True):
                if self.maybe(0.6):
                    item.setdefault(side, {})[name] = values.amount(name) if self.maybe(values.chaos) else amount
            if self.maybe(0.2):
                item.setdefault("maxLimitRequestRatio", {})[name] = (
                    values.amount("cpu") if self.maybe(values.chaos) else rng.choice(("9", "10", "1"))
                )
        if self.maybe(values.chaos / 4):
            item[rng.choice(("min", "max", "default", "defaultRequest", "maxLimitRequestRatio", "defaults"))] = (
                self.amounts(names)
            )
        return item

    def quota(self) -> Object:
        """Return a ResourceQuota."""
        rng = self.rng
        hard = self.amounts(QUOTAS)
        if isinstance(hard, dict):
            count = ("pods", "services", "secrets", "persistentvolumeclaims", "count/jobs.batch", "count/pods")
            hard |= {
                name: rng.choice(("0", "10", 5)) for name in count if name in hard and self.maybe(1 - self.values.chaos)
            }
        quota = new_object("v1", "ResourceQuota", spec={"hard": hard})
        if self.maybe(0.1):
            quota["status"] = {"hard": self.amounts(QUOTAS), "used": self.amounts(QUOTAS)}
        return quota

    def runtime_class(self) -> Object:
        """Return a RuntimeClass."""
        return new_object("node.k8s.io/v1", "RuntimeClass", handler="a", overhead={"podFixed": self.amounts(COMPUTE)})

    def autoscaler(self) -> Object:
        """Return a HorizontalPodAutoscaler."""
        rng, amount = self.rng, self.values.amount
        average = {"type": "AverageValue", "averageValue": amount("cpu")}
        value = {"type": "Value", "value": amount("memory")}
        metrics: tuple[Object, ...] = (
            {"type": "Resource", "resource": {"name": "cpu", "target": average}},
            {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "a", "target": average}},
            {"type": "Pods", "pods": {"metric": {"name": "m"}, "target": average}},
            {"type": "External", "external": {"metric": {"name": "m"}, "target": rng.choice((average, value))}},
        )
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
        spec = {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": target, "metrics": [rng.choice(metrics)]}
        return new_object("autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)

    def storage_capacity(self) -> Object:
        """Return a CSIStorageCapacity."""
        capacity = new_object("storage.k8s.io/v1", "CSIStorageCapacity", storageClassName="a")
        if self.maybe(0.8):
            capacity["capacity"] = self.values.amount("memory")
        if self.maybe(0.4):
            capacity["maximumVolumeSize"] = self.values.amount("memory")
        return capacity

    def node(self) -> Object:
        """Return a Node."""
        names = (*CONTAINER_RESOURCES, "pods")
        return new_object("v1", "Node", status={"capacity": self.amounts(names), "allocatable": self.amounts(names)})

    def slice(self) -> Object:
        """Return a ResourceSlice."""
        device = {"name": "d0", "capacity": {"memory": {"value": self.values.amount("memory")}}}
        pool = {"name": "a", "generation": 1, "resourceSliceCount": 1}
        spec = {"driver": "driver.example.com", "pool": pool, "nodeName": "a", "devices": [device]}
        return new_object("resource.k8s.io/v1", "ResourceSlice", spec=spec)
