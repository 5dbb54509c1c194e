"""The command itself: its subcommands, and how it ends."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click

from resources_py import ResourcesWarning
from resources_py.cli.terminal import NAME, say

# Each is the module resources_py.cli.commands.<name>, imported when it runs.
_COMMANDS: Final = ("show", "convert", "check", "resolve", "serve", "schema", "completion")

_INTERRUPTED: Final = 130  # as in a shell: 128 and the signal's number
_BROKEN_PIPE: Final = 141


class _Commands(click.Group):
    """Imports a command when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"resources_py.cli.commands.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return ctx.exit(_BROKEN_PIPE)  # click itself would exit with 1

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(name, _COMMANDS, n=1)
            ctx.fail(
                f"no command {name!r}"
                + (f": did you mean {near[0]}?" if near else f": the commands are {', '.join(_COMMANDS)}")
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog=(
        "\b\nExample:\n  resources-py show --cpu 500m,2 --mem 1Gi\n\n"
        "\b\nLimits: a document, a line or a record has at most 16 MiB; a document 200 levels and 1,000,000 values, "
        "and its aliases repeat at most 100,000.\n"
        "Exit code: 0 success, 1 something in the input is wrong, 2 the command cannot do what it was asked to.\n"
        "Data goes to stdout, everything else to stderr. NO_COLOR is honored."
    ),
)
@click.version_option(package_name=NAME, message=f"{NAME} %(version)s", help="Print the version.")
@click.pass_context
def _group(ctx: click.Context) -> int | None:
    """Show, convert, check and resolve what containers need, without writing code."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)
    return None


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code. A person never sees a traceback."""
    if sys.stderr is None:  # it was closed: discard what is printed there
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    warnings.simplefilter("ignore", ResourcesWarning)  # they are reported as diagnostics
    try:
        code = _exit_code(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        code = _BROKEN_PIPE
    except OSError as error:
        say(f"{NAME}: {_described(error)}")
        code = 2
    if code in (_INTERRUPTED, _BROKEN_PIPE):
        _drop_output()
    return code


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        result: Any = _group.main(arguments, prog_name=NAME, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit as exit_:  # how click exits after completion
        return exit_.code if isinstance(exit_.code, int) else 0
    except (OSError, KeyboardInterrupt, click.Abort):
        raise
    except Exception as error:
        if os.environ.get("RESOURCES_PY_TRACEBACK"):
            raise
        described = " ".join(str(error).split())
        say(
            f"{NAME}: this is a bug of {NAME}: {type(error).__name__}: {described[:200]} "
            "(RESOURCES_PY_TRACEBACK=1 shows where; please report it)"
        )
        return 2
    return result if isinstance(result, int) else 0


def _described(error: OSError) -> str:
    what = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {what}" if error.filename else what


def _drop_output() -> None:
    """Discard what is still buffered, so that the interpreter does not write it at exit."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
