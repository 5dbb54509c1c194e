"""Kubernetes manifests: finding the resources of every container in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from resources_py.cli.documents.nodes import MAX_VALUES, DocumentError, Mapping, Node, Scalar, Sequence, is_null

_CONTAINER_LISTS: Final = ("initContainers", "containers", "ephemeralContainers")
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
    subject: str  # "Deployment/web, container nginx"


def is_manifest(root: Mapping) -> bool:
    """Return whether a document is a Kubernetes object: it has a kind and an apiVersion."""
    return all(isinstance(root.get(key), Scalar) for key in ("kind", "apiVersion"))


def is_stanza(root: Mapping) -> bool:
    """Return whether a document is a bare ``resources:`` stanza, with or without that key."""
    node = unwrap_stanza(root)
    if not isinstance(node, Mapping) or (node is root and not node.merged()):
        return False
    keys = node.merged()
    return set(keys) <= {"requests", "limits", "claims"} and all(
        isinstance(value, Mapping) or is_null(value) for key, (_, value) in keys.items() if key != "claims"
    )


def unwrap_stanza(root: Node) -> Node:
    """Return the stanza itself where it stands under the key ``resources``."""
    if isinstance(root, Mapping) and set(keys := root.merged()) == {"resources"}:
        return keys["resources"][1]
    return root


def find_stanzas(root: Node) -> Iterator[Stanza]:
    """Yield the resources of every container of a manifest, in the order in which they stand there."""
    for number, stanza in enumerate(_in_object(root, "", set())):
        if number >= MAX_VALUES:  # by aliases: no text of this size has so many
            raise DocumentError(f"it holds more than {MAX_VALUES:,} containers", root.start)
        yield stanza


def _in_object(root: Node, default_kind: str, seen: set[int]) -> Iterator[Stanza]:
    todo = [(root, default_kind)]
    while todo:
        node, default = todo.pop()
        if not isinstance(node, Mapping) or id(node) in seen:
            continue
        seen.add(id(node))
        kind = _text(node.get("kind")) or default
        group = _text(node.get("apiVersion")).rpartition("/")[0]
        items = node.get("items")
        if kind.endswith("List") and isinstance(items, Sequence):
            # A PodList's items need not say that each is a Pod.
            todo += [(item, kind.removesuffix("List")) for item in reversed(items)]
            continue
        name = _name(node)
        subject = f"{kind}/{name}" if name else kind
        if group not in _OWN_GROUPS:
            yield from _in_unknown_kind(node, subject, seen)
        elif path := _POD_SPECS.get(kind):
            spec: Node | None = node
            for key in path:
                spec = spec.get(key) if isinstance(spec, Mapping) else None
            if isinstance(spec, Mapping):
                yield from _in_pod(spec, subject, seen)


def _in_unknown_kind(root: Mapping, subject: str, seen: set[int]) -> Iterator[Stanza]:
    """Find pods in an object that is not one of Kubernetes' own: an Argo Rollout, a Knative Service."""
    seen.discard(id(root))  # it was looked at, but not in this way
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Scalar) or id(node) in seen:  # the same by another alias
            continue
        if isinstance(node, Mapping) and _looks_like_a_pod(node):
            yield from _in_pod(node, subject, seen)
            continue
        seen.add(id(node))
        values = node if isinstance(node, Sequence) else [value for _, value in node.merged().values()]
        todo += reversed(values)


def _looks_like_a_pod(node: Mapping) -> bool:
    containers = node.get("containers")
    return (
        isinstance(containers, Sequence)
        and bool(containers)
        and all(isinstance(item, Mapping) and isinstance(item.get("image"), Scalar) for item in containers)
    )


def _in_pod(spec: Mapping, subject: str, seen: set[int]) -> Iterator[Stanza]:
    if id(spec) in seen:
        return
    seen.add(id(spec))
    if (own := spec.get("resources")) is not None:
        yield Stanza(own, f"{subject}, the pod's own")
    for key in _CONTAINER_LISTS:
        containers = spec.get(key)
        for index, container in enumerate(containers if isinstance(containers, Sequence) else ()):
            if isinstance(container, Mapping):
                name = _text(container.get("name")) or f"{key}[{index}]"
                word = {"initContainers": "init container", "ephemeralContainers": "ephemeral container"}.get(key)
                yield Stanza(container.get("resources"), f"{subject}, {word or 'container'} {name}")


def _name(node: Mapping) -> str:
    metadata = node.get("metadata")
    if not isinstance(metadata, Mapping):
        return ""
    return _text(metadata.get("name")) or _text(metadata.get("generateName"))


def _text(node: Node | None) -> str:
    return node.written if isinstance(node, Scalar) and node.value is not None else ""
