"""``resources-py resolve``: what a backend makes of resources."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import click

from resources_py import Resources, ResourcesError
from resources_py.cli._findings import errors
from resources_py.cli._forms import BINARY, SEPARATORS, TARGETS, Item, check_target, writer
from resources_py.cli._inputs import flush_stdout
from resources_py.cli._options import Asked, Form, asked, example, forms_help, source_options
from resources_py.cli._outputs import written
from resources_py.cli._reading import reading
from resources_py.cli._terminal import NAME, Failure, Messages, missing, printable, say
from resources_py.cli.show import Shown

_FILE = click.Path(path_type=Path, exists=False, dir_okay=False)


@click.command(
    short_help="Ask a backend what it makes of resources.",
    epilog=example("resolve --cpu ,0.5 --mem 1Gi --target 127.0.0.1:50051", forms_help()),
)
@source_options
@click.option(
    "--target", metavar="HOST:PORT", required=True, help="The backend: a resourceidl.service.v1.ResourcesService."
)
@click.option("--tls", is_flag=True, help="Speak TLS. Any of the options below says so too.")
@click.option("--tls-ca", metavar="FILE", type=_FILE, help="Trust these PEM authorities, not the system's.")
@click.option("--tls-cert", metavar="FILE", type=_FILE, help="Present this PEM certificate chain.")
@click.option("--tls-key", metavar="FILE", type=_FILE, help="The PEM private key of --tls-cert.")
@click.option(
    "--tls-server-name", metavar="NAME", help="The name in the backend's certificate, if not that of --target."
)
@click.option(
    "--timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), help="Give up after so many seconds."
)
@click.option(
    "--retry",
    metavar="S",
    type=click.FloatRange(min=0),
    default=0.0,
    help="If the backend goes away, look for it so many seconds.",
)
@click.option("--json", "as_json", is_flag=True, help="As show --json.")
@click.option("--to", "answer_form", type=Form(TARGETS), help="Write the answers in this form, as convert does.")
def command(
    as_json: bool,
    answer_form: str | None,
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
    """Ask a backend what Kubernetes would make of resources: show the answers.

    They are read from FILE, from stdin, or given as options. What is wrong, here or by the backend's word, is reported
    on stderr; then the exit code is 1. It is 2 where nothing can be read, or the backend does not answer.
    """
    if as_json and answer_form:
        raise click.UsageError("--json and --to are two forms: give one of the two")
    wanted: Asked = asked(**options)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC's own log: what a person has to know, the status says
    try:
        import grpc

        from resources_py.service import Client
    except ImportError as error:
        raise missing(error, "grpc") from error
    credentials = None
    if tls or tls_ca or tls_cert or tls_key or tls_server_name:
        credentials = grpc.ssl_channel_credentials(_bytes(tls_ca, "--tls-ca"), *_pair(tls_cert, tls_key))
    channel_options = (("grpc.ssl_target_name_override", tls_server_name),) if tls_server_name else ()
    messages = Messages()
    sent: deque[Item] = deque()
    try:
        with (
            reading(wanted) as given,
            written(None, binary=answer_form in BINARY) as out,
            Client(target, credentials=credentials, options=channel_options, retry=retry) as client,
        ):
            show = _writing(answer_form, wanted.gpu_resource, out) if answer_form else Shown(as_json=as_json).show
            # gRPC's thread reads the input, so nothing here knows when it waits: flush each answer, but for a file.
            live = given.source is not None and given.source.size is None
            answers = _answers if given.source is not None else _answer
            for item, answer in answers(client, given.items, timeout, messages, sent):
                if isinstance(answer, ResourcesError):
                    messages.report(errors(item.place, answer.violations, item.subject))
                    continue
                try:
                    show(item, answer)
                except ResourcesError as error:  # Kubernetes refuses what the backend made of it
                    messages.report(errors(item.place, error.violations, item.subject))
                if live:
                    flush_stdout()
            out.flush()
    except grpc.RpcError as error:
        _say_unanswered(sent)
        raise Failure(f"{target}: {_status(error)}") from error
    return messages.finish()


def _answer(
    client: Any, items: Iterator[Item], timeout: float | None, messages: Messages, sent: deque[Item]
) -> Iterator[tuple[Item, Resources | ResourcesError]]:
    """Ask about the one item that the options are, with a unary call."""
    for item in _sendable(items, messages, sent):
        try:
            answer: Resources | ResourcesError = client.resolve(item, timeout=timeout)
        except ResourcesError as error:
            answer = error
        yield sent.popleft(), answer


def _answers(
    client: Any, items: Iterator[Item], timeout: float | None, messages: Messages, sent: deque[Item]
) -> Iterator[tuple[Item, Resources | ResourcesError]]:
    """Ask about all items with one stream. `sent` holds those that have no answer yet."""
    for answer in client.resolve_many(_sendable(items, messages, sent), timeout=timeout):
        yield sent.popleft(), answer


def _sendable(items: Iterator[Item], messages: Messages, sent: deque[Item]) -> Iterator[Resources]:
    """Report what is wrong with each item; yield those that can be sent."""
    for item in items:
        messages.report(item.findings)
        if item.resources is not None:
            sent.append(item)
            yield item.resources


def _writing(form: str, gpu_resource: str, out: IO[bytes]) -> Callable[[Item, Resources], None]:
    write = writer(form, gpu_resource)
    count = 0

    def show(item: Item, resources: Resources) -> None:
        nonlocal count
        data = write(resources)
        check_target(form, count > 0)
        out.write((SEPARATORS.get(form, b"") if count else b"") + data)
        count += 1

    return show


def _bytes(path: Path | None, option: str) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"{option} {path}: {error.strerror or error}") from error


def _pair(cert: Path | None, key: Path | None) -> tuple[bytes | None, bytes | None]:
    if (cert is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    return _bytes(key, "--tls-key"), _bytes(cert, "--tls-cert")


def _say_unanswered(sent: deque[Item]) -> None:
    """Say from where on there are no answers: they come in order."""
    if sent and str(sent[0].place):
        first, last = (printable(str(item.place)) for item in (sent[0], sent[-1]))
        say(f"{NAME}: no answer to {first}{f' to {last}' if last != first else ''}, nor to anything after it")


def _status(error: Any) -> str:
    """Give a call's status in one line."""
    if not hasattr(error, "code"):
        return str(error) or type(error).__name__
    details = " ".join((error.details() or "").split())
    return f"{error.code().name}: {details}" if details else str(error.code().name)
