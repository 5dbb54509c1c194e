"""``resources-py convert``: from any format to any other."""

from __future__ import annotations

from typing import Any

import click

from resources_py.cli.diagnostics import Reporter
from resources_py.cli.formats import FORMATS, format_of_suffix
from resources_py.cli.options import (
    WRITABLE,
    FormatType,
    example,
    formats_help,
    input_options,
    open_input,
    parse_input_options,
)
from resources_py.cli.outputs import Sink, open_output
from resources_py.cli.progress import Progress
from resources_py.cli.reading import ReadOptions


@click.command(
    short_help="Convert between formats.",
    epilog=example("convert jobs.jsonl --to delimited --output jobs.delimited", formats_help()),
)
@input_options
@click.option(
    "--to", "target", type=FormatType(WRITABLE), help="The format to write. Default: by the name of --output."
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Where to write. Default: stdout."
)
def command(target: str | None, output: str | None, **options: Any) -> int:
    """Read resources in one format and write them in another.

    Without FILE, or with -, stdin is read. Values stay as written where the format can hold them (JSON and YAML of the
    constructor's dict), and are canonical otherwise.

    Many are read and written one at a time, in memory that does not grow with their number. One that is wrong is
    reported on stderr, with its line or record, and left out; then the exit code is 1. It is 2 if nothing can be read
    or written.
    """
    wanted = parse_input_options(**options)
    format_ = FORMATS[target] if target else format_of_suffix(output or "")
    if format_ is None or format_.write is None:
        raise click.UsageError("no format to write: pass --to FORMAT, or an --output whose name tells")
    write, gpu_resource = format_.write, wanted.gpu.name
    reporter = Reporter()
    with open_input(wanted) as input_, open_output(output, is_binary=format_.is_binary) as out:
        sink, source = Sink(format_, out), input_.source
        progress = Progress(source.size if source else None)
        reporter.before_print = progress.hide

        def before_waiting() -> None:
            out.flush()
            if source:
                progress.update(source.position, source.count)

        if source:
            source.before_waiting = before_waiting
        read_options = ReadOptions(
            wanted.gpu, lambda resources: write(resources, gpu_resource), reporter.shows, sink.put
        )
        try:
            for item in input_.items(read_options):
                reporter.report(item.diagnostics)
                if item.result is not None:
                    sink.put(item.result)
        finally:
            progress.hide()
        sink.close()
    return reporter.finish()
