"""Kubernetes manifests: the rules for every quantity in them, on plain values.

A rule reports the path of what it finds. Lines and columns are looked up only for what is reported.
"""

from collections.abc import Iterator
from typing import Any, Final

from resources_py.cli.manifests.containers import ContainerStanza, find_containers
from resources_py.cli.manifests.custom import check_by_shape
from resources_py.cli.manifests.problems import CheckedObject, ManifestProblem, Path
from resources_py.cli.manifests.rules import find_check
from resources_py.cli.manifests.stanzas import bare_stanza, check_stanza, is_stanza
from resources_py.cli.manifests.subjects import NO_TYPE, Subject, TypeMeta, type_of

# Of Kubernetes' own groups, the one whose kinds describe other kinds.
_NOT_CHECKED: Final = ("apiextensions.k8s.io",)

__all__ = [
    "CheckedObject",
    "ContainerStanza",
    "ManifestProblem",
    "Path",
    "NO_TYPE",
    "Subject",
    "TypeMeta",
    "bare_stanza",
    "check_object",
    "check_stanza_document",
    "check_values",
    "find_containers",
    "is_manifest",
    "is_stanza",
    "item_type_of",
    "iter_objects",
]


def is_manifest(value: dict[str, Any]) -> bool:
    """Return whether a document is a Kubernetes object: it has a kind and an apiVersion."""
    return all(type_of(value))


def iter_objects(value: Any, default: TypeMeta = NO_TYPE) -> Iterator[tuple[Path, Any, TypeMeta]]:
    """Yield each object of a document, the items of a list one by one: its path, the object, its type by default."""
    todo: list[tuple[Path, Any, TypeMeta]] = [((), value, default)]
    while todo:
        path, each, default = todo.pop()
        type_meta = type_of(each, default) if isinstance(each, dict) else NO_TYPE
        if type_meta.kind.endswith("List") and isinstance(each.get("items"), list):
            # The items of a PodList need not say that each is a Pod.
            item_type = item_type_of(type_meta)
            todo += [((*path, "items", at), item, item_type) for at, item in reversed([*enumerate(each["items"])])]
        else:
            yield path, each, default


def item_type_of(list_type: TypeMeta) -> TypeMeta:
    """Return the type of a list's items that do not name their own: a List says nothing, a PodList holds Pods."""
    kind = list_type.kind.removesuffix("List")
    return TypeMeta(list_type.api_version, kind) if kind else NO_TYPE


def check_object(value: dict[str, Any], default: TypeMeta = NO_TYPE) -> CheckedObject:
    """Find what Kubernetes would reject in an object's quantities, and what is probably a mistake.

    `default` is its type if it does not name its own, as the items of a PodList need not.
    """
    type_meta = type_of(value, default)
    found = CheckedObject(value, type_meta)
    check = find_check(type_meta)
    if check is not None:
        check(found, value, ())
    elif "." in type_meta.group and type_meta.group not in _NOT_CHECKED:
        check_by_shape(found, value)
    return found


def check_values(value: Any) -> CheckedObject:
    """Check the values of a chart: whatever has the shape of a stanza, or of a list of resources."""
    found = CheckedObject({})
    check_by_shape(found, value)
    return found


def check_stanza_document(value: dict[str, Any]) -> CheckedObject:
    """Check a document that is a stanza, or has one under its only key, ``resources``."""
    found = CheckedObject({})
    found.count = 1
    stanza = bare_stanza(value)
    check_stanza(found, stanza, () if stanza is value else ("resources",))
    return found
