"""Kubernetes: a container's stanza, and manifests."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import resources_py
from resources_py._kubernetes import DEFAULT_GPU_RESOURCE
from resources_py.cli.documents.document import Document, Path
from resources_py.cli.formats.base import AnyResources, Format, Item, Places, Reading
from resources_py.cli.formats.declarations import duplicate_key_errors, yaml_scalar
from resources_py.cli.formats.stanzas import read_container
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

# ---- reading containers


def read_manifest(document: Document, reading: Reading) -> Iterator[Item]:
    """Read the stanza of every container."""
    for base, value, type_ in iter_objects(document.value, default_type(document)):
        for path, stanza, subject in find_containers(value, type_) if isinstance(value, dict) else ():
            yield _read_stanza(document, (*base, *path), stanza, subject, reading)


def default_type(document: Document) -> TypeMeta:
    """Return the type of a document that does not name its own, as an item of a PodList."""
    return NO_TYPE if document.listed_in is None else item_type_of(type_of(document.listed_in))


def read_stanza(document: Document, reading: Reading) -> Iterator[Item]:
    """Read a document that is a stanza, or has one under its only key, ``resources``."""
    value = document.value
    stanza = bare_stanza(value) if isinstance(value, dict) else value
    yield _read_stanza(document, () if stanza is value else ("resources",), stanza, Subject(), reading)


def _read_stanza(document: Document, path: Path, stanza: Any, subject: Subject, reading: Reading) -> Item:
    """Read a stanza. Report what the output cannot hold, and leave it out."""
    place = partial(document.place, path)  # finding it takes longer than all the rest
    if stanza is None:
        return Item(place, resources_py.Resources(), [], subject)
    values = stanza
    found = duplicate_key_errors(document, path, subject)
    if isinstance(stanza, dict):  # a side without a value is left out
        values = {side: entries for side, entries in stanza.items() if entries is not None}
        found += [each for side in values for each in duplicate_key_errors(document, (*path, side), subject)]
    result, problems = (None, []) if found else read_container(values, reading)
    for problem in problems:
        field, reason, description = problem.violation
        at = (*path, *problem.path)
        found.append(document.diagnose(at, reason, field, description, subject, about_key=problem.is_about_key))
    return Item(place, result, found, subject)


# ---- the formats


def _to_stanza(declared: AnyResources, gpu_resource: str | None) -> dict[str, Any]:
    if isinstance(declared, resources_py.Resources):
        return declared.to_kubernetes(gpu_resource or DEFAULT_GPU_RESOURCE)
    stanza: dict[str, Any] = declared.to_kubernetes(gpu_resource=gpu_resource).container.get("resources", {})
    return stanza


def _write_stanza(declared: AnyResources, gpu_resource: str | None) -> bytes:
    lines = []
    for key, content in _to_stanza(declared, gpu_resource).items():
        lines.append(f"{key}:\n")
        if key == "claims":
            claims = [[f"{part}: {yaml_scalar(text)}" for part, text in claim.items()] for claim in content]
            lines += ["  - " + "\n    ".join(claim) + "\n" for claim in claims]
        else:
            lines += [f"  {name}: {yaml_scalar(amount)}\n" for name, amount in content.items()]
    return ("".join(lines) or "{}\n").encode()


def _write_json(declared: AnyResources, gpu_resource: str | None) -> bytes:
    return json.dumps(_to_stanza(declared, gpu_resource), indent=2).encode() + b"\n"


_STANZA: Final = Places(
    extended=False, holder="a stanza", advice="ContainerResources.to_kubernetes writes what the Pod needs"
)
KUBERNETES = Format(
    "kubernetes",
    "a container's resources: stanza, as YAML or JSON",
    read_document=read_stanza,
    matches=is_stanza,
    write=_write_stanza,
    places=_STANZA,
    separator=b"---\n",
)
KUBERNETES_JSON = Format("kubernetes-json", "the same, as JSON", write=_write_json, places=_STANZA, many="kubernetes")
MANIFEST = Format(
    "manifest",
    "Kubernetes objects: the resources of each container",
    read_document=read_manifest,
    matches=is_manifest,
)
