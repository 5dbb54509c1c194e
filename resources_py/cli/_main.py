"""The command itself: its subcommands, and how it ends."""

import gc
import importlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import click

from resources_py import ResourcesWarning
from resources_py._names import did_you_mean
from resources_py.cli.terminal import NAME, Failure, printable, say

# Each is the module resources_py.cli.commands.<name>, imported when it runs.
_COMMANDS: Final = ("show", "convert", "check", "total", "resolve", "serve", "conformance", "schema", "completion")

_INTERRUPTED: Final = 130  # as in a shell: 128 and the signal's number
_BROKEN_PIPE: Final = 141


class _Commands(click.Group):
    """Imports a command when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS:
            command: click.Command = importlib.import_module(f"resources_py.cli.commands.{cmd_name}").command
            # Looking for garbage among the modules, at exit above all, takes an eighth of the time of a small file.
            gc.freeze()
            gc.enable()
            return command
        if not ctx.resilient_parsing:  # not in a completion
            hint = did_you_mean(cmd_name, _COMMANDS) or f"the commands are {', '.join(_COMMANDS)}"
            ctx.fail(f"no command {cmd_name!r}: {hint}")
        return None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return ctx.exit(_BROKEN_PIPE)  # click itself would exit with 1


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog=(
        "\b\nExample:\n  resources-py show --cpu 500m,2 --mem 1Gi\n\n"
        "\b\nLimits: a document, an item of a list, a line or a record has at most 16 MiB; a document 200 levels "
        "and 1,000,000 values, and its aliases repeat at most 100,000. A file may have any size, and be gzip.\n"
        "Exit code: 0 success, 1 something in the input is wrong, 2 the command could not do what was asked.\n"
        "Data goes to stdout, everything else to stderr. NO_COLOR is honored."
    ),
)
@click.version_option(package_name=NAME, message=f"{NAME} %(version)s", help="Print the version.")
@click.pass_context
def _group(ctx: click.Context) -> None:
    """Show, convert, check and resolve what containers need, without writing code."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code. A person never sees a traceback."""
    if sys.stderr is None:  # it was closed: discard what is printed there
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr has it
    warnings.simplefilter("ignore", ResourcesWarning)  # they are reported as diagnostics
    result: Any
    try:
        result = _group.main(arguments, prog_name=NAME, standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        result = _INTERRUPTED
    except BrokenPipeError:
        result = _BROKEN_PIPE
    except SystemExit as exit_:  # after a completion, or by a signal
        result = exit_.code
    except ImportError:
        raise  # main() says what to install
    except Exception as error:
        result = _report(error)
    code = result if isinstance(result, int) else 0
    if code > 128:  # by a signal, or a broken pipe
        _drop_output()
    return code


def _report(error: Exception) -> int:
    """Print why the command failed, and return the exit code."""
    if isinstance(error, click.ClickException):
        error.message = printable(error.message)  # type: ignore[misc]
        error.show()
        return error.exit_code
    described = str(error)
    if isinstance(error, OSError):
        described = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or described
    elif not isinstance(error, Failure):
        if os.environ.get("RESOURCES_PY_TRACEBACK"):
            raise error
        described = (
            f"this is a bug of {NAME}: {type(error).__name__}: {described[:200]} "
            "(RESOURCES_PY_TRACEBACK=1 shows where; please report it)"
        )
    say(f"{NAME}: {described}")
    return 2


def _drop_output() -> None:
    """Discard what is still buffered, so that the interpreter does not write it at exit."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
