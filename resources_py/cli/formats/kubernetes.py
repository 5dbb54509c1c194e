"""Kubernetes: a container's stanza, and manifests."""

import json
from collections.abc import Iterator
from typing import Any

from resources_py import Resources
from resources_py._errors import quoted
from resources_py._kubernetes import SIDES, StanzaProblem, StanzaValidator
from resources_py._reasons import Reason
from resources_py._resource_names import is_extended_resource
from resources_py.cli.diagnostics import Diagnostic, Severity
from resources_py.cli.documents.nodes import Document, Mapping, Node, Scalar, is_null, to_python
from resources_py.cli.formats.base import Format, GpuResource, Item
from resources_py.cli.formats.declarations import duplicate_key_errors, misread_number, yaml_scalar
from resources_py.cli.manifests.nodes_legacy import Stanza, bare_stanza, find_stanzas, is_manifest, is_stanza

# ---- reading a stanza in a document: the problems that the validator finds, with their places


def read_stanza(document: Document, root: Node, stanza: Stanza, gpu: GpuResource) -> Item:
    """Read a stanza as a `Resources`; what that does not carry is an error."""
    node, subject = stanza
    place = document.place(root if node is None else node)
    if node is None or is_null(node):
        return Item(place, Resources(), [], subject)
    found = [each for _, mapping in _mappings(node) for each in duplicate_key_errors(document, mapping, subject)]
    values = _to_python(node)
    for problem in () if found else StanzaValidator(gpu.name).validate(values):
        is_foreign = problem.reason == Reason.UNKNOWN_KEY and is_extended_resource(problem.path[-1])
        found.append(_diagnose(document, node, subject, problem, gpu.hint if is_foreign else ""))
    return Item(place, None if found else Resources.from_kubernetes(values, gpu.name), found, subject)


def check_stanza(document: Document, stanza: Stanza) -> list[Diagnostic]:
    """Return what Kubernetes would reject in a stanza, and what is probably a mistake."""
    node, subject = stanza
    if node is None or is_null(node):
        return []
    values = _to_python(node)
    if isinstance(values, dict):  # $patch and the like are instructions to kubectl and kustomize
        values = {key: value for key, value in values.items() if not key.startswith("$")}
    found = [_diagnose(document, node, subject, each) for each in StanzaValidator().validate(values)]
    for side, mapping in _mappings(node):
        for key in mapping.duplicates:
            name = quoted(key.written)[1:-1]
            described = f"{name} is written twice: the last one counts, and strict readers reject it"
            field = f'{side}["{name}"]' if side else name
            place = document.place(key)
            found.append(Diagnostic(place, "warning", Reason.DUPLICATE_KEY, field, described, subject, document))
        for name, (_, value) in mapping.entries.items() if side in SIDES else ():
            if isinstance(value, Scalar) and value.misread is not None:
                found.append(misread_number(document, value, f'{side}["{quoted(name)[1:-1]}"]', subject))
    return found


def _mappings(node: Node) -> Iterator[tuple[str, Mapping]]:
    """Yield the stanza itself, and each of its sides."""
    if isinstance(node, Mapping):
        yield "", node
        for side, (_, value) in node.entries.items():
            if isinstance(value, Mapping):
                yield side, value


def _to_python(node: Node) -> Any:
    """Convert a stanza for the validator: numbers as the text that Go reads; a side without a value is left out."""
    if not isinstance(node, Mapping):
        return to_python(node, 0)
    sides = {side: entries for side, (_, entries) in node.entries.items() if not is_null(entries)}
    return {side: _entries(node) if isinstance(node, Mapping) else to_python(node, 0) for side, node in sides.items()}


def _entries(side: Mapping) -> dict[str, Any]:
    values = {name: value for name, (_, value) in side.entries.items()}
    return {name: value.go_value if isinstance(value, Scalar) else value for name, value in values.items()}


def _diagnose(document: Document, node: Node, subject: str, problem: StanzaProblem, hint: str = "") -> Diagnostic:
    for level, step in enumerate(problem.path, 1):
        assert isinstance(node, Mapping)
        assert isinstance(step, str)
        key, value = node.entries[step]
        is_last = level == len(problem.path)
        node = key if is_last and (problem.is_about_key or is_null(value)) else value
    field, reason, description = problem.violation
    severity: Severity = "warning" if problem.is_warning else "error"
    return Diagnostic(document.place(node), severity, reason, field, description + hint, subject, document)


# ---- the formats


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
    read_document=lambda document, root, gpu: iter([read_stanza(document, root, bare_stanza(root), gpu)]),
    matches=is_stanza,
    write=_write_stanza,
    separator=b"---\n",
)
KUBERNETES_JSON = Format("kubernetes-json", "the same, as JSON", write=_write_json, many="kubernetes")
MANIFEST = Format(
    "manifest",
    "Kubernetes objects: the resources of each container",
    read_document=lambda document, root, gpu: (
        read_stanza(document, root, stanza, gpu) for stanza in find_stanzas(root)
    ),
    matches=is_manifest,
)
