"""``resources-py total``: what all workloads in files ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import click

from resources_py import Quantity, QuantityError, ResourcesError
from resources_py.cli.diagnostics import Diagnostic, Place, Reporter, diagnose, unreadable
from resources_py.cli.documents.document import Document
from resources_py.cli.documents.read import read_documents
from resources_py.cli.files import find_files
from resources_py.cli.formats.kubernetes import default_type
from resources_py.cli.inputs import open_source
from resources_py.cli.manifests import Path, iter_objects
from resources_py.cli.manifests.subjects import type_of
from resources_py.cli.options import example, exclude_option, files_argument
from resources_py.cli.progress import reading_progress
from resources_py.cli.quotas import QuotaLine, compare, is_quota
from resources_py.cli.skips import Skips, counted
from resources_py.cli.terminal import NAME, Failure, say
from resources_py.cli.total_reports import REPORTS, copies_of, name_of, print_table, shorten
from resources_py.kubernetes import Totals


@click.command(
    short_help="Add up what workloads ask for.", epilog=example("total deploy/ --by kind --capacity cpu=8,memory=32Gi")
)
@files_argument
@click.option(
    "--by",
    "grouping",
    type=click.Choice(["workload", "namespace", "kind", "all"]),
    default="namespace",
    show_default=True,
    help="What to add up. By workload, memory grows with their number.",
)
@click.option("--nodes", type=click.IntRange(min=0), help="On how many nodes a DaemonSet runs. Default: 1, and a note.")
@click.option(
    "--autoscaled",
    type=click.Choice(["min", "max"]),
    default="max",
    show_default=True,
    help="Which end of a HorizontalPodAutoscaler's range counts.",
)
@click.option("--quota", "quotas", multiple=True, metavar="FILE", help="Compare with the ResourceQuotas in FILE.")
@click.option("--capacity", metavar="NAME=AMOUNT,…", help="Show how many copies of each Pod fit on one such node.")
@exclude_option
@click.option("--json", "format_", flag_value="json", help="Print one JSON object per line, for scripts.")
@click.option("--csv", "format_", flag_value="csv", help="Print CSV, with plain numbers.")
def command(
    files: tuple[str, ...],
    grouping: Literal["workload", "namespace", "kind", "all"],
    nodes: int | None,
    autoscaled: Literal["min", "max"],
    quotas: tuple[str, ...],
    capacity: str | None,
    exclude: tuple[str, ...],
    format_: str | None,
) -> int:
    """Add up what workloads ask for, as Kubernetes counts it.

    FILE is a manifest, a list, or a dump of a cluster, in YAML or JSON; a folder stands for every manifest in it.
    Sidecars, init containers, overhead and a Pod's own resources count as in the scheduler.

    A Deployment and the like count their replicas, or the range of their HorizontalPodAutoscaler. A Job counts the Pods
    that may run at once, a CronJob one Job. Suspended workloads and Pods that have ended count nothing. What a workload
    controls is left out if the workload is counted.

    Exit code: 0 success, 1 above a quota, 2 something could not be read.
    """
    wanted = _parse_capacity(capacity)
    totals = Totals(
        nodes=1 if nodes is None else nodes, autoscaled=autoscaled, keep_names=grouping == "workload" or bool(wanted)
    )
    reporter = Reporter()
    for found in _read(files, exclude, reporter):
        with _reporting(found, reporter):
            totals.add(found.value)
    REPORTS[format_ or "text"](totals.by(grouping))
    if nodes is None and totals.counts["DaemonSet"]:
        say(f"{NAME}: each DaemonSet is counted once: pass --nodes, the number of nodes it runs on")
    if left_out := totals.controlled():
        say(f"{NAME}: {counted(left_out, 'pod')} left out, since the workloads that control them are counted")
    if wanted:
        _print_copies(totals, wanted)
    is_exceeded = bool(quotas) and _print_quotas(quotas, totals, reporter)
    if reporter.finish():
        return 2
    return 1 if is_exceeded else 0


class _Object(NamedTuple):
    """An object of Kubernetes, and where it is."""

    value: dict[str, Any]
    document: Document
    path: Path


def _read(files: tuple[str, ...], exclude: tuple[str, ...], reporter: Reporter) -> Iterator[_Object]:
    """Yield each object of the files; report what cannot be read. Templates are skipped, and said to be."""
    skips = Skips()
    for file in find_files(files, exclude) if files else [None]:
        if isinstance(file, Diagnostic):
            reporter.report([file])
            continue
        try:
            with open_source(file and file.path) as source, reading_progress(source):
                for document in read_documents(source):
                    if not isinstance(document, Diagnostic):
                        yield from _objects_in(document)
                    elif skips.keep(document):
                        reporter.report([document])
        except (Failure, OSError) as error:
            if file is None:
                raise
            described = error.strerror if isinstance(error, OSError) else None
            reporter.report([unreadable(Place(file.path), described or str(error).removeprefix(f"{file.path}: "))])
        skips.end_file(is_used=True)


def _objects_in(document: Document) -> Iterator[_Object]:
    """Yield the objects of a document; an item of a PodList need not say that it is a Pod."""
    for path, value, default in iter_objects(document.value, default_type(document)):
        if isinstance(value, dict):
            type_ = type_of(value, default)
            yield _Object({**value, "apiVersion": type_.api_version, "kind": type_.kind}, document, path)


@contextmanager
def _reporting(found: _Object, reporter: Reporter) -> Iterator[None]:
    """Report a quantity that cannot be read, with the place of its object."""
    try:
        yield
    except ResourcesError as error:
        reporter.report(diagnose(error.violations, found.document.place(found.path)))


def _parse_capacity(text: str | None) -> dict[str, Quantity]:
    capacity = {}
    for part in (text or "").split(",") if text else ():
        name, _, amount = part.partition("=")
        try:
            capacity[name.strip()] = Quantity(amount.strip())
        except QuantityError as error:
            raise click.BadParameter(f"{part!r}: {error}: write cpu=8,memory=32Gi", param_hint="--capacity") from error
    return capacity


def _print_copies(totals: Totals, capacity: dict[str, Quantity]) -> None:
    """Print how many of each workload's Pod fit on one node."""
    rows = []
    for workload in totals.largest():
        _, count, limiting = copies_of(workload, capacity)
        rows.append((name_of(workload), "any number" if count is None else f"{count:,}", limiting))
    print()
    print_table(("", "copies on one node", "limited by"), rows, frozenset({"copies on one node"}))


def _print_quotas(files: tuple[str, ...], totals: Totals, reporter: Reporter) -> bool:
    """Print each quota's entries; return whether one is exceeded."""
    lines: list[QuotaLine] = []
    for found in _read(files, (), reporter):
        if is_quota(found.value):
            with _reporting(found, reporter):
                lines += compare(found.value, totals)
    if not lines:
        say(f"{NAME}: no ResourceQuota found in {', '.join(files)}")
        return False
    print()
    rows = [
        (f"{line.namespace}, {line.quota}", line.key, shorten(line.used), shorten(line.hard), _describe(line))
        for line in lines
    ]
    print_table(("quota", "entry", "asked for", "hard", ""), rows, frozenset({"asked for", "hard"}))
    return any(line.is_exceeded for line in lines)


def _describe(line: QuotaLine) -> str:
    if line.used is None:
        return "not compared: it has scopes, or only the cluster can tell"
    if line.used > line.hard:
        return f"refused: {shorten(line.used - line.hard)} too much"
    return f"refused: a container of {line.lacking} does not set it" if line.lacking else ""
