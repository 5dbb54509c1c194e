"""Walking an object along the paths that lead to quantities, and holding each quantity to the grammar.

The paths come from Kubernetes' own types (quantity_paths.json). What Kubernetes asks beyond the grammar is a rule of a
type: see rules.py.
"""

import json
import os
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from resources_py._amounts import MAX_QUANTITY_BYTES, Problem, parse_signed_amount
from resources_py._errors import quoted
from resources_py._quantity import State
from resources_py._reasons import Reason
from resources_py._stanza import text_of
from resources_py.cli.documents.plain import DuplicateDict
from resources_py.cli.manifests.problems import CheckedObject, Path, is_other, is_template
from resources_py.cli.manifests.subjects import TypeMeta
from resources_py.cli.manifests.texts import warn_about_duplicates, warn_about_number

Check: TypeAlias = Callable[[CheckedObject, Any, Path], None]

# Kubernetes' kinds, by apiVersion and kind, and of each type the fields that lead to a quantity.
_TABLE: Final = os.path.join(os.path.dirname(__file__), "quantity_paths.json")


class Table(NamedTuple):
    """What quantity_paths.json holds."""

    kinds: dict[tuple[str, str], str]  # the type of each apiVersion, and of each group, and kind
    types: dict[str, dict[str, str]]


class Rule(NamedTuple):
    """What Kubernetes asks of a type beyond the grammar."""

    check: Check
    fields: frozenset[str] = frozenset()  # that the rule checks itself


RULES: Final[dict[str, Rule]] = {}  # by type; rules.py fills it


@cache
def table() -> Table:
    """Read the table."""
    with open(_TABLE, encoding="utf-8") as file:
        data = json.load(file)
    kinds: dict[tuple[str, str], str] = {}
    for name, type_name in data["kinds"].items():
        api_version, _, kind = name.partition(" ")
        kinds[api_version, kind] = type_name
        kinds.setdefault((TypeMeta(api_version).group, kind), type_name)
    return Table(kinds, data["types"])


def find_check(type_meta: TypeMeta) -> Check | None:
    """Return the check of a kind, if it is Kubernetes' own and can hold quantities, in whichever version."""
    kinds = table().kinds
    type_name = kinds.get(type_meta) or kinds.get((type_meta.group, type_meta.kind))
    return None if type_name is None else check_of(type_name)


@cache
def check_of(type_name: str) -> Check:
    """Return the check of a type: a struct, ``[]`` and the type of a list's items, or ``{}`` and that of values."""
    if type_name == "Quantity":
        return check_quantity
    if type_name == "{}Quantity":
        return check_quantities
    if type_name.startswith("{}"):
        return _check_of_map(check_of(type_name[2:]))
    if type_name.startswith("[]"):
        item = type_name[2:]
        return _check_of_list(check_of(item), () if item in RULES or item == "Quantity" else _fields_of(item))
    return _check_of_struct(_fields_of(type_name), RULES.get(type_name))


def _fields_of(type_name: str) -> tuple[tuple[str, Check], ...]:
    rule = RULES.get(type_name)
    fields = table().types.get(type_name, {})
    return tuple((key, check_of(each)) for key, each in fields.items() if not rule or key not in rule.fields)


def _check_of_struct(fields: tuple[tuple[str, Check], ...], rule: Rule | None) -> Check:
    def check(found: CheckedObject, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            reject_type(found, value, path, "a mapping")
            return
        for key, check_field in fields:
            child = value.get(key)
            if child is not None:
                check_field(found, child, (*path, key))
        if type(value) is DuplicateDict:
            warn_about_duplicates(found, value, path, {key for key, _ in fields} | (rule.fields if rule else set()))
        if rule is not None:
            rule.check(found, value, path)

    return check


def _check_of_list(check_item: Check, fields: tuple[tuple[str, Check], ...]) -> Check:
    """Check each item; those that have none of the fields need no call."""

    def check(found: CheckedObject, value: Any, path: Path) -> None:
        if not isinstance(value, list):
            reject_type(found, value, path, "a list")
            return
        for index, item in enumerate(value):
            if type(item) is dict and fields:
                for key, check_field in fields:
                    child = item.get(key)
                    if child is not None:
                        check_field(found, child, (*path, index, key))
            elif item is not None:
                check_item(found, item, (*path, index))

    return check


def _check_of_map(check_value: Check) -> Check:
    def check(found: CheckedObject, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            reject_type(found, value, path, "a mapping")
            return
        for key, each in value.items():
            if each is not None:
                check_value(found, each, (*path, key))

    return check


# ---- quantities


def check_quantity(found: CheckedObject, value: Any, path: Path) -> None:
    """Hold a quantity to the grammar."""
    found.count += _is_declared(path)
    read_quantity(found, value, path)


def check_quantities(found: CheckedObject, value: Any, path: Path) -> None:
    """Hold the values of a mapping to the grammar."""
    found.count += _is_declared(path)
    read_quantities(found, value, path)


def _is_declared(path: Path) -> bool:
    """Return whether this is declared, and not what a status repeats."""
    return path[0] != "status"


def read_quantities(found: CheckedObject, entries: Any, path: Path) -> dict[str, State]:
    """Return the amounts in a mapping that are valid; report the others."""
    amounts: dict[str, State] = {}
    if not isinstance(entries, dict):
        reject_type(found, entries, path, "a mapping")
        return amounts
    for name, value in entries.items():
        if is_other(name):
            found.skipped += "{{" in name
            continue
        amount: State | Problem | None = None
        if type(value) is str and len(value) <= MAX_QUANTITY_BYTES:
            amount = _parse_cached(value)  # valid, nearly always
        if amount is None or isinstance(amount, Problem):
            amount = read_quantity(found, value, (*path, name), is_entry=True)
        if amount is not None:
            amounts[name] = amount
    if type(entries) is DuplicateDict:
        warn_about_duplicates(found, entries, path)
    return amounts


def read_quantity(found: CheckedObject, value: Any, path: Path, *, is_entry: bool = False) -> State | None:
    """Return the amount of a quantity; report it if it is invalid. An entry is one of a mapping of quantities."""
    if value is None:
        described = "the value is missing, which Kubernetes reads as 0: write one, or leave the key out"
        found.add(Reason.NO_VALUE, described, path, is_entry=is_entry, about_key=True, warn=True)
        return 0, "DecimalSI", "0"
    if is_template(value):
        found.skipped += 1
        return None
    text = text_of(value)
    if text is None:
        described = f"{quoted(value)} is not a quantity: write a string or a number, or leave the key out"
        found.add(Reason.WRONG_TYPE, described, path, is_entry=is_entry)
        return None
    amount = parse_signed_amount(text)
    if isinstance(amount, Problem):
        found.add(*amount, path, is_entry=is_entry)
        return None
    warn_about_number(found, value, path, is_entry=is_entry)
    return amount


# The objects of a cluster repeat the same few amounts. Full, the cache holds half a megabyte.
_parse_cached: Final = lru_cache(maxsize=2048)(parse_signed_amount)


def reject_type(found: CheckedObject, value: object, path: Path, wanted: str) -> None:
    """Report a value that is neither null nor of the wanted type."""
    if is_template(value):
        found.skipped += 1
    elif value is not None:
        found.add(Reason.WRONG_TYPE, f"{quoted(value)} is not {wanted}", path)
