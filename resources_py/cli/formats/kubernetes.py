"""Kubernetes: a container's stanza, and manifests."""

from __future__ import annotations

import json
from collections.abc import Iterator

from resources_py import Resources
from resources_py.cli.documents.nodes import Document, Node
from resources_py.cli.formats.base import Format
from resources_py.cli.formats.yaml import yaml_scalar
from resources_py.cli.items import GpuResource, Item
from resources_py.cli.manifests import Stanza, find_stanzas, is_manifest, is_stanza, unwrap_stanza
from resources_py.cli.stanzas import read_stanza


def _read_stanza(document: Document, root: Node, gpu: GpuResource) -> Iterator[Item]:
    yield read_stanza(document, root, Stanza(unwrap_stanza(root), ""), gpu)


def _read_manifest(document: Document, root: Node, gpu: GpuResource) -> Iterator[Item]:
    for stanza in find_stanzas(root):
        yield read_stanza(document, root, stanza, gpu)


def _write_stanza(resources: Resources, gpu_resource: str) -> bytes:
    lines = []
    for side, amounts in resources.to_kubernetes(gpu_resource).items():
        lines.append(f"{side}:\n")
        lines += [f"  {name}: {yaml_scalar(amount)}\n" for name, amount in amounts.items()]
    return ("".join(lines) or "{}\n").encode()


def _write_json(resources: Resources, gpu_resource: str) -> bytes:
    return json.dumps(resources.to_kubernetes(gpu_resource), indent=2).encode() + b"\n"


KUBERNETES = Format(
    "kubernetes",
    "a container's resources: stanza, as YAML or JSON",
    read_document=_read_stanza,
    matches=is_stanza,
    write=_write_stanza,
    separator=b"---\n",
)
KUBERNETES_JSON = Format("kubernetes-json", "the same, as JSON", write=_write_json, many="kubernetes")
MANIFEST = Format(
    "manifest",
    "Kubernetes objects: the resources of each container",
    read_document=_read_manifest,
    matches=is_manifest,
)
