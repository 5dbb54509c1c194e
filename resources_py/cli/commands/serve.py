"""``resources-py serve``: the reference service."""

from pathlib import Path
from typing import Any

import click

from resources_py.cli.options import example
from resources_py.cli.terminal import NAME, say

_FILE = click.Path(path_type=Path)


@click.command(short_help="Serve the reference service.", epilog=example("serve --address 127.0.0.1:50051"))
@click.option(
    "--address", metavar="HOST:PORT", default="127.0.0.1:50051", show_default=True, help="Port 0 takes a free one."
)
@click.option("--tls-cert", metavar="FILE", type=_FILE, help="Serve TLS with this PEM certificate chain.")
@click.option("--tls-key", metavar="FILE", type=_FILE, help="The PEM private key of --tls-cert.")
@click.option("--tls-client-ca", metavar="FILE", type=_FILE, help="Admit only clients of these PEM authorities.")
@click.option("--insecure", is_flag=True, help="Allow plaintext beyond this machine.")
@click.option(
    "--max-concurrent-streams", metavar="N", type=int, default=1024, show_default=True, help="Calls on one connection."
)
@click.option(
    "--drain-seconds", metavar="S", type=float, default=10.0, show_default=True, help="For calls under way to finish."
)
def command(**options: Any) -> int:
    """Serve resourceidl.service.v1.ResourcesService until SIGTERM or SIGINT.

    Once it does, "listening on HOST:PORT" is printed to stdout. Health and reflection are served too.

    Exit code: 0 when it was told to stop, 1 where it cannot serve, 2 for wrong usage.
    """
    from resources_py.service import serve
    from resources_py.service._server import IncompleteTLSError, PlaintextError

    try:
        serve(**options)
        return 0
    except PlaintextError:
        found = "refusing plaintext on a non-loopback address: pass --tls-cert and --tls-key, or --insecure"
    except IncompleteTLSError:
        found = "--tls-cert and --tls-key go together, and --tls-client-ca needs both"
    except (OSError, ValueError) as error:
        found = str(error)
    say(f"{NAME}: {found}")
    return 1
