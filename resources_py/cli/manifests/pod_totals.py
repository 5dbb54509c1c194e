"""What the containers of a pod need together, beside what the pod has of its own (KEP-2837)."""

from typing import Any, NamedTuple

from resources_py._amounts import Amount, ceil_to_milli, round_up_to_milli, wire_string
from resources_py._errors import quoted
from resources_py._reasons import Reason
from resources_py._resource_names import HUGE_PAGES, is_overcommitted, is_pod_resource
from resources_py._stanza import Amounts, StanzaValidator
from resources_py.cli.manifests.problems import CheckedObject, Path


class _Container(NamedTuple):
    name: str
    path: Path  # of its stanza
    requests: Amounts
    limits: Amounts
    is_init: bool
    is_sidecar: bool  # an init container that goes on running


class Totals:
    """Adds up what containers request, and what they are limited to.

    Args:
        is_pod: Whether this is a Pod, for which the API server sets what is missing; not the template of one.
    """

    def __init__(self, *, is_pod: bool) -> None:
        self._is_pod = is_pod
        self._containers: list[_Container] = []

    def add(
        self, container: dict[str, Any], name: str, path: Path, validator: StanzaValidator, *, is_init: bool
    ) -> None:
        """Add a container, with the amounts that the validator has read."""
        requests, limits = validator.requests, validator.limits
        is_sidecar = is_init and container.get("restartPolicy") == "Always"
        if self._is_pod:  # a missing request is taken from its limit
            requests = {**limits, **requests}
        self._containers.append(_Container(name, path, requests, limits, is_init, is_sidecar))

    def complete(self, requests: Amounts, limits: Amounts) -> None:
        """Add what the API server sets by default to a pod's own resources."""
        if not self._is_pod or not (requests or limits):
            return
        for name, total in self.limits.items():
            if name.startswith(HUGE_PAGES) and name not in requests:
                limits.setdefault(name, total)
        for name, total in self.requests.items():
            if is_pod_resource(name) and is_overcommitted(name):
                requests.setdefault(name, total)
        for name, limit in limits.items():
            if is_pod_resource(name):
                requests.setdefault(name, limit)
        for name, request in requests.items():
            if name not in limits and all(name in each.limits for each in self._containers):
                limits[name] = _larger(request, self.limits.get(name))

    @property
    def requests(self) -> Amounts:
        """The sums of requests."""
        return self._aggregate([each.requests for each in self._containers])

    @property
    def limits(self) -> Amounts:
        """The sums of limits."""
        return self._aggregate([each.limits for each in self._containers])

    def _aggregate(self, amounts: list[Amounts]) -> Amounts:
        """Return the most that is needed at a time: of all containers, or while one of the first of them runs."""
        together: Amounts = {}
        sidecars: Amounts = {}
        most: Amounts = {}
        for container, each in zip(self._containers, amounts, strict=True):
            if container.is_init:
                _raise_to(most, _add(sidecars, each))
            if container.is_sidecar:
                sidecars = _add(sidecars, each)
            if container.is_sidecar or not container.is_init:
                together = _add(together, each)
        _raise_to(together, most)
        return together

    def check(self, found: CheckedObject, requests: Amounts, limits: Amounts, path: Path) -> None:
        """Compare a pod's own requests and limits with those of its containers."""
        for side, own, totals in (("requests", requests, self.requests), ("limits", limits, self.limits)):
            for name, total in totals.items():
                is_compared = side == "requests" or name.startswith(HUGE_PAGES)
                if is_compared and _is_above(total, own.get(name)):
                    described = f"its containers have {_text(total)} of {quoted(name)[1:-1]}: write that, or more"
                    found.add(Reason.POD_TOTAL_EXCEEDED, described, (*path, side, name), is_entry=True)
        for container in self._containers:
            for name, limit in container.limits.items() if not container.is_init else ():
                if _is_above(limit, limits.get(name)):
                    self._report_limit(found, container, name, limits[name])

    def _report_limit(self, found: CheckedObject, container: _Container, name: str, limit: Amount | None) -> None:
        role, found.role, found.container = found.role, "container", container.name
        found.depth = len(container.path)
        described = f"the pod's own limit is {_text(limit)}: raise that or lower this"
        found.add(Reason.POD_TOTAL_EXCEEDED, described, (*container.path, "limits", name), is_entry=True)
        found.role, found.container = role, ""


def _add(left: Amounts, right: Amounts) -> Amounts:
    total = dict(left)
    for name, amount in right.items():
        other = total.get(name, (0, "DecimalSI", "0"))
        if amount is None or other is None:
            total[name] = None
        else:
            rounded = round_up_to_milli(amount)
            total[name] = (other[0] + rounded[0], rounded[1], None)
    return total


def _raise_to(amounts: Amounts, least: Amounts) -> None:
    for name, amount in least.items():
        if name not in amounts or amount is None or _is_above(amount, amounts[name]):
            amounts[name] = amount


def _is_above(amount: Amount | None, other: Amount | None) -> bool:
    return amount is not None and other is not None and ceil_to_milli(amount[0]) > ceil_to_milli(other[0])


def _text(amount: Amount | None) -> str:
    return "" if amount is None else wire_string(amount)


def _larger(one: Amount | None, other: Amount | None) -> Amount | None:
    """Return the larger of two amounts, if both are known."""
    return None if one is None or other is None else max(one, other, key=lambda amount: amount[0])
