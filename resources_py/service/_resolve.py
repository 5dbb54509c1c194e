"""The service without gRPC: the bytes of a request in, the bytes of its answer out."""

from functools import lru_cache
from typing import Final, cast

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.v1 import resources_pb2 as pb
from resources_py import ResourcesError, _wire
from resources_py._amounts import Amount, Resource, default_sides, parse_amount

CONTAINER_FIELD_PREFIX: Final = "container_resources."
FIELD_PREFIX: Final = "resources."  # the path from a request to its Resources, in front of each violation's field
# A request of four resources takes some 150 bytes. Longer ones are not worth the memory.
_MAX_CACHED_BYTES: Final = 512


def resolve_bytes(request: bytes) -> bytes:
    """Answer a ResolveRequest, or a ResolveStreamRequest, which has the same bytes.

    Args:
        request: The serialized request.

    Returns:
        The serialized ResolveResponse. A ResolveStreamResponse with resources has the same bytes.

    Raises:
        ResourcesError: With every violation.
        google.protobuf.message.DecodeError: `request` is not a ResolveRequest.

    Example:
        >>> bad = service_pb.ResolveRequest(resources=pb.Resources(requests=[pb.Resources.ResourceEntry(value="1")]))
        >>> resolve_bytes(bad.SerializeToString())
        Traceback (most recent call last):
        resources_py.ResourcesError: resources.requests[0].name: name UNKNOWN is not supported: send CPU, GPU, \
MEMORY or EPHEMERAL_STORAGE
    """
    return _resolve_cached(request) if len(request) <= _MAX_CACHED_BYTES else _resolve(request)


def resolve_item_bytes(request: bytes) -> bytes:
    """Answer a ResolveStreamRequest with a ResolveStreamResponse, which carries the violations itself.

    Raises:
        google.protobuf.message.DecodeError: `request` is not a ResolveStreamRequest.
    """
    try:
        return resolve_bytes(request)
    except ResourcesError as error:
        return service_pb.ResolveStreamResponse(violations=violations_to_proto(error)).SerializeToString()


def resolve_container_bytes(request: bytes) -> bytes:
    """Answer a ResolveContainerRequest with a ResolveContainerResponse.

    Raises:
        ResourcesError: With every violation.
        google.protobuf.message.DecodeError: `request` is not a ResolveContainerRequest.
    """
    from resources_py._container_messages import resolve  # servers that resolve amounts alone do without

    sent = service_pb.ResolveContainerRequest.FromString(request).container_resources
    resolved = resolve(sent, prefix=CONTAINER_FIELD_PREFIX)
    return service_pb.ResolveContainerResponse(container_resources=resolved).SerializeToString(deterministic=True)


def violations_to_proto(error: ResourcesError) -> service_pb.Violations:
    """Convert the violations of `error` to the message that carries them."""
    return service_pb.Violations(
        violations=[
            service_pb.Violation(field=field, description=description, reason=reason)
            for field, reason, description in error.violations
        ]
    )


def _resolve(request: bytes) -> bytes:
    sent = service_pb.ResolveRequest.FromString(request).resources
    values = _wire.read(sent, for_kubernetes=True, prefix=FIELD_PREFIX)
    resolved = _wire.encode(
        (resource, *default_sides(*(_parse(resource, text) for text in sides))) for resource, sides in values.items()
    )
    return service_pb.ResolveResponse(resources=pb.Resources.FromString(resolved)).SerializeToString()


# Backends are asked about the same few declarations again and again. 4096 requests and their answers take a few
# megabytes; errors are not cached.
_resolve_cached = lru_cache(maxsize=4096)(_resolve)


def _parse(resource: Resource, text: str | None) -> Amount | None:
    """Parse a text that was read, and so is valid."""
    return None if text is None else cast("Amount", parse_amount(resource, text))
