"""From what a command was asked to read, to the items that stand there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from resources_py import Resources, ResourcesError
from resources_py.cli._findings import Finding, Place
from resources_py.cli._forms import Item, guess, items
from resources_py.cli._inputs import Source, opened, stdin_or_refuse
from resources_py.cli._options import Asked
from resources_py.cli._terminal import NAME, printable, say


class Input(NamedTuple):
    """What is read: its source and form, or, of options, the one item that they are."""

    source: Source | None
    form: str
    items: Iterator[Item]


@contextmanager
def reading(asked: Asked) -> Iterator[Input]:
    """Open what was asked for. A form that was guessed is said on stderr.

    Raises Failure for what cannot be opened, or told.
    """
    if asked.values:
        yield Input(None, "", iter([from_options(asked.values)]))
        return
    with opened(stdin_or_refuse(asked.file)) as source:
        form = asked.form
        if form is None:
            form, told = guess(source)
            say(f"{NAME}: reading {printable(source.name)} as {form}, {told} (--from FORM says otherwise)")
        yield Input(source, form, items(source, form, asked.gpu_resource))


def from_options(values: dict[str, str]) -> Item:
    """Make a Resources of ``--cpu 500m,2`` and the rest."""
    given: dict[str, Any] = {}
    for name, text in values.items():
        sides = [None if side.strip() in ("", "-") else side.strip() for side in text.split(",")]
        given[name] = sides[0] if len(sides) == 1 else sides
    try:
        resources = Resources(**given)
    except ResourcesError as error:
        found = [Finding(_option(v.field), "error", v.reason, v.field, v.description) for v in error.violations]
        return Item(Place(""), None, found)
    notes = [Finding(_option(n.field), "warning", n.reason, n.field, n.description) for n in resources.warnings]
    return Item(Place(""), resources, notes)


def _option(field: str) -> Place:
    return Place("--" + field.partition("[")[0].replace("_", "-"))
