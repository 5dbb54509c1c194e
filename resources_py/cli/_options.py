"""What several commands take: where the resources come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from resources_py import Resources, ResourcesError
from resources_py.cli._forms import DEFAULT_GPU_RESOURCE, DESCRIPTIONS, SOURCES, TARGETS
from resources_py.cli._terminal import NAME

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Asked(NamedTuple):
    """Where to read from: a file (or stdin), or values that were given as options."""

    file: str | None
    form: str | None
    values: dict[str, str]
    gpu_resource: str


if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # of click 8.1, it takes no type


class Form(_Choice):
    """A form by its name. Help says what each is, in a list of its own."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names, case_sensitive=False)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "FORM"


def example(line: str, more: str = "") -> str:
    """Give the end of a command's help: one example that can be run as it stands."""
    return f"\b\nExample:\n  {NAME} {line}" + (f"\n\n{more}" if more else "")


def forms_help(*, written: bool = True) -> str:
    """Say what each FORM is."""
    lines = ["\b", "Forms:"]
    for name, description in DESCRIPTIONS.items():
        if name in SOURCES or written:
            only = (
                ""
                if name in SOURCES and (name in TARGETS or not written)
                else (" (read)" if name in SOURCES else " (written)")
            )
            lines.append(f"  {name:16} {description}{only}")
    return "\n".join(lines)


def file_argument(command: _Command) -> _Command:
    """Add the argument FILE."""
    return click.argument("file", required=False, type=click.Path(allow_dash=True))(command)


def source_options(command: _Command) -> _Command:
    """Add what says how FILE is to be read, and the four values that may stand in its place."""
    for option in reversed(
        [
            click.option(
                "--from", "form", type=Form(SOURCES), help="What FILE is. Guessed where it is plain, and said."
            ),
            *(
                click.option(f"--{name}", metavar="VALUE", help=f"{what}: {example}.")
                for name, what, example in (
                    ("cpu", "Instead of FILE: cores", "500m, or 500m,2 for request and limit"),
                    ("mem", "Instead of FILE: bytes", "1Gi, or ,1Gi for a limit alone"),
                    ("gpu", "Instead of FILE: devices", "1"),
                    ("ephemeral-storage", "Instead of FILE: bytes", "10Gi"),
                )
            ),
            click.option(
                "--gpu-resource",
                metavar="NAME",
                default=DEFAULT_GPU_RESOURCE,
                show_default=True,
                help="What the cluster calls its GPUs.",
            ),
        ]
    ):
        command = option(command)
    return file_argument(command)


def asked(file: str | None, form: str | None, gpu_resource: str, **values: str | None) -> Asked:
    """Take the options together.

    Raises click.UsageError where they do not go together.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if given and (file is not None or form is not None):
        raise click.UsageError(
            f"--{next(iter(given)).replace('_', '-')} stands in the place of a FILE: give one of the two"
        )
    try:
        Resources().to_kubernetes(gpu_resource)
    except ResourcesError as error:
        raise click.BadParameter(error.violations[0].description, param_hint="--gpu-resource") from error
    return Asked(file, form, given, gpu_resource)
