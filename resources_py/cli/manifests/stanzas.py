"""A stanza, of a container or of a pod, by the validator that `from_kubernetes` uses too."""

from functools import lru_cache
from typing import Any, Final

from resources_py._amounts import MAX_QUANTITY_BYTES
from resources_py._stanza import SIDES, StanzaValidator
from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.manifests.problems import CheckedObject, Path, is_other, is_template, mapping_of
from resources_py.cli.manifests.texts import warn_about_duplicates, warn_about_number

_MAX_REMEMBERED_ENTRIES: Final = 8
_MAX_REMEMBERED_NAME: Final = 64
_NOTHING: Final[dict[str, str]] = {}
_SIDES: Final = frozenset(SIDES)
_KEYS: Final = {*SIDES, "claims"}


def is_stanza(value: dict[str, Any]) -> bool:
    """Return whether a document is a bare ``resources:`` stanza, with or without that key."""
    stanza = bare_stanza(value)
    if not isinstance(stanza, dict) or (stanza is value and not value):
        return False
    return set(stanza) <= _KEYS and all(
        side is None or isinstance(side, dict) for key, side in stanza.items() if key != "claims"
    )


def bare_stanza(value: dict[str, Any]) -> Any:
    """Return a document that is a stanza, or what it has under its only key, ``resources``."""
    return value["resources"] if set(value) == {"resources"} else value


def is_clean(stanza: object) -> bool:
    """Return quickly whether nothing is wrong with a stanza; False if that is not sure.

    The containers of a cluster repeat few stanzas: this makes checking its pods a third faster.
    """
    if type(stanza) is not dict or not _SIDES.issuperset(stanza):
        return False
    requests, limits = stanza.get("requests", _NOTHING), stanza.get("limits", _NOTHING)
    if not (_is_short(requests) and _is_short(limits)):
        return False
    return _is_valid(tuple(requests.items()), tuple(limits.items()))


def _is_short(entries: Any) -> bool:
    """Return whether a side is small enough to remember, and has only texts: 1 and True would be the same key."""
    if type(entries) is not dict or len(entries) > _MAX_REMEMBERED_ENTRIES:
        return False
    for name, value in entries.items():
        if type(value) is not str or len(value) > MAX_QUANTITY_BYTES or len(name) > _MAX_REMEMBERED_NAME:
            return False
    return True


@lru_cache(maxsize=1024)
def _is_valid(requests: tuple[tuple[str, str], ...], limits: tuple[tuple[str, str], ...]) -> bool:
    validator = StanzaValidator()
    return not validator.validate({"requests": dict(requests), "limits": dict(limits)}) and not validator.skipped


def check_stanza(found: CheckedObject, stanza: object, path: Path, validator: StanzaValidator | None = None) -> None:
    """Find what Kubernetes would reject in a stanza, and what is probably a mistake."""
    if stanza is None:
        return
    if is_template(stanza):
        found.skipped += 1
        return
    validator = validator or StanzaValidator()
    depth, found.depth = found.depth, len(path)
    for reason, description, steps, about_key, warn in validator.validate(without_others(stanza)):
        is_entry = len(steps) > 1 and steps[0] in SIDES
        found.add(reason, description, path + steps, is_entry=is_entry, about_key=about_key, warn=warn)
    found.skipped += validator.skipped
    if isinstance(stanza, dict):
        found.skipped += sum("{{" in name for side in SIDES for name in mapping_of(stanza.get(side)))
        _warn_about_texts(found, stanza, path)
    found.depth = depth


def without_others(stanza: Any) -> Any:
    """Drop null sides, which are absent, what instructs kubectl and kustomize, and what a template has yet to name."""
    if not isinstance(stanza, dict):
        return stanza
    sides = {key: side for key, side in stanza.items() if side is not None and not is_other(key)}
    return {key: _without_others(side) if isinstance(side, dict) else side for key, side in sides.items()}


def _without_others(entries: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if not is_other(name)}


def _warn_about_texts(found: CheckedObject, stanza: dict[str, Any], path: Path) -> None:
    if type(stanza) is DuplicateDict:
        warn_about_duplicates(found, stanza, path, stanza)
    for side in SIDES:
        warn_about_entries(found, stanza.get(side), (*path, side))


def warn_about_entries(found: CheckedObject, entries: object, path: Path) -> None:
    """Warn about what only the text knows of the entries of a side."""
    if type(entries) is DuplicateDict:
        warn_about_duplicates(found, entries, path)
    if isinstance(entries, dict):
        for name, value in entries.items():
            if type(value) is MisreadInt:
                warn_about_number(found, value, (*path, name), is_entry=True)
