"""What a Pod needs in all.

The formulas are those of k8s.io/component-helpers/resource (PodRequests, PodLimits) and of the API server's QoS class,
after the API server's defaulting; docs/how-to/totals.md states them. A comparison with Kubernetes' own code holds this
module to them (`make test-kubernetes`).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from resources_py._amounts import ceil_to_milli
from resources_py._errors import QuantityError, ResourcesError, ResourcesTypeError, Violation, field_path, quoted
from resources_py._quantity import DECIMAL_SI, NANOS_PER_UNIT, Format, Quantity, from_state, parse
from resources_py._reasons import Reason
from resources_py._resource_names import HUGE_PAGES
from resources_py._stanza import SIDES, text_of

_QosClass: TypeAlias = Literal["Guaranteed", "Burstable", "BestEffort"]

# Where each kind of Kubernetes' own groups keeps its pod's spec.
OWN_GROUPS: Final = ("", "apps", "batch", "extensions")
POD_SPECS: Final[dict[str, tuple[str, ...]]] = {
    "Pod": ("spec",),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job"),
        ("spec", "template", "spec"),
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_NANOS_PER_MILLI: Final = NANOS_PER_UNIT // 1000

# A value in nanos and the format in which it is printed; and such amounts by the names of resources.
Amount: TypeAlias = tuple[int, Format]
Amounts: TypeAlias = dict[str, Amount]
_Stanza: TypeAlias = tuple[Amounts, Amounts]  # requests and limits

NOTHING: Final[Amount] = (0, DECIMAL_SI)


class PodResources(NamedTuple):
    """What a Pod needs in all.

    Attributes:
        requests: The total of each resource that the scheduler counts, by its name.
        limits: The total of each resource that is limited.
        qos: The Pod's quality of service class.
    """

    requests: dict[str, Quantity]
    limits: dict[str, Quantity]
    qos: _QosClass


def pod_resources(pod_spec: Mapping[str, Any]) -> PodResources:
    """Return the totals of a Pod, exact, for any resource name.

    Containers are summed, with sidecars (init containers that are restarted always). An init container needs its own
    amount and that of the sidecars before it; if that is more than the sum, it counts. The Pod's own resources, where
    it has them, replace the total. Overhead is added to all requests, and to limits that are not zero.

    Args:
        pod_spec: The ``spec`` of a Pod, or ``spec.template.spec`` of a workload, as plain dicts.

    Returns:
        Requests, limits, and the QoS class.

    Raises:
        ResourcesError: An amount is not a quantity. The field is its path in `pod_spec`.
        ResourcesTypeError: Something that must be a mapping or a list is not.

    Example:
        >>> init = {"name": "migrate", "resources": {"requests": {"memory": "2Gi"}}}
        >>> web = {"name": "web", "resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}}}
        >>> log = {"name": "log", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}
        >>> total = pod_resources({"initContainers": [init], "containers": [web, log]})
        >>> total.requests
        {'cpu': Quantity('600m'), 'memory': Quantity('2Gi')}
        >>> total.limits, total.qos
        ({'memory': Quantity('1Gi')}, 'Burstable')
    """
    requests, limits, qos, _ = pod_amounts(pod_spec)
    return PodResources(to_quantities(requests), to_quantities(limits), qos)


class PodAmounts(NamedTuple):
    """The same, as nanos and formats, and what a quota of cpu or memory would miss in a container."""

    requests: Amounts
    limits: Amounts
    qos: _QosClass
    missing: tuple[str, ...]  # "requests.cpu" and the like


def pod_amounts(pod_spec: object) -> PodAmounts:
    """Count what :func:`pod_resources` returns."""
    spec = _mapping(pod_spec, ())
    containers = [_read_container(each, path) for each, path in _items(spec, "containers")]
    inits = [
        (_read_container(each, path), _mapping(each, path).get("restartPolicy") == "Always")
        for each, path in _items(spec, "initContainers")
    ]
    overhead = _read_list(spec.get("overhead"), ("overhead",))
    requests, limits = (
        _aggregate([stanza[side] for stanza in containers], [(stanza[side], always) for stanza, always in inits])
        for side in (0, 1)
    )
    everything = [*containers, *(stanza for stanza, _ in inits)]
    own = _read_stanza(spec.get("resources"), ("resources",))
    if own[0] or own[1]:
        _default_pod_level(own, requests, limits, [stanza[1] for stanza in everything])
    is_set = any(map(_is_pod_level, (*own[0], *own[1])))
    if is_set:
        requests |= {name: amount for name, amount in own[0].items() if _is_pod_level(name)}
        limits |= {name: amount for name, amount in own[1].items() if _is_pod_level(name)}
    qos = _qos_of(*own) if is_set else _combine_qos(everything)
    _add(requests, overhead)
    _add(limits, {name: amount for name, amount in overhead.items() if limits.get(name, NOTHING)[0]})
    missing = (
        ()
        if is_set
        else tuple(f"{SIDES[side]}.{name}" for side, name in _QUOTED if _is_missing(everything, side, name))
    )
    return PodAmounts(requests, limits, qos, missing)


# ---- reading


def _mapping(value: object, path: tuple[object, ...]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ResourcesTypeError([Violation(_field(path), Reason.WRONG_TYPE, f"{quoted(value)} is not a mapping")])


def _items(spec: Mapping[str, Any], key: str) -> list[tuple[Any, tuple[object, ...]]]:
    items = spec.get(key) or ()
    if not isinstance(items, list | tuple):
        raise ResourcesTypeError([Violation(key, Reason.WRONG_TYPE, f"{quoted(items)} is not a list")])
    return [(item, (key, index)) for index, item in enumerate(items)]


def _read_container(container: object, path: tuple[object, ...]) -> _Stanza:
    requests, limits = _read_stanza(_mapping(container, path).get("resources"), (*path, "resources"))
    return limits | requests if limits else requests, limits  # a missing request is taken from its limit


def _read_stanza(stanza: object, path: tuple[object, ...]) -> _Stanza:
    if stanza is None:
        return {}, {}
    sides = _mapping(stanza, path)
    requests, limits = (_read_list(sides.get(side), (*path, side)) for side in SIDES)
    return requests, limits


def _read_list(amounts: object, path: tuple[object, ...]) -> Amounts:
    if not amounts and (amounts is None or isinstance(amounts, Mapping)):
        return {}
    found: Amounts = {}
    for name, value in _mapping(amounts, path).items():
        text = "0" if value is None else text_of(value)
        try:
            if text is None:
                raise QuantityError("format", "", f"{quoted(value)} is not a quantity: write a string or a number")
            found[name] = _parse(text)
        except QuantityError as error:
            described = error.violations[0]._replace(field=_field((*path, name)))
            raise ResourcesError([described]) from error
    return found


@lru_cache(maxsize=4096)
def _parse(text: str) -> Amount:
    """Parse an amount and round it up to a thousandth, as the API server's defaulting does."""
    nanos, form, _ = parse(text)
    return ceil_to_milli(nanos) * _NANOS_PER_MILLI, form


def _field(path: tuple[object, ...]) -> str:
    return field_path(*path) if path else ""


def to_quantities(amounts: Amounts) -> dict[str, Quantity]:
    """Convert amounts to quantities: cpu, memory, and the others by name."""
    return {name: from_state((*amounts[name], None)) for name in in_order(amounts)}


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names of resources: cpu, memory, and the others by the alphabet."""
    return sorted(names, key=lambda name: (name not in ("cpu", "memory"), name))


# ---- counting


def _add(total: Amounts, amounts: Mapping[str, Amount]) -> None:
    """Add, as Go does: a sum has the format of its first amount that is not zero."""
    for name, amount in amounts.items():
        nanos, form = total.get(name, NOTHING)
        total[name] = (nanos + amount[0], form) if nanos else amount


def _raise_to(total: Amounts, amounts: Mapping[str, Amount]) -> None:
    for name, amount in amounts.items():
        if name not in total or amount[0] > total[name][0]:
            total[name] = amount


def _aggregate(containers: Iterable[Amounts], inits: Iterable[tuple[Amounts, bool]]) -> Amounts:
    """Return what containers need together, or an init container before them, if that is more."""
    total: Amounts = {}
    for amounts in containers:
        _add(total, amounts)
    sidecars: Amounts = {}
    most: Amounts = {}
    for amounts, is_sidecar in inits:
        if is_sidecar:
            _add(total, amounts)
            _add(sidecars, amounts)
            _raise_to(most, sidecars)
        else:
            use = dict(amounts)
            _add(use, sidecars)
            _raise_to(most, use)
    _raise_to(total, most)
    return total


# ---- the Pod's own resources


def _is_pod_level(name: str) -> bool:
    """Return what the scheduler asks; the API server also asks for a valid name."""
    return name in ("cpu", "memory") or name.startswith(HUGE_PAGES)


def _default_pod_level(own: _Stanza, requests: Amounts, limits: Amounts, each_limit: list[Amounts]) -> None:
    """Fill in the Pod's own requests and limits, as the API server does where it has some."""
    own_requests, own_limits = own
    for name, amount in limits.items():
        if name.startswith(HUGE_PAGES) and name not in own_requests:
            own_limits.setdefault(name, amount)
    for name, amount in requests.items():
        if name in ("cpu", "memory"):
            own_requests.setdefault(name, amount)
    for name, amount in own_limits.items():
        if _is_pod_level(name):
            own_requests.setdefault(name, amount)
    for name, amount in own_requests.items():
        if _is_pod_level(name) and name not in own_limits and all(name in limited for limited in each_limit):
            own_limits[name] = max(limits[name], amount, key=lambda each: each[0])


# ---- quotas

# What each container must set if a quota counts it: a side, and a resource.
_QUOTED: Final = tuple((side, name) for side in (0, 1) for name in ("cpu", "memory"))


def _is_missing(stanzas: Iterable[_Stanza], side: int, name: str) -> bool:
    return any(name not in stanza[side] for stanza in stanzas)


# ---- QoS


def _qos_of(requests: Amounts, limits: Amounts) -> _QosClass:
    if not requests and not limits:
        return "BestEffort"
    found: set[_QosClass] = set()
    for name in ("cpu", "memory"):
        request, limit = requests.get(name, NOTHING)[0], limits.get(name, NOTHING)[0]
        found.add("Burstable" if request != limit else "Guaranteed" if request else "BestEffort")
    return found.pop() if len(found) == 1 else "Burstable"


def _combine_qos(stanzas: Iterable[_Stanza]) -> _QosClass:
    found: set[_QosClass] = {_qos_of(*stanza) for stanza in stanzas} or {"BestEffort"}
    return found.pop() if len(found) == 1 else "Burstable"
