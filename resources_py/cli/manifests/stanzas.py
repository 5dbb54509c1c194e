"""A stanza, of a container or of a pod, by the validator that `from_kubernetes` uses too."""

from typing import Any, Final

from resources_py._errors import field_path, quoted
from resources_py._kubernetes import SIDES, StanzaValidator
from resources_py._reasons import Reason
from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.manifests.problems import CheckedObject, Path, is_template

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


def check_stanza(found: CheckedObject, stanza: object, path: Path) -> None:
    """Find what Kubernetes would reject in a stanza, and what is probably a mistake."""
    if stanza is None:
        return
    if is_template(stanza):
        found.skipped += 1
        return
    values = stanza
    if isinstance(stanza, dict):
        # A null side is an absent one; $patch and the like are instructions to kubectl and kustomize.
        values = {key: side for key, side in stanza.items() if side is not None and not key.startswith("$")}
    validator = StanzaValidator()
    for reason, description, steps, about_key, warn in validator.validate(values):
        field = field_path(*steps) if steps else ""
        found.add(reason, description, path + steps, field=field, about_key=about_key, warn=warn)
    found.skipped += validator.skipped
    if isinstance(stanza, dict):
        check_texts(found, stanza, path, ())
        for side in SIDES:
            if isinstance(entries := stanza.get(side), dict):
                check_texts(found, entries, path, (side,))


def check_texts(found: CheckedObject, mapping: dict[str, Any], path: Path, keys: tuple[str, ...]) -> None:
    """Warn about keys that are written twice, and about numbers that do not mean what they look like."""
    for key in mapping.duplicates if isinstance(mapping, DuplicateDict) else ():
        described = f"{quoted(key)[1:-1]} is written twice: the last one counts, and strict readers reject it"
        at, field = (*path, *keys, key), field_path(*keys, key)
        found.add(Reason.DUPLICATE_KEY, described, at, field=field, about_key=True, warn=True)
    for key, value in mapping.items():
        if type(value) is MisreadInt:
            described = f"{value.written} is read as {int(value)}: write {int(value)}, or quote it"
            found.add(Reason.NOT_DECIMAL, described, (*path, *keys, key), field=field_path(*keys, key), warn=True)
