"""What the service answers, as bytes to bytes: all of it but gRPC."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, cast

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.v1 import resources_pb2 as pb
from resources_py import _amounts, _wire
from resources_py._amounts import Amount, Resource
from resources_py._errors import ResourcesError

PREFIX: Final = "resources."  # where a Resources stands in a request, and so in front of each field of a violation
# A request of four resources, eight entries, has some 150 bytes. What is longer is worth no memory.
_LONGEST_KEPT: Final = 512


def resolved(request: bytes) -> bytes:
    """Give the answer to a ResolveRequest or a ResolveStreamRequest.

    In bytes the two are the same, and so are their answers where nothing is wrong.

    Raises ResourcesError with every violation, and protobuf's DecodeError for bytes that are no such message.

    >>> bad = service_pb.ResolveRequest(resources=pb.Resources(requests=[pb.Resources.ResourceEntry(value="1")]))
    >>> resolved(bad.SerializeToString())
    Traceback (most recent call last):
    resources_py.ResourcesError: resources.requests[0].name: name UNKNOWN is not supported: send CPU, GPU, MEMORY or \
EPHEMERAL_STORAGE
    """
    return _kept(request) if len(request) <= _LONGEST_KEPT else _resolved(request)


def refused(error: ResourcesError) -> service_pb.Violations:
    """Give the violations of `error` as they travel."""
    return service_pb.Violations(
        violations=[
            service_pb.Violation(field=field, description=description, reason=reason)
            for field, reason, description in error.violations
        ]
    )


def resolved_item(request: bytes) -> bytes:
    """Give the answer to a ResolveStreamRequest, which says itself what is wrong.

    Raises protobuf's DecodeError for bytes that are no such message.
    """
    try:
        return resolved(request)
    except ResourcesError as error:
        return service_pb.ResolveStreamResponse(violations=refused(error)).SerializeToString()


def _resolved(request: bytes) -> bytes:
    # Either request type would do, see above.
    values = _wire.read(service_pb.ResolveRequest.FromString(request).resources, for_kubernetes=True, prefix=PREFIX)
    requests, limits = [], []
    for resource, (requested, limit) in values.items():
        if limit is not None:
            limits.append(_entry("limits", resource, limit))
            requested = limit if requested is None else requested
        if requested is not None:
            requests.append(_entry("requests", resource, requested))
    resources = pb.Resources.FromString(b"".join(requests + limits))
    return service_pb.ResolveResponse(resources=resources).SerializeToString()


# Who asks, mostly asks the same again. 4096 answers of some 150 bytes, with their requests, are a few megabytes;
# refusals are not kept.
_kept = lru_cache(maxsize=4096)(_resolved)


# As for the entries themselves (see _wire): the texts are at most 64 bytes long, having been found sound.
@lru_cache(maxsize=8192)
def _entry(side: _wire.Side, resource: Resource, text: str) -> bytes:
    """Encode a Resources that holds one entry: `text`, rounded up to a thousandth."""
    sound = cast("Amount", _amounts.parse_amount(resource, text))
    return _wire.encode_entry(side, resource.number, _amounts.wire_string(_amounts.round_up_to_milli(sound)))
