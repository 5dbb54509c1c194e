"""What a container of a Pod asks for, as the parameters of a ContainerResources."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from resources_py import _accelerators
from resources_py._accelerators import Class
from resources_py._errors import ResourcesError, Violation, field_path, quoted
from resources_py._extended import ExtendedResources
from resources_py._kubernetes import check_gpu_resource, split_stanza
from resources_py._placement import NodeLabels, check_labels
from resources_py._pod_shape import check_shape, find_container
from resources_py._reasons import Reason
from resources_py._resources import Resources
from resources_py._shared_memory import SharedMemory
from resources_py._stanza import SIDES, StanzaValidator, text_of

_NODE_AFFINITY: Final = "affinity.nodeAffinity"
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"


class PodReader:
    """Reads one container, and collects what it cannot represent."""

    def __init__(self, labels: NodeLabels, gpu_resource: str | None) -> None:
        self._labels = check_labels(labels)
        self._gpu_resource = gpu_resource
        if gpu_resource is not None:
            check_gpu_resource(gpu_resource)
        self.violations: list[Violation] = []

    def read(self, pod_spec: Any, name: str | None) -> dict[str, Any]:
        """Return the parameters."""
        check_shape(pod_spec)
        container = find_container(pod_spec, name)
        stanza = container.get("resources") or {}
        problems = StanzaValidator().validate(stanza)
        self.violations += [
            problem.violation._replace(field=f"resources.{problem.violation.field}".rstrip("."))
            for problem in problems
            if not problem.is_warning
        ]
        if self.violations:
            raise ResourcesError(self.violations)
        device, partition, is_tpu = self._read_placement(pod_spec)
        amounts = self._read_amounts(stanza)
        if self.violations:
            raise ResourcesError(self.violations)
        gpu, extended = self._read_accelerator(amounts, device, partition, is_tpu)
        own, named = split_stanza(stanza, gpu)
        shared = self._read_shared_memory(pod_spec, container)
        if shared is not None:
            extended["shared_memory"] = SharedMemory._build(shared, self.violations)
        return {
            "resources": Resources.from_kubernetes(own, gpu),
            "extended": ExtendedResources._build(extended, self.violations),
            "named": named,
            "claims": stanza.get("claims"),
        }

    def _add(self, field: str, description: str) -> None:
        self.violations.append(Violation(field, Reason.UNKNOWN_KEY, description))

    def _read_amounts(self, stanza: Mapping[str, Any]) -> dict[str, Any]:
        sides = [{key: text_of(value) for key, value in (stanza.get(side) or {}).items()} for side in SIDES]
        for side, entries in zip(SIDES, sides, strict=True):
            for key in [key for key, text in entries.items() if text is None]:
                self._add(field_path(f"resources.{side}", key), "the value is missing: write one, or leave the key out")
                del entries[key]
        return {key: (sides[0].get(key), sides[1].get(key)) for key in {**sides[0], **sides[1]}}

    # ---- the accelerator

    def _read_placement(self, spec: Mapping[str, Any]) -> tuple[str | None, Any, bool]:
        """Return device, partition, and whether the labels are those of TPUs."""
        found: dict[str, Any] = dict(_selected(spec.get("nodeSelector") or {}, self._labels))
        self._read_affinity(spec, found)
        labels = self._labels
        tpu = {label: found.pop(label) for label in (labels.tpu_accelerator, labels.tpu_topology) if label in found}
        if tpu and found:
            label = next(iter(found))
            self._add(
                field_path("nodeSelector", label), "the labels of TPUs are set too: a container has one accelerator"
            )
        if tpu:
            return tpu.get(labels.tpu_accelerator), tpu.get(labels.tpu_topology), True
        return found.get(labels.accelerator), found.get(labels.partition_size), False

    def _read_affinity(self, spec: Mapping[str, Any], found: dict[str, Any]) -> None:
        node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
        terms = (node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
        each = [dict(_expressions(term, self._labels)) for term in terms]
        for label in dict.fromkeys(label for term in each for label in term):
            value = each[0].get(label)
            is_same = all(term.get(label) == value for term in each) and value is not None
            if not is_same or (label in found and found[label] != value):
                self._add(f"{_NODE_AFFINITY}.{_REQUIRED}", f"{quoted(label)} is not one value in every term")
            elif value is False and label not in (self._labels.partition_size, self._labels.tpu_topology):
                self._add(
                    f"{_NODE_AFFINITY}.{_REQUIRED}", f"{quoted(label)} must not exist: only a partition may be absent"
                )
            else:
                found[label] = value
        for preferred in node.get(_PREFERRED) or []:
            for label, _ in _expressions(preferred.get("preference") or {}, self._labels):
                self._add(
                    f"{_NODE_AFFINITY}.{_PREFERRED}", f"{quoted(label)} is preferred: only what is required is read"
                )

    def _read_accelerator(
        self, amounts: Mapping[str, Any], device: str | None, partition: Any, is_tpu: bool
    ) -> tuple[str, dict[str, Any]]:
        """Return the resource that counts it, and the parameters."""
        entry = _accelerators.find(device) if device else None
        expected = entry.device_class if entry else _accelerators.GOOGLE_TPU if is_tpu else None
        resources = {number: _accelerators.resource_of_class(number) for number in map(int, Class.values())}
        counted = [number for number, resource in resources.items() if resource in amounts]
        number = expected if expected in counted or not counted else counted[0]
        if number is None:
            number = _accelerators.NVIDIA_GPU
        resource = self._gpu_resource or resources[number] or "nvidia.com/gpu"
        extended: dict[str, Any] = {"accelerator": device, "partition": partition}
        if number != (entry.device_class if entry else _accelerators.NVIDIA_GPU):
            extended["device_class"] = Class.Name(number)  # type: ignore[arg-type]
        return resource, extended

    # ---- shared memory

    def _read_shared_memory(self, spec: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, Any] | None:
        volumes = {
            volume.get("name"): volume["emptyDir"]
            for volume in spec.get("volumes") or []
            if isinstance(volume.get("emptyDir"), Mapping) and volume["emptyDir"].get("medium") == "Memory"
        }
        found: dict[str, Any] | None = None
        for mount in container.get("volumeMounts") or []:
            volume = volumes.get(mount.get("name"))
            if volume is None:
                continue
            place = field_path("volumeMounts", mount.get("mountPath", ""))
            if found is not None:
                self._add(place, "a container has one memory volume: mount one of them")
            elif others := sorted({*mount} - {"name", "mountPath"}) + sorted({*volume} - {"medium", "sizeLimit"}):
                self._add(place, f"{', '.join(others)} cannot be represented: only the path, the name and the size")
            else:
                found = {"mount_path": mount.get("mountPath", ""), "mount_name": mount.get("name")}
                if volume.get("sizeLimit") is not None:
                    found["size_limit"] = text_of(volume["sizeLimit"])
        return found


def _selected(selector: Mapping[str, Any], labels: NodeLabels) -> Iterator[tuple[str, Any]]:
    for label in labels:
        if label in selector:
            yield label, selector[label]


def _expressions(term: Mapping[str, Any], labels: NodeLabels) -> Iterator[tuple[str, Any]]:
    """Yield each of our labels with its only value; False where it must not exist, None for anything else."""
    for expression in term.get("matchExpressions") or []:
        if expression.get("key") not in labels:
            continue
        operator, values = expression.get("operator"), expression.get("values") or []
        if operator == "DoesNotExist":
            yield expression["key"], False
        else:
            yield expression["key"], values[0] if operator == "In" and len(values) == 1 else None
