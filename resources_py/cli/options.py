"""What several commands take: where the resources come from, and in which format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from resources_py import Resources, ResourcesError
from resources_py._kubernetes import DEFAULT_GPU_RESOURCE, check_gpu_resource
from resources_py.cli.diagnostics import Place, diagnose
from resources_py.cli.formats import FORMATS, Format
from resources_py.cli.formats.base import GpuResource, Item
from resources_py.cli.formats.detect import DetectionError, detect_format
from resources_py.cli.inputs import Source, open_source
from resources_py.cli.reading import ReadOptions, convert_item, read_items
from resources_py.cli.terminal import NAME, Failure, printable, say

_Command = TypeVar("_Command", bound=Callable[..., Any])

READABLE: Final = tuple(name for name, format_ in FORMATS.items() if format_.is_read)
WRITABLE: Final = tuple(name for name, format_ in FORMATS.items() if format_.write)
_GPU_HINT: Final = "; if these are the cluster's GPUs, name them with --gpu-resource"

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # in click 8.1, it is not generic


class FormatType(_Choice):
    """A format by its name. A list of its own in the help describes each."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names, case_sensitive=False)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the name that the help shows."""
        return "FORMAT"


def example(line: str, more: str = "") -> str:
    """Return the end of a command's help: one example that can be run as it stands."""
    return f"\b\nExample:\n  {NAME} {line}" + (f"\n\n{more}" if more else "")


def formats_help(*, written: bool = True) -> str:
    """Describe each FORMAT that can be read, or also those that can be written."""
    lines = ["\b", "Formats:"]
    for name, format_ in FORMATS.items():
        if written or format_.is_read:
            only = (
                ""
                if not written or (format_.is_read and format_.write)
                else " (read)"
                if format_.is_read
                else " (written)"
            )
            lines.append(f"  {name:16} {format_.description}{only}")
    return "\n".join(lines)


_VALUE_HELP: Final = {
    "--cpu": "Instead of FILE: cores: 500m, or 500m,2 for request and limit.",
    "--mem": "Instead of FILE: bytes: 1Gi, or ,1Gi for a limit alone.",
    "--gpu": "Instead of FILE: devices: 1.",
    "--ephemeral-storage": "Instead of FILE: bytes: 10Gi.",
}


def input_options(command: _Command) -> _Command:
    """Add FILE, the options that say how to read it, and the four values that may replace it."""
    gpu_help = "The cluster's name for its GPUs."
    format_help = "The format of FILE. Detected if omitted; the choice is printed to stderr."
    for option in (
        click.option("--gpu-resource", metavar="NAME", default=DEFAULT_GPU_RESOURCE, show_default=True, help=gpu_help),
        *(click.option(name, metavar="VALUE", help=text) for name, text in reversed(_VALUE_HELP.items())),
        click.option("--from", "format_name", type=FormatType(READABLE), help=format_help),
        click.argument("file", required=False, type=click.Path(allow_dash=True)),
    ):
        command = option(command)
    return command


class InputOptions(NamedTuple):
    """Where to read from: a file (or stdin), or values given as options."""

    file: str | None
    format_name: str | None
    values: dict[str, str]
    gpu: GpuResource


def parse_input_options(
    file: str | None, format_name: str | None, gpu_resource: str, **values: str | None
) -> InputOptions:
    """Check the options together.

    Raises click.UsageError where they exclude each other.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if given and (file is not None or format_name is not None):
        raise click.UsageError(f"{_option_of(next(iter(given)))} replaces FILE: pass one of the two")
    try:
        check_gpu_resource(gpu_resource)
    except ResourcesError as error:
        raise click.BadParameter(error.violations[0].description, param_hint="--gpu-resource") from error
    return InputOptions(file, format_name, given, GpuResource(gpu_resource, _GPU_HINT))


class Input(NamedTuple):
    """An input that is open: its source, and its items. The source is None for values given as options."""

    source: Source | None
    items: Callable[[ReadOptions], Iterator[Item]]


@contextmanager
def open_input(options: InputOptions) -> Iterator[Input]:
    """Open what the options name. A format that was detected is printed to stderr.

    Raises Failure for what cannot be opened, or whose format cannot be detected.
    """
    if options.values:
        yield Input(None, lambda read_options: iter([convert_item(_read_values(options.values), read_options.convert)]))
        return
    with open_source(options.file) as source:
        format_ = FORMATS[options.format_name] if options.format_name else _detect(source)
        yield Input(source, lambda read_options: read_items(source, format_, read_options))


def _detect(source: Source) -> Format:
    try:
        format_, told = detect_format(source)
    except DetectionError as error:
        raise Failure(f"{error}: pass --from, one of {', '.join(READABLE)}") from error
    say(f"{NAME}: reading {printable(source.name)} as {format_.name}, {told} (--from overrides this)")
    return format_


def _read_values(values: dict[str, str]) -> Item:
    """Read ``--cpu 500m,2`` and the rest."""
    given: dict[str, Any] = {}
    for name, text in values.items():
        sides = [None if side.strip() in ("", "-") else side.strip() for side in text.split(",")]
        given[name] = sides[0] if len(sides) == 1 else sides

    def locate(field: str, _: str) -> Place:
        return Place(_option_of(field.partition("[")[0]))

    try:
        resources = Resources(**given)
    except ResourcesError as error:
        return Item(Place(""), None, diagnose(error.violations, locate))
    return Item(Place(""), resources, diagnose(resources.warnings, locate))


def _option_of(parameter: str) -> str:
    return "--" + parameter.replace("_", "-")
