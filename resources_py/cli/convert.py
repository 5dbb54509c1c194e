"""``resources-py convert``: from any form to any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import IO, Any, Final

import click

from resources_py import ResourcesError, ResourcesWarning
from resources_py.cli._findings import errors, warned
from resources_py.cli._forms import (
    BINARY,
    CUTTERS,
    ONE,
    SEPARATORS,
    TARGETS,
    Warned,
    check_target,
    place_of,
    reader,
    target_of,
    writer,
)
from resources_py.cli._inputs import Source, Unreadable
from resources_py.cli._options import Asked, Form, asked, example, forms_help, source_options
from resources_py.cli._outputs import written
from resources_py.cli._reading import Input, reading
from resources_py.cli._terminal import Messages, Progress

# What a stream repeats is converted once: backends see few distinct Resources. Lines up to this length, which none of
# ours exceeds, are kept: with what they give, some four megabytes.
_KEPT: Final = 4096
_LONGEST_KEPT: Final = 512
_Written = tuple[bytes, tuple[ResourcesWarning, ...]]


@click.command(
    short_help="Convert between forms.",
    epilog=example("convert jobs.jsonl --to delimited --output jobs.delimited", forms_help()),
)
@source_options
@click.option(
    "--to", "target", type=Form(TARGETS), help="What to write. Told by the name of --output, where that says."
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Where to write, if not to stdout."
)
def command(target: str | None, output: str | None, **options: Any) -> int:
    """Read resources in one form and write them in another.

    FILE is read from stdin where it is left out, or -. Values are written as they stand there where the form has them
    as such (JSON and YAML of the constructor's dict), and canonical otherwise.

    Many are read and written one at a time, in memory that does not grow with their number. One that is wrong is
    reported on stderr, with its line or record, and left out; then the exit code is 1. It is 2 where nothing can be
    read or written.
    """
    wanted: Asked = asked(**options)
    if target is None:
        target = target_of(output) if output else None
        if target is None:
            raise click.UsageError("say what to write: --to FORM, or an --output whose name says it")
    messages = Messages()
    with reading(wanted) as given, written(output, binary=target in BINARY) as out:
        _convert(given, target, wanted.gpu_resource, out, messages)
        out.flush()
    return messages.finish()


def _convert(given: Input, target: str, gpu_resource: str, out: IO[bytes], messages: Messages) -> None:
    source = given.source
    sink = _Sink(target, out)
    write = writer(target, gpu_resource)
    if source is None:
        for item in given.items:
            _convert_item(item, write, sink, messages)
        sink.close()
        return
    source.before_waiting(out.flush)
    with Progress(source.size) as progress:
        messages.progress = progress
        if given.form in CUTTERS:
            _convert_records(source, given.form, write, sink, messages, progress)
        else:
            for number, item in enumerate(given.items, 1):
                _convert_item(item, write, sink, messages)
                progress.update(source.position, number)
    sink.close()


class _Sink:
    """Puts one after the other, as the form has it."""

    def __init__(self, form: str, out: IO[bytes]) -> None:
        self._form = form
        self._out = out
        self._separator = SEPARATORS.get(form, b"")
        self._first: bytes | None = None
        self.put: Callable[[bytes], object] = self._put if form in ONE or self._separator else out.write

    def _put(self, data: bytes) -> None:
        if self._form in ONE:
            check_target(self._form, self._first is not None)
            self._first = data  # held back, lest half an answer is given
            return
        self._out.write(data if self._first is None else self._separator + data)
        self._first = b""

    def close(self) -> None:
        """Write what was held back."""
        if self._first:
            self._out.write(self._first)


def _convert_item(item: Any, write: Callable[[Any], bytes], sink: _Sink, messages: Messages) -> None:
    messages.report(item.findings)
    if item.resources is None:
        return
    try:
        data = write(item.resources)
    except ResourcesError as error:
        messages.report(errors(item.place, error.violations, item.subject))
    else:
        sink.put(data)


def _convert_records(
    source: Source, form: str, write: Callable[[Any], bytes], sink: _Sink, messages: Messages, progress: Progress
) -> None:
    """Convert many, as fast as may be."""
    read, put = reader(form), sink.put
    with Warned() as log:

        def converted(data: bytes) -> _Written:
            resources = read(data)
            return write(resources), tuple(log.take())

        kept = lru_cache(maxsize=_KEPT)(converted)
        number = 0
        for number, data in CUTTERS[form](source.stream):
            try:
                if isinstance(data, Unreadable):
                    raise ResourcesError([data.violation()])
                result, notes = kept(data) if len(data) <= _LONGEST_KEPT else converted(data)
            except ResourcesError as error:
                log.take()
                messages.report(errors(place_of(form, source.name, number), error.violations))
            else:
                if notes:
                    messages.report(warned(place_of(form, source.name, number), notes))
                put(result)
            if not number & 0x3FF:
                progress.update(source.position, number)
