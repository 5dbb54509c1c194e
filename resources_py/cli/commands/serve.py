"""``resources-py serve``: the reference service."""

import re
from pathlib import Path
from typing import Any

import click

from resources_py.cli.options import example
from resources_py.cli.terminal import NAME, say

_FILE = click.Path(path_type=Path)


def whole(text: str) -> int:
    """Read ASCII digits, as the Go server does. Anything else is -1, which is out of bounds."""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else -1


def seconds(text: str) -> float:
    """Read a decimal of ASCII digits likewise."""
    return float(text) if re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,10})?", text) else -1.0


@click.command(short_help="Serve the reference service.", epilog=example("serve --address 127.0.0.1:50051"))
@click.option(
    "--address", metavar="HOST:PORT", default="127.0.0.1:50051", show_default=True, help="Port 0 takes a free one."
)
@click.option("--tls-cert", metavar="FILE", type=_FILE, help="Serve TLS with this PEM certificate chain.")
@click.option("--tls-key", metavar="FILE", type=_FILE, help="The PEM private key of --tls-cert.")
@click.option("--tls-client-ca", metavar="FILE", type=_FILE, help="Admit only clients of these PEM authorities.")
@click.option("--insecure", is_flag=True, help="Allow plaintext beyond this machine.")
@click.option(
    "--max-concurrent-streams",
    metavar="N",
    type=whole,
    default="25",
    show_default=True,
    help="Calls on a connection.",
)
@click.option("--max-connections", metavar="N", type=whole, default="100", show_default=True, help="More are closed.")
@click.option(
    "--max-message-bytes", metavar="N", type=whole, default="65536", show_default=True, help="The largest message."
)
@click.option(
    "--drain-seconds", metavar="S", type=seconds, default="10", show_default=True, help="For calls under way to finish."
)
def command(**options: Any) -> int:
    """Serve resourceidl.service.v1.ResourcesService until SIGTERM or SIGINT.

    Once it does, "listening on HOST:PORT" is printed to stdout. Health and reflection are served too.

    Exit code: 0 when it was told to stop, 1 where it cannot serve, 2 for wrong usage.
    """
    from resources_py.service import serve
    from resources_py.service._server import ArgumentError, IncompleteTLSError, PlaintextError

    try:
        serve(**options)
        return 0
    except PlaintextError:
        found = "refusing plaintext on a non-loopback address: pass --tls-cert and --tls-key, or --insecure"
    except IncompleteTLSError:
        found = "--tls-cert and --tls-key go together, and --tls-client-ca needs both"
    except ArgumentError as error:
        found = f"--{error.argument.replace('_', '-')} {error.rule}"
    except (OSError, ValueError) as error:
        found = str(error)
    say(f"{NAME}: {found}")
    return 1
