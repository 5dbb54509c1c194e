"""What Kubernetes asks of the targets of an autoscaler's metrics."""

from typing import Any, Final

from resources_py._reasons import Reason
from resources_py.cli.manifests.problems import CheckedObject, Path, is_template
from resources_py.cli.manifests.values import check_field
from resources_py.cli.manifests.walk import Rule, reject_type

_QUANTITIES: Final = ("value", "averageValue")


def _target_of(*choice: str, is_exclusive: bool) -> Rule:
    """Return the rule of a metric whose target is one of these fields, or at least one of them."""

    def check(found: CheckedObject, source: dict[str, Any], path: Path) -> None:
        target, at = source.get("target"), (*path, "target")
        if target is None or is_template(target) or not isinstance(target, dict):
            reject_type(found, target, at, "a mapping")
            return
        for key in _QUANTITIES:
            check_field(found, target, key, at, is_above=True)
        given = [key for key in choice if target.get(key) is not None]
        if not given:
            described = f"the target of this metric is missing: write {' or '.join(choice)}"
            found.add(Reason.REQUIRED, described, (*at, choice[-1]))
        elif len(given) > 1 and is_exclusive:
            described = f"the target is {choice[0]} or {choice[1]}, not both: remove one"
            found.add(Reason.NOT_ALLOWED, described, (*at, given[0]), about_key=True)

    return Rule(check, frozenset(("target",)))


_TYPE: Final = "autoscaling.v2.{}MetricSource"
RULES: Final = {
    _TYPE.format("Pods"): _target_of("averageValue", is_exclusive=False),
    _TYPE.format("Object"): _target_of("value", "averageValue", is_exclusive=False),
    _TYPE.format("External"): _target_of("value", "averageValue", is_exclusive=True),
    _TYPE.format("Resource"): _target_of("averageValue", "averageUtilization", is_exclusive=True),
    _TYPE.format("ContainerResource"): _target_of("averageValue", "averageUtilization", is_exclusive=True),
}
