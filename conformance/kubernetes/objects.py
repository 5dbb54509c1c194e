"""Generated Kubernetes objects: valid but for their resources.

The API server must have nothing else to reject, so that its answer is about resources alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from values import COMPUTE, EXTENDED, HUGE_PAGES, Values

Object = dict[str, Any]

CONTAINER_RESOURCES: Final = (*COMPUTE, *COMPUTE, *EXTENDED[:2], *HUGE_PAGES[:2])
CARRIED: Final = (*COMPUTE, EXTENDED[0])  # what a Resources carries
POD_RESOURCES: Final = ("cpu", "cpu", "memory", "memory", *HUGE_PAGES[:2])
QUOTAS: Final = (
    *("cpu", "memory", "requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "pods", "services", "secrets"),
    *("requests.storage", "persistentvolumeclaims", "requests.ephemeral-storage", "limits.ephemeral-storage"),
    *("requests.nvidia.com/gpu", "hugepages-2Mi", "requests.hugepages-2Mi", "count/jobs.batch", "count/pods"),
    *("gold.storageclass.storage.k8s.io/requests.storage", "nvidia.com/gpu", "limits.nvidia.com/gpu"),
)
CHAOS: Final = (0.0, 0.02, 0.1, 0.1, 0.3, 0.7)


class Objects:
    """Generate objects."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._values = Values(rng)
        self._kinds: list[Callable[[], Object]] = [self.pod] * 8 + [self.workload] * 4
        self._kinds += [self.claim, self.volume, self.limit_range, self.limit_range, self.quota]
        self._kinds += [self.runtime_class, self.autoscaler, self.storage_capacity, self.node, self.slice]

    def any(self) -> Object:
        """Return an object of any kind."""
        self._values.chaos = self._rng.choice(CHAOS)
        return self._rng.choice(self._kinds)()

    def carried_stanza(self) -> Any:
        """Return a container's resources, usually of those that a `Resources` carries."""
        self._values.chaos = self._rng.choice(CHAOS)
        return self.stanza(CARRIED)

    def _maybe(self, probability: float) -> bool:
        return self._rng.random() < probability

    # ---- stanzas

    def amounts(self, names: tuple[str, ...], near: Object | None = None) -> Any:
        """Return a map of resources; those of `near` have similar amounts."""
        rng, values = self._rng, self._values
        if self._maybe(values.chaos / 20):
            return rng.choice((None, [], "1", 1, {}))
        found: Object = {}
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
            name = values.name(*names)
            found[name] = values.near(near[name]) if near and name in near else values.amount(name)
        return found

    def stanza(self, names: tuple[str, ...] = CONTAINER_RESOURCES, claims: list[str] | None = None) -> Any:
        """Return a `resources:` stanza."""
        rng, chaos = self._rng, self._values.chaos
        if self._maybe(chaos / 40):
            return rng.choice((None, [], "x", 1, {}))
        limits = self.amounts(names)
        near = limits if isinstance(limits, dict) else None
        requests = self.amounts(names, near)
        if near and isinstance(requests, dict) and self._maybe(0.7):  # what is not cpu needs equal amounts
            requests = {
                name: near.get(name, value) for name, value in requests.items() if "/" not in name or name in near
            }
        stanza = {"limits": limits, "requests": requests}
        for side in ("limits", "requests"):
            if not stanza[side] and self._maybe(0.8):
                del stanza[side]
        if self._maybe(chaos / 20):
            stanza[rng.choice(("limit", "request", "Requests", "cpu", ""))] = {"cpu": "1"}
        if (claims and self._maybe(0.4)) or self._maybe(chaos / 20):
            stanza["claims"] = self._claims(claims or [])
        return stanza

    def _claims(self, names: list[str]) -> Any:
        rng, chaos = self._rng, self._values.chaos
        if self._maybe(chaos / 10):
            return rng.choice(
                (None, {}, "x", [], [None], [{}], [{"name": ""}], ["x"], [{"name": "a", "x": 1}], [{"name": 1}])
            )
        picked = rng.sample(names, rng.randint(0, len(names))) + ["other"] * self._maybe(chaos / 5)
        picked += picked[:1] * self._maybe(chaos / 5)
        claims: list[Object] = [{"name": name} for name in picked]
        for claim in claims:
            if self._maybe(0.2):
                claim["request"] = rng.choice(
                    ("gpu", "gpu", "a-b", "A", "", "a.b", "x" * 64) if self._maybe(chaos) else ("a", "b")
                )
        return claims

    # ---- pods

    def container(self, name: str, claims: list[str]) -> Object:
        rng, chaos = self._rng, self._values.chaos
        container: Object = {"name": name, "image": "registry.example/a:1"}
        if self._maybe(0.85):
            container["resources"] = self.stanza(claims=claims)
        if self._maybe(0.1):
            container["resizePolicy"] = self._resize_policy()
        if self._maybe(0.05):
            of = {"resource": rng.choice(("limits.cpu", "requests.memory"))}
            if self._maybe(0.8):
                divisors = ("1m", "1", "0") if of["resource"] == "limits.cpu" else ("1", "1k", "1Mi", "1Gi", "0")
                of["divisor"] = self._values.amount("cpu") if self._maybe(chaos) else rng.choice(divisors)
            container["env"] = [{"name": "A", "value": "1"}, {"name": "LIMIT", "valueFrom": {"resourceFieldRef": of}}]
        return container

    def _resize_policy(self) -> Any:
        rng, chaos = self._rng, self._values.chaos
        if self._maybe(chaos / 10):
            return rng.choice((None, {}, "x", [None], [{}]))
        names = rng.sample(("cpu", "memory"), rng.randint(1, 2)) + ["cpu"] * self._maybe(chaos / 5)
        if self._maybe(chaos / 3):
            names.append(rng.choice(("ephemeral-storage", "nvidia.com/gpu", "gpu", "")))
        policies = (
            ("NotRequired", "RestartContainer", "", "Restart")
            if self._maybe(chaos / 3)
            else ("NotRequired", "RestartContainer")
        )
        return [{"resourceName": name, "restartPolicy": rng.choice(policies)} for name in names]

    def pod_spec(self) -> Object:
        rng = self._rng
        claims = rng.sample(("claim-a", "claim-b", "claim-c"), rng.choice((0, 0, 0, 1, 2)))
        spec: Object = {"containers": [self.container(f"c{n}", claims) for n in range(rng.choice((1, 1, 1, 2, 3)))]}
        if claims:
            spec["resourceClaims"] = [{"name": name, "resourceClaimName": "x"} for name in claims]
        if self._maybe(0.2):
            spec["initContainers"] = [self.container(f"i{n}", claims) for n in range(rng.choice((1, 1, 2, 3)))]
            for container in spec["initContainers"]:
                if self._maybe(0.4):
                    container["restartPolicy"] = "Always"
        if self._maybe(0.15):
            spec["resources"] = self._pod_resources(spec)
        if self._maybe(0.08):
            spec["overhead"] = self.amounts(COMPUTE)
        if self._maybe(0.1):
            spec["volumes"] = [self._volume(n) for n in range(rng.choice((1, 1, 2)))]
        return spec

    def _pod_resources(self, spec: Object) -> Any:
        """Return a pod's own resources: sometimes without regard to the containers, sometimes enough for them."""
        rng = self._rng
        if self._maybe(0.5 + self._values.chaos / 2):
            names = POD_RESOURCES if self._maybe(1 - self._values.chaos / 2) else CONTAINER_RESOURCES
            return self.stanza(names, ["claim-a"] if self._maybe(self._values.chaos / 5) else None)
        large = {"cpu": rng.choice(("4", "16", 64)), "memory": rng.choice(("4Ti", "5e12"))}
        sides = rng.choice((("requests",), ("limits",), ("requests", "limits")))
        return {side: {name: large[name] for name in rng.sample(list(large), rng.randint(1, 2))} for side in sides}

    def _volume(self, number: int) -> Object:
        rng = self._rng
        reference = {
            "containerName": "c0",
            "resource": "limits.memory",
            "divisor": self._values.amount("cpu") if self._maybe(self._values.chaos) else "1Mi",
        }
        item = {"path": "limit", "resourceFieldRef": reference}
        sources: tuple[Object, ...] = (
            {"emptyDir": {"sizeLimit": self._values.amount("memory")}},
            {"emptyDir": {"medium": "Memory", "sizeLimit": self._values.amount("memory")}},
            {"downwardAPI": {"items": [item]}},
            {"projected": {"sources": [{"downwardAPI": {"items": [item]}}]}},
            {"ephemeral": {"volumeClaimTemplate": {"spec": self._claim_spec()}}},
        )
        return {"name": f"v{number}", **rng.choice(sources)}

    def pod(self) -> Object:
        """Return a Pod, rarely with ephemeral containers or the status that the cluster adds."""
        spec = self.pod_spec()
        pod = self._object("v1", "Pod", spec=spec)
        if self._maybe(0.05):
            container = {"name": "e0", "image": "registry.example/a:1", "terminationMessagePolicy": "File"}
            if self._maybe(0.4):
                container["resources"] = self.stanza()
            spec["ephemeralContainers"] = [container]
        if self._maybe(0.05):
            status = {"name": "c0", "image": "a", "imageID": "a", "ready": True, "restartCount": 0}
            status |= {"allocatedResources": self.amounts(CONTAINER_RESOURCES), "resources": self.stanza()}
            pod["status"] = {"phase": "Running", "containerStatuses": [status]}
        return pod

    def workload(self) -> Object:
        """Return an object that makes pods."""
        rng = self._rng
        labels = {"app": "a"}
        template: Object = {"metadata": {"labels": labels}, "spec": self.pod_spec()}
        kind = rng.choice(
            (
                "Deployment",
                "ReplicaSet",
                "StatefulSet",
                "DaemonSet",
                "Job",
                "CronJob",
                "ReplicationController",
                "PodTemplate",
            )
        )
        if kind == "PodTemplate":
            return self._object("v1", kind, template=template)
        if kind == "ReplicationController":
            return self._object("v1", kind, spec={"selector": labels, "template": template})
        if kind in ("Job", "CronJob"):
            template["spec"]["restartPolicy"] = "Never"
            job = {"template": template}
            if kind == "Job":
                return self._object("batch/v1", kind, spec=job)
            return self._object("batch/v1", kind, spec={"schedule": "0 * * * *", "jobTemplate": {"spec": job}})
        spec: Object = {"selector": {"matchLabels": labels}, "template": template}
        if kind == "StatefulSet":
            spec["serviceName"] = "a"
            if self._maybe(0.6):
                spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": self._claim_spec()}]
        return self._object("apps/v1", kind, spec=spec)

    # ---- other kinds

    def _claim_spec(self) -> Object:
        chaos = self._values.chaos
        resources: Object = {"requests": {"storage": self._values.amount("memory")}}
        if self._maybe(0.2):
            resources["limits"] = {"storage": self._values.near(resources["requests"]["storage"])}
        if self._maybe(chaos / 4):
            resources[self._rng.choice(("requests", "limits", "limits", "claims", "limit"))] = self.amounts(
                ("storage", "cpu", "memory")
            )
        return {"accessModes": ["ReadWriteOnce"], "resources": resources if self._maybe(1 - chaos / 20) else None}

    def claim(self) -> Object:
        """Return a PersistentVolumeClaim."""
        return self._object("v1", "PersistentVolumeClaim", spec=self._claim_spec())

    def volume(self) -> Object:
        """Return a PersistentVolume."""
        capacity: Any = {"storage": self._values.amount("memory")}
        if self._maybe(self._values.chaos / 3):
            capacity = self.amounts(("storage", "storage", "cpu"))
        spec = {"capacity": capacity, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}}
        return self._object("v1", "PersistentVolume", spec=spec)

    def limit_range(self) -> Object:
        """Return a LimitRange."""
        rng = self._rng
        kinds = ("Container", "Container", "Pod", "PersistentVolumeClaim", "example.com/kind")
        if self._maybe(self._values.chaos / 4):
            kinds = ("", "container", "Image")
        items = [self._limit_range_item(rng.choice(kinds)) for _ in range(rng.choice((1, 1, 1, 2)))]
        return self._object("v1", "LimitRange", spec={"limits": items})

    def _limit_range_item(self, kind: str) -> Object:
        rng, values, names = (
            self._rng,
            self._values,
            ("storage",) if kind == "PersistentVolumeClaim" else CONTAINER_RESOURCES,
        )
        item: Object = {"type": kind}
        sides = ["min", "max"] if kind != "Container" else ["min", "defaultRequest", "default", "max"]
        ordered = sorted(
            rng.sample((*"123456789", "1100m"), len(sides)), key=lambda text: float(text.replace("100m", ".1"))
        )
        for name in {values.name(*names) for _ in range(rng.choice((1, 1, 2)))}:
            for side, amount in zip(sides, ordered, strict=True):
                if self._maybe(0.6):
                    item.setdefault(side, {})[name] = values.amount(name) if self._maybe(values.chaos) else amount
            if self._maybe(0.2):
                item.setdefault("maxLimitRequestRatio", {})[name] = (
                    values.amount("cpu") if self._maybe(values.chaos) else rng.choice(("9", "10", "1"))
                )
        if self._maybe(values.chaos / 4):
            item[rng.choice(("min", "max", "default", "defaultRequest", "maxLimitRequestRatio", "defaults"))] = (
                self.amounts(names)
            )
        return item

    def quota(self) -> Object:
        """Return a ResourceQuota."""
        rng = self._rng
        hard = self.amounts(QUOTAS)
        if isinstance(hard, dict):
            count = ("pods", "services", "secrets", "persistentvolumeclaims", "count/jobs.batch", "count/pods")
            hard |= {
                name: rng.choice(("0", "10", 5))
                for name in count
                if name in hard and self._maybe(1 - self._values.chaos)
            }
        quota = self._object("v1", "ResourceQuota", spec={"hard": hard})
        if self._maybe(0.1):
            quota["status"] = {"hard": self.amounts(QUOTAS), "used": self.amounts(QUOTAS)}
        return quota

    def runtime_class(self) -> Object:
        """Return a RuntimeClass."""
        return self._object("node.k8s.io/v1", "RuntimeClass", handler="a", overhead={"podFixed": self.amounts(COMPUTE)})

    def autoscaler(self) -> Object:
        """Return a HorizontalPodAutoscaler."""
        rng, amount = self._rng, self._values.amount
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
        return self._object("autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)

    def storage_capacity(self) -> Object:
        """Return a CSIStorageCapacity."""
        capacity = self._object("storage.k8s.io/v1", "CSIStorageCapacity", storageClassName="a")
        if self._maybe(0.8):
            capacity["capacity"] = self._values.amount("memory")
        if self._maybe(0.4):
            capacity["maximumVolumeSize"] = self._values.amount("memory")
        return capacity

    def node(self) -> Object:
        """Return a Node."""
        names = (*CONTAINER_RESOURCES, "pods")
        return self._object("v1", "Node", status={"capacity": self.amounts(names), "allocatable": self.amounts(names)})

    def slice(self) -> Object:
        """Return a ResourceSlice."""
        device = {"name": "d0", "capacity": {"memory": {"value": self._values.amount("memory")}}}
        pool = {"name": "a", "generation": 1, "resourceSliceCount": 1}
        spec = {"driver": "driver.example.com", "pool": pool, "nodeName": "a", "devices": [device]}
        return self._object("resource.k8s.io/v1", "ResourceSlice", spec=spec)

    def _object(self, version: str, kind: str, **content: Any) -> Object:
        return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **content}


def pod_of(stanza: Any) -> Object:
    """Return a Pod of one container with these resources."""
    container = {"name": "main", "image": "registry.example/a:1", "resources": stanza}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container]}}
