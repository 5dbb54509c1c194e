"""What several commands take: where the resources come from, and in which format."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

import resources_py
from resources_py import ResourcesError
from resources_py._kubernetes import DEFAULT_GPU_RESOURCE, check_gpu_resource
from resources_py.cli.diagnostics import Diagnostic, Place, diagnose
from resources_py.cli.formats import FORMATS, FORMATS_OF
from resources_py.cli.formats.base import EVERYTHING, Item, Places, Reading
from resources_py.cli.input import READABLE, Input
from resources_py.cli.terminal import NAME

_Command = TypeVar("_Command", bound=Callable[..., Any])

WRITABLE: Final = click.Choice([name for name, each in FORMATS.items() if each.write], case_sensitive=False)
_ADVICE: Final = "pass --message container"
_GPU_ADVICE: Final = "; or, if these are the cluster's GPUs, name them with --gpu-resource"
_TWO_GPUS_ADVICE: Final = ": with two kinds of GPU, leave --gpu-resource out"


def example(line: str, more: str = "") -> str:
    """Return the end of a command's help: one example that can be run as it stands."""
    return f"\b\nExample:\n  {NAME} {line}" + (f"\n\n{more}" if more else "")


def formats_help(*, is_written: bool = True) -> str:
    """Describe each FORMAT. A command that writes none has no use for those that cannot be read."""
    lines = ["\b", "Formats:"]
    for name, format_ in FORMATS.items():
        only = "" if format_.is_read and format_.write else " (read only)" if format_.is_read else " (write only)"
        if is_written:
            lines.append(f"  {name:16} {format_.description}{only}")
        elif format_.is_read:
            lines.append(f"  {name:16} {format_.description}")
    return "\n".join(lines)


files_argument: Final = click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(allow_dash=True))
exclude_option: Final = click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave out files and folders whose path or name matches, named or not. May be repeated.",
)


def from_option(help_: str) -> Callable[[_Command], _Command]:
    """Return the option for the format of what is read."""
    return click.option(
        "--from", "format_name", type=click.Choice(READABLE, case_sensitive=False), metavar="FORMAT", help=help_
    )


message_option: Final = click.option(
    "--message",
    type=click.Choice(list(FORMATS_OF)),
    default="resources",
    show_default=True,
    help="The message that is read and written: resourceidl.v1.Resources, or ContainerResources, which holds any "
    "resource, claims, accelerators and shared memory.",
)


def input_options(command: _Command) -> _Command:
    """Add FILE, the options that say how to read it, and the four values that may replace it."""
    for option in reversed(
        (
            files_argument,
            from_option("The format of every FILE. Detected if omitted; of one FILE, the choice is printed to stderr."),
            exclude_option,
            click.option(
                "--cpu", metavar="VALUE", help="Cores, instead of FILE: 500m, or 500m,2 for request and limit."
            ),
            click.option("--mem", metavar="VALUE", help="Bytes, instead of FILE: 1Gi, or ,1Gi for a limit alone."),
            click.option("--gpu", metavar="VALUE", help="Devices, instead of FILE: 1."),
            click.option("--ephemeral-storage", metavar="VALUE", help="Bytes, instead of FILE: 10Gi."),
            click.option(
                "--gpu-resource",
                metavar="NAME",
                help="The cluster's name for its GPUs. "
                f"Default: {DEFAULT_GPU_RESOURCE}, or the accelerator's resource name.",
            ),
            message_option,
        )
    ):
        command = option(command)
    return command


def make_input(
    files: tuple[str, ...],
    format_name: str | None,
    exclude: tuple[str, ...],
    gpu_resource: str | None,
    message: str,
    **values: str | None,
) -> Input:
    """Return what the input options name.

    Raises click.UsageError for options that exclude each other.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if given and (files or format_name is not None):
        raise click.UsageError(f"{_option_of(next(iter(given)))} replaces FILE: pass one of the two")
    try:
        check_gpu_resource(DEFAULT_GPU_RESOURCE if gpu_resource is None else gpu_resource)
    except ResourcesError as error:
        raise click.BadParameter(error.violations[0].description, param_hint="--gpu-resource") from error
    formats = FORMATS_OF[message]
    if given:
        return Input(gpu_resource, formats, [_read_values(given)])
    return Input(gpu_resource, formats, None, files, exclude, formats[format_name] if format_name else None)


def make_reading(gpu_resource: str | None, places: Places = EVERYTHING) -> Reading:
    """Return the Reading for an output with these places."""
    return Reading(gpu_resource or DEFAULT_GPU_RESOURCE, places, _ADVICE, _GPU_ADVICE, _TWO_GPUS_ADVICE)


def _read_values(values: dict[str, str]) -> Item:
    """Read ``--cpu 500m,2`` and the rest."""
    given: dict[str, Any] = {}
    for name, text in values.items():
        sides = [None if side.strip() in ("", "-") else side.strip() for side in text.split(",")]
        given[name] = sides[0] if len(sides) == 1 else sides

    try:
        resources = resources_py.Resources(**given)
    except ResourcesError as error:
        return Item(Place(""), None, _at_options(diagnose(error.violations, Place(""))))
    return Item(Place(""), resources, _at_options(diagnose(resources.warnings, Place(""))))


def _at_options(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    return [each._replace(place=Place(_option_of(each.field.partition("[")[0]))) for each in diagnostics]


def _option_of(parameter: str) -> str:
    return "--" + parameter.replace("_", "-")
