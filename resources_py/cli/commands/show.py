"""``resources-py show``: what a declaration means."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from resources_py import Quantity, Resources
from resources_py._parameters import NAMES
from resources_py.cli.diagnostics import Reporter
from resources_py.cli.formats.base import Item
from resources_py.cli.options import example, formats_help, input_options, open_input, parse_input_options
from resources_py.cli.reading import ReadOptions
from resources_py.cli.terminal import colored, is_terminal, missing, printable

if TYPE_CHECKING:
    from rich.console import Console

_UNITS: Final = {"cpu": "core", "mem": "byte", "gpu": "device", "ephemeral_storage": "byte"}
_SIDES: Final = ("request", "limit")
_PLACE_KEYS: Final = ("file", "line", "column", "record")
_COLUMNS: Final[dict[str, dict[str, Any]]] = {
    "resource": {"style": "cyan", "no_wrap": True},
    "": {"no_wrap": True},
    "written": {"overflow": "fold"},
    "canonical": {"overflow": "fold"},
    "amount": {"justify": "right", "overflow": "fold"},
    "warning": {"style": "yellow", "overflow": "fold"},
}


@click.command(
    short_help="Show what resources mean.", epilog=example("show --cpu 500m,2 --mem 1Gi", formats_help(written=False))
)
@input_options
@click.option("--json", "as_json", is_flag=True, help="For scripts: one JSON object for each, on a line of its own.")
def command(as_json: bool, **options: Any) -> int:
    """Show what resources mean: as written, canonical, and as a plain number.

    They are read from FILE, from stdin, or given as options. Errors are reported on stderr; then the exit code is 1. It
    is 2 if nothing can be read.
    """
    wanted = parse_input_options(**options)
    reporter, presenter = Reporter(), Presenter(as_json=as_json)
    with open_input(wanted) as input_:
        for item in input_.items(ReadOptions(wanted.gpu, is_shown=lambda reason: False)):
            reporter.report(each for each in item.diagnostics if each.severity == "error")
            if item.result is not None:
                presenter.show(item, item.result)
    return reporter.finish()


class Presenter:
    """Prints items one after the other, as tables for people or as JSON for scripts."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console: Console | None = None

    def show(self, item: Item, resources: Resources) -> None:
        """Print one."""
        if self._as_json:
            print(to_json(item, resources), flush=is_terminal(sys.stdout))
        else:
            self._print_table(item, resources)

    def _print_table(self, item: Item, resources: Resources) -> None:
        try:
            from rich import box
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ModuleNotFoundError as error:
            raise missing(error, "cli") from error
        first = self._console is None
        if self._console is None:
            # Outside a terminal, nothing is cut or wrapped.
            width = None if is_terminal(sys.stdout) else 10_000
            plain = not colored(sys.stdout)
            self._console = Console(
                width=width, no_color=plain, color_system=None if plain else "auto", highlight=False
            )
        console = self._console
        heading = " ".join(part for part in (str(item.place), item.subject) if part)
        if heading:
            console.print(Text(("" if first else "\n") + printable(heading), style="bold"))
        elif not first:
            console.print()
        rows = list(_rows(resources))
        if not rows:
            console.print("nothing is requested, and nothing is limited")
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        has_warnings = any(row.warnings for row in rows)
        for name, options in list(_COLUMNS.items())[: None if has_warnings else -1]:
            table.add_column(name, **options)
        previous = ""
        for row in rows:
            amount = f"{_plain(row.quantity.decimal, ',')} {_unit(row)}"
            cells = [row.name if row.name != previous else "", row.side, row.written, str(row.quantity), amount]
            cells.append("\n".join(f"{reason}: {description}" for reason, description in row.warnings))
            table.add_row(*(Text(printable(cell)) for cell in cells[: len(table.columns)]))
            previous = row.name
        if is_terminal(sys.stdout):
            console.print(table)
            return
        with console.capture() as captured:
            console.print(table)
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))


class _Row(NamedTuple):
    name: str
    side: str
    written: str
    quantity: Quantity
    warnings: list[tuple[str, str]]


def _rows(resources: Resources) -> Iterator[_Row]:
    values = resources.to_dict()
    warnings = resources.warnings
    for name in NAMES:
        pair = values[name] if isinstance(values[name], list) else [values[name]] * 2
        meant = (resources.requests.get(name), resources.limits.get(name))
        for index, (written, quantity) in enumerate(zip(pair, meant, strict=True)):
            if quantity is None:
                continue
            # the warning about a single value is shown beside its request alone
            fields = {f"{name}[{index}]"} if index else {f"{name}[{index}]", name}
            here = [(w.reason, w.description) for w in warnings if w.field in fields]
            yield _Row(name, _SIDES[index], written if isinstance(written, str) else repr(written), quantity, here)


def _unit(row: _Row) -> str:
    return _UNITS[row.name] + ("" if row.quantity == Quantity(1) else "s")


def _plain(number: Decimal, grouping: str = "") -> str:
    """Write all digits, without an exponent or trailing zeros.

    >>> _plain(Decimal("1E+6"), ","), _plain(Decimal("0.500"))
    ('1,000,000', '0.5')
    """
    text = format(number, f"{grouping}f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_json(item: Item, resources: Resources) -> str:
    """Write what a table shows, with numbers in full, beyond what a float holds."""
    parts: dict[str, list[str]] = {}
    for row in _rows(resources):
        texts = f'"written": {json.dumps(row.written)}, "canonical": {json.dumps(str(row.quantity))}'
        parts.setdefault(row.name, []).append(f'"{row.side}": {{{texts}, "number": {_plain(row.quantity.decimal)}}}')
    place = item.place._asdict()
    values = [*((key, place[key]) for key in _PLACE_KEYS), ("subject", item.subject)]
    members = [f'"{key}": {json.dumps(value)}' for key, value in values if value]
    members += [f'"{name}": {{{", ".join(sides)}, "unit": "{_UNITS[name]}s"}}' for name, sides in parts.items()]
    notes = [{"field": w.field, "reason": w.reason, "description": w.description} for w in resources.warnings]
    members.append(f'"warnings": {json.dumps(notes)}')
    return f"{{{', '.join(members)}}}"
