"""``resources-py resolve``: what a backend makes of resources."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from resources_py import Resources, ResourcesError
from resources_py.cli.commands.show import Presenter
from resources_py.cli.diagnostics import Reporter, diagnose
from resources_py.cli.formats import FORMATS
from resources_py.cli.formats.base import Item
from resources_py.cli.inputs import flush_stdout
from resources_py.cli.options import (
    WRITABLE,
    FormatType,
    example,
    formats_help,
    input_options,
    open_input,
    parse_input_options,
)
from resources_py.cli.outputs import Sink, open_output
from resources_py.cli.reading import ReadOptions
from resources_py.cli.terminal import NAME, Failure, missing, printable, say

_FILE = click.Path(path_type=Path, exists=False, dir_okay=False)


@click.command(
    short_help="Ask a backend what it makes of resources.",
    epilog=example("resolve --cpu ,0.5 --mem 1Gi --target 127.0.0.1:50051", formats_help()),
)
@input_options
@click.option(
    "--target", metavar="HOST:PORT", required=True, help="The backend: a resourceidl.service.v1.ResourcesService."
)
@click.option("--tls", is_flag=True, help="Use TLS. Each of the next four options implies it.")
@click.option("--tls-ca", metavar="FILE", type=_FILE, help="Trust these PEM authorities, not the system's.")
@click.option("--tls-cert", metavar="FILE", type=_FILE, help="Present this PEM certificate chain.")
@click.option("--tls-key", metavar="FILE", type=_FILE, help="The PEM private key of --tls-cert.")
@click.option(
    "--tls-server-name", metavar="NAME", help="The name in the backend's certificate, if not that of --target."
)
@click.option("--timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), help="Give up after S seconds.")
@click.option(
    "--retry",
    metavar="S",
    type=click.FloatRange(min=0),
    default=0.0,
    help="If the backend goes away, try to reach it for S seconds.",
)
@click.option("--json", "as_json", is_flag=True, help="As show --json.")
@click.option(
    "--to", "target_format", type=FormatType(WRITABLE), help="Write the answers in this format, as convert does."
)
def command(
    as_json: bool,
    target_format: str | None,
    retry: float,
    target: str,
    timeout: float | None,
    tls: bool,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_server_name: str | None,
    **options: Any,
) -> int:
    """Ask a backend what Kubernetes would make of resources, and show the answers.

    They are read from FILE, from stdin, or given as options. Errors, found here or by the backend, are reported on
    stderr; then the exit code is 1. It is 2 if nothing can be read, or the backend does not answer.
    """
    if as_json and target_format:
        raise click.UsageError("--json and --to exclude each other: pass one of the two")
    wanted = parse_input_options(**options)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # not gRPC's own log: the status tells what a person has to know
    try:
        import grpc

        from resources_py.service import Client
    except ImportError as error:
        raise missing(error, "grpc") from error
    uses_tls = tls or tls_ca or tls_cert or tls_key or tls_server_name
    credentials = _credentials(grpc, tls_ca, tls_cert, tls_key) if uses_tls else None
    channel_options = (("grpc.ssl_target_name_override", tls_server_name),) if tls_server_name else ()
    format_ = FORMATS[target_format] if target_format else None
    reporter = Reporter()
    with (
        open_input(wanted) as input_,
        open_output(None, is_binary=format_ is not None and format_.is_binary) as out,
        Client(target, credentials=credentials, options=channel_options, retry=retry) as client,
    ):
        sink = Sink(format_, out) if format_ else None
        presenter = Presenter(as_json=as_json)
        # gRPC's thread reads the input, so nothing here knows when it waits: flush each answer, but for a file.
        is_live = input_.source is not None and input_.source.size is None
        exchange = _Exchange(input_.items(ReadOptions(wanted.gpu, is_shown=reporter.shows)), reporter)
        try:
            for item, answer in exchange.answers(client, timeout, is_stream=input_.source is not None):
                try:
                    if isinstance(answer, ResourcesError):
                        raise answer
                    if format_ and format_.write and sink:
                        sink.put(format_.write(answer, wanted.gpu.name))
                    else:
                        presenter.show(item, answer)
                except ResourcesError as error:  # of the backend; or Kubernetes would reject what it answered
                    reporter.report(diagnose(error.violations, lambda *_, item=item: item.place, item.subject))
                if is_live:
                    flush_stdout()
        except grpc.RpcError as error:
            exchange.report_unanswered()
            raise Failure(f"{target}: {_status(error)}") from error
        finally:
            if sink:
                sink.close()
    return reporter.finish()


class _Exchange:
    """Sends items, and matches the answers with them: they come in order."""

    def __init__(self, items: Iterator[Item], reporter: Reporter) -> None:
        self._items = items
        self._reporter = reporter
        self._sent: deque[Item] = deque()

    def answers(
        self, client: Any, timeout: float | None, *, is_stream: bool
    ) -> Iterator[tuple[Item, Resources | ResourcesError]]:
        """Ask about all items with one stream, or about the only one with a unary call."""
        if is_stream:
            for answer in client.resolve_many(self._sendable(), timeout=timeout):
                yield self._sent.popleft(), answer
            return
        for resources in self._sendable():
            try:
                answer = client.resolve(resources, timeout=timeout)
            except ResourcesError as error:
                answer = error
            yield self._sent.popleft(), answer

    def _sendable(self) -> Iterator[Resources]:
        """Report what is wrong with each item; yield those that can be sent."""
        for item in self._items:
            self._reporter.report(item.diagnostics)
            if item.result is not None:
                self._sent.append(item)
                yield item.result

    def report_unanswered(self) -> None:
        """Print which items have no answer."""
        if self._sent and str(self._sent[0].place):
            first, last = (printable(str(item.place)) for item in (self._sent[0], self._sent[-1]))
            items = first if first == last else f"{first} to {last}"
            say(f"{NAME}: no answer to {items}, nor to anything after it")


def _bytes(path: Path | None, option: str) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"{option} {path}: {error.strerror or error}") from error


def _credentials(grpc: Any, ca: Path | None, cert: Path | None, key: Path | None) -> Any:
    if (cert is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    files = (ca, "--tls-ca"), (key, "--tls-key"), (cert, "--tls-cert")
    return grpc.ssl_channel_credentials(*(_bytes(path, option) for path, option in files))


def _status(error: Any) -> str:
    """Describe a call's status in one line."""
    if not hasattr(error, "code"):
        return str(error) or type(error).__name__
    details = " ".join((error.details() or "").split())
    return f"{error.code().name}: {details}" if details else str(error.code().name)
