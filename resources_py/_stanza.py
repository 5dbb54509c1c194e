"""The rules for a ``resources:`` stanza, of a container or of a pod.

They are those of Kubernetes' own validation (pkg/apis/core/validation: ValidateContainerResourceRequirements and
validatePodResourceRequirements), for every resource name, not only the four that `Resources` carries. Where this
package is stricter on purpose is listed in docs/reference/kubernetes.md.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

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
    check_gpu_limit,
    check_within_limit,
    out_of_range,
    parse_amount,
    round_up_to_milli,
)
from resources_py._claims import find_claim_problems
from resources_py._errors import Violation, field_path, quoted
from resources_py._names import MAX_SUGGESTIONS, did_you_mean
from resources_py._quantity import NANOS_PER_UNIT, as_index
from resources_py._reasons import Reason
from resources_py._resource_names import (
    HUGE_PAGES,
    is_container_resource,
    is_extended_resource,
    is_overcommitted,
    is_pod_resource,
    page_size,
)
from resources_py._warnings import find_stored_warning

Amounts: TypeAlias = dict[str, Amount | None]  # None for one that is rejected

SIDES: Final = ("requests", "limits")
_WHOLE: Final = {CPU.kubernetes, MEMORY.kubernetes}


def text_of(value: object) -> str | None:
    """Return the text that Go's JSON reader passes to the quantity; None for what it would reject."""
    if type(value) is str:
        return value.strip(" ")
    if isinstance(value, str):
        return str.__str__(value).strip(" ")
    if isinstance(value, float):
        return float.__repr__(value)
    number = as_index(value)
    try:
        return None if number is None else str(number)
    except ValueError:  # an int past the digit limit
        return "9" * 100


@lru_cache(maxsize=16)
def parse_named(name: str, text: str) -> Amount | Problem:
    """Parse an amount of a resource other than the four."""
    amount = parse_amount(CPU, text)  # what holds for cpu holds for all
    if isinstance(amount, Problem):
        return amount
    whole = -(-amount[0] // NANOS_PER_UNIT)
    if is_extended_resource(name):
        if whole > MAX_KUBERNETES_COUNT:
            return out_of_range(GPU, text, max_value=MAX_KUBERNETES_COUNT)
        if amount[0] % NANOS_PER_UNIT:
            described = f"{quoted(text)} is not a whole number of {quoted(name)[1:-1]}: write {whole}"
            return Problem(Reason.NOT_WHOLE, described)
    elif name.startswith(HUGE_PAGES) and amount[0] % ((page_size(name) or 1) * NANOS_PER_UNIT):
        described = f"{quoted(text)} is not a whole number of pages of {name.removeprefix(HUGE_PAGES)}"
        return Problem(Reason.NOT_WHOLE, described)
    return amount


def keys_of(gpu_resource: str) -> Mapping[str, Resource]:
    """Return the four resources by their names in a stanza."""
    return {gpu_resource if resource is GPU else resource.kubernetes: resource for resource in RESOURCES}


class StanzaProblem(NamedTuple):
    """Something in a stanza that is wrong, or legal but probably a mistake, and where it is."""

    reason: str
    description: str
    path: tuple[Any, ...] = ()  # (), (side,), (side, name of the resource), ("claims", index) or ("claims", index, key)
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

    Args:
        gpu_resource: The cluster's name for its GPUs.
        is_pod: Whether the stanza is a pod's own, which has fewer resources.
        claims: The names in the pod's ``resourceClaims``; None if the pod is not known.
        complete: Adds what the API server sets by default to requests and limits, before they are compared.
    """

    def __init__(
        self,
        gpu_resource: str | None = None,
        *,
        is_pod: bool = False,
        claims: Collection[str] | None = None,
        complete: Callable[[Amounts, Amounts], None] | None = None,
    ) -> None:
        self._resources = keys_of(gpu_resource or GPU.kubernetes)
        self._is_strict = gpu_resource is not None
        self._is_pod = is_pod
        self._claims = claims
        self._complete = complete
        self._problems: list[StanzaProblem] = []
        self._suggestions = 0
        self.skipped = 0  # values that a template has yet to fill in
        # The amounts that were read last.
        self.requests: Amounts = {}
        self.limits: Amounts = {}

    def validate(self, stanza: object) -> list[StanzaProblem]:
        """Return all problems: those of keys, of each side's entries, then those of the sides together."""
        self._problems = []
        self.requests, self.limits = {}, {}
        if not isinstance(stanza, dict | Mapping):
            self._add(Reason.WRONG_TYPE, f"{quoted(stanza)} is not a mapping: write {{'requests': …, 'limits': …}}")
            return self._problems
        # `python -bb` forbids to compare bytes with a str, which a lookup does where both are keys.
        sides: dict[str, Any] = {}
        for key, value in stanza.items():
            if isinstance(key, str) and key in SIDES:
                sides[key] = value
            else:
                self._check_other_key(key, value)
        self.requests, self.limits = (self._read_side(side, sides[side]) if side in sides else {} for side in SIDES)
        if self._complete is not None:
            self._complete(self.requests, self.limits)
        self._compare()
        self._check_huge_pages()
        return self._problems

    def _add(self, reason: str, description: str, *path: object, about_key: bool = False, warn: bool = False) -> None:
        self._problems.append(StanzaProblem(reason, description, path, about_key, warn))

    def _check_other_key(self, key: object, value: object) -> None:
        if not (isinstance(key, str) and key == "claims"):
            known = "a stanza has requests and limits" + ("" if self._is_strict else ", and claims")
            described = f"unknown key {quoted(key)}: {self._suggest(key, SIDES) or known}"
            self._add(Reason.UNKNOWN_KEY, described, key, about_key=True)
        elif self._is_strict:
            described = "claims are not carried: remove them, and set them where the pod is built"
            self._add(Reason.UNKNOWN_KEY, described, key, about_key=True)
        elif self._is_pod and value is not None:
            described = "a pod's own resources cannot have claims: move them to the containers"
            self._add(Reason.NOT_ALLOWED, described, key, about_key=True)
        if not self._is_strict and key == "claims":
            for (reason, described), steps in find_claim_problems(value, self._claims):
                self._add(reason, described, key, *steps)

    def _read_side(self, side: str, entries: object) -> Amounts:
        """Return the amount of each resource; None for one that is rejected."""
        if isinstance(entries, dict | Mapping):
            amounts: Amounts = {}
            for name, value in entries.items():
                amount = self._read_entry(side, name, value)
                if isinstance(name, str):
                    amounts[name] = amount
            return amounts
        if not self._is_template(entries):
            described = f"{quoted(entries)} is not a mapping: leave {side} out, or write {{'cpu': '1'}}"
            self._add(Reason.WRONG_TYPE, described, side)
        return {}

    def _read_entry(self, side: str, name: object, value: object) -> Amount | None:
        resource = self._resources.get(name) if isinstance(name, str) else None
        if (resource is None or self._is_pod) and (unknown := self._describe_unknown(name)):
            self._add(Reason.UNKNOWN_KEY, unknown, side, name, about_key=True)
            return None
        assert isinstance(name, str)
        if not self._is_strict and (value is None or self._is_template(value)):
            return self._read_missing(side, name) if value is None else None
        text = text_of(value)
        if text is None:
            described = f"{quoted(value)} is not a quantity: write a string or a number, or leave the key out"
            self._add(Reason.WRONG_TYPE, described, side, name)
            return None
        amount = self._parse(name, resource, text)
        if isinstance(amount, Problem):
            self._add(*amount, side, name)
            return None
        if not self._is_strict and (warning := self._find_warning(name, resource, text, amount)):
            self._add(*warning, side, name, warn=True)
        return amount

    def _find_warning(self, name: str, resource: Resource | None, text: str, amount: Amount) -> Problem | None:
        if resource is None and not is_extended_resource(name):
            return None
        warning = find_stored_warning(resource or GPU, text, amount)
        # What an extended resource counts is not known: HAMi's nvidia.com/gpumem counts MiB.
        is_of_devices = resource is not None or name.endswith("/gpu")
        return warning if is_of_devices or (warning and warning.reason != Reason.HUGE_GPU) else None

    def _read_missing(self, side: str, name: str) -> Amount:
        described = "the value is missing, which Kubernetes reads as 0: write one, or leave the key out"
        self._add(Reason.NO_VALUE, described, side, name, about_key=True, warn=True)
        return 0, "DecimalSI", "0"

    def _is_template(self, value: object) -> bool:
        """Return whether a template has yet to fill in this value: Argo's ``{{inputs.parameters.cpu}}``."""
        if self._is_strict or not isinstance(value, str) or "{{" not in value:
            return False
        self.skipped += 1
        return True

    def _parse(self, name: str, resource: Resource | None, text: str) -> Amount | Problem:
        if resource is None:
            return parse_named(name, text)
        return parse_amount(resource, text, MAX_KUBERNETES_COUNT if resource is GPU else MAX_VALUE)

    def _describe_unknown(self, name: object) -> str:
        """Return why a stanza cannot have a resource of this name, or nothing."""
        shown = quoted(name)
        is_huge_pages = isinstance(name, str) and name.startswith(HUGE_PAGES)
        is_known = isinstance(name, str) and (is_pod_resource if self._is_pod else is_container_resource)(name)
        carried = f"only {', '.join(self._resources)} are carried"
        if is_known and not (is_huge_pages and page_size(str(name)) is None):
            return f"unknown key {shown}: {carried}" if self._is_strict else ""
        if is_huge_pages:
            return f"{shown} has no valid page size: write hugepages-2Mi or hugepages-1Gi"
        if self._is_pod:
            return f"{shown} cannot be in a pod's own resources: it has cpu, memory, and hugepages-<size>"
        if isinstance(name, str) and "/" in name:
            return f"{shown} is not a resource name: write one such as nvidia.com/gpu"
        known = "a container has cpu, memory, ephemeral-storage, hugepages-<size>, or <domain>/<name>"
        advice = self._suggest(name, self._resources) or (carried if self._is_strict else known)
        return f"unknown resource {shown}: {advice}"

    def _suggest(self, name: object, known: Collection[str]) -> str:
        self._suggestions += 1
        if self._suggestions > MAX_SUGGESTIONS:
            return ""
        return did_you_mean(name, known)

    def _compare(self) -> None:
        found = []
        for name, request in self.requests.items():
            limit = self.limits.get(name)
            if request is None or (limit is None and name in self.limits):
                continue  # there is something else to fix first
            problem = check_within_limit(request, limit) if limit else None
            if problem is None and not is_overcommitted(name):
                shown = None if self._resources.get(name) is GPU else quoted(name)[1:-1]
                problem = check_gpu_limit(round_up_to_milli(request), limit and round_up_to_milli(limit), name=shown)
            if problem is not None:
                found.append((name, problem))
        ranks = {name: rank for rank, name in enumerate(self._resources)} if len(found) > 1 else {}
        for name, problem in sorted(found, key=lambda each: ranks.get(each[0], len(ranks))):
            self._add(*problem, "requests", name)

    def _check_huge_pages(self) -> None:
        """Reject huge pages alone: Kubernetes wants CPU or memory beside them."""
        if self._is_strict or not _WHOLE.isdisjoint(self.limits) or not _WHOLE.isdisjoint(self.requests):
            return
        names = sorted(name for name in (*self.limits, *self.requests) if name.startswith(HUGE_PAGES))
        if names:
            side = "limits" if names[0] in self.limits else "requests"
            described = "huge pages need cpu or memory beside them: write one of the two"
            self._add(Reason.CPU_OR_MEMORY_REQUIRED, described, side, names[0], about_key=True)
