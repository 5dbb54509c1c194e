"""ResourceQuotas, beside what is asked for in their namespaces."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from resources_py import Quantity
from resources_py.kubernetes import Total, Totals


class QuotaLine(NamedTuple):
    """One entry of a quota."""

    namespace: str
    quota: str
    key: str
    used: Quantity | None  # None if this entry is not compared
    hard: Quantity
    lacking: str = ""  # an object with a container that does not set what the quota counts

    @property
    def is_exceeded(self) -> bool:
        """Whether something would be refused."""
        return (self.used is not None and self.used > self.hard) or bool(self.lacking)


def is_quota(obj: Mapping[str, Any]) -> bool:
    """Return whether an object is a ResourceQuota."""
    return obj.get("kind") == "ResourceQuota" and obj.get("apiVersion") == "v1"


def compare(quota: Mapping[str, Any], totals: Totals) -> Iterator[QuotaLine]:
    """Yield each entry of a quota, with what its namespace asks for.

    Raises ResourcesError for a quantity that cannot be read.
    """
    metadata, spec = quota.get("metadata") or {}, quota.get("spec") or {}
    namespace, name = str(metadata.get("namespace") or "default"), str(metadata.get("name") or "")
    total = next((each for each in totals.by("namespace") if each.namespace == namespace), None)
    missing = totals.missing(namespace)
    has_scopes = bool(spec.get("scopes") or spec.get("scopeSelector"))
    for key, value in (spec.get("hard") or {}).items():
        hard = Quantity(value)
        used = None if has_scopes else _used(total, key)
        lacking = "" if used is None else missing.get(key if "." in key else f"requests.{key}", "")
        yield QuotaLine(namespace, name, key, used, hard, lacking)


def _used(total: Total | None, key: str) -> Quantity | None:
    """Return what a namespace uses of an entry, or None if only a cluster can tell."""
    zero = Quantity(0)
    if key == "pods":
        return Quantity(total.pods if total else 0)
    side, _, name = key.partition(".")
    if side == "limits" and name in ("cpu", "memory", "ephemeral-storage"):
        return total.limits.get(name, zero) if total else zero
    if key in ("cpu", "memory", "ephemeral-storage") or key.startswith("hugepages-"):
        return total.requests.get(key, zero) if total else zero
    if side == "requests" and name != "storage":
        return total.requests.get(name, zero) if total else zero
    return None
