"""What Kubernetes asks of single quantities."""

import re
from typing import Any, Final

from resources_py._amounts import GPU, MAX_KUBERNETES_COUNT, ceil_to_milli, out_of_range
from resources_py._claims import find_wrong_types
from resources_py._errors import quoted
from resources_py._names import did_you_mean
from resources_py._quantity import State, canonical_string
from resources_py._reasons import Reason
from resources_py._resource_names import HUGE_PAGES, is_counted
from resources_py._stanza import SIDES, text_of
from resources_py.cli.manifests.problems import CheckedObject, Path
from resources_py.cli.manifests.walk import Rule, read_quantities, read_quantity

_MULTIPLES: Final = frozenset(("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"))
_NOT_CANONICAL: Final = re.compile(r"\.[0-9]|[1-9]0*000")
_BINARY: Final = re.compile(r"[+-]?([0-9]+)\.?[KMGTPE]i")
_DIVISORS: Final = {"cpu": frozenset(("1m", "1")), "memory": _MULTIPLES, "ephemeral-storage": _MULTIPLES}


def check_sign(
    found: CheckedObject, value: object, amount: State, path: Path, *, is_above: bool = False, is_entry: bool = False
) -> bool:
    """Reject a negative amount, and with `is_above` zero too; return whether it is neither."""
    if amount[0] < 0:
        wanted = "more than 0" if is_above else "0 or more"
        found.add(Reason.NEGATIVE, f"{quoted(value)} is below zero: write {wanted}", path, is_entry=is_entry)
    elif is_above and amount[0] == 0:
        found.add(Reason.NOT_POSITIVE, f"{quoted(value)} is zero: write more than 0", path, is_entry=is_entry)
    else:
        return True
    return False


def check_amounts(found: CheckedObject, entries: Any, path: Path) -> None:
    """Check the amounts of resources: none is negative, and what is counted is whole."""
    for name, amount in read_quantities(found, entries, path).items():
        at = (*path, name)
        is_valid = check_sign(found, entries[name], amount, at, is_entry=True)
        milli = ceil_to_milli(amount[0])
        if not is_valid or not is_counted(name):
            continue
        if milli > MAX_KUBERNETES_COUNT * 1000:
            found.add(*out_of_range(GPU, entries[name], max_value=MAX_KUBERNETES_COUNT), at, is_entry=True)
        elif milli % 1000:
            described = f"{quoted(entries[name])} is not a whole number: write {-(-milli // 1000)}"
            found.add(Reason.NOT_WHOLE, described, at, is_entry=True)


def check_field(found: CheckedObject, value: dict[str, Any], key: str, path: Path, *, is_above: bool = False) -> None:
    """Check a field that is a quantity, if it is there: it is not negative, and with `is_above` not zero."""
    quantity, at = value.get(key), (*path, key)
    if quantity is not None:
        found.count += 1
        amount = read_quantity(found, quantity, at)
        if amount is not None:
            check_sign(found, quantity, amount, at, is_above=is_above)


def _rule_of(key: str) -> Rule:
    """Return the rule of a type in which one field must not be negative."""
    return Rule(lambda found, value, path: check_field(found, value, key, path), frozenset((key,)))


def _check_divisor(found: CheckedObject, selector: dict[str, Any], path: Path) -> None:
    """Check what a container divides an amount of its own by, before it reads it."""
    divisor, at = selector.get("divisor"), (*path, "divisor")
    if divisor is None:
        return
    found.count += 1
    amount = read_quantity(found, divisor, at)
    resource = str(selector.get("resource")).removeprefix("limits.").removeprefix("requests.")
    allowed = _MULTIPLES if resource.startswith(HUGE_PAGES) else _DIVISORS.get(resource)
    if amount is not None and amount[0] != 0 and allowed is not None and _printed(divisor, amount) not in allowed:
        wanted = "1 or 1m" if resource == "cpu" else "1, or 1 with a suffix, such as 1Mi"
        found.add(Reason.UNSUPPORTED_VALUE, f"{quoted(divisor)} cannot divide {resource}: write {wanted}", at)


def _printed(divisor: object, amount: State) -> str:
    """Return what Go prints: the text as it was written, except for those that it sees are not canonical."""
    text = text_of(divisor) or ""
    binary = _BINARY.fullmatch(text)
    is_kept = int(binary[1]) % 8 != 0 if binary else not _NOT_CANONICAL.search(text)
    return text if is_kept else canonical_string(amount[0], amount[1])


def _check_status(found: CheckedObject, stanza: dict[str, Any], path: Path) -> None:
    """Check the resources in a container's or pod's status."""
    for key, value in stanza.items():
        if key in SIDES:
            if value is not None:
                read_quantities(found, value, (*path, key))
        elif key == "claims":
            for problem, steps in find_wrong_types(value):
                found.add(*problem, (*path, key, *steps))
        else:
            advice = did_you_mean(key, SIDES) or "these are requests, limits and claims"
            found.add(Reason.UNKNOWN_KEY, f"unknown key {quoted(key)}: {advice}", (*path, key), about_key=True)


def _check_node(found: CheckedObject, status: dict[str, Any], path: Path) -> None:
    for key in ("capacity", "allocatable"):
        if status.get(key) is not None:
            found.count += 1
            check_amounts(found, status[key], (*path, key))


_CAPACITY: Final = _rule_of("capacity")
RULES: Final = {
    "autoscaling.v2.HPAScalingRules": _rule_of("tolerance"),
    "core.v1.EmptyDirVolumeSource": _rule_of("sizeLimit"),
    "core.v1.ResourceRequirements": Rule(_check_status, frozenset(SIDES)),
    "core.v1.NodeStatus": Rule(_check_node, frozenset(("capacity", "allocatable"))),
    "core.v1.ResourceFieldSelector": Rule(_check_divisor, frozenset(("divisor",))),
    "storage.v1.CSIStorageCapacity": _CAPACITY,
    "storage.v1beta1.CSIStorageCapacity": _CAPACITY,
    "storage.v1alpha1.CSIStorageCapacity": _CAPACITY,
}
