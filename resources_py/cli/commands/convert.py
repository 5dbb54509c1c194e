"""``resources-py convert``: from any format to any other."""

from typing import Any

import click

from resources_py.cli.diagnostics import Reporter
from resources_py.cli.formats import FORMATS, format_of_suffix
from resources_py.cli.options import WRITABLE, example, formats_help, input_options, open_input
from resources_py.cli.outputs import open_sink
from resources_py.cli.progress import Progress
from resources_py.cli.reading import ReadOptions


@click.command(
    short_help="Convert between formats.",
    epilog=example("convert jobs.jsonl --to delimited --output jobs.delimited", formats_help()),
)
@input_options
@click.option(
    "--to",
    "target",
    type=WRITABLE,
    metavar="FORMAT",
    help="The format to write. Detected from the name of --output if omitted.",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="The file to write. Default: stdout."
)
def command(target: str | None, output: str | None, **options: Any) -> int:
    """Read resources in one format and write them in another.

    Without FILE, or with -, stdin is read. Values stay as written where the format can hold them (JSON and YAML of the
    constructor's dict), and are canonical otherwise.

    Items are read and written one at a time, so memory does not grow with their number. An invalid item is reported on
    stderr, with its line or record, and left out; the exit code is then 1. It is 2 if nothing can be read or written.
    """
    format_ = FORMATS[target] if target else format_of_suffix(output or "")
    if format_ is None or format_.write is None:
        raise click.UsageError(
            "cannot detect the format to write: pass --to FORMAT, or an --output with a known suffix"
        )
    write, reporter = format_.write, Reporter()
    with open_input(**options) as input_, open_sink(output, format_) as sink:
        source, gpu = input_.source, input_.gpu
        progress = Progress(source.size if source else None)
        reporter.before_print = progress.hide

        def before_waiting() -> None:
            sink.flush()
            if source:
                progress.update(source.position, source.count)

        if source:
            source.before_waiting = before_waiting
        read_options = ReadOptions(gpu, lambda resources: write(resources, gpu.name), reporter.shows, sink.put)
        try:
            for item in input_.items(read_options):
                reporter.report(item.diagnostics)
                if item.result is not None:
                    sink.put(item.result)
        finally:
            progress.hide()
    return reporter.finish()
