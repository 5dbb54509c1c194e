"""``resources-py resolve``: what a backend makes of resources."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import click

from resources_py import ResourcesError
from resources_py.cli.commands.show import Presenter
from resources_py.cli.diagnostics import Reporter, diagnose
from resources_py.cli.formats.base import AnyResources, Item
from resources_py.cli.formats.containers import container_of, find_lost, resources_of, simplify
from resources_py.cli.input import Input
from resources_py.cli.inputs import flush_stdout
from resources_py.cli.options import WRITABLE, example, formats_help, input_options, make_input, make_reading
from resources_py.cli.outputs import open_sink
from resources_py.cli.reading import ReadOptions
from resources_py.cli.terminal import NAME, Failure, say

_Answer: TypeAlias = "AnyResources | ResourcesError"
_FILE = click.Path(path_type=Path, exists=False, dir_okay=False)


@click.command(
    short_help="Ask a backend to resolve resources.",
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
    "--tls-server-name", metavar="NAME", help="The name in the backend's certificate, if it differs from --target."
)
@click.option("--timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), help="Give up after S seconds.")
@click.option(
    "--retry",
    metavar="S",
    type=click.FloatRange(min=0),
    default=0.0,
    help="If the backend goes away, keep trying to reach it for S seconds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as show --json does.")
@click.option(
    "--to",
    "target_format",
    type=WRITABLE,
    metavar="FORMAT",
    help="Write the answers in this format, as convert does.",
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

    Resources are read from FILE or stdin, or given as options. With --message container, any resource can be sent, each
    item in a call of its own to ResolveContainer. Errors, found here or by the backend, are reported on stderr, and the
    exit code is then 1. It is 2 if nothing can be read, or the backend does not answer.
    """
    if as_json and target_format:
        raise click.UsageError("--json and --to exclude each other: pass one of the two")
    if not f"{target}{tls_server_name}".isprintable():
        raise click.UsageError("--target and --tls-server-name take printable text")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # not gRPC's own log: the status tells what a person has to know
    from resources_py.service import Client

    uses_tls = tls or any(value is not None for value in (tls_ca, tls_cert, tls_key, tls_server_name))
    credentials = _credentials(tls_ca, tls_cert, tls_key) if uses_tls else None
    channel_options = (("grpc.ssl_target_name_override", tls_server_name),) if tls_server_name else ()
    reporter, input_ = Reporter(), make_input(**options)
    format_ = input_.formats[target_format] if target_format else None
    with (
        open_sink(None, format_) if format_ else nullcontext() as sink,
        Client(target, credentials=credentials, options=channel_options, retry=retry) as client,
    ):
        presenter = Presenter(as_json=as_json)
        # gRPC's thread reads the input, so nothing here knows when it waits: flush each answer, but for a file.
        resolve: Callable[..., Iterator[_Answer]]
        if is_whole := options["message"] == "container":
            resolve = partial(_resolve_each, client.resolve_container)
        else:
            resolve = partial(_resolve_each, client.resolve) if input_.is_given else client.resolve_many
        request_of = container_of if is_whole else resources_of
        for item, answer in _exchange(partial(resolve, timeout=timeout), request_of, input_, reporter, target):
            try:
                if isinstance(answer, ResourcesError):
                    raise answer
                answer = simplify(answer)
                if sink and format_ and format_.write:
                    lost = find_lost(answer, make_reading(input_.gpu_resource, format_.places))
                    reporter.report(diagnose([each.violation for each in lost], item.place, item.subject))
                    sink.put(format_.write(answer, input_.gpu_resource))
                else:
                    presenter.show(item, answer)
            except ResourcesError as error:  # of the backend; or Kubernetes would reject what it answered
                reporter.report(diagnose(error.violations, item.place, item.subject))
            if input_.is_live:
                flush_stdout()
    return reporter.finish()


def _resolve_each(
    resolve: Callable[..., AnyResources], items: Iterable[AnyResources], timeout: float | None
) -> Iterator[_Answer]:
    """Resolve by unary calls."""
    for each in items:
        try:
            yield resolve(each, timeout=timeout)
        except ResourcesError as error:
            yield error


def _exchange(
    resolve: Callable[[Iterator[Any]], Iterator[_Answer]],
    request_of: Callable[[AnyResources], Any],
    input_: Input,
    reporter: Reporter,
    target: str,
) -> Iterator[tuple[Item, _Answer]]:
    """Send items, and yield each with its answer: answers come in order. An item that is wrong is reported instead."""
    import grpc

    sent: deque[Item] = deque()

    reading = make_reading(input_.gpu_resource, input_.formats["binpb"].places)  # those of the message

    def send() -> Iterator[Any]:
        for item in input_.items(ReadOptions(reading, is_shown=reporter.shows)):
            reporter.report(item.diagnostics)
            if item.result is not None:
                sent.append(item)
                yield request_of(item.result)

    try:
        for answer in resolve(send()):
            yield sent.popleft(), answer
    except grpc.RpcError as error:
        if sent and not input_.is_given:
            first, last = str(sent[0].place), str(sent[-1].place)
            say(f"{NAME}: no answer to {first if first == last else f'{first} to {last}'}, nor to anything after it")
        raise Failure(f"{target}: {error.code().name}: {error.details() or 'no details'}") from error


def _credentials(ca: Path | None, cert: Path | None, key: Path | None) -> Any:
    import grpc

    if (cert is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    files = (ca, "--tls-ca"), (key, "--tls-key"), (cert, "--tls-cert")
    return grpc.ssl_channel_credentials(*(_read_pem(path, option) for path, option in files))


def _read_pem(path: Path | None, option: str) -> bytes | None:
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"{option} {path}: {error.strerror or error}") from error
    if b"-----BEGIN " not in data:  # gRPC takes an empty file for the system's authorities, or aborts the process
        raise Failure(f"{option} {path}: not a PEM file")
    return data
