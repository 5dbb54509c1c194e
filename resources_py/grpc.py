"""Errors of your own gRPC service and its clients.

Needs the extra ``grpc``: ``pip install 'resources-py[grpc]'``.

A server ends a call with all violations::

    def Submit(self, request, context):
        try:
            resources = Resources.from_proto(request.resources, kubernetes=True)
        except ResourcesError as error:
            abort(context, error, field_prefix="resources.")

A client gets them back, at the places where it declared them::

    try:
        stub.Submit(request)
    except grpc.RpcError as failure:
        error = error_from(failure, field_prefix="resources.", declared=resources)
        if error is None:
            raise
"""

import re
from bisect import bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from resources_py import Reason, Resources, ResourcesError, Violation
from resources_py._amounts import NAMES
from resources_py._errors import cut

try:
    import grpc
    from google.protobuf.message import DecodeError
    from google.rpc import code_pb2, error_details_pb2, status_pb2
    from grpc_status import rpc_status
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("grpc", "grpc_status", "google"):
        raise
    raise ImportError(
        f"resources_py.grpc needs gRPC ({error.name} is missing): pip install 'resources-py[grpc]'", name=error.name
    ) from error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["abort", "abort_async", "error_from", "status_from"]

# gRPC rejects trailers of more than 8 KiB. These leave room for the message and for other trailers. Go has the same.
_MAX_STATUS_BYTES: Final = 7 * 1024 * 3 // 4  # 7 KiB in base64
_MAX_MESSAGE_BYTES: Final = 200
_DESCRIPTION_BYTES: Final = (120, 80, 40, 0)  # each is tried in turn

_DETAILS_KEY: Final = "grpc-status-details-bin"
_WIRE_FIELD: Final = re.compile(r"(requests|limits)\[([0-9]{1,2})\]\.(?:name|value)")


# ---- servers


def abort(context: Any, error: ResourcesError, *, field_prefix: str = "") -> NoReturn:
    """End a call with INVALID_ARGUMENT and every violation.

    Args:
        context: The ``grpc.ServicerContext`` of the call.
        error: What is wrong.
        field_prefix: The path from the request to its resources, in front of each violation's field, such as
            ``"resources."`` or ``"containers[2].resources."``.

    Raises:
        Exception: Always: gRPC's own, which ends the handler.
    """
    context.abort_with_status(status_from(error, field_prefix=field_prefix))
    raise AssertionError("abort_with_status always raises")


async def abort_async(context: Any, error: ResourcesError, *, field_prefix: str = "") -> NoReturn:
    """End a call of an asyncio server, as :func:`abort` does.

    Args:
        context: The ``grpc.aio.ServicerContext`` of the call.
        error: What is wrong.
        field_prefix: The path from the request to its resources.
    """
    # Its contexts have no abort_with_status before grpcio 1.83.
    status = status_from(error, field_prefix=field_prefix)
    await context.abort(status.code, status.details, status.trailing_metadata)
    raise AssertionError("abort always raises")


def status_from(error: ResourcesError, *, field_prefix: str = "") -> grpc.Status:
    """Build the status that :func:`abort` ends a call with.

    Its code is INVALID_ARGUMENT, its message the first violation, and its only detail a ``google.rpc.BadRequest`` with
    all of them. Encoded, it takes at most 7 KiB, since gRPC rejects larger trailers: if that is not enough, first the
    descriptions are cut, and then violations are dropped. The last one then has the reason TRUNCATED and their number.

    Args:
        error: What is wrong.
        field_prefix: The path from the request to its resources.

    Example:
        >>> from resources_py import Resources
        >>> try:
        ...     Resources(mem="1Gb")
        ... except ResourcesError as error:
        ...     status = status_from(error, field_prefix="job.")
        >>> status.details
        "job.mem: '1Gb' is not a quantity: did you mean 1G or 1Gi?"
    """
    violations = [_with_prefix(violation, field_prefix) for violation in error.violations]
    first, more = violations[0] if violations else Violation("", "", "invalid resources"), len(violations) - 1
    status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT)
    status.message = cut(f"{first}{f' (and {more} more)' if more > 0 else ''}", _MAX_MESSAGE_BYTES)
    _pack(status, violations)
    built: grpc.Status = rpc_status.to_status(status)
    return built


def _with_prefix(violation: Violation, prefix: str) -> Violation:
    field, reason, description = (text.encode("utf-8", "backslashreplace").decode() for text in violation)
    return Violation(prefix + field if field else prefix.rstrip("."), reason, description)


def _pack(status: status_pb2.Status, violations: "Sequence[Violation]") -> None:
    """Add as much of the violations as fits."""
    for most in _DESCRIPTION_BYTES:
        if _pack_first(status, violations, len(violations), most) <= _MAX_STATUS_BYTES:
            return
    # Each further violation takes more bytes, so the first number that is too large can be found by bisection.
    kept = bisect_right(
        range(1, len(violations)), _MAX_STATUS_BYTES, key=lambda count: _pack_first(status, violations, count, 0)
    )
    _pack_first(status, violations, kept, 0)


def _pack_first(status: status_pb2.Status, violations: "Sequence[Violation]", count: int, most: int) -> int:
    """Set the detail to the first `count` violations, and the number of the others; return the size of the status."""
    bad = error_details_pb2.BadRequest()
    for field, reason, description in violations[:count]:
        bad.field_violations.add(field=field, reason=reason, description=cut(description, most))
    if more := len(violations) - count:
        bad.field_violations.add(reason=Reason.TRUNCATED, description=f"{more} more")
    del status.details[:]
    status.details.add().Pack(bad)
    return int(status.ByteSize())


# ---- clients


def error_from(failure: Any, *, field_prefix: str = "", declared: Resources | None = None) -> ResourcesError | None:
    """Return the violations that a failed call carries, or None if it carries none.

    Args:
        failure: The ``grpc.RpcError`` of a blocking or an asyncio call.
        field_prefix: The path from the request to its resources, removed from each field that begins with it. Fields
            elsewhere in the request stay as they are.
        declared: The resources that were sent. Fields of the message then become those of the declaration:
            ``requests[2].value`` becomes ``gpu[0]``, or ``gpu`` if it is a single value.

    Returns:
        The error, or None for any other status than INVALID_ARGUMENT and for one without a ``google.rpc.BadRequest``.

    Example:
        >>> import grpc
        >>> from resources_py import Resources
        >>> from resources_py.grpc import error_from
        >>> resources = Resources(cpu=1)
        >>> with grpc.insecure_channel("127.0.0.1:1") as channel:
        ...     try:
        ...         channel.unary_unary("/jobs.v1.JobService/Submit")(bytes(resources))
        ...     except grpc.RpcError as failure:
        ...         print(error_from(failure, declared=resources))
        None
    """
    places = _places(declared) if declared is not None else {}
    violations = [
        Violation(_translate(violation.field, field_prefix, places), violation.reason, violation.description)
        for violation in _field_violations(failure)
    ]
    return ResourcesError(violations) if violations else None


def _field_violations(failure: Any) -> list[error_details_pb2.BadRequest.FieldViolation]:
    bad = error_details_pb2.BadRequest()
    if isinstance(failure, grpc.RpcError) and hasattr(failure, "code"):
        call: Any = failure
        metadata = call.trailing_metadata() if call.code() is grpc.StatusCode.INVALID_ARGUMENT else None
        for key, value in metadata or ():
            if key == _DETAILS_KEY:
                with suppress(DecodeError):
                    any(detail.Unpack(bad) for detail in status_pb2.Status.FromString(value).details)
    return list(bad.field_violations)


def _places(declared: Resources) -> dict[tuple[str, int], str]:
    """Map the side and index of each entry on the wire to the field of the declaration."""
    places: dict[tuple[str, int], str] = {}
    for side, (name, amounts) in enumerate((("requests", declared.requests), ("limits", declared.limits))):
        for index, parameter in enumerate(parameter for parameter in NAMES if parameter in amounts):
            is_pair = isinstance(getattr(declared, parameter), tuple)
            places[name, index] = f"{parameter}[{side}]" if is_pair else parameter
    return places


def _translate(field: str, prefix: str, places: dict[tuple[str, int], str]) -> str:
    if not field.startswith(prefix):
        return "" if field == prefix.rstrip(".") else field
    field = field.removeprefix(prefix)
    found = _WIRE_FIELD.fullmatch(field)
    return places.get((found[1], int(found[2])), field) if found else field
