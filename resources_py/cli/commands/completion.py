"""``resources-py completion``: completion of commands, options and formats in a shell."""

import click
from click.shell_completion import get_completion_class

from resources_py.cli.options import example
from resources_py.cli.terminal import NAME


@click.command(
    short_help="Print a shell's completion script.",
    epilog=example('eval "$(resources-py completion bash)"').replace(f"{NAME} eval", "eval")
    + "\n\n\b\nTo enable it in every shell, add that line to ~/.bashrc (zsh: ~/.zshrc). With fish, run\n"
    "  resources-py completion fish > ~/.config/fish/completions/resources-py.fish",
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the script that completes commands, options and formats in a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(context.find_root().command, {}, NAME, "_RESOURCES_PY_COMPLETE")
    # source() would first ask the bash on the PATH for its version: it may not be the one that reads this.
    print(complete.source_template % complete.source_vars())
    return 0
