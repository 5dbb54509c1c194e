"""Generated pods, and the objects that make them: valid but for their resources."""

from __future__ import annotations

import random
from typing import Any, Final

from values import COMPUTE, EXTENDED, HUGE_PAGES, SUB_MILLI, Values

Object = dict[str, Any]

CONTAINER_RESOURCES: Final = (*COMPUTE, *COMPUTE, *EXTENDED[:2], *HUGE_PAGES[:2])
CARRIED: Final = (*COMPUTE, EXTENDED[0])  # what a Resources carries
POD_RESOURCES: Final = ("cpu", "cpu", "memory", "memory", *HUGE_PAGES[:2])


class Pods:
    """Generate stanzas, pods and workloads."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.values = Values(rng)

    def carried_stanza(self) -> Any:
        """Return a container's resources, usually of those that a `Resources` carries."""
        self.values.choose_chaos()
        return self.stanza(CARRIED)

    def maybe(self, probability: float) -> bool:
        """Return True with a probability."""
        return self.rng.random() < probability

    # ---- stanzas

    def amounts(self, names: tuple[str, ...], near: Object | None = None) -> Any:
        """Return a map of resources; those of `near` have similar amounts."""
        rng, values = self.rng, self.values
        if self.maybe(values.chaos / 20):
            return rng.choice((None, [], "1", 1, {}))
        found: Object = {}
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
            name = values.name(*names)
            found[name] = values.near(near[name]) if near and name in near else values.amount(name)
        return found

    def stanza(self, names: tuple[str, ...] = CONTAINER_RESOURCES, claims: list[str] | None = None) -> Any:
        """Return a `resources:` stanza."""
        rng, chaos = self.rng, self.values.chaos
        if self.maybe(chaos / 40):
            return rng.choice((None, [], "x", 1, {}))
        limits = self.amounts(names)
        near = limits if isinstance(limits, dict) else None
        requests = self.amounts(names, near)
        if near and isinstance(requests, dict) and self.maybe(1 - chaos / 2):  # devices and huge pages need a limit
            overcommitted = {name: value for name, value in requests.items() if name in COMPUTE}
            requests = overcommitted | {name: near[name] for name in requests if name in near and name not in COMPUTE}
        stanza = {"limits": limits, "requests": requests}
        if near and isinstance(requests, dict) and self.maybe(chaos / 4):
            limits["cpu"], requests["cpu"] = rng.choices(SUB_MILLI, k=2)
        for side in ("limits", "requests"):
            if not stanza[side] and self.maybe(0.8):
                del stanza[side]
        if self.maybe(chaos / 20):
            stanza[rng.choice(("limit", "request", "Requests", "cpu", ""))] = {"cpu": "1"}
        if (claims and self.maybe(0.4)) or self.maybe(chaos / 20):
            stanza["claims"] = self._claims(claims or [])
        return stanza

    def _claims(self, names: list[str]) -> Any:
        rng, chaos = self.rng, self.values.chaos
        if self.maybe(chaos / 10):
            return rng.choice(
                (None, {}, "x", [], [None], [{}], [{"name": ""}], ["x"], [{"name": "a", "x": 1}], [{"name": 1}])
            )
        picked = rng.sample(names, rng.randint(0, len(names))) + ["other"] * self.maybe(chaos / 5)
        picked += picked[:1] * self.maybe(chaos / 5)
        claims: list[Object] = [{"name": name} for name in picked]
        for claim in claims:
            if self.maybe(0.2):
                claim["request"] = rng.choice(
                    ("gpu", "gpu", "a-b", "A", "", "a.b", "x" * 64) if self.maybe(chaos) else ("a", "b")
                )
        return claims

    # ---- pods

    def container(self, name: str, claims: list[str]) -> Object:
        rng, chaos = self.rng, self.values.chaos
        container: Object = {"name": name, "image": "registry.example/a:1"}
        if self.maybe(0.85):
            container["resources"] = self.stanza(claims=claims)
        if self.maybe(0.1):
            container["resizePolicy"] = self._resize_policy()
        if self.maybe(0.05):
            of = {"resource": rng.choice(("limits.cpu", "requests.memory"))}
            if self.maybe(0.8):
                divisors = ("1m", "1", "0") if of["resource"] == "limits.cpu" else ("1", "1k", "1Mi", "1Gi", "0")
                of["divisor"] = self.values.amount("cpu") if self.maybe(chaos) else rng.choice(divisors)
            container["env"] = [{"name": "A", "value": "1"}, {"name": "LIMIT", "valueFrom": {"resourceFieldRef": of}}]
        return container

    def _resize_policy(self) -> Any:
        rng, chaos = self.rng, self.values.chaos
        if self.maybe(chaos / 10):
            return rng.choice((None, {}, "x", [None], [{}]))
        names = rng.sample(("cpu", "memory"), rng.randint(1, 2)) + ["cpu"] * self.maybe(chaos / 5)
        if self.maybe(chaos / 3):
            names.append(rng.choice(("ephemeral-storage", "nvidia.com/gpu", "gpu", "")))
        policies = (
            ("NotRequired", "RestartContainer", "", "Restart")
            if self.maybe(chaos / 3)
            else ("NotRequired", "RestartContainer")
        )
        return [{"resourceName": name, "restartPolicy": rng.choice(policies)} for name in names]

    def pod_spec(self) -> Object:
        rng = self.rng
        claims = rng.sample(("claim-a", "claim-b", "claim-c"), rng.choice((0, 0, 0, 1, 2)))
        spec: Object = {"containers": [self.container(f"c{n}", claims) for n in range(rng.choice((1, 1, 1, 2, 3)))]}
        if claims:
            spec["resourceClaims"] = [{"name": name, "resourceClaimName": "x"} for name in claims]
        if self.maybe(0.2):
            spec["initContainers"] = [self.container(f"i{n}", claims) for n in range(rng.choice((1, 1, 2, 3)))]
            for container in spec["initContainers"]:
                if self.maybe(0.4):
                    container["restartPolicy"] = "Always"
        if self.maybe(0.15):
            spec["resources"] = self._pod_resources(spec)
        if self.maybe(0.08):
            spec["overhead"] = self.amounts(COMPUTE)
        if self.maybe(0.1):
            spec["volumes"] = [self._volume(n) for n in range(rng.choice((1, 1, 2)))]
        return spec

    def _pod_resources(self, spec: Object) -> Any:
        """Return a pod's own resources: sometimes without regard to the containers, sometimes enough for them."""
        rng = self.rng
        if self.maybe(0.5 + self.values.chaos / 2):
            names = POD_RESOURCES if self.maybe(1 - self.values.chaos / 2) else CONTAINER_RESOURCES
            return self.stanza(names, ["claim-a"] if self.maybe(self.values.chaos / 5) else None)
        large = {"cpu": rng.choice(("4", "16", 64)), "memory": rng.choice(("4Ti", "5e12"))}
        sides = rng.choice((("requests",), ("limits",), ("requests", "limits")))
        return {side: {name: large[name] for name in rng.sample(list(large), rng.randint(1, 2))} for side in sides}

    def _volume(self, number: int) -> Object:
        rng = self.rng
        reference = {
            "containerName": "c0",
            "resource": "limits.memory",
            "divisor": self.values.amount("cpu") if self.maybe(self.values.chaos) else "1Mi",
        }
        item = {"path": "limit", "resourceFieldRef": reference}
        sources: tuple[Object, ...] = (
            {"emptyDir": {"sizeLimit": self.values.amount("memory")}},
            {"emptyDir": {"medium": "Memory", "sizeLimit": self.values.amount("memory")}},
            {"downwardAPI": {"items": [item]}},
            {"projected": {"sources": [{"downwardAPI": {"items": [item]}}]}},
            {"ephemeral": {"volumeClaimTemplate": {"spec": self.claim_spec()}}},
        )
        return {"name": f"v{number}", **rng.choice(sources)}

    def pod(self) -> Object:
        """Return a Pod, rarely with ephemeral containers or the status that the cluster adds."""
        spec = self.pod_spec()
        pod = new_object("v1", "Pod", spec=spec)
        if self.maybe(0.05):
            container = {"name": "e0", "image": "registry.example/a:1", "terminationMessagePolicy": "File"}
            if self.maybe(0.4):
                container["resources"] = self.stanza()
            spec["ephemeralContainers"] = [container]
        if self.maybe(0.05):
            status = {"name": "c0", "image": "a", "imageID": "a", "ready": True, "restartCount": 0}
            status |= {"allocatedResources": self.amounts(CONTAINER_RESOURCES), "resources": self.stanza()}
            pod["status"] = {"phase": "Running", "containerStatuses": [status]}
        return pod

    def workload(self) -> Object:
        """Return an object that makes pods."""
        rng = self.rng
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
            return new_object("v1", kind, template=template)
        if kind == "ReplicationController":
            return new_object("v1", kind, spec={"selector": labels, "template": template})
        if kind in ("Job", "CronJob"):
            template["spec"]["restartPolicy"] = "Never"
            job = {"template": template}
            if kind == "Job":
                return new_object("batch/v1", kind, spec=job)
            return new_object("batch/v1", kind, spec={"schedule": "0 * * * *", "jobTemplate": {"spec": job}})
        spec: Object = {"selector": {"matchLabels": labels}, "template": template}
        if kind == "StatefulSet":
            spec["serviceName"] = "a"
            if self.maybe(0.6):
                spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": self.claim_spec()}]
        return new_object("apps/v1", kind, spec=spec)

    def claim_spec(self) -> Object:
        """Return the spec of a PersistentVolumeClaim."""
        chaos = self.values.chaos
        resources: Object = {"requests": {"storage": self.values.amount("memory")}}
        if self.maybe(0.2):
            resources["limits"] = {"storage": self.values.near(resources["requests"]["storage"])}
        if self.maybe(chaos / 4):
            resources[self.rng.choice(("requests", "limits", "limits", "claims", "limit"))] = self.amounts(
                ("storage", "cpu", "memory")
            )
        return {"accessModes": ["ReadWriteOnce"], "resources": resources if self.maybe(1 - chaos / 20) else None}


def new_object(version: str, kind: str, **content: Any) -> Object:
    """Return an object with a name."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **content}


def pod_of(stanza: Any) -> Object:
    """Return a Pod of one container with these resources."""
    container = {"name": "main", "image": "registry.example/a:1", "resources": stanza}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container]}}
