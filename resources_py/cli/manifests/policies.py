"""What Kubernetes asks of a namespace's policies: LimitRange and ResourceQuota."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from resources_py._amounts import MAX_VALUE
from resources_py._errors import quoted
from resources_py._names import did_you_mean
from resources_py._quantity import NANOS_PER_UNIT, State, canonical_string, divide_away_from_zero
from resources_py._reasons import Reason
from resources_py._resource_names import (
    is_container_resource,
    is_overcommitted,
    is_qualified_name,
    is_quota_resource,
    is_resource,
)
from resources_py.cli.manifests.problems import CheckedObject, Path, is_other, is_template, mapping_of
from resources_py.cli.manifests.values import check_amounts
from resources_py.cli.manifests.walk import Rule, read_quantities, reject_type

_Amounts: TypeAlias = dict[str, dict[str, State]]  # by field and resource

_TYPES: Final = ("Pod", "Container", "PersistentVolumeClaim")
_DEFAULTS: Final = ("default", "defaultRequest")
_FIELDS: Final = ("min", "max", *_DEFAULTS, "maxLimitRequestRatio")
# Which is not above which, and which of the two is at fault.
_ORDER: Final = (
    ("min", "max", "min"),
    ("min", "defaultRequest", "defaultRequest"),
    ("defaultRequest", "max", "defaultRequest"),
    ("defaultRequest", "default", "defaultRequest"),
    ("min", "default", "default"),
    ("default", "max", "default"),
)


# ---- LimitRange


def check_limit_range(found: CheckedObject, spec: dict[str, Any], path: Path) -> None:
    """Check the items of a LimitRange."""
    items, at = spec.get("limits"), (*path, "limits")
    if not isinstance(items, list):
        reject_type(found, items, at, "a list")
        return
    seen: set[str] = set()
    for index, item in enumerate(items):
        if isinstance(item, dict):
            found.count += 1
            _check_item(found, item, (*at, index), seen)
        else:
            reject_type(found, item, (*at, index), "a mapping")


def _check_item(found: CheckedObject, item: dict[str, Any], path: Path, seen: set[str]) -> None:
    kind = item.get("type")
    _check_keys(found, item, path)
    _check_type(found, kind, path, seen)
    is_name = is_container_resource if kind in ("Pod", "Container") else is_resource
    amounts: _Amounts = {}
    for field in _FIELDS:
        entries, at = item.get(field), (*path, field)
        if entries is None:
            amounts[field] = {}
            continue
        if kind == "Pod" and field in _DEFAULTS and entries:
            described = f"{field} cannot be set for type Pod: move it to an item of type Container"
            found.add(Reason.NOT_ALLOWED, described, at, about_key=True)
        amounts[field] = _rounded(read_quantities(found, entries, at))
        if not (kind == "Pod" and field in _DEFAULTS):
            _check_names(found, entries, at, is_name)
    if kind == "PersistentVolumeClaim" and not any("storage" in mapping_of(item.get(each)) for each in ("min", "max")):
        described = "a limit for claims needs min or max of storage: write one"
        found.add(Reason.REQUIRED, described, path)
    written = {field: set(each) for field, each in amounts.items()}
    if kind == "Container":
        _set_defaults(amounts)
    if kind == "Pod":
        amounts |= {field: {} for field in _DEFAULTS}
    for name in dict.fromkeys(name for each in amounts.values() for name in each):
        _check_order(found, amounts, written, name, path)
        _check_ratio(found, item, amounts, name, path)


def _check_keys(found: CheckedObject, item: dict[str, Any], path: Path) -> None:
    for key in item:
        if key != "type" and key not in _FIELDS and key[:1] != "$":
            advice = did_you_mean(key, _FIELDS) or f"write {', '.join(_FIELDS[:-1])} or {_FIELDS[-1]}"
            found.add(Reason.UNKNOWN_KEY, f"unknown key {quoted(key)}: {advice}", (*path, key), about_key=True)


def _check_type(found: CheckedObject, kind: object, path: Path, seen: set[str]) -> None:
    at = (*path, "type")
    if is_template(kind):
        found.skipped += 1
        return
    if kind is not None and not isinstance(kind, str):
        reject_type(found, kind, at, "a string")
        return
    name = kind or ""
    if name in seen:
        found.add(Reason.DUPLICATE_NAME, f"type {quoted(name)} has an item before: merge the two", at)
    seen.add(name)
    if not is_qualified_name(name) or ("/" not in name and name not in _TYPES):
        advice = did_you_mean(name, _TYPES) or f"write {', '.join(_TYPES[:-1])} or {_TYPES[-1]}"
        found.add(Reason.UNSUPPORTED_VALUE, f"{quoted(name)} is not a type: {advice}", at)


def _rounded(amounts: dict[str, State]) -> dict[str, State]:
    """Round up to a thousandth, as the API server's defaulting does."""
    return {
        name: (divide_away_from_zero(nanos, 10**6) * 10**6, form, None) for name, (nanos, form, _) in amounts.items()
    }


def _set_defaults(amounts: _Amounts) -> None:
    """Set what the API server does: max is the default limit, that is the default request, and so is min."""
    amounts["default"] = {**amounts["max"], **amounts["default"]}
    amounts["defaultRequest"] = {**amounts["min"], **amounts["default"], **amounts["defaultRequest"]}


def _check_order(found: CheckedObject, amounts: _Amounts, written: dict[str, set[str]], name: str, path: Path) -> None:
    for lower, upper, field in _ORDER:
        low, high = amounts[lower].get(name), amounts[upper].get(name)
        if low is not None and high is not None and low[0] > high[0]:
            described = f"{lower} {_text(low)} is above {upper} {_text(high)}: {_advice(lower, upper, written, name)}"
            found.add(Reason.OUT_OF_ORDER, described, (*path, field, name), is_entry=True)
    limit, request = amounts["default"].get(name), amounts["defaultRequest"].get(name)
    if limit and request and limit[0] != request[0] and not is_overcommitted(name):
        described = f"defaultRequest {_text(request)} must equal default {_text(limit)}: write one value for both"
        found.add(Reason.REQUEST_NOT_EQUAL_LIMIT, described, (*path, "defaultRequest", name), is_entry=True)


def _advice(lower: str, upper: str, written: dict[str, set[str]], name: str) -> str:
    missing = [field for field in (lower, upper) if name not in written[field]]
    return f"write {missing[0]} too" if missing else f"raise {upper} or lower {lower}"


def _check_ratio(found: CheckedObject, item: dict[str, Any], amounts: _Amounts, name: str, path: Path) -> None:
    ratio, low, high = (amounts[field].get(name) for field in ("maxLimitRequestRatio", "min", "max"))
    if ratio is None:
        return
    at = (*path, "maxLimitRequestRatio", name)
    shown = quoted(item["maxLimitRequestRatio"][name])
    if ratio[0] < NANOS_PER_UNIT:
        found.add(Reason.OUT_OF_RANGE, f"{shown} is below 1: write 1 or more", at, is_entry=True)
    if low is not None and high is not None and _exceeds(ratio[0], low[0], high[0]):
        described = f"{shown} is above max/min, which is {_text(high)}/{_text(low)}: write less"
        found.add(Reason.OUT_OF_RANGE, described, at, is_entry=True)


def _exceeds(ratio: int, low: int, high: int) -> bool:
    """Return whether a ratio is above max/min, in Kubernetes' own arithmetic: floats of thousandths, or of units."""
    units = [divide_away_from_zero(nanos, NANOS_PER_UNIT) for nanos in (ratio, low, high)]
    is_small = all(number < MAX_VALUE // 1000 for number in units)
    found, lowest, highest = (
        [divide_away_from_zero(nanos, 10**6) for nanos in (ratio, low, high)] if is_small else units
    )
    if lowest == 0:
        return highest < 0  # Go divides by zero: the quotient is infinite, or not a number
    return (found / 1000 if is_small else float(found)) > float(highest) / float(lowest)


# ---- ResourceQuota


def check_quota(found: CheckedObject, spec: dict[str, Any], path: Path) -> None:
    """Check what a ResourceQuota allows."""
    if (hard := spec.get("hard")) is not None:
        found.count += 1
        check_amounts(found, hard, (*path, "hard"))
        _check_names(found, hard, (*path, "hard"), is_quota_resource)


def _check_names(found: CheckedObject, entries: object, path: Path, is_name: Callable[[str], bool]) -> None:
    for name in mapping_of(entries):
        if not is_name(name) and not is_other(name):
            advice = did_you_mean(name, _NAMES[is_name]) or f"write one such as {_NAMES[is_name][0]}"
            described = f"{quoted(name)} is not a resource that can stand here: {advice}"
            found.add(Reason.UNKNOWN_KEY, described, (*path, name), is_entry=True, about_key=True)


def _text(amount: State) -> str:
    return canonical_string(amount[0], amount[1])


_CONTAINER: Final = ("cpu", "memory", "ephemeral-storage", "nvidia.com/gpu")
_NAMES: Final[dict[Callable[[str], bool], tuple[str, ...]]] = {
    is_container_resource: _CONTAINER,
    is_resource: ("storage", *_CONTAINER),
    is_quota_resource: ("requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "requests.storage", "pods"),
}
RULES: Final = {
    "core.v1.LimitRangeSpec": Rule(check_limit_range, frozenset(("limits",))),
    "core.v1.ResourceQuotaSpec": Rule(check_quota, frozenset(("hard",))),
}
