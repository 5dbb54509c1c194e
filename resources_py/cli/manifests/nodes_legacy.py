"""Finding the resources of every container in a tree of nodes. Callers move to plain values: see containers.py."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from resources_py.cli.documents.nodes import Mapping, Node, Scalar, Sequence, is_null
from resources_py.cli.manifests.subjects import Subject

_CONTAINER_LISTS: Final = {
    "initContainers": "init container",
    "containers": "container",
    "ephemeralContainers": "ephemeral container",
}
_MAX_NAME: Final = 253  # of an object in Kubernetes
# Where a kind of Kubernetes' own keeps its pod's spec.
_POD_SPECS: Final[dict[str, tuple[str, ...]]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"),
        ("spec", "template", "spec"),
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_OWN_GROUPS: Final = ("", "apps", "batch", "extensions")


class Stanza(NamedTuple):
    """One container's ``resources:``, or a pod's own."""

    node: Node | None  # None where the container has none
    subject: Subject


def is_manifest(root: Mapping) -> bool:
    """Return whether a document is a Kubernetes object: it has a kind and an apiVersion."""
    return all(isinstance(root.get(key), Scalar) for key in ("kind", "apiVersion"))


def is_stanza(root: Mapping) -> bool:
    """Return whether a document is a bare ``resources:`` stanza, with or without that key."""
    node = bare_stanza(root).node
    if not isinstance(node, Mapping) or (node is root and not node.entries):
        return False
    return set(node.entries) <= {"requests", "limits", "claims"} and all(
        isinstance(value, Mapping) or is_null(value) for key, (_, value) in node.entries.items() if key != "claims"
    )


def bare_stanza(root: Node) -> Stanza:
    """Return a document that is a stanza, or has one under its only key, ``resources``."""
    if isinstance(root, Mapping) and set(root.entries) == {"resources"}:
        return Stanza(root.get("resources"), Subject())
    return Stanza(root, Subject())


def find_stanzas(root: Node) -> Iterator[Stanza]:
    """Yield the resources of every container of a manifest, in the order in which they stand there."""
    todo = [(root, "")]
    while todo:
        node, default_kind = todo.pop()
        if not isinstance(node, Mapping):
            continue
        kind = _text(node.get("kind")) or default_kind
        items = node.get("items")
        if kind.endswith("List") and isinstance(items, Sequence):
            # A PodList's items need not say that each is a Pod.
            todo += [(item, kind.removesuffix("List")) for item in reversed(items)]
            continue
        subject = _subject(node, kind)
        if _text(node.get("apiVersion")).rpartition("/")[0] not in _OWN_GROUPS:
            yield from _in_unknown_kind(node, subject)
        elif path := _POD_SPECS.get(kind):
            spec: Node | None = node
            for key in path:
                spec = spec.get(key) if isinstance(spec, Mapping) else None
            if isinstance(spec, Mapping):
                yield from _in_pod(spec, subject)


def _in_unknown_kind(root: Mapping, subject: Subject) -> Iterator[Stanza]:
    """Find pods in an object that is not one of Kubernetes' own: an Argo Rollout, a Knative Service."""
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping) and _looks_like_a_pod(node):
            yield from _in_pod(node, subject)
        elif not isinstance(node, Scalar):
            todo += reversed(node if isinstance(node, Sequence) else [value for _, value in node.entries.values()])


def _looks_like_a_pod(node: Mapping) -> bool:
    containers = node.get("containers")
    return (
        isinstance(containers, Sequence)
        and bool(containers)
        and all(isinstance(item, Mapping) and isinstance(item.get("image"), Scalar) for item in containers)
    )


def _in_pod(spec: Mapping, subject: Subject) -> Iterator[Stanza]:
    if (own := spec.get("resources")) is not None:
        yield Stanza(own, subject._replace(role="the pod's own"))
    for key, word in _CONTAINER_LISTS.items():
        containers = spec.get(key)
        for index, container in enumerate(containers if isinstance(containers, Sequence) else ()):
            if isinstance(container, Mapping):
                name = _text(container.get("name")) or f"{key}[{index}]"
                yield Stanza(container.get("resources"), subject._replace(container=name, role=word))


def _subject(node: Mapping, kind: str) -> Subject:
    metadata = node.get("metadata")
    if not isinstance(metadata, Mapping):
        return Subject(kind=kind)
    name = _text(metadata.get("name")) or _text(metadata.get("generateName"))
    return Subject(_text(metadata.get("namespace")), kind, name)


def _text(node: Node | None) -> str:
    """Return a kind or a name. A long one is cut, since it is repeated for each container."""
    if not isinstance(node, Scalar) or node.value is None:
        return ""
    return node.written if len(node.written) <= _MAX_NAME else node.written[:_MAX_NAME] + "…"
