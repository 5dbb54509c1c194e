"""What Kubernetes asks of storage: claims, and volumes."""

from typing import Any, Final

from resources_py._amounts import EPHEMERAL_STORAGE
from resources_py._errors import quoted
from resources_py._quantity import State
from resources_py._reasons import Reason
from resources_py._stanza import SIDES, text_of
from resources_py._warnings import find_stored_warning
from resources_py.cli.manifests.problems import CheckedObject, Path, is_template
from resources_py.cli.manifests.values import check_sign
from resources_py.cli.manifests.walk import Rule, read_quantities, reject_type

_STORAGE: Final = "storage"


def check_claim(found: CheckedObject, spec: dict[str, Any], path: Path) -> None:
    """Check a claim's request: it has one of storage, which is positive."""
    found.count += 1
    resources, at = spec.get("resources"), (*path, "resources")
    if is_template(resources):
        found.skipped += 1
        return
    if resources is not None and not isinstance(resources, dict):
        reject_type(found, resources, at, "a mapping")
        return
    stanza = resources or {}
    for key in stanza:
        if key not in SIDES and key[:1] != "$":
            described = f"unknown key {quoted(key)}: the resources of a claim have requests and limits"
            found.add(Reason.UNKNOWN_KEY, described, (*at, key), about_key=True)
    requests, limits = (_read_side(found, stanza, side, at) for side in SIDES)
    if _STORAGE in requests:
        written, place = stanza["requests"][_STORAGE], (*at, "requests", _STORAGE)
        check_sign(found, written, requests[_STORAGE], place, is_above=True, is_entry=True)
    elif "accessModes" in spec and not _is_unknown(stanza):  # without, it is a patch
        described = "a claim needs a request of storage: write resources: {requests: {storage: 1Gi}}"
        found.add(Reason.REQUIRED, described, (*at, "requests", _STORAGE), is_entry=True)
    for side, amounts in zip(SIDES, (requests, limits), strict=True):
        if _STORAGE in amounts:
            text = text_of(stanza[side][_STORAGE])
            if text is not None and (warning := find_stored_warning(EPHEMERAL_STORAGE, text, amounts[_STORAGE])):
                found.add(*warning, (*at, side, _STORAGE), is_entry=True, warn=True)


def _read_side(found: CheckedObject, stanza: dict[str, Any], side: str, path: Path) -> dict[str, State]:
    return {} if stanza.get(side) is None else read_quantities(found, stanza[side], (*path, side))


def _is_unknown(stanza: dict[str, Any]) -> bool:
    """Return whether the request is there, but cannot be read."""
    requests = stanza.get("requests")
    return requests is not None and (not isinstance(requests, dict) or _STORAGE in requests)


def check_volume(found: CheckedObject, spec: dict[str, Any], path: Path) -> None:
    """Check a volume's capacity: of storage alone, and positive."""
    if "inlineVolumeSpec" in path:
        return
    capacity, at = spec.get("capacity"), (*path, "capacity")
    found.count += capacity is not None
    if capacity is None or capacity == {}:
        if "accessModes" in spec:  # without, it is a patch
            described = "a volume needs a capacity: write capacity: {storage: 1Gi}"
            found.add(Reason.REQUIRED, described, at, about_key=True)
        return
    amounts = read_quantities(found, capacity, at)
    if not isinstance(capacity, dict):
        return
    if _STORAGE not in capacity:
        described = "a volume has a capacity of storage: write capacity: {storage: 1Gi}"
        found.add(Reason.REQUIRED, described, at, about_key=True)
    for name in capacity:
        if name != _STORAGE:
            described = f"a volume has a capacity of storage only: remove {quoted(name)[1:-1]}"
            found.add(Reason.UNKNOWN_KEY, described, (*at, name), is_entry=True, about_key=True)
    for name, amount in amounts.items():
        check_sign(found, capacity[name], amount, (*at, name), is_above=True, is_entry=True)


RULES: Final = {
    "core.v1.PersistentVolumeClaimSpec": Rule(check_claim, frozenset(("resources",))),
    "core.v1.PersistentVolumeSpec": Rule(check_volume, frozenset(("capacity",))),
}
