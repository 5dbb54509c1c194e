"""The message of a ContainerResources: judged, written, and resolved."""

from collections.abc import Iterable, Mapping

from resourceidl.v1 import container_resources_pb2 as pb
from resourceidl.v1 import resources_pb2
from resources_py import _wire
from resources_py._amounts import Amount, round_up_to_milli, wire_string
from resources_py._container_rules import Named, check_claims, check_extended, check_named, check_together
from resources_py._errors import ResourcesError, Violation
from resources_py._resources import Resources


def check_message(
    message: pb.ContainerResources, *, for_kubernetes: bool, prefix: str = ""
) -> tuple[list[Violation], Named]:
    """Return the violations of a message, in the order of the specification, and its named amounts."""
    violations: list[Violation] = []
    try:
        _wire.read(message.resources, for_kubernetes=for_kubernetes, prefix="resources.")
    except ResourcesError as error:
        violations += error.violations
    extended = check_extended(message.extended_resources, for_kubernetes=for_kubernetes)
    violations += [v._replace(field=f"extended_resources.{v.field}") for v in extended]
    named = check_named(message, violations)
    check_claims(message.claims, violations)
    if for_kubernetes:
        violations += check_together(message, named)
    return [v._replace(field=prefix + v.field) for v in violations], named


def canonical(resources: bytes, message: pb.ContainerResources, named: Named) -> pb.ContainerResources:
    """Return the message as a writer writes it."""
    made = pb.ContainerResources(
        named_requests=_entries(named.requests), named_limits=_entries(named.limits), claims=message.claims
    )
    if resources:
        made.resources.MergeFrom(resources_pb2.Resources.FromString(resources))
    if message.extended_resources.ByteSize():
        made.extended_resources.MergeFrom(message.extended_resources)
    return made


def _entries(amounts: Mapping[str, Amount]) -> Iterable[pb.NamedQuantity]:
    return [pb.NamedQuantity(name=name, value=wire_string(amounts[name])) for name in sorted(amounts)]


def resolve(message: pb.ContainerResources, prefix: str) -> pb.ContainerResources:
    """Return what Kubernetes makes of a message.

    Raises ResourcesError.
    """
    violations, named = check_message(message, for_kubernetes=True, prefix=prefix)
    if violations:
        raise ResourcesError(violations)
    message.DiscardUnknownFields()
    limits = {name: round_up_to_milli(amount) for name, amount in named.limits.items()}
    requests = limits | {name: round_up_to_milli(amount) for name, amount in named.requests.items()}
    resources = Resources.from_bytes(message.resources.SerializeToString()).defaulted()
    return canonical(bytes(resources), message, Named(requests, limits))
