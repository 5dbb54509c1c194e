"""Sums over many objects, as the Pods that they ask for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from resources_py._errors import ResourcesTypeError, Violation, quoted
from resources_py._pod import NOTHING, OWN_GROUPS, POD_SPECS, Amounts, PodAmounts, in_order, pod_amounts, to_quantities
from resources_py._quantity import BINARY_SI, DECIMAL_SI, Quantity
from resources_py._reasons import Reason

Grouping: TypeAlias = Literal["workload", "namespace", "kind", "all"]

_SCALED: Final = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
_ENDED: Final = ("Succeeded", "Failed")


class Total(NamedTuple):
    """What a group of objects asks for.

    Attributes:
        namespace: Empty where a group spans several.
        kind: Likewise.
        name: Of the workload; likewise.
        pods: How many Pods.
        requests: By the name of the resource, exact.
        limits: Likewise. A Pod without a limit adds nothing.
    """

    namespace: str
    kind: str
    name: str
    pods: int
    requests: dict[str, Quantity]
    limits: dict[str, Quantity]

    @property
    def resources(self) -> tuple[str, ...]:
        """The names of all resources, cpu and memory first, and the others by the alphabet."""
        return tuple(in_order(self.requests.keys() | self.limits.keys()))


class _Workload(NamedTuple):
    """Whose Pods are counted together."""

    namespace: str
    kind: str
    name: str
    owner: str  # the kind of the object that controls this one and may be counted too


class _Sum:
    """Nanos and formats by the name of the resource. Adding is exact, in any order."""

    __slots__ = ("limits", "pods", "requests")

    def __init__(self) -> None:
        self.pods = 0
        self.requests: Amounts = {}
        self.limits: Amounts = {}

    def add(self, pods: int, requests: Amounts, limits: Amounts) -> None:
        """Add so many Pods, each of these amounts."""
        self.pods += pods
        for total, amounts in ((self.requests, requests), (self.limits, limits)):
            for name, (nanos, form) in amounts.items():
                sum_, sum_form = total.get(name, NOTHING)
                # The format of a sum may not depend on the order: BinarySI, if one amount is.
                is_binary = BINARY_SI in (form, sum_form)
                total[name] = sum_ + nanos * pods, BINARY_SI if is_binary else DECIMAL_SI

    def merge(self, other: "_Sum") -> None:
        """Add what another holds."""
        self.add(1, other.requests, other.limits)
        self.pods += other.pods - 1


class Totals:
    """Sums of the Pods that objects ask for: Pods themselves, and workloads with their replicas.

    Sums are exact, and do not depend on the order of the objects: many files may be counted apart, and merged.

    - A Deployment, ReplicaSet, StatefulSet or ReplicationController counts its replicas, or, with a
      HorizontalPodAutoscaler for it, `autoscaled` of its range.
    - A DaemonSet counts one Pod for each of `nodes`.
    - A Job counts as many Pods as may run at once: its parallelism, at most its completions. A CronJob counts one Job.
      Suspended ones count nothing.
    - A Pod that has ended counts nothing.
    - What another object controls is left out if that object's kind is counted too: the ReplicaSets of Deployments,
      and their Pods.

    Args:
        nodes: On how many nodes a DaemonSet runs.
        autoscaled: Which end of the range counts.
        keep_names: Remember each workload, which takes memory, for ``by("workload")``.

    Example:
        >>> totals = Totals()
        >>> pod = {"containers": [{"name": "a", "resources": {"requests": {"cpu": "250m"}}}]}
        >>> spec = {"replicas": 3, "template": {"spec": pod}}
        >>> totals.add({"kind": "Deployment", "apiVersion": "apps/v1", "spec": spec})
        True
        >>> totals.by("all")[0].requests
        {'cpu': Quantity('750m')}
    """

    def __init__(self, *, nodes: int = 1, autoscaled: Literal["min", "max"] = "max", keep_names: bool = False) -> None:
        self.nodes, self.autoscaled, self.keep_names = nodes, autoscaled, keep_names
        self.counts: Counter[str] = Counter()  # of the objects that are counted, by kind
        self._sums: dict[_Workload, _Sum] = {}
        self._scaled: dict[tuple[str, str, str], tuple[_Workload, int, PodAmounts]] = {}
        self._ranges: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._missing: dict[tuple[str, str], str] = {}
        self._largest: dict[_Workload, Amounts] = {}

    def add(self, obj: Mapping[str, Any]) -> bool:
        """Add an object.

        Args:
            obj: An object of Kubernetes, as plain dicts. It may be one that asks for no Pods.

        Returns:
            Whether it is of a kind that is counted.

        Raises:
            ResourcesError: An amount is not a quantity.
            ResourcesTypeError: Something that must be a mapping, a list or a number is not.
        """
        kind, group = str(obj.get("kind")), str(obj.get("apiVersion")).rpartition("/")[0]
        metadata = _get(obj, "metadata")
        namespace, name = str(metadata.get("namespace") or "default"), str(metadata.get("name") or "")
        if kind == "HorizontalPodAutoscaler":
            spec = _get(obj, "spec")
            target = _get(spec, "scaleTargetRef")
            scaled = namespace, str(target.get("kind")), str(target.get("name"))
            self._ranges[scaled] = _number(spec, "minReplicas", 1), _number(spec, "maxReplicas", 1)
            return False
        if kind not in POD_SPECS or group not in OWN_GROUPS:
            return False
        pod_spec: Mapping[str, Any] = obj
        for step in POD_SPECS[kind]:
            pod_spec = _get(pod_spec, step)
        amounts = pod_amounts(pod_spec)
        owner = _controller_of(metadata)
        shown = _workload_of(metadata, owner) if owner[0] and kind == "Pod" else (kind, name)
        workload = _Workload(namespace, shown[0], shown[1] if self.keep_names else "", owner[0])
        pods = self._pods_of(kind, obj)
        self.counts[kind] += 1
        for key in amounts.missing if pods else ():
            self._name_missing(namespace, key, f"{kind}/{name}")
        if self.keep_names:
            self._keep_largest(workload, amounts.requests)
        self._sum(workload).add(pods, amounts.requests, amounts.limits)
        if kind in _SCALED:
            self._scaled[namespace, kind, name] = workload, pods, amounts
        return True

    def merge(self, other: "Totals") -> None:
        """Add everything that `other` counted."""
        for workload, sum_ in other._sums.items():
            self._sum(workload).merge(sum_)
        self.counts += other.counts
        for (namespace, key), name in other._missing.items():
            self._name_missing(namespace, key, name)
        for workload, amounts in other._largest.items():
            self._keep_largest(workload, amounts)
        self._scaled |= other._scaled
        self._ranges |= other._ranges

    def by(self, grouping: Grouping) -> list[Total]:
        """Return the sums of each group, in order."""
        groups: dict[tuple[str, str, str], _Sum] = {}
        for workload, sum_ in self._counted():
            groups.setdefault(_group_of(workload, grouping), _Sum()).merge(sum_)
        if grouping == "all" and not groups:
            groups["", "", ""] = _Sum()
        return [
            Total(*key, sum_.pods, to_quantities(sum_.requests), to_quantities(sum_.limits))
            for key, sum_ in sorted(groups.items())
            if sum_.pods or grouping == "all"
        ]

    def controlled(self) -> int:
        """Return how many Pods are left out because what controls them is counted."""
        return sum(sum_.pods for workload, sum_ in self._sums.items() if workload.owner in self.counts)

    def missing(self, namespace: str) -> dict[str, str]:
        """Return what not every container of a namespace sets, as a quota names it, and one object that does not."""
        return {key: name for (each, key), name in sorted(self._missing.items()) if each == namespace}

    def largest(self) -> list[Total]:
        """Return the largest Pod of each workload, if names are kept."""
        return [
            Total(*workload[:3], 1, to_quantities(amounts), {}) for workload, amounts in sorted(self._largest.items())
        ]

    def _name_missing(self, namespace: str, key: str, name: str) -> None:
        self._missing[namespace, key] = min(name, self._missing.get((namespace, key), name))

    def _keep_largest(self, workload: _Workload, amounts: Amounts) -> None:
        most = self._largest.setdefault(workload, {})
        for name, amount in amounts.items():
            most[name] = max(amount, most.get(name, amount))

    def _counted(self) -> Iterator[tuple[_Workload, _Sum]]:
        for workload, sum_ in self._sums.items():
            if workload.owner not in self.counts:
                yield workload, sum_
        for key, (least, most) in self._ranges.items():
            if key in self._scaled:
                workload, pods, amounts = self._scaled[key]
                if workload.owner not in self.counts:
                    change = _Sum()
                    change.add((least if self.autoscaled == "min" else most) - pods, amounts.requests, amounts.limits)
                    yield workload, change

    def _sum(self, workload: _Workload) -> _Sum:
        return self._sums.setdefault(workload, _Sum())

    def _pods_of(self, kind: str, obj: Mapping[str, Any]) -> int:
        spec = _get(obj, "spec")
        if kind == "Pod":
            return 0 if _get(obj, "status").get("phase") in _ENDED else 1
        if kind == "DaemonSet":
            return self.nodes
        if kind == "CronJob" and not spec.get("suspend"):
            spec = _get(_get(spec, "jobTemplate"), "spec")
        if kind in ("Job", "CronJob"):
            parallelism = _number(spec, "parallelism", 1)
            return 0 if spec.get("suspend") else min(parallelism, _number(spec, "completions", parallelism))
        return _number(spec, "replicas", 1)


def _get(obj: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = obj.get(key)
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise ResourcesTypeError([Violation(key, Reason.WRONG_TYPE, f"{quoted(value)} is not a mapping")])


def _number(spec: Mapping[str, Any], key: str, default: int) -> int:
    value = spec.get(key)
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ResourcesTypeError([Violation(f"spec.{key}", Reason.WRONG_TYPE, f"{quoted(value)} is not a count")])


def _controller_of(metadata: Mapping[str, Any]) -> tuple[str, str]:
    """Return kind and name of the object that controls another."""
    owners: Iterable[Any] = metadata.get("ownerReferences") or ()
    for owner in owners:
        if isinstance(owner, Mapping) and owner.get("controller"):
            return str(owner.get("kind")), str(owner.get("name"))
    return "", ""


def _workload_of(metadata: Mapping[str, Any], owner: tuple[str, str]) -> tuple[str, str]:
    """Return kind and name of what a Pod belongs to: of a Deployment's, the Deployment and not its ReplicaSet."""
    kind, name = owner
    suffix = f"-{_get(metadata, 'labels').get('pod-template-hash')}"
    if kind == "ReplicaSet" and name.endswith(suffix):
        return "Deployment", name.removesuffix(suffix)
    return owner


def _group_of(workload: _Workload, grouping: Grouping) -> tuple[str, str, str]:
    namespace, kind, name, _ = workload
    if grouping == "workload":
        return namespace, kind, name
    return (namespace, "", "") if grouping == "namespace" else ("", kind, "") if grouping == "kind" else ("", "", "")
