"""Where objects keep a Pod's spec, and the shape of the parts that this package reads."""

from collections.abc import Mapping
from typing import Any, Final

from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, field_path, quoted
from resources_py._reasons import Reason

# Where each kind of Kubernetes' own groups keeps its pod's spec.
OWN_GROUPS: Final = ("", "apps", "batch", "extensions")
POD_SPECS: Final[dict[str, tuple[str, ...]]] = {
    "Pod": ("spec",),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"),
        ("spec", "template", "spec"),
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}

# A dict is a mapping with these keys, a list with one item is a list of that.
_ANY: Final[dict[str, Any]] = {}
_TERM: Final = {"matchExpressions": [_ANY]}
_CONTAINER: Final = {"resources": {"requests": _ANY, "limits": _ANY, "claims": [_ANY]}, "volumeMounts": [_ANY]}
_NODE_AFFINITY: Final = {
    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_TERM]},
    "preferredDuringSchedulingIgnoredDuringExecution": [{"preference": _TERM}],
}
_SPEC: Final = {
    "containers": [_CONTAINER],
    "initContainers": [_CONTAINER],
    "volumes": [{"emptyDir": _ANY}],
    "tolerations": [_ANY],
    "resourceClaims": [_ANY],
    "nodeSelector": _ANY,
    "affinity": {"nodeAffinity": _NODE_AFFINITY},
}


def check_shape(spec: object) -> None:
    """Reject what is not shaped as a Pod's spec."""
    violations: list[Violation] = []
    if spec is None:
        violations.append(_wrong((), spec, "a mapping"))
    if isinstance(spec, Mapping) and "spec" in spec and "containers" not in spec:
        raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, _describe_object(spec.get("kind")))])
    _check(spec, _SPEC, (), violations)
    if violations:
        raise ResourcesTypeError(violations)


def _check(value: object, shape: Any, path: tuple[object, ...], violations: list[Violation]) -> None:
    if value is None:
        return
    if isinstance(shape, list):
        if not isinstance(value, list | tuple):
            violations.append(_wrong(path, value, "a list"))
            return
        for index, item in enumerate(value):
            if item is None:
                violations.append(_wrong((*path, index), item, "a mapping"))
            _check(item, shape[0], (*path, index), violations)
    elif not isinstance(value, Mapping):
        violations.append(_wrong(path, value, "a mapping"))
    else:
        for key, inner in shape.items():
            _check(value.get(key), inner, (*path, key), violations)


def _describe_object(kind: object) -> str:
    """Describe an object that was passed instead of its Pod's spec."""
    path = POD_SPECS.get(kind) if isinstance(kind, str) else None
    if path is None:
        return "this is an object with a spec: pass the spec of its Pod"
    return f"this is a {kind}: pass its {'.'.join(path)}"


def _wrong(path: tuple[object, ...], value: object, expected: str) -> Violation:
    return Violation(field_path(*path) if path else "", Reason.WRONG_TYPE, f"{quoted(value)} is not {expected}")


def find_container(spec: Mapping[str, Any], name: str | None) -> Any:
    """Return a container of a Pod's spec; without a name, the only one."""
    found = [
        each
        for key in ("containers", "initContainers")
        for each in spec.get(key) or ()
        if each.get("name") == name or (name is None and key == "containers")
    ]
    if len(found) != 1:
        described = f"{len(found)} containers {'to choose from' if name is None else f'are called {quoted(name)}'}"
        raise ResourcesError([Violation("containers", Reason.UNKNOWN_KEY, f"{described}: write the name of one")])
    return found[0]
