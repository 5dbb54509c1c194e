"""Requests and answers, between their bytes and the objects of this package."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NoReturn

from google.protobuf.message import DecodeError

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import ContainerResources, Reason, Resources, ResourcesError, ResourcesTypeError, Violation
from resources_py._errors import quoted
from resources_py.grpc import error_from
from resources_py.service._resolve import FIELD_PREFIX

SERVICE: Final = service_pb.DESCRIPTOR.services_by_name["ResourcesService"].full_name


def require_resources(resources: Resources) -> Resources:
    """Return `resources`, or raise ResourcesTypeError if that is something else."""
    if not isinstance(resources, Resources):
        raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, f"{quoted(resources)} is not a Resources")])
    return resources


def encode_request(resources: Resources) -> bytes:
    """Encode a ResolveRequest, or a ResolveStreamRequest, which has the same bytes."""
    return service_pb.ResolveRequest(resources=resources.to_proto()).SerializeToString()


def encode_container_request(container: ContainerResources) -> bytes:
    """Encode a ResolveContainerRequest.

    Raises ResourcesTypeError for anything but a ContainerResources.
    """
    if not isinstance(container, ContainerResources):
        raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, f"{quoted(container)} is not a ContainerResources")])
    return service_pb.ResolveContainerRequest(container_resources=container.to_proto()).SerializeToString()


# An answer of four resources takes some 150 bytes. Longer ones are not worth the memory.
_MAX_CACHED_BYTES: Final = 512


def decode_answer(answer: bytes | None) -> Resources:
    """Decode a ResolveStreamResponse, or a ResolveResponse, which has the same bytes.

    Args:
        answer: The bytes, or None for OK without a message.

    Raises:
        ResourcesError: With the violations, or with UNDECODABLE for what a server should not have sent.
    """
    answer = answer or b""
    return _decode_cached(answer) if len(answer) <= _MAX_CACHED_BYTES else _decode(answer)


def _decode(answer: bytes) -> Resources:
    try:
        message = service_pb.ResolveStreamResponse.FromString(answer)
        if message.WhichOneof("result") == "resources":
            return Resources.from_proto(message.resources)
    except (DecodeError, ResourcesError) as error:
        raise ResourcesError([Violation("", Reason.UNDECODABLE, "cannot decode the server's answer")]) from error
    if not message.violations.violations:
        raise ResourcesError([Violation("", Reason.UNDECODABLE, "the server's answer is empty")])
    raise _error_from_proto(message.violations.violations)


_decode_cached = lru_cache(maxsize=4096)(_decode)  # a few megabytes. Errors are not cached


def decode_item(answer: bytes) -> Resources | ResourcesError:
    """Decode a ResolveStreamResponse; return the error instead of raising it."""
    try:
        return decode_answer(answer)
    except ResourcesError as error:
        return error.with_traceback(None)  # the caller keeps it: it must not keep a frame alive


def decode_container_answer(answer: bytes | None) -> ContainerResources:
    """Decode a ResolveContainerResponse, as `decode_answer` decodes the others."""
    try:
        message = service_pb.ResolveContainerResponse.FromString(answer or b"")
        if message.HasField("container_resources"):
            return ContainerResources.from_proto(message.container_resources)
    except (DecodeError, ResourcesError) as error:
        raise ResourcesError([Violation("", Reason.UNDECODABLE, "cannot decode the server's answer")]) from error
    raise ResourcesError([Violation("", Reason.UNDECODABLE, "the server's answer is empty")])


def raise_for_status(failure: Any, field_prefix: str) -> NoReturn:
    """Raise ResourcesError if the status of a grpc.RpcError carries violations, else `failure` itself."""
    error = error_from(failure, field_prefix=field_prefix)
    if error is None:
        raise failure
    raise error from failure


def _error_from_proto(violations: Iterable[service_pb.Violation]) -> ResourcesError:
    return ResourcesError([Violation(v.field.removeprefix(FIELD_PREFIX), v.reason, v.description) for v in violations])
