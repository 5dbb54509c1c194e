"""What Kubernetes asks of single quantities."""

from typing import Any, Final

from resources_py._amounts import ceil_to_milli
from resources_py._errors import quoted
from resources_py._quantity import State, canonical_string
from resources_py._reasons import Reason
from resources_py._resource_names import HUGE_PAGES, is_counted
from resources_py.cli.manifests.problems import CheckedObject, Path
from resources_py.cli.manifests.walk import Rule, read_quantities, read_quantity

_MULTIPLES: Final = frozenset(("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"))
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
        if is_valid and milli % 1000 and is_counted(name):
            described = f"{quoted(entries[name])} is not a whole number: write {-(-milli // 1000)}"
            found.add(Reason.NOT_WHOLE, described, at, is_entry=True)


def _check_field(key: str, *, is_above: bool = False) -> Rule:
    """Return the rule of a type for the sign of one of its fields."""

    def check(found: CheckedObject, value: dict[str, Any], path: Path) -> None:
        if value.get(key) is not None:
            found.count += 1
            amount = read_quantity(found, value[key], (*path, key))
            if amount is not None:
                check_sign(found, value[key], amount, (*path, key), is_above=is_above)

    return Rule(check, frozenset((key,)))


def _check_target(found: CheckedObject, target: dict[str, Any], path: Path) -> None:
    """Check the target of an autoscaler's metric: it is positive."""
    for key in ("value", "averageValue"):
        _check_field(key, is_above=True).check(found, target, path)


def _check_divisor(found: CheckedObject, selector: dict[str, Any], path: Path) -> None:
    """Check what a container divides an amount of its own by, before it reads it."""
    divisor, at = selector.get("divisor"), (*path, "divisor")
    if divisor is None:
        return
    found.count += 1
    amount = read_quantity(found, divisor, at)
    resource = str(selector.get("resource")).removeprefix("limits.").removeprefix("requests.")
    allowed = _MULTIPLES if resource.startswith(HUGE_PAGES) else _DIVISORS.get(resource)
    if amount is None or amount[0] == 0 or allowed is None:
        return
    if canonical_string(amount[0], amount[1]) not in allowed:
        wanted = "1 or 1m" if resource == "cpu" else "1, or 1 with a suffix, such as 1Mi"
        found.add(Reason.UNSUPPORTED_VALUE, f"{quoted(divisor)} cannot divide {resource}: write {wanted}", at)


def _check_node(found: CheckedObject, status: dict[str, Any], path: Path) -> None:
    for key in ("capacity", "allocatable"):
        if status.get(key) is not None:
            found.count += 1
            check_amounts(found, status[key], (*path, key))


_CAPACITY: Final = _check_field("capacity")
RULES: Final = {
    "autoscaling.v2.MetricTarget": Rule(_check_target, frozenset(("value", "averageValue"))),
    "autoscaling.v2.HPAScalingRules": _check_field("tolerance"),
    "core.v1.NodeStatus": Rule(_check_node, frozenset(("capacity", "allocatable"))),
    "core.v1.ResourceFieldSelector": Rule(_check_divisor, frozenset(("divisor",))),
    "storage.v1.CSIStorageCapacity": _CAPACITY,
    "storage.v1beta1.CSIStorageCapacity": _CAPACITY,
    "storage.v1alpha1.CSIStorageCapacity": _CAPACITY,
}
