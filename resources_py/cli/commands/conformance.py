"""``resources-py conformance``: hold an implementation to the specification."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import click

from resources_py.cli.conformance.cases import NEEDS, SUITES, Observation, load, without
from resources_py.cli.conformance.report import Report, load_deviations
from resources_py.cli.options import example
from resources_py.cli.terminal import Failure

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(
    short_help="Hold an implementation to the specification.",
    epilog=example(
        "conformance --target 127.0.0.1:50051", "\b\n  resources-py conformance --suite declare -- node port.js"
    ),
)
@click.option("--target", metavar="HOST:PORT", help="A server of resourceidl.service.v1.ResourcesService, without TLS.")
@click.option(
    "--suite",
    type=click.Choice(list(SUITES)),
    default="resolve",
    show_default=True,
    help="resolve asks --target; quantity and declare ask PROGRAM.",
)
@click.option("--vectors", metavar="FOLDER", type=_FOLDER, help="Other vectors than those of this version.")
@click.option("--deviations", metavar="FILE", type=_FILE, help="Known deviations, in TOML: [suite], case = 'reason'.")
@click.option("--lacks", multiple=True, type=click.Choice(NEEDS), help="Skip cases that need this.")
@click.option(
    "--timeout",
    metavar="S",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Hang up after S seconds without an answer.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(
    target: str | None,
    suite: str,
    vectors: Path | None,
    deviations: Path | None,
    lacks: tuple[str, ...],
    timeout: float,
    as_json: bool,
    program: tuple[str, ...],
) -> int:
    """Compare every answer of an implementation, in any language, with the vectors.

    A server is asked over gRPC: each case alone, and all of them in one stream. PROGRAM gets a case as one line of JSON
    on its stdin, and answers with one line on its stdout. A known deviation must have a reason, and must deviate.

    Exit code: 0 if it conforms, 1 if it does not, 2 if it does not answer.
    """
    if (suite == "resolve") != (target is not None) or (suite == "resolve") == bool(program):
        raise click.UsageError("pass --target for the suite resolve, and PROGRAM for quantity and declare")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    report = Report(suite, load_deviations(deviations, suite))
    cases = load(suite, vectors)
    asked = without(cases, lacks)
    report.skipped = len(cases) - len(asked)
    if suite == "resolve":
        from resources_py.cli.conformance import service

        observations = service.observe(target or "", asked, timeout)
    else:
        from resources_py.cli.conformance import program as programs

        observations = programs.observe(program, asked, timeout)
    try:
        asyncio.run(_collect(observations, report))
    except Failure as failure:
        raise Failure(f"{target or program[0]}: {failure}") from failure
    click.echo(report.as_json() if as_json else "\n".join(report.lines()))
    return 1 if report.failed else 0


async def _collect(observations: AsyncIterator[Observation], report: Report) -> None:
    async for observation in observations:
        report.add(observation)
