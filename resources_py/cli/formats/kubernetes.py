"""Kubernetes: a container's stanza, and manifests."""

import json
from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import resources_py
from resources_py import ResourcesError
from resources_py._reasons import Reason
from resources_py._resource_names import is_extended_resource
from resources_py._stanza import StanzaValidator
from resources_py.cli.documents.document import Document, Path
from resources_py.cli.formats.base import Format, GpuResource, Item
from resources_py.cli.formats.declarations import duplicate_key_errors, yaml_scalar
from resources_py.cli.manifests import (
    NO_TYPE,
    Subject,
    TypeMeta,
    bare_stanza,
    find_containers,
    is_manifest,
    is_stanza,
    item_type_of,
    iter_objects,
)
from resources_py.cli.manifests.subjects import type_of

if TYPE_CHECKING:  # imported when the first is read, which `check` rarely does
    from resources_py import Resources

# ---- reading containers: the problems that the validator finds, with their places


def read_manifest(document: Document, gpu: GpuResource) -> Iterator[Item]:
    """Read the stanza of every container."""
    for base, value, type_ in iter_objects(document.value, default_type(document)):
        for path, stanza, subject in find_containers(value, type_) if isinstance(value, dict) else ():
            yield _read_stanza(document, (*base, *path), stanza, subject, gpu)


def default_type(document: Document) -> TypeMeta:
    """Return the type of a document that does not name its own, as an item of a PodList."""
    return NO_TYPE if document.listed_in is None else item_type_of(type_of(document.listed_in))


def read_stanza(document: Document, gpu: GpuResource) -> Iterator[Item]:
    """Read a document that is a stanza, or has one under its only key, ``resources``."""
    value = document.value
    stanza = bare_stanza(value) if isinstance(value, dict) else value
    yield _read_stanza(document, () if stanza is value else ("resources",), stanza, Subject(), gpu)


def _read_stanza(document: Document, path: Path, stanza: Any, subject: Subject, gpu: GpuResource) -> Item:
    """Read a stanza as a `Resources`; what that does not carry is an error, and left out of it."""
    place = partial(document.place, path)  # finding it takes longer than all the rest
    if stanza is None:
        return Item(place, resources_py.Resources(), [], subject)
    values = stanza
    found = duplicate_key_errors(document, path, subject)
    if isinstance(stanza, dict):  # a side without a value is left out
        values = {side: entries for side, entries in stanza.items() if entries is not None}
        found += [each for side in values for each in duplicate_key_errors(document, (*path, side), subject)]
    problems = [] if found else StanzaValidator(gpu.name).validate(values)
    for problem in problems:
        is_foreign = problem.reason == Reason.UNKNOWN_KEY and is_extended_resource(problem.path[-1])
        field, reason, description = problem.violation
        described = description + (gpu.hint if is_foreign else "")
        at = (*path, *problem.path)
        found.append(document.diagnose(at, reason, field, described, subject, about_key=problem.is_about_key))
    is_carried = len(found) == len(problems) and all(each.reason == Reason.UNKNOWN_KEY for each in problems)
    rest = _without(values, {each.path for each in problems}) if is_carried else None
    return Item(place, None if rest is None else _from_kubernetes(rest, gpu.name), found, subject)


def _without(stanza: dict[str, Any], paths: Collection[Path]) -> dict[str, Any]:
    """Return a stanza without the keys at these paths."""
    return {
        side: {name: each for name, each in entries.items() if (side, name) not in paths}
        for side, entries in stanza.items()
        if (side,) not in paths
    }


def _from_kubernetes(stanza: dict[str, Any], gpu_resource: str) -> "Resources | None":
    try:
        return resources_py.Resources.from_kubernetes(stanza, gpu_resource)
    except ResourcesError:  # of what remains, too
        return None


# ---- the formats


def _write_stanza(resources: "Resources", gpu_resource: str) -> bytes:
    lines = []
    for side, amounts in resources.to_kubernetes(gpu_resource).items():
        lines.append(f"{side}:\n")
        lines += [f"  {name}: {yaml_scalar(amount)}\n" for name, amount in amounts.items()]
    return ("".join(lines) or "{}\n").encode()


def _write_json(resources: "Resources", gpu_resource: str) -> bytes:
    return json.dumps(resources.to_kubernetes(gpu_resource), indent=2).encode() + b"\n"


KUBERNETES = Format(
    "kubernetes",
    "a container's resources: stanza, as YAML or JSON",
    read_document=read_stanza,
    matches=is_stanza,
    write=_write_stanza,
    separator=b"---\n",
)
KUBERNETES_JSON = Format("kubernetes-json", "the same, as JSON", write=_write_json, many="kubernetes")
MANIFEST = Format(
    "manifest",
    "Kubernetes objects: the resources of each container",
    read_document=read_manifest,
    matches=is_manifest,
)
