"""``resources-py show``: what a declaration means."""

import json
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from resources_py import Quantity, Resources
from resources_py._quantity import plain_digits
from resources_py._resource_names import HUGE_PAGES
from resources_py.cli.diagnostics import Reporter
from resources_py.cli.formats.base import AnyResources, Item
from resources_py.cli.formats.containers import extended_of, resources_of, to_dict
from resources_py.cli.options import example, formats_help, input_options, make_input, make_reading
from resources_py.cli.reading import ReadOptions
from resources_py.cli.terminal import colored, is_terminal, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from resources_py import ContainerResources

_UNITS: Final = {"cpu": "cores", "mem": "bytes", "gpu": "devices", "ephemeral_storage": "bytes"}


class _Row(NamedTuple):
    """What is shown of a resource on one side, or of something that has none."""

    name: str
    side: str
    written: str
    canonical: str = ""
    quantity: Quantity | None = None
    unit: str = ""
    warning: str = ""

    @property
    def amount(self) -> str:
        """The amount, for people."""
        if self.quantity is None:
            return ""
        unit = self.unit.removesuffix("s") if self.quantity == Quantity(1) else self.unit
        return f"{plain_digits(self.quantity._state[0])} {unit}".rstrip()


_COLUMNS: Final[dict[str, dict[str, Any]]] = {
    "resource": {"style": "cyan", "no_wrap": True},
    "": {"no_wrap": True},
    "written": {"overflow": "fold"},
    "canonical": {"overflow": "fold"},
    "amount": {"justify": "right", "overflow": "fold"},
    "warning": {"style": "yellow", "overflow": "fold"},
}


@click.command(
    short_help="Show what resources mean.",
    epilog=example("show --cpu 500m,2 --mem 1Gi", formats_help(is_written=False)),
)
@input_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, for scripts.")
def command(as_json: bool, **options: Any) -> int:
    """Show what resources mean: as written, canonical, and as a plain number.

    Resources are read from every FILE or from stdin, or given as options. A folder stands for every manifest in it; of
    many files, those without resources are skipped. Errors are reported on stderr, and the exit code is then 1. It is 2
    if something cannot be read.
    """
    reporter, presenter, input_ = Reporter(), Presenter(as_json=as_json), make_input(**options)
    for item in input_.items(ReadOptions(make_reading(input_.gpu_resource), is_shown=lambda reason: False)):
        reporter.report(each for each in item.diagnostics if each.severity == "error")
        if item.result is not None:
            presenter.show(item, item.result)
    return reporter.finish()


class Presenter:
    """Prints items one after the other, as tables for people or as JSON for scripts."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console: Console | None = None

    def show(self, item: Item, declared: AnyResources) -> None:
        """Print one item."""
        if self._as_json:
            print(to_json(item, declared), flush=is_terminal(sys.stdout))
        else:
            self._print_table(item, declared)

    def _print_table(self, item: Item, declared: AnyResources) -> None:
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
            self._console.print(_table(declared))
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _table(declared: AnyResources) -> "Table | str":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = list(_rows(declared))
    if not rows:
        return "nothing is requested, and nothing is limited"
    columns = list(_COLUMNS.items())[: None if any(row.warning for row in rows) else -1]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, options in columns:
        table.add_column(name, **options)
    previous = ""
    for row in rows:
        name = row.name if row.name != previous else ""
        cells = [name, row.side, row.written, row.canonical, row.amount, row.warning]
        table.add_row(*(Text(printable(cell)) for cell in cells[: len(columns)]))
        previous = row.name
    return table


def _rows(declared: AnyResources) -> Iterator[_Row]:
    resources = resources_of(declared)
    warnings = _warnings_by_field(resources)
    for name, value in resources.to_dict().items():
        sides = resources.requests.get(name), resources.limits.get(name)
        yield from _rows_of(name, _pair_of(value), sides, _UNITS[name], warnings)
    if not isinstance(declared, Resources):
        yield from _named_rows(declared)
        yield from _other_rows(declared)


def _rows_of(
    name: str,
    pair: list[Any],
    sides: tuple[Quantity | None, Quantity | None],
    unit: str,
    warnings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[_Row]:
    """Yield the rows of a resource."""
    # The warning about a single value is shown beside its request alone.
    request_warning = warnings.get(f"{name}[0]") or warnings.get(name, "")
    for side, quantity, written, warning in (
        ("request", sides[0], pair[0], request_warning),
        ("limit", sides[1], pair[1], warnings.get(f"{name}[1]", "")),
    ):
        if quantity is not None:
            yield _Row(name, side, _written(written), str(quantity), quantity, unit, warning)


def _named_rows(container: "ContainerResources") -> Iterator[_Row]:
    for name, value in container.to_dict()["named"].items():
        pair = _pair_of(value)
        request, limit = (None if each is None else Quantity(each) for each in pair)
        yield from _rows_of(name, pair, (request, limit), "bytes" if name.startswith(HUGE_PAGES) else "")


def _other_rows(container: "ContainerResources") -> Iterator[_Row]:
    """Yield claims, and what there is of accelerator and shared memory."""
    from resources_py._accelerators import device_of

    for claim in container.claims:
        yield _Row("claim", "", claim if isinstance(claim, str) else "/".join(claim))
    warnings = _warnings_by_field(container)
    message = container.to_proto().extended_resources
    canonical = {
        "accelerator": device_of(message.gpu_accelerator) or "",
        "shared_memory": str(Quantity(message.shared_memory.size_limit)) if message.shared_memory.size_limit else "",
    }
    for name, value in extended_of(container).items():
        values = value if isinstance(value, dict) else {"": value}
        for key, each in values.items():
            full = f"{name}.{key}".rstrip(".")
            same = canonical.get(name, "") if key in ("", "size_limit") else ""
            yield _Row(full, "", _written(each), same, warning=warnings.get(f"extended.{full}", ""))


def _pair_of(value: Any) -> list[Any]:
    """Return request and limit of what a dict holds."""
    return value if isinstance(value, list) else [value] * 2


def _warnings_by_field(value: AnyResources) -> dict[str, str]:
    return {w.field: f"{w.reason}: {w.description}" for w in value.warnings}  # at most one for a value


def _written(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def to_json(item: Item, declared: AnyResources) -> str:
    """Write what a table shows, with numbers in full, beyond what a float holds."""
    values = item.place._asdict() | {"width": None, "subject": str(item.subject), **item.subject._asdict()}
    members = [f'"{key}": {json.dumps(value)}' for key, value in values.items() if value]
    parts = _sides_as_json(_rows(resources_of(declared)))
    members += [f'"{name}": {sides}' for name, sides in parts.items()]
    if not isinstance(declared, Resources):
        named = _sides_as_json(_named_rows(declared))
        members.append(f'"named": {{{", ".join(f"{json.dumps(name)}: {sides}" for name, sides in named.items())}}}')
        whole = to_dict(declared)
        members += [f'"{key}": {json.dumps(whole[key])}' for key in ("extended", "claims") if key in whole]
    notes = [{"field": w.field, "reason": w.reason, "description": w.description} for w in declared.warnings]
    members.append(f'"warnings": {json.dumps(notes)}')
    return f"{{{', '.join(members)}}}"


def _sides_as_json(rows: Iterator[_Row]) -> dict[str, str]:
    """Write the sides of each resource."""
    parts: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    for row in rows:
        assert row.quantity is not None
        texts = f'"written": {json.dumps(row.written)}, "canonical": {json.dumps(row.canonical)}'
        number = plain_digits(row.quantity._state[0], grouping="")
        parts.setdefault(row.name, []).append(f'"{row.side}": {{{texts}, "number": {number}}}')
        units[row.name] = f', "unit": "{row.unit}"' if row.unit else ""
    return {name: f"{{{', '.join(sides)}{units[name]}}}" for name, sides in parts.items()}
