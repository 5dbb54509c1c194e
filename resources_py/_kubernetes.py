"""The ``resources:`` stanza of a Kubernetes container, written and read by the API server's rules.

The rules are those of Kubernetes' own validation (pkg/apis/core/validation: ValidateContainerResourceRequirements), for
every resource name, not only the four that `Resources` carries. Where this package is stricter on purpose is listed in
docs/kubernetes.md.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from resources_py._amounts import (
    CPU,
    GPU,
    MAX_KUBERNETES_COUNT,
    MAX_VALUE,
    MEMORY,
    RESOURCES,
    Amount,
    Problem,
    Resource,
    Values,
    check_gpu_limit,
    check_within_limit,
    parse_amount,
)
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, field_path, quoted, raise_all
from resources_py._names import MAX_SUGGESTIONS, did_you_mean
from resources_py._quantity import Quantity, as_index
from resources_py._reasons import Reason
from resources_py._resource_names import HUGE_PAGES, QUALIFIED_NAME, is_extended_resource, page_size, parse_named
from resources_py._warnings import find_warning

Quantities = Mapping[str, Quantity]  # by the parameter's name

DEFAULT_GPU_RESOURCE: Final = GPU.kubernetes
SIDES: Final = ("requests", "limits")


def to_stanza(requests: Quantities, limits: Quantities, gpu_resource: str) -> dict[str, dict[str, str]]:
    """Write the stanza in canonical strings.

    Raises ResourcesError for what the API server would reject.
    """
    check_gpu_resource(gpu_resource)
    keys = _keys_of(gpu_resource).items()
    sides = {
        side: {key: str(quantities[resource.parameter]) for key, resource in keys if resource.parameter in quantities}
        for side, quantities in zip(SIDES, (requests, limits), strict=True)
    }
    stanza = {side: entries for side, entries in sides.items() if entries}
    _raise_problems(stanza, gpu_resource)
    return stanza


def read_stanza(stanza: Any, gpu_resource: str) -> Values:
    """Read a stanza.

    Raises ResourcesError with everything that the API server would reject, and every key that would be lost.
    """
    check_gpu_resource(gpu_resource)
    _raise_problems(stanza, gpu_resource)
    requests, limits = (stanza.get(side, {}) for side in SIDES)
    return {
        resource: (text_of(requests.get(key)), text_of(limits.get(key)))
        for key, resource in _keys_of(gpu_resource).items()
        if key in requests or key in limits
    }


def _raise_problems(stanza: object, gpu_resource: str) -> None:
    raise_all([problem.violation for problem in StanzaValidator(gpu_resource).validate(stanza)])


def text_of(value: object) -> str | None:
    """Return the text that Go's JSON reader passes to the quantity; None for what it would reject."""
    if isinstance(value, str):
        return str.__str__(value).strip(" ")
    if isinstance(value, float):
        return float.__repr__(value)
    number = as_index(value)
    try:
        return None if number is None else str(number)
    except ValueError:  # an int past the digit limit
        return "9" * 100


# ---- names


def check_gpu_resource(gpu_resource: object) -> None:
    """Reject a name that the API server would not accept for an extended resource."""
    if not isinstance(gpu_resource, str):
        described = f"{quoted(gpu_resource)} is not a string: write 'nvidia.com/gpu'"
        raise ResourcesTypeError([Violation("gpu_resource", Reason.WRONG_TYPE, described)])
    if not is_extended_resource(gpu_resource):
        described = f"{quoted(gpu_resource)} is not an extended resource: write a name such as 'nvidia.com/gpu'"
        raise ResourcesError([Violation("gpu_resource", Reason.UNSUPPORTED_NAME, described)])


def _keys_of(gpu_resource: str) -> dict[str, Resource]:
    return {gpu_resource if resource is GPU else resource.kubernetes: resource for resource in RESOURCES}


# ---- the rules


class StanzaProblem(NamedTuple):
    """Something in a stanza that is wrong, or legal but probably a mistake, and where it is."""

    reason: str
    description: str
    path: tuple[Any, ...] = ()  # (), (side,), or (side, name of the resource)
    is_about_key: bool = False  # the key at the end of the path, not its value
    is_warning: bool = False

    @property
    def violation(self) -> Violation:
        """The problem as an error's violation."""
        return Violation(field_path(*self.path) if self.path else "", self.reason, self.description)


class StanzaValidator:
    """Applies the API server's rules to a stanza.

    With the name of the cluster's GPU resource, it also rejects what a `Resources` does not carry: other resources,
    claims, and null. Without, it warns about values that are probably a mistake.
    """

    def __init__(self, gpu_resource: str | None = None) -> None:
        self._resources = _keys_of(gpu_resource or DEFAULT_GPU_RESOURCE)
        self._is_strict = gpu_resource is not None
        self._problems: list[StanzaProblem] = []
        self._suggestions = 0
        self.skipped = 0  # values that a template has yet to fill in

    def validate(self, stanza: object) -> list[StanzaProblem]:
        """Return all problems: those of keys, of each side's entries, then those of the sides together."""
        self._problems = []
        if not isinstance(stanza, Mapping):
            self._add(Reason.WRONG_TYPE, f"{quoted(stanza)} is not a mapping: write {{'requests': …, 'limits': …}}")
            return self._problems
        # `python -bb` forbids to compare bytes with a str, which a lookup does where both are keys.
        named = {key: value for key, value in stanza.items() if isinstance(key, str)}
        for key, value in stanza.items():
            if not isinstance(key, str) or key not in SIDES:
                self._check_other_key(key, value)
        requests, limits = (self._read_side(side, named[side]) if side in named else {} for side in SIDES)
        self._compare(requests, limits)
        self._check_huge_pages(requests, limits)
        return self._problems

    def _add(self, reason: str, description: str, *path: object, about_key: bool = False, warn: bool = False) -> None:
        self._problems.append(StanzaProblem(reason, description, path, about_key, warn))

    def _check_other_key(self, key: object, value: object) -> None:
        is_claims = isinstance(key, str) and key == "claims"
        if is_claims and not self._is_strict:
            if not isinstance(value, list):
                self._add(Reason.WRONG_TYPE, f"{quoted(value)} is not a list", key)
            return
        if is_claims:
            described = "claims are not carried: remove them, and set them where the pod is built"
        else:
            known = "a stanza has requests and limits" + ("" if self._is_strict else ", and claims")
            described = f"unknown key {quoted(key)}: {self._suggest(key, SIDES) or known}"
        self._add(Reason.UNKNOWN_KEY, described, key, about_key=True)

    def _read_side(self, side: str, entries: object) -> dict[Any, Amount | None]:
        """Return the amount of each resource; None for one that is rejected."""
        if isinstance(entries, Mapping):
            amounts = [(name, self._read_entry(side, name, value)) for name, value in entries.items()]
            return {name: amount for name, amount in amounts if isinstance(name, str)}
        if self._is_template(entries):
            return {}
        described = f"{quoted(entries)} is not a mapping: leave {side} out, or write {{'cpu': '1'}}"
        self._add(Reason.WRONG_TYPE, described, side)
        return {}

    def _read_entry(self, side: str, name: object, value: object) -> Amount | None:
        if unknown := self._describe_unknown(name):
            self._add(Reason.UNKNOWN_KEY, unknown, side, name, about_key=True)
            return None
        if self._is_template(value):
            return None
        if value is None and not self._is_strict:
            described = "the value is missing, which Kubernetes reads as 0: write one, or leave the key out"
            self._add(Reason.NO_VALUE, described, side, name, about_key=True, warn=True)
            return 0, "DecimalSI", "0"
        text = text_of(value)
        if text is None:
            described = f"{quoted(value)} is not a quantity: write a string or a number, or leave the key out"
            self._add(Reason.WRONG_TYPE, described, side, name)
            return None
        assert isinstance(name, str)
        amount = self._parse(name, text)
        if isinstance(amount, Problem):
            self._add(*amount, side, name)
            return None
        resource = self._resources.get(name, GPU if is_extended_resource(name) else None)
        if not self._is_strict and resource and (warning := find_warning(resource, text, amount)):
            self._add(*warning, side, name, warn=True)
        return amount

    def _is_template(self, value: object) -> bool:
        """Return whether a template has yet to fill in this value: Argo's ``{{inputs.parameters.cpu}}``."""
        if self._is_strict or not isinstance(value, str) or "{{" not in value:
            return False
        self.skipped += 1
        return True

    def _parse(self, name: str, text: str) -> Amount | Problem:
        if resource := self._resources.get(name):
            return parse_amount(resource, text, MAX_KUBERNETES_COUNT if resource is GPU else MAX_VALUE)
        return parse_named(name, text)

    def _describe_unknown(self, name: object) -> str:
        """Return why a container cannot have a resource of this name, or nothing."""
        if isinstance(name, str) and name in self._resources:
            return ""
        shown = quoted(name)
        carried = f"only {', '.join(self._resources)} are carried"
        known = "a container has cpu, memory, ephemeral-storage, hugepages-<size>, or <domain>/<name>"
        if isinstance(name, str) and name.startswith(HUGE_PAGES):
            if page_size(name) is None:
                return f"{shown} has no valid page size: write hugepages-2Mi or hugepages-1Gi"
        elif isinstance(name, str) and "/" in name:
            is_kubernetes_own = "kubernetes.io/" in name and QUALIFIED_NAME.fullmatch(name)
            if not is_kubernetes_own and not is_extended_resource(name):
                return f"{shown} is not a resource name: write one such as nvidia.com/gpu"
        else:
            advice = self._suggest(name, self._resources) or (carried if self._is_strict else known)
            return f"unknown resource {shown}: {advice}"
        return f"unknown key {shown}: {carried}" if self._is_strict else ""

    def _suggest(self, name: object, known: Collection[str]) -> str:
        self._suggestions += 1
        if self._suggestions > MAX_SUGGESTIONS:
            return ""
        return did_you_mean(name, known)

    def _compare(self, requests: dict[Any, Amount | None], limits: dict[Any, Amount | None]) -> None:
        ranks = {name: rank for rank, name in enumerate(self._resources)}
        for name in sorted(requests, key=lambda name: ranks.get(name, len(ranks))):
            request, limit = requests[name], limits.get(name)
            if request is None or (limit is None and name in limits):
                continue  # there is something else to fix first
            problem = check_within_limit(request, limit) if limit else None
            if problem is None and (is_extended_resource(name) or name.startswith(HUGE_PAGES)):
                shown = None if self._resources.get(name) is GPU else quoted(name)[1:-1]
                problem = check_gpu_limit(request, limit, name=shown)
            if problem is not None:
                self._add(*problem, "requests", name)

    def _check_huge_pages(self, requests: dict[Any, Amount | None], limits: dict[Any, Amount | None]) -> None:
        """Reject huge pages alone: Kubernetes wants CPU or memory beside them."""
        names = [name for name in {**limits, **requests} if isinstance(name, str)]
        huge_pages = sorted(name for name in names if name.startswith(HUGE_PAGES))
        if huge_pages and not self._is_strict and not {CPU.kubernetes, MEMORY.kubernetes} & set(names):
            side = "limits" if huge_pages[0] in limits else "requests"
            described = "huge pages need cpu or memory beside them: write one of the two"
            self._add(Reason.CPU_OR_MEMORY_REQUIRED, described, side, huge_pages[0], about_key=True)
