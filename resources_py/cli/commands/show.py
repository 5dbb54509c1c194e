"""``resources-py show``: what a declaration means."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from resources_py import Quantity, Resources
from resources_py._quantity import plain_digits
from resources_py.cli.diagnostics import Reporter
from resources_py.cli.formats.base import Item
from resources_py.cli.options import example, formats_help, input_options, make_input
from resources_py.cli.reading import ReadOptions
from resources_py.cli.terminal import colored, is_terminal, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_UNITS: Final = {"cpu": "core", "mem": "byte", "gpu": "device", "ephemeral_storage": "byte"}
_Row = tuple[str, str, str, Quantity, str]  # resource, side, written, quantity, warnings
_COLUMNS: Final[dict[str, dict[str, Any]]] = {
    "resource": {"style": "cyan", "no_wrap": True},
    "": {"no_wrap": True},
    "written": {"overflow": "fold"},
    "canonical": {"overflow": "fold"},
    "amount": {"justify": "right", "overflow": "fold"},
    "warning": {"style": "yellow", "overflow": "fold"},
}


@click.command(short_help="Show what resources mean.", epilog=example("show --cpu 500m,2 --mem 1Gi", formats_help()))
@input_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, for scripts.")
def command(as_json: bool, **options: Any) -> int:
    """Show what resources mean: as written, canonical, and as a plain number.

    Resources are read from every FILE or from stdin, or given as options. A folder stands for every manifest in it; of
    many files, those without resources are skipped. Errors are reported on stderr, and the exit code is then 1. It is 2
    if something cannot be read.
    """
    reporter, presenter, input_ = Reporter(), Presenter(as_json=as_json), make_input(**options)
    for item in input_.items(ReadOptions(input_.gpu, is_shown=lambda reason: False)):
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
        """Print one item."""
        if self._as_json:
            print(to_json(item, resources), flush=is_terminal(sys.stdout))
        else:
            self._print_table(item, resources)

    def _print_table(self, item: Item, resources: Resources) -> None:
        from rich.console import Console
        from rich.text import Text

        first = self._console is None
        if self._console is None:
            width = None if is_terminal(sys.stdout) else 10_000  # outside a terminal, nothing is cut or wrapped
            self._console = Console(width=width, color_system="auto" if colored(sys.stdout) else None, highlight=False)
        with self._console.capture() as captured:
            heading = " ".join(part for part in (str(item.place), str(item.subject)) if part)
            if not first:
                self._console.print()
            if heading:
                self._console.print(Text(printable(heading), style="bold"))
            self._console.print(_table(resources))
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _table(resources: Resources) -> "Table | str":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = list(_rows(resources))
    if not rows:
        return "nothing is requested, and nothing is limited"
    columns = list(_COLUMNS.items())[: None if any(row[-1] for row in rows) else -1]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, options in columns:
        table.add_column(name, **options)
    previous = ""
    for name, side, written, quantity, warnings in rows:
        amount = f"{plain_digits(quantity._state[0])} {_UNITS[name]}{'' if quantity == Quantity(1) else 's'}"
        cells = [name if name != previous else "", side, written, str(quantity), amount, warnings]
        table.add_row(*(Text(printable(cell)) for cell in cells[: len(columns)]))
        previous = name
    return table


def _rows(resources: Resources) -> Iterator[_Row]:
    warnings = {w.field: f"{w.reason}: {w.description}" for w in resources.warnings}  # at most one for a value
    for name, value in resources.to_dict().items():
        pair = value if isinstance(value, list) else [value] * 2
        # The warning about a single value is shown beside its request alone.
        request_warning = warnings.get(f"{name}[0]") or warnings.get(name, "")
        for side, amounts, written, warning in (
            ("request", resources.requests, pair[0], request_warning),
            ("limit", resources.limits, pair[1], warnings.get(f"{name}[1]", "")),
        ):
            if name in amounts:
                yield name, side, written if isinstance(written, str) else repr(written), amounts[name], warning


def to_json(item: Item, resources: Resources) -> str:
    """Write what a table shows, with numbers in full, beyond what a float holds."""
    parts: dict[str, list[str]] = {}
    for name, side, written, quantity, _ in _rows(resources):
        texts = f'"written": {json.dumps(written)}, "canonical": {json.dumps(str(quantity))}'
        number = plain_digits(quantity._state[0], grouping="")
        parts.setdefault(name, []).append(f'"{side}": {{{texts}, "number": {number}}}')
    values = item.place._asdict() | {"width": None, "subject": str(item.subject), **item.subject._asdict()}
    members = [f'"{key}": {json.dumps(value)}' for key, value in values.items() if value]
    members += [f'"{name}": {{{", ".join(sides)}, "unit": "{_UNITS[name]}s"}}' for name, sides in parts.items()]
    notes = [{"field": w.field, "reason": w.reason, "description": w.description} for w in resources.warnings]
    members.append(f'"warnings": {json.dumps(notes)}')
    return f"{{{', '.join(members)}}}"
