"""``resources-py convert``: from any format to any other."""

from typing import Any

import click

from resources_py.cli.diagnostics import Reporter
from resources_py.cli.formats import FORMATS, format_of_suffix
from resources_py.cli.options import WRITABLE, example, formats_help, input_options, make_input, make_reading
from resources_py.cli.outputs import open_sink
from resources_py.cli.progress import Progress
from resources_py.cli.reading import ReadOptions
from resources_py.cli.terminal import Failure


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

    Without FILE, or with -, stdin is read. A folder stands for every manifest in it; of many files, those without
    resources are skipped. Values stay as written where the format can hold them (JSON and YAML of the constructor's
    dict), and are canonical otherwise. In JSON Lines, those of a manifest stand under the key resources, beside the
    namespace, kind, name and container. Resources other than the four, claims, accelerators and shared memory stand
    beside resources too, under the keys named, claims and extended.

    Items are read and written one at a time, so memory does not grow with their number. An invalid item is reported on
    stderr, with its line or record, and left out. If the format cannot hold part of an item, that part is reported and
    the rest is written. The exit code is then 1. It is 2 if something cannot be read or written; --output is then left
    as it was. With --message container, the message formats have a place for everything.
    """
    found = FORMATS[target] if target else format_of_suffix(output or "")
    if found is None or found.write is None:
        raise click.UsageError(
            "cannot detect the format to write: pass --to FORMAT, or an --output with a known suffix"
        )
    reporter, input_ = Reporter(), make_input(**options)
    format_ = input_.formats[found.name]
    write = format_.write
    assert write is not None
    with open_sink(output, format_) as sink:
        progress = Progress()
        reporter.before_print = progress.hide

        def before_waiting() -> None:
            sink.flush()
            progress.update(*input_.progress)

        input_.before_waiting = before_waiting
        gpu = input_.gpu_resource
        reading = make_reading(gpu, format_.places)
        read_options = ReadOptions(reading, lambda declared: write(declared, gpu), reporter.shows, sink.put)
        try:
            for item in input_.items(read_options):
                reporter.report(item.diagnostics)
                if item.result is not None:
                    sink.put(format_.add_subject(item.subject, item.result) if format_.add_subject else item.result)
        finally:
            progress.hide()
        if output and reporter.exit_code == 2:
            raise Failure(f"{output}: not written, since something could not be read")
    return reporter.finish()
