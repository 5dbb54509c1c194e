"""What Kubernetes asks of a pod's resources: those of its containers, its own, and its overhead."""

from typing import Any, Final

from resources_py._reasons import Reason
from resources_py._stanza import SIDES, StanzaValidator
from resources_py.cli.manifests.containers import EPHEMERAL, INIT, ROLES, list_of
from resources_py.cli.manifests.pod_totals import Totals
from resources_py.cli.manifests.problems import CheckedObject, Path, is_template
from resources_py.cli.manifests.resizing import check_resize_policies
from resources_py.cli.manifests.stanzas import check_stanza, is_clean, warn_about_entries, without_others
from resources_py.cli.manifests.subjects import POD_ROLE, name_of
from resources_py.cli.manifests.walk import Rule, check_of, reject_type

_STANZA: Final = (*SIDES, "claims")
_NODE_VERSIONS: Final = ("v1", "v1beta1", "v1alpha1")
# What a container has to check besides its resources: environment variables that are divided.
_REST: Final = {
    key: "core.v1.EphemeralContainer" if key == "ephemeralContainers" else "core.v1.Container" for key in ROLES
}


def check_pod(found: CheckedObject, spec: dict[str, Any], path: Path) -> None:
    """Check the spec of a pod."""
    own, claims = spec.get("resources"), _claims_of(spec)
    totals = None if own is None else Totals(is_pod=found.type_meta.kind == "Pod")
    for key, role in ROLES.items():
        containers = spec.get(key)
        if containers is None:
            continue
        if not isinstance(containers, list):
            reject_type(found, containers, (*path, key), "a list")
            continue
        check_rest = check_of(_REST[key])
        for index, container in enumerate(containers):
            at = (*path, key, index)
            if not isinstance(container, dict):
                reject_type(found, container, at, "a mapping")
                continue
            found.container, found.role = name_of(container.get("name")) or f"{key}[{index}]", role
            _check_stanza(found, container, (*at, "resources"), claims, totals)
            if (policies := container.get("resizePolicy")) is not None:
                check_resize_policies(found, spec, container, policies, (*at, "resizePolicy"))
            check_rest(found, container, at)
    found.container = found.role = ""
    if totals is not None:
        _check_own(found, spec, (*path, "resources"), claims, totals)
    if (overhead := spec.get("overhead")) is not None:
        check_overhead(found, overhead, (*path, "overhead"))


def _claims_of(spec: dict[str, Any]) -> set[str]:
    claims = list_of(spec.get("resourceClaims"))
    return {str(claim["name"]) for claim in claims if isinstance(claim, dict) and claim.get("name")}


def _check_stanza(
    found: CheckedObject, container: dict[str, Any], path: Path, claims: set[str], totals: Totals | None
) -> None:
    """Check the resources of a container, and add them to the totals."""
    found.count += 1
    stanza = container.get("resources")
    if totals is not None and found.role != EPHEMERAL:
        validator = StanzaValidator(claims=claims)
        validator.validate(without_others(stanza) or {})
        totals.add(container, found.container, path, validator, is_init=found.role == INIT)
    if stanza is None or (found.role != EPHEMERAL and is_clean(stanza)):
        return
    if found.is_new(stanza):
        check_stanza(found, stanza, path, StanzaValidator(claims=claims))
    if found.role == EPHEMERAL and isinstance(stanza, dict) and any(stanza.get(key) is not None for key in _STANZA):
        described = "an ephemeral container cannot have resources: remove them"
        found.add(Reason.NOT_ALLOWED, described, path, about_key=True)


def _check_fixed(found: CheckedObject, overhead: dict[str, Any], path: Path) -> None:
    """Check the overhead of a RuntimeClass."""
    if (fixed := overhead.get("podFixed")) is not None:
        check_overhead(found, fixed, (*path, "podFixed"))


def _check_own(found: CheckedObject, spec: dict[str, Any], path: Path, claims: set[str], totals: Totals) -> None:
    """Check a pod's own resources."""
    found.count += 1
    found.role = POD_ROLE
    if isinstance(system := spec.get("os"), dict) and system.get("name") == "windows":
        described = "a Windows pod cannot have resources of its own: remove them"
        found.add(Reason.NOT_ALLOWED, described, path, about_key=True)
    else:
        validator = StanzaValidator(is_pod=True, claims=claims, complete=totals.complete)
        check_stanza(found, spec["resources"], path, validator)
        found.depth = len(path)
        totals.check(found, validator.requests, validator.limits, path)
        found.depth = 0
    found.role = ""


def check_overhead(found: CheckedObject, overhead: object, path: Path) -> None:
    """Check what a pod takes beyond its containers: Kubernetes validates it as their limits."""
    found.count += 1
    if is_template(overhead):
        found.skipped += 1
        return
    if not isinstance(overhead, dict):
        reject_type(found, overhead, path, "a mapping")
        return
    validator = StanzaValidator()
    for reason, description, steps, about_key, warn in validator.validate(without_others({"limits": overhead})):
        found.add(reason, description, (*path, *steps[1:]), is_entry=True, about_key=about_key, warn=warn)
    found.skipped += validator.skipped
    warn_about_entries(found, overhead, path)


_REST_RULE: Final = Rule(lambda *_: None, frozenset(("resources",)))
RULES: Final = {
    "core.v1.PodSpec": Rule(check_pod, frozenset((*ROLES, "resources", "overhead"))),
    **dict.fromkeys(_REST.values(), _REST_RULE),
    **{f"node.{version}.Overhead": Rule(_check_fixed, frozenset(("podFixed",))) for version in _NODE_VERSIONS},
}
