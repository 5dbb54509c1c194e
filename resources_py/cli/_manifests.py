"""Kubernetes manifests: every container's resources in them, held to what the API server holds them to.

The rules are those of Kubernetes' own validation (pkg/apis/core/validation: ValidateContainerResourceRequirements),
for every name of a resource, not only the four that `Resources` carries. Two are this package's: an amount beyond
2^63-1, and one written with more than 64 bytes, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from resources_py import Quantity, Resources, ResourcesError, ResourcesWarning, Violation
from resources_py._amounts import MAX_VALUE
from resources_py._errors import quoted
from resources_py._names import did_you_mean
from resources_py.cli._documents import MOST_VALUES, Document, DocumentError, Mapping, Node, Scalar, Sequence, plain
from resources_py.cli._findings import Finding, Severity

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


def is_manifest(root: Node | None) -> bool:
    """Say whether a document is a Kubernetes object: it has a kind and an apiVersion."""
    if not isinstance(root, Mapping):
        return False
    return all(isinstance(root.get(key), Scalar) for key in ("kind", "apiVersion"))


def is_stanza(root: Node | None) -> bool:
    """Say whether a document is a bare ``resources:`` stanza, with or without that key."""
    if not isinstance(root, Mapping):
        return False
    node = unwrapped(root)
    if not isinstance(node, Mapping):
        return False
    keys = node.effective()
    if node is root and not keys:
        return False
    return set(keys) <= {"requests", "limits", "claims"} and all(
        isinstance(value, Mapping) or (isinstance(value, Scalar) and value.value is None)
        for key, (_, value) in keys.items()
        if key != "claims"
    )


def unwrapped(root: Node) -> Node:
    """Give the stanza itself where it stands under the key ``resources``."""
    if isinstance(root, Mapping) and set(keys := root.effective()) == {"resources"}:
        return keys["resources"][1]
    return root


# ---- finding them


def stanzas(root: Node) -> Iterator[Stanza]:
    """Give the resources of every container of a manifest, in the order in which they stand there."""
    for number, stanza in enumerate(_of_object(root, "", set())):
        if number >= MOST_VALUES:  # by aliases: no text of this size has so many
            raise DocumentError(f"it holds more than {MOST_VALUES:,} containers", root.start)
        yield stanza


def _of_object(root: Node, default_kind: str, seen: set[int]) -> Iterator[Stanza]:
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
            todo += [(item, kind.removesuffix("List")) for item in reversed(items.items)]
            continue
        name = _name(node)
        subject = f"{kind}/{name}" if name else kind
        if group not in _OWN_GROUPS:
            yield from _of_anything(node, subject, seen)
        elif path := _POD_SPECS.get(kind):
            spec: Node | None = node
            for key in path:
                spec = spec.get(key) if isinstance(spec, Mapping) else None
            if isinstance(spec, Mapping):
                yield from _of_pod(spec, subject, seen)


def _of_anything(root: Mapping, subject: str, seen: set[int]) -> Iterator[Stanza]:
    """Find pods in an object of a kind that Kubernetes does not know: an Argo Rollout, a Knative Service."""
    seen.discard(id(root))  # it was looked at, but not in this way
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Scalar) or id(node) in seen:  # the same by another alias
            continue
        if isinstance(node, Mapping) and _looks_like_a_pod(node):
            yield from _of_pod(node, subject, seen)
            continue
        seen.add(id(node))
        values = node.items if isinstance(node, Sequence) else [value for _, value in node.effective().values()]
        todo += reversed(values)


def _looks_like_a_pod(node: Mapping) -> bool:
    containers = node.get("containers")
    return (
        isinstance(containers, Sequence)
        and bool(containers.items)
        and all(isinstance(item, Mapping) and isinstance(item.get("image"), Scalar) for item in containers.items)
    )


def _of_pod(spec: Mapping, subject: str, seen: set[int]) -> Iterator[Stanza]:
    if id(spec) in seen:
        return
    seen.add(id(spec))
    if (own := spec.get("resources")) is not None:
        yield Stanza(own, f"{subject}, the pod's own")
    for key in _CONTAINER_LISTS:
        containers = spec.get(key)
        for index, container in enumerate(containers.items if isinstance(containers, Sequence) else ()):
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


# ---- holding one to the rules

# A qualified name, with a domain or without (apimachinery's validation.IsQualifiedName).
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED: Final = re.compile(
    rf"((?=[^/]{{1,253}}/){_LABEL}(\.{_LABEL})*/)?(?=.{{1,63}}\Z)[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", re.ASCII
)
_HUGE: Final = "hugepages-"
_KNOWN: Final = {"cpu": "cpu", "memory": "mem", "ephemeral-storage": "ephemeral_storage"}  # as `Resources` has them
# What is left of white space when Go writes a string as JSON: of that, its reader of quantities trims both ends.
_TRIMMED: Final = " \x85\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

_Side = Literal["requests", "limits"]


class _Value(NamedTuple):
    key: Scalar
    node: Node
    amount: Quantity | None  # None where it is refused


class Judge:
    """Holds stanzas of one document to the rules."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def judge(self, stanza: Stanza) -> list[Finding]:
        """Give all that is wrong with a stanza, or odd."""
        self._found: list[Finding] = []
        self._subject = stanza.subject
        node = stanza.node
        if isinstance(node, Mapping):
            self._stanza(node)
        elif node is not None and not _is_null(node):
            self._say(node, "WRONG_TYPE", "", f"{_shown(node)} is no mapping: write requests and limits")
        return self._found

    def _say(self, node: Node, code: str, field: str, description: str, severity: Severity = "error") -> None:
        width = node.end - node.start if isinstance(node, Scalar) else 1
        place = self._document.place(node.start)
        finding = Finding(place, severity, code, field, description, self._subject, max(width, 1))
        self._found.append(finding)

    def _stanza(self, stanza: Mapping) -> None:
        sides: dict[str, dict[str, _Value]] = {"requests": {}, "limits": {}}
        self._twice(stanza, "")
        for name, (key, value) in stanza.effective().items():
            if name in sides:
                if isinstance(value, Mapping):
                    sides[name] = self._side(name, value)
                elif not _is_null(value):
                    self._say(value, "WRONG_TYPE", name, f"{_shown(value)} is no mapping: write cpu: 500m under it")
            elif name == "claims":
                if not isinstance(value, Sequence) and not _is_null(value):
                    self._say(value, "WRONG_TYPE", name, f"{_shown(value)} is no list")
            else:
                if name.startswith("$"):
                    continue  # $patch: a word to kubectl and kustomize
                mend = did_you_mean(name, ("requests", "limits")) or "resources has requests, limits and claims"
                self._say(key, "UNKNOWN_KEY", quoted(name)[1:-1], f"unknown key {quoted(name)}: {mend}")
        self._compare(sides["requests"], sides["limits"])
        names = {*sides["requests"], *sides["limits"]}
        if not names & {"cpu", "memory"} and (huge := [name for name in sorted(names) if name.startswith(_HUGE)]):
            found = sides["limits"].get(huge[0]) or sides["requests"][huge[0]]
            described = "huge pages need cpu or memory beside them: write one of the two"
            self._say(found.key, "CPU_OR_MEMORY_REQUIRED", "", described)

    def _twice(self, node: Mapping, field: str) -> None:
        for key in node.twice():
            name = quoted(key.written)[1:-1]
            described = f"{name} stands here twice: the last one counts, and strict readers refuse it"
            self._say(key, "DUPLICATE_KEY", f'{field}["{name}"]' if field else name, described, "warning")

    def _side(self, side: str, node: Mapping) -> dict[str, _Value]:
        self._twice(node, side)
        found = {}
        for name, (key, value) in node.effective().items():
            field = f'{side}["{quoted(name)[1:-1]}"]'
            unknown = _refused_name(name)
            if unknown:
                self._say(key, "UNKNOWN_KEY", field, unknown)
            found[name] = self._value(name, field, key, value, refused=bool(unknown))
        return found

    def _value(self, name: str, field: str, key: Scalar, value: Node, *, refused: bool) -> _Value:
        text = value.go_text if isinstance(value, Scalar) else None
        if text is None:
            if _is_null(value):
                described = "there is no value, which is read as 0: write one, or leave the key out"
                self._say(key, "NO_VALUE", field, described, "warning")
                return _Value(key, key, Quantity(0))
            self._say(value, "WRONG_TYPE", field, f"{_shown(value)} is no quantity: write a string or a number")
            return _Value(key, value, None)
        assert isinstance(value, Scalar)
        text = text.strip(_TRIMMED)
        amount, notes = _judged_before(name, text) if len(text) <= _LONGEST_KEPT else _judged(name, text)
        if not isinstance(amount, Quantity):
            self._say(value, amount.reason, field, amount.description)
            return _Value(key, value, None)
        if value.misread is not None:
            described = f"{value.written} is read as {value.misread}: write {value.misread}, or quote it"
            self._say(value, "NOT_DECIMAL", field, described, "warning")
        for note in () if refused else notes:
            self._say(value, note.reason, field, note.description, "warning")
        return _Value(key, value, amount)

    def _compare(self, requests: dict[str, _Value], limits: dict[str, _Value]) -> None:
        for name, request in requests.items():
            limit = limits.get(name)
            field = f'requests["{quoted(name)[1:-1]}"]'
            if request.amount is None:
                continue
            if limit is not None and limit.amount is None:
                continue  # there is something to mend first
            wire = _wire(request.amount)
            if limit is None:
                if not _refused_name(name) and not _may_overcommit(name):
                    described = f"a request of {quoted(name)[1:-1]} needs a limit: write {wire} as the limit too"
                    self._say(request.node, "LIMIT_REQUIRED", field, described)
                continue
            assert limit.amount is not None
            difference = request.amount.milli_value - limit.amount.milli_value
            if difference > 0:
                described = f"request {wire} is above limit {_wire(limit.amount)}: raise the limit or lower the request"
                self._say(request.node, "REQUEST_ABOVE_LIMIT", field, described)
            elif difference and not _refused_name(name) and not _may_overcommit(name):
                described = f"request {wire} must equal limit {_wire(limit.amount)}: write one value for both"
                self._say(request.node, "REQUEST_NOT_EQUAL_LIMIT", field, described)


_LONGEST_KEPT: Final = 64  # what is longer is refused


@lru_cache(maxsize=4096)  # manifests say the same again and again
def _judged_before(name: str, text: str) -> tuple[Quantity | Violation, tuple[ResourcesWarning, ...]]:
    return _judged(name, text)


def _judged(name: str, text: str) -> tuple[Quantity | Violation, tuple[ResourcesWarning, ...]]:
    """Read an amount of what is called `name`: the quantity and what is odd about it, or what is wrong."""
    parameter = _KNOWN.get(name, "cpu")  # not gpu, which is described as one; what cpu is held to, everything is
    try:
        resources = Resources(**{parameter: (None, text)})
        quantity, notes = resources.limits[parameter], resources.warnings
        if name not in _KNOWN:
            if wrong := _not_whole(name, quantity, text):
                return wrong, ()
            notes = Resources(gpu=(None, text)).warnings if _is_extended(name) else ()
    except ResourcesError as error:
        return error.violations[0], ()
    return quantity, notes


def _wire(quantity: Quantity) -> str:
    """Print, parse and print again, as on the wire: `31.25Ki` is `32k`."""
    return str(Quantity(str(quantity)))


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _shown(node: Node) -> str:
    if isinstance(node, Scalar):
        return quoted(node.value)
    return "a list" if isinstance(node, Sequence) else "a mapping"


def _refused_name(name: str) -> str:
    """Say why the API server takes no such resource of a container; nothing where it does."""
    if name in _KNOWN:
        return ""
    if name.startswith(_HUGE):
        size = name.removeprefix(_HUGE)
        if _page(size) is None:
            return f"{quoted(size)} is no size of a huge page: write hugepages-2Mi or hugepages-1Gi"
        return ""
    if "/" in name:
        if _is_native(name) if "kubernetes.io/" in name else _is_extended(name):
            return ""
        return f"{quoted(name)} is no name of a resource: write one such as nvidia.com/gpu"
    return f"unknown resource {quoted(name)}: {_meant(name)}"


def _meant(name: str) -> str:
    try:
        Resources.from_kubernetes({"limits": {name: "1"}})
    except ResourcesError as error:
        _, asked, meant = error.violations[0].description.partition("did you mean ")
        if asked:
            return f"did you mean {meant}"
    return "a container has cpu, memory, ephemeral-storage, hugepages-<size>, or <domain>/<name>"


def _is_native(name: str) -> bool:
    return _QUALIFIED.fullmatch(name) is not None


def _is_extended(name: str) -> bool:
    """Say whether it is an extended resource: one of a domain that is not Kubernetes' own."""
    if "/" not in name or "kubernetes.io/" in name or name.startswith("requests."):
        return False
    return _QUALIFIED.fullmatch(f"requests.{name}") is not None and _QUALIFIED.fullmatch(name) is not None


def _may_overcommit(name: str) -> bool:
    return ("/" not in name or "kubernetes.io/" in name) and not name.startswith(_HUGE)


def _not_whole(name: str, quantity: Quantity, text: str) -> Violation | None:
    """Hold what counts devices or pages to whole ones."""
    if _is_extended(name):
        if quantity.milli_value > MAX_VALUE:  # it counts in thousandths, and takes what it cannot count for a fraction
            described = f"{quoted(text)} is more than Kubernetes counts: write {MAX_VALUE // 1000} or less"
            return Violation("", "OUT_OF_RANGE", described)
        if quantity == Quantity(quantity.value):
            return None
        described = f"{quoted(text)} is no whole number of {quoted(name)[1:-1]}: write {quantity.value}"
        return Violation("", "NOT_WHOLE", described)
    if name.startswith(_HUGE):
        size = name.removeprefix(_HUGE)
        page = _page(size)
        if page is not None and quantity.value % page:
            return Violation("", "NOT_WHOLE", f"{quoted(text)} is no whole number of pages of {size}")
    return None


def _page(size: str) -> int | None:
    """Give the size of a huge page in bytes, if it is one."""
    try:
        quantity = Resources(ephemeral_storage=size).limits["ephemeral_storage"]
    except ResourcesError:
        return None
    return quantity.value if quantity.value > 0 and quantity == Quantity(quantity.value) else None


# ---- taking one as `Resources`


def resources_of(stanza: Mapping, gpu_resource: str) -> Resources:
    """Read a stanza.

    Raises ResourcesError for what Kubernetes refuses, and for what a `Resources` does not carry.
    """
    return Resources.from_kubernetes(stanza_values(stanza), gpu_resource)


def stanza_values(stanza: Mapping) -> dict[str, Any]:
    """Give a stanza as `Resources.from_kubernetes` takes it: numbers in the text that Go reads."""
    values: dict[str, Any] = {}
    for side, (_, node) in stanza.effective().items():
        if _is_null(node):
            continue  # as if it were not there: what a template leaves behind
        if isinstance(node, Mapping):
            values[side] = {name: _carried(value) for name, (_, value) in node.effective().items()}
        else:
            values[side] = plain(node)
    return values


def _carried(node: Node) -> Any:
    text = node.go_text if isinstance(node, Scalar) else None
    return plain(node) if text is None else text.strip(_TRIMMED) if isinstance(node.value, str) else text  # type: ignore[union-attr]


def repeated(node: Mapping) -> list[Violation]:
    """Refuse keys that are given twice."""
    return [
        Violation(quoted(key.written)[1:-1], "UNDECODABLE", f"key {quoted(key.written)} is given twice: write it once")
        for key in node.twice()
    ]
