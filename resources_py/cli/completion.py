"""``resources-py completion``: completion of commands, options and forms in a shell."""

from __future__ import annotations

import click

from resources_py.cli._options import example
from resources_py.cli._terminal import NAME

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    short_help="Print a shell's completion script.",
    epilog=example('eval "$(resources-py completion bash)"').replace(f"{NAME} eval", "eval")
    + "\n\n\b\nTo have it in every shell, put that line into ~/.bashrc (zsh: ~/.zshrc), or, with fish, run\n"
    "  resources-py completion fish > ~/.config/fish/completions/resources-py.fish",
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the script that completes commands, options and forms in a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(context.find_root().command, {}, NAME, "_RESOURCES_PY_COMPLETE")
    # source() would ask the bash on the PATH for its version first: it is not the one that will read this.
    print(complete.source_template % complete.source_vars())
    return 0
