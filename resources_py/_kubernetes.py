"""The ``resources:`` stanza of a Kubernetes container, written and read by the API server's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from resources_py import _amounts
from resources_py._amounts import GPU, RESOURCES, Amount, Problem, Resource
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted, raise_all
from resources_py._names import did_you_mean
from resources_py._quantity import Quantity

Stanza = dict[str, dict[str, str]]
Quantities = Mapping[str, Quantity]  # by the parameter's name
# As for the wire: the values as they stand there, None where the side does not have the resource.
Values = dict[Resource, tuple[str | None, str | None]]

DEFAULT_GPU_RESOURCE: Final = GPU.kubernetes
# What the API server takes for an extended resource (pkg/apis/core/v1/helper): a qualified name with a domain that is
# not Kubernetes' own, whose quota name "requests." + name is a qualified name too.
_EXTENDED: Final = re.compile(
    r"(?!requests\.)(?=[^/]{1,244}/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?", re.A
)
# What Go's strings.TrimSpace takes for white space; str.strip() would take the separators U+001C to U+001F as well.
_GO_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
# What people write where the API server wants another key.
_MEANT: Final = {
    "mem": "memory",
    "ephemeral_storage": "ephemeral-storage",
    "storage": "ephemeral-storage",
    "gpu": DEFAULT_GPU_RESOURCE,
}


def to_stanza(requests: Quantities, limits: Quantities, refused: Problem | None, gpu_resource: str) -> Stanza:
    """Write the stanza, in canonical strings; `refused` is what Kubernetes has against the GPU request.

    Raises ResourcesError for what the API server would refuse.
    """
    _check_gpu_resource(gpu_resource)
    if refused is not None:
        raise ResourcesError([refused.at(_place("requests", gpu_resource))])
    stanza: Stanza = {}
    for side, quantities in (("requests", requests), ("limits", limits)):
        for resource in RESOURCES:
            if (quantity := quantities.get(resource.parameter)) is not None:
                stanza.setdefault(side, {})[_key(resource, gpu_resource)] = str(quantity)
    return stanza


def read_stanza(stanza: object, gpu_resource: str) -> Values:
    """Read a stanza.

    Raises ResourcesError with everything that the API server would refuse, and every key that would be lost.
    """
    _check_gpu_resource(gpu_resource)
    if not isinstance(stanza, Mapping):
        raise ResourcesTypeError(
            [Violation("", "WRONG_TYPE", f"{quoted(stanza)} is no mapping: write {{'requests': …, 'limits': …}}")]
        )
    violations: list[Violation] = []
    for key in stanza:
        if key not in ("requests", "limits"):
            mend = did_you_mean(key, ("requests", "limits")) or "a stanza has requests and limits"
            violations.append(Violation(quoted(key)[1:-1], "UNKNOWN_KEY", f"unknown key {quoted(key)}: {mend}"))
    requests = _read_side(stanza, "requests", gpu_resource, violations)
    limits = _read_side(stanza, "limits", gpu_resource, violations)
    for resource, (_, request) in requests.items():
        if isinstance(request, Problem):
            continue
        limit = limits[resource][1] if resource in limits else None
        problem = _amounts.check_within_limit(request, limit) if limit and not isinstance(limit, Problem) else None
        if problem is None and resource is GPU and not isinstance(limit, Problem):
            problem = _amounts.check_gpu_limit(request, limit)
        if problem is not None:
            violations.append(problem.at(_place("requests", _key(resource, gpu_resource))))
    raise_all(violations)
    return {
        r: (requests[r][0] if r in requests else None, limits[r][0] if r in limits else None)
        for r in RESOURCES
        if r in requests or r in limits
    }


def _read_side(
    stanza: Mapping[Any, Any], side: str, gpu_resource: str, violations: list[Violation]
) -> dict[Resource, tuple[str, Amount | Problem]]:
    """Read one side, in the order of RESOURCES, each as its text and what it amounts to."""
    if side not in stanza:
        return {}
    amounts = stanza[side]
    if not isinstance(amounts, Mapping):
        violations.append(
            Violation(side, "WRONG_TYPE", f"{quoted(amounts)} is no mapping: leave {side} out, or write {{'cpu': '1'}}")
        )
        return {}
    keys = {_key(resource, gpu_resource): resource for resource in RESOURCES}
    found: dict[Resource, tuple[str, Amount | Problem]] = {}
    for key, value in amounts.items():
        resource = keys.get(key) if isinstance(key, str) else None
        place = _place(side, key)
        if resource is None:
            violations.append(
                Violation(place, "UNKNOWN_KEY", f"unknown key {quoted(key)}: {_mend(key, keys, gpu_resource)}")
            )
            continue
        text = _text(value)
        if text is None:
            described = f"{quoted(value)} is no quantity: write a string or a number, or leave the key out"
            violations.append(Violation(place, "WRONG_TYPE", described))
            continue
        amount = _amounts.parse_amount(resource, text)
        found[resource] = text, amount
        if isinstance(amount, Problem):
            violations.append(amount.at(place))
    return {resource: found[resource] for resource in RESOURCES if resource in found}


def _text(value: object) -> str | None:
    """Give the text that Go's JSON reader hands to the quantity; None for what it would not take."""
    if isinstance(value, str):
        return value.strip(_GO_SPACE)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return repr(value)
        except ValueError:  # an int past the digit limit
            return "9" * 100
    return None


def _key(resource: Resource, gpu_resource: str) -> str:
    return gpu_resource if resource is GPU else resource.kubernetes


def _place(side: str, key: object) -> str:
    shown = quoted(key)
    return f'{side}["{shown[1:-1]}"]' if isinstance(key, str) else f"{side}[{shown}]"


def _mend(key: object, keys: Iterable[str], gpu_resource: str) -> str:
    if meant := _MEANT.get(key) if isinstance(key, str) else None:
        return f"did you mean {gpu_resource if meant == DEFAULT_GPU_RESOURCE else meant}?"
    if isinstance(key, str) and _EXTENDED.fullmatch(key):
        return "for another GPU resource name, pass gpu_resource="
    return did_you_mean(key, keys) or f"only {', '.join(keys)} are carried"


def _check_gpu_resource(gpu_resource: object) -> None:
    """Refuse a name that the API server would not take for an extended resource."""
    if not isinstance(gpu_resource, str):
        raise ResourcesTypeError(
            [Violation("gpu_resource", "WRONG_TYPE", f"{quoted(gpu_resource)} is no string: write 'nvidia.com/gpu'")]
        )
    if not _EXTENDED.fullmatch(gpu_resource) or "kubernetes.io/" in gpu_resource:
        described = f"{quoted(gpu_resource)} is no extended resource: write a name such as 'nvidia.com/gpu'"
        raise ResourcesError([Violation("gpu_resource", "UNSUPPORTED_NAME", described)])
