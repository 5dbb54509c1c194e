"""Totals, as a table for people, as JSON lines, and as CSV."""

import csv
import json
import sys
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, NamedTuple

from resources_py import Quantity
from resources_py.cli.terminal import colored, is_terminal, printable
from resources_py.kubernetes import Total

_BAR_WIDTH: Final = 20
_MAX_SHOWN: Final = 9  # characters of an exact amount; a longer one is shown rounded
_UNITS: Final = {"BinarySI": ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), "DecimalSI": ("", "k", "M", "G", "T", "P", "E")}


class Copies(NamedTuple):
    """How many of a workload's largest Pod fit on an empty node."""

    workload: Total
    copies: int | None  # None: the Pod requests nothing
    limiting: str  # the resource that allows no more


def copies_of(workload: Total, capacity: dict[str, Quantity]) -> Copies:
    """Count the copies that fit. A resource that the node does not name counts as zero."""
    zero, one = Quantity(0), Quantity(1)
    needs = {**workload.requests, **({"pods": one} if "pods" in capacity else {})}
    fitting = [(capacity.get(name, zero) // need, name) for name, need in needs.items() if need > zero]
    return Copies(workload, *min(fitting, default=(None, "")))


def name_of(total: Total) -> str:
    """Return what a group is called in a table."""
    shown = "/".join(part for part in (total.kind, total.name) if part)
    return ", ".join(part for part in (total.namespace, shown) if part) or "all"


# ---- tables


def shorten(quantity: Quantity | None) -> str:
    """Write an amount for people: exact if that is short, else rounded to two digits after the point, with a ``~``.

    >>> [shorten(Quantity(text)) for text in ("1500m", "1Gi", "13421772800001", "12345678901")]
    ['1500m', '1Gi', '~13.42T', '~12.35G']
    """
    if quantity is None:
        return "-"
    text = str(quantity)
    if len(text) <= _MAX_SHOWN:
        return text
    units = _UNITS.get(quantity.format, _UNITS["DecimalSI"])
    unit = next((each for each in reversed(units) if abs(quantity.to(each)) >= 1), units[0])
    return f"~{quantity.to(unit).quantize(Decimal('0.01'), ROUND_HALF_UP)}{unit}"


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]], numbers: frozenset[str]) -> None:
    """Print a table; columns of numbers are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    width = None if is_terminal(sys.stdout) else 10_000  # outside a terminal, nothing is cut or wrapped
    console = Console(width=width, color_system="auto" if colored(sys.stdout) else None, highlight=False)
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_totals(totals: list[Total]) -> None:
    """Print a line for each group and resource, with a bar that compares the requests of the groups."""
    names = {name for total in totals for name in total.requests}
    zero = Quantity(0)
    largest = {name: max((total.requests.get(name, zero) for total in totals), default=zero) for name in names}
    rows = []
    for total in totals:
        title = [name_of(total), f"{total.pods:,}"]
        for name in total.resources or ("",):
            request, limit = total.requests.get(name), total.limits.get(name)
            share = request / largest[name] if request else 0.0
            rows.append([*title, name, shorten(request), shorten(limit), "█" * round(share * _BAR_WIDTH)])
            title = ["", ""]
    columns = ("", "pods", "resource", "requests", "limits", "share of the largest")
    print_table(columns, rows, frozenset({"pods", "requests", "limits"}))


# ---- for programs


def _plain(amounts: dict[str, Quantity]) -> dict[str, dict[str, str]]:
    return {
        name: {"quantity": quantity._serialize(), "number": f"{quantity.decimal:f}"}
        for name, quantity in amounts.items()
    }


def print_json(totals: list[Total]) -> None:
    """Print an object on each line; numbers are texts, since a float holds fewer digits."""
    for total in totals:
        found: dict[str, Any] = {key: getattr(total, key) for key in ("namespace", "kind", "name", "pods")}
        print(json.dumps(found | {"requests": _plain(total.requests), "limits": _plain(total.limits)}))


def print_csv(totals: list[Total]) -> None:
    """Print a line for each group and resource, with plain numbers."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("namespace", "kind", "name", "pods", "resource", "requests", "limits"))
    for total in totals:
        for name in total.resources:
            amounts = (side.get(name) for side in (total.requests, total.limits))
            writer.writerow((*total[:4], name, *("" if each is None else f"{each.decimal:f}" for each in amounts)))


REPORTS: Final[dict[str, Callable[[list[Total]], None]]] = {"text": print_totals, "json": print_json, "csv": print_csv}
