"""Finding the containers of an object."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from resources_py._pod_shape import OWN_GROUPS, POD_SPECS
from resources_py.cli.manifests.problems import Path
from resources_py.cli.manifests.subjects import NO_TYPE, POD_ROLE, Subject, TypeMeta, name_of, subject_of, type_of

INIT: Final = "init container"
EPHEMERAL: Final = "ephemeral container"
ROLES: Final = {"initContainers": INIT, "containers": "container", "ephemeralContainers": EPHEMERAL}
_POD_SPECS: Final[dict[str, Path]] = {**POD_SPECS, "PodTemplate": ("template", "spec")}


class ContainerStanza(NamedTuple):
    """One container's ``resources:``, or a pod's own."""

    path: Path  # of the stanza, or of the container where it has none
    stanza: Any  # None where the container has none
    subject: Subject


def find_containers(value: dict[str, Any], default: TypeMeta = NO_TYPE) -> Iterator[ContainerStanza]:
    """Yield the resources of every container of an object, in the order in which they stand there.

    `default` is its type if it does not name its own, as the items of a PodList need not.
    """
    subject = subject_of(value, default)
    for path, spec in find_pods(value, type_of(value, default)):
        if (own := spec.get("resources")) is not None:
            yield ContainerStanza((*path, "resources"), own, subject._replace(role=POD_ROLE))
        for key, role in ROLES.items():
            for index, container in enumerate(list_of(spec.get(key))):
                if isinstance(container, dict):
                    stanza = container.get("resources")
                    at = (*path, key, index) if stanza is None else (*path, key, index, "resources")
                    name = name_of(container.get("name")) or f"{key}[{index}]"
                    yield ContainerStanza(at, stanza, subject._replace(container=name, role=role))


def find_pods(value: dict[str, Any], type_meta: TypeMeta) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the spec of every pod in an object, and where it is."""
    if type_meta.group not in OWN_GROUPS:
        yield from _find_in_unknown_kind(value)
    elif path := _POD_SPECS.get(type_meta.kind):
        spec: Any = value
        for key in path:
            spec = spec.get(key) if isinstance(spec, dict) else None
        if isinstance(spec, dict):
            yield path, spec


def _find_in_unknown_kind(root: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Find pods in an object that is not one of Kubernetes' own: an Argo Rollout, a Knative Service."""
    todo: list[tuple[Path, Any]] = [((), root)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict) and looks_like_a_pod(value):
            yield path, value
        elif isinstance(value, dict):
            todo += [((*path, key), each) for key, each in reversed(value.items())]
        elif isinstance(value, list):
            todo += [((*path, index), each) for index, each in reversed([*enumerate(value)])]


def looks_like_a_pod(value: dict[str, Any]) -> bool:
    """Return whether a mapping has containers, each with an image."""
    containers = value.get("containers")
    return (
        isinstance(containers, list)
        and bool(containers)
        and all(isinstance(item, dict) and _is_text(item.get("image")) for item in containers)
    )


def list_of(value: object) -> list[Any]:
    """Return a list as it is, and anything else as an empty one."""
    return value if isinstance(value, list) else []


def _is_text(value: object) -> bool:
    return value is not None and not isinstance(value, dict | list)
