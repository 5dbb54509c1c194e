"""From a container's stanza to what it asks for, and what of it cannot be carried."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import resources_py
from resources_py import ResourcesError, Violation
from resources_py._errors import field_path, quoted
from resources_py._kubernetes import split_stanza
from resources_py._reasons import Reason
from resources_py._resource_names import is_extended_resource
from resources_py._stanza import SIDES, StanzaProblem, StanzaValidator
from resources_py.cli.formats.base import AnyResources, Reading
from resources_py.cli.formats.containers import find_lost

_CLAIM: Final = re.compile(r"claims\[([0-9]+)\]\.(name|request)")


def read_container(stanza: Any, reading: Reading) -> "tuple[AnyResources | None, list[StanzaProblem]]":
    """Return what a stanza asks for, without unknown keys and what cannot be carried, and all problems.

    It is None if anything else is wrong.
    """
    problems = StanzaValidator(reading.gpu, any_resource=True).validate(stanza)
    if problems:
        if any(each.reason != Reason.UNKNOWN_KEY or each.path[0] == "claims" for each in problems):
            return None, problems
        stanza = _without(stanza, {each.path for each in problems})
    try:
        declared, lost = _read_valid(stanza, reading)
    except ResourcesError:  # of what remains, too
        return None, problems
    return declared, problems + lost + [*_without_place(declared, stanza, reading)]


def _without(stanza: dict[str, Any], paths: Collection[tuple[Any, ...]]) -> dict[str, Any]:
    """Return a stanza without the keys at these paths."""
    return {
        side: {name: each for name, each in entries.items() if (side, name) not in paths} if side in SIDES else entries
        for side, entries in stanza.items()
        if (side,) not in paths
    }


def _read_valid(stanza: dict[str, Any], reading: Reading) -> tuple[AnyResources, list[StanzaProblem]]:
    """Read a stanza, without what a `ContainerResources` cannot carry."""
    own, named = split_stanza(stanza, reading.gpu)
    claims = stanza.get("claims") or []
    resources = resources_py.Resources.from_kubernetes(own, reading.gpu)
    if not named and not claims:
        return resources, []
    values: dict[str, Any] = {name: sides[0] if sides[0] == sides[1] else sides for name, sides in named.items()}
    violations: list[Violation] = []
    container = resources_py.ContainerResources._build(
        {"resources": resources, "named": values, "claims": claims}, violations
    )
    if not violations:
        return container, []
    fields = {violation.field for violation in violations}
    kept_names = [name for name in values if fields.isdisjoint(("named", field_path("named", name)))]
    bad_claims = {int(found[1]) for field in fields if (found := _CLAIM.match(field))}
    kept_claims = [] if "claims" in fields else [each for i, each in enumerate(claims) if i not in bad_claims]
    problems = [each for violation in violations for each in _locate(violation, stanza, own, reading)]
    rest = {"resources": resources, "named": {name: values[name] for name in kept_names}, "claims": kept_claims}
    return resources_py.ContainerResources._build(rest, []), list(dict.fromkeys(problems))


def _locate(
    violation: Violation, stanza: dict[str, Any], own: dict[str, Any], reading: Reading
) -> Iterator[StanzaProblem]:
    """Yield a violation of a `ContainerResources` at its places in the stanza."""
    from resources_py._container_rules import MAX_ENTRIES

    field, reason, described = violation
    if claim := _CLAIM.match(field):
        yield StanzaProblem(reason, described, ("claims", int(claim[1]), claim[2]))
        return
    if field == "claims":
        yield StanzaProblem(reason, described, ("claims",), is_about_key=True)
        return
    for side in SIDES:
        others = [name for name in stanza.get(side) or () if name not in own[side]]
        if field == "named" and len(others) > MAX_ENTRIES:
            described = f"{len(others)} resources beside the four: write at most {MAX_ENTRIES}"
            yield StanzaProblem(reason, described, (side,), is_about_key=True)
        for name in others:
            if field == field_path("named", name):
                described = f"{quoted(name)} cannot stand beside {reading.gpu} as gpu{reading.two_gpus_advice}"
                yield StanzaProblem(reason, described, (side, name), is_about_key=True)


def _without_place(declared: AnyResources, stanza: dict[str, Any], reading: Reading) -> Iterator[StanzaProblem]:
    for part, name, described in find_lost(declared, reading):
        if part == "claims":
            yield StanzaProblem(Reason.UNKNOWN_KEY, described, (part,), is_about_key=True)
            continue
        described += reading.gpu_advice if is_extended_resource(name) else ""
        for side in SIDES:
            if name in (stanza.get(side) or ()):
                yield StanzaProblem(Reason.UNKNOWN_KEY, described, (side, name), is_about_key=True)
