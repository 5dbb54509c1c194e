"""What a ContainerResources adds to a container and to its Pod."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from resourceidl.v1 import extended_resources_pb2 as pb
from resources_py import _accelerators
from resources_py._container_rules import check_extended, check_together
from resources_py._errors import (
    QuantityError,
    ResourcesError,
    ResourcesTypeError,
    Violation,
    field_path,
    quoted,
    raise_all,
)
from resources_py._extended import PARAMETERS
from resources_py._kubernetes import DEFAULT_GPU_RESOURCE, check_gpu_resource
from resources_py._pod_shape import check_shape, find_container
from resources_py._quantity._type import Quantity
from resources_py._reasons import Reason
from resources_py._resource_names import is_qualified_name
from resources_py._stanza import SIDES, text_of

_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"


class NodeLabels(NamedTuple):
    """The labels by which the nodes of a cluster tell their accelerators.

    Attributes:
        accelerator: The device of a node.
        partition_size: The size of its partitions.
        tpu_accelerator: The device of a node with TPUs.
        tpu_topology: The topology of its slice.
    """

    accelerator: str
    partition_size: str
    tpu_accelerator: str = "cloud.google.com/gke-tpu-accelerator"
    tpu_topology: str = "cloud.google.com/gke-tpu-topology"

    def of_class(self, device_class: int) -> tuple[str, str]:
        """Return the labels of the device and of its partition."""
        if device_class == _accelerators.GOOGLE_TPU:
            return self.tpu_accelerator, self.tpu_topology
        return self.accelerator, self.partition_size


EKS: Final = NodeLabels("k8s.amazonaws.com/accelerator", "k8s.amazonaws.com/gpu-partition-size")
"""The labels of Amazon's EKS, which are also the defaults of Flyte's backend."""
GKE: Final = NodeLabels("cloud.google.com/gke-accelerator", "cloud.google.com/gke-gpu-partition-size")
"""The labels of Google's GKE."""


def check_labels(labels: object) -> NodeLabels:
    """Reject what is not the key of a label."""
    if not isinstance(labels, NodeLabels):
        described = f"{quoted(labels)} is not a NodeLabels: write GKE, EKS or NodeLabels(…)"
        raise ResourcesTypeError([Violation("labels", Reason.WRONG_TYPE, described)])
    for name, key in labels._asdict().items():
        if not isinstance(key, str) or not is_qualified_name(key):
            described = f"{quoted(key)} is not the key of a label: write one such as 'example.com/accelerator'"
            raise ResourcesError([Violation(f"labels.{name}", Reason.INVALID_NAME, described)])
    return labels


class KubernetesParts(NamedTuple):
    """What belongs to a container, and what belongs to its Pod. Both hold only what is needed.

    Attributes:
        container: ``resources`` and ``volumeMounts``.
        pod: ``volumes``, ``nodeSelector``, ``affinity``, ``tolerations`` and ``resourceClaims``.
    """

    container: dict[str, Any]
    pod: dict[str, Any]

    def add_to(self, pod_spec: Mapping[str, Any], container: str) -> dict[str, Any]:
        """Return a copy of a Pod's spec with these parts. Nothing that it has is overwritten.

        Args:
            pod_spec: The ``spec`` of a Pod, as plain dicts.
            container: The name of the container, or of the init container.

        Raises:
            ResourcesError: The spec has no such container, or sets something to another value (DUPLICATE_NAME).

        Example:
            >>> from resources_py import ContainerResources, Resources
            >>> parts = ContainerResources(Resources(cpu=1)).to_kubernetes()
            >>> parts.add_to({"containers": [{"name": "main"}]}, "main")
            {'containers': [{'name': 'main', 'resources': {'requests': {'cpu': '1'}, 'limits': {'cpu': '1'}}}]}
        """
        check_shape(pod_spec)
        spec = copy.deepcopy(dict(pod_spec))
        merger = _Merger()
        merger.merge_container(find_container(spec, container), copy.deepcopy(self.container))
        merger.merge_pod(spec, copy.deepcopy(self.pod))
        raise_all(merger.violations)
        return spec


# ---- writing


def to_parts(
    container: Any, labels: NodeLabels, gpu_resource: str | None, claim_templates: Mapping[str, str]
) -> KubernetesParts:
    """Return the parts of a ContainerResources.

    Raises ResourcesError with everything that the API server would reject.
    """
    check_labels(labels)
    message = container._message()
    accelerator = message.extended_resources.gpu_accelerator
    resource = gpu_resource
    if resource is None:
        resource = _accelerators.resource_of_class(_accelerators.class_of(accelerator)) or DEFAULT_GPU_RESOURCE
    check_gpu_resource(resource)
    violations: list[Violation] = []
    stanza: dict[str, Any] = {}
    try:
        stanza = container.resources.to_kubernetes(resource)
    except ResourcesError as error:
        violations += [v._replace(field=f"resources.{v.field}") for v in error.violations]
    violations += _check(container, message, resource, is_named=gpu_resource is not None)
    raise_all(violations)
    _add_named(stanza, container.named)
    if message.claims:
        claims = [(claim.name, claim.request) for claim in message.claims]
        stanza["claims"] = [{"name": name} | ({"request": request} if request else {}) for name, request in claims]
    parts = KubernetesParts({"resources": stanza} if stanza else {}, {})
    if message.extended_resources.HasField("shared_memory"):
        _add_shared_memory(parts, message.extended_resources.shared_memory)
    _add_selectors(parts.pod, accelerator, labels)
    if stanza.get("limits", {}).get(resource, "0") != "0":
        parts.pod["tolerations"] = [{"key": resource, "operator": "Exists", "effect": "NoSchedule"}]
    for name in dict.fromkeys(claim.name for claim in message.claims):
        source = (
            {"resourceClaimTemplateName": claim_templates[name]}
            if name in claim_templates
            else {"resourceClaimName": name}
        )
        parts.pod.setdefault("resourceClaims", []).append({"name": name, **source})
    return parts


def _check(container: Any, message: Any, gpu_resource: str, *, is_named: bool) -> Iterator[Violation]:
    """Yield what only Kubernetes rejects, by the names of the parameters."""
    for violation in check_extended(message.extended_resources, for_kubernetes=True):
        if not (is_named and violation.field == "gpu_accelerator.device_class"):
            yield violation._replace(field=f"extended.{PARAMETERS[violation.field]}")
    if gpu_resource in container.named:
        described = f"{quoted(gpu_resource)} has its own place: write it as gpu of Resources"
        yield Violation(field_path("named", gpu_resource), Reason.DUPLICATE_NAME, described)
    for violation in check_together(message):
        field = "extended.accelerator"
        if violation.reason == Reason.CPU_OR_MEMORY_REQUIRED:
            side, index = violation.field.removesuffix("].name").split("[")
            field = field_path("named", getattr(message, side)[int(index)].name)
        yield violation._replace(field=field)


def _add_named(stanza: dict[str, Any], named: Mapping[str, Any]) -> None:
    for name in sorted(named):
        value = named[name]
        for side, each in zip(SIDES, value if isinstance(value, tuple) else (value, value), strict=True):
            if each is not None:
                stanza.setdefault(side, {})[name] = str(Quantity(text_of(each)))  # type: ignore[arg-type]


def _add_shared_memory(parts: KubernetesParts, shared: pb.SharedMemory) -> None:
    size = {"sizeLimit": str(Quantity(shared.size_limit))} if shared.size_limit else {}
    parts.container["volumeMounts"] = [{"name": shared.mount_name, "mountPath": shared.mount_path}]
    parts.pod["volumes"] = [{"name": shared.mount_name, "emptyDir": {"medium": "Memory", **size}}]


def _add_selectors(pod: dict[str, Any], accelerator: pb.GPUAccelerator, labels: NodeLabels) -> None:
    device_label, partition_label = labels.of_class(_accelerators.class_of(accelerator))
    wanted = {device_label: _accelerators.device_of(accelerator), partition_label: accelerator.partition_size}
    if selector := {label: value for label, value in wanted.items() if value}:
        pod["nodeSelector"] = selector
    if accelerator.unpartitioned:
        term = {"matchExpressions": [{"key": partition_label, "operator": "DoesNotExist"}]}
        pod["affinity"] = {"nodeAffinity": {_REQUIRED: {"nodeSelectorTerms": [term]}}}


# ---- merging


class _Merger:
    """Adds parts to a spec that may have some of them, and collects what contradicts it."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def merge_container(self, target: dict[str, Any], parts: dict[str, Any]) -> None:
        if stanza := parts.get("resources"):
            own = target["resources"] = dict(target.get("resources") or {})
            for side in SIDES:
                if side in stanza:
                    own[side] = self._merge_mapping(f"resources.{side}", own.get(side), stanza[side], _is_same_amount)
            if "claims" in stanza:
                own["claims"] = _appended(own.get("claims"), stanza["claims"])
        self._merge_list(target, parts, "volumeMounts", "mountPath")

    def merge_pod(self, target: dict[str, Any], parts: dict[str, Any]) -> None:
        self._merge_list(target, parts, "volumes", "name")
        if "nodeSelector" in parts:
            own = target.get("nodeSelector")
            target["nodeSelector"] = self._merge_mapping("nodeSelector", own, parts["nodeSelector"], _is_same)
        if "affinity" in parts:
            _merge_affinity(target, parts["affinity"])
        if "tolerations" in parts:
            target["tolerations"] = _appended(target.get("tolerations"), parts["tolerations"])
        if "resourceClaims" in parts:  # those of the Pod say where they come from
            own = list(target.get("resourceClaims") or ())
            names = {claim.get("name") for claim in own}
            target["resourceClaims"] = own + [claim for claim in parts["resourceClaims"] if claim["name"] not in names]

    def _merge_mapping(self, field: str, own: Any, wanted: dict[str, str], is_same: Any) -> dict[str, Any]:
        merged = dict(own or {})
        for key, value in wanted.items():
            if key in merged and not is_same(merged[key], value):
                self._add(field_path(field, key), merged[key], value)
            else:
                merged.setdefault(key, value)
        return merged

    def _merge_list(self, target: dict[str, Any], parts: dict[str, Any], key: str, name: str) -> None:
        for item in parts.get(key, ()):
            own = target[key] = list(target.get(key) or ())
            existing = next((each for each in own if each.get(name) == item[name]), None)
            if existing is None:
                own.append(item)
            elif existing != item:
                self._add(field_path(key, item[name]), existing, item)

    def _add(self, field: str, own: object, wanted: object) -> None:
        described = f"the Pod has {quoted(own)}, and {quoted(wanted)} is wanted: remove one of the two"
        self.violations.append(Violation(field, Reason.DUPLICATE_NAME, described))


def _is_same(own: object, wanted: str) -> bool:
    return isinstance(own, str) and own == wanted


def _is_same_amount(own: object, wanted: str) -> bool:
    text = text_of(own)
    try:
        return text is not None and Quantity(text) == Quantity(wanted)
    except QuantityError:
        return False


def _appended(own: Any, wanted: list[Any]) -> list[Any]:
    return list(own or ()) + [each for each in wanted if each not in (own or ())]


def _merge_affinity(target: dict[str, Any], affinity: dict[str, Any]) -> None:
    """Add the expression to each term: a node must match one of the terms, and this in any case."""
    required = affinity["nodeAffinity"][_REQUIRED]
    expressions = required["nodeSelectorTerms"][0]["matchExpressions"]
    own = target["affinity"] = dict(target.get("affinity") or {})
    node = own["nodeAffinity"] = dict(own.get("nodeAffinity") or {})
    terms = (node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or [{}]
    merged = [{**term, "matchExpressions": _appended(term.get("matchExpressions"), expressions)} for term in terms]
    node[_REQUIRED] = {"nodeSelectorTerms": merged}
