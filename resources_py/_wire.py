"""The bytes of ``resourceidl.v1.Resources``: writing them, and reading untrusted ones.

The official runtime decodes. Messages of other bindings are exchanged as bytes.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias, TypeVar, cast

from google.protobuf.message import DecodeError

from resourceidl.v1 import resources_pb2 as pb
from resources_py._amounts import (
    BY_NUMBER,
    GPU,
    MAX_KUBERNETES_COUNT,
    MAX_VALUE,
    RESOURCES,
    Amount,
    Problem,
    Resource,
    Values,
    check_gpu_limit,
    check_within_limit,
    parse_amount,
    wire_string,
)
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted
from resources_py._reasons import Reason

_Message = TypeVar("_Message")
_Number: TypeAlias = "pb.Resources.ResourceName.ValueType"

_MAX_ENTRIES: Final = 16


# ---- out


# What stands before the value of an entry, by the length of the value. All of it is ASCII, and protobuf merges
# concatenated messages: so a message is the join of its entries' texts. A test compares them with the official runtime.
def _prefixes(tag: str) -> dict[Resource, tuple[str, ...]]:
    return {
        resource: tuple(f"{tag}{chr(length + 4)}\x08{chr(resource.number)}\x12{chr(length)}" for length in range(65))
        for resource in RESOURCES
    }


_REQUEST_PREFIXES: Final = _prefixes("\x0a")
_LIMIT_PREFIXES: Final = _prefixes("\x12")


def encode(sides: Iterable[tuple[Resource, Amount | None, Amount | None]]) -> bytes:
    """Encode request and limit of each resource. Values are printed, parsed and printed again."""
    requests, limits = [], []
    for resource, request, limit in sides:
        text = ""
        if request is not None:
            text = request[2] or wire_string(request)
            requests.append(_REQUEST_PREFIXES[resource][len(text)] + text)
        if limit is not None:
            text = text if limit is request else limit[2] or wire_string(limit)
            limits.append(_LIMIT_PREFIXES[resource][len(text)] + text)
    return "".join(requests + limits).encode()


def convert_to_message(message_type: type[_Message], data: bytes) -> _Message:
    """Build a message of any binding from bytes.

    Raises ResourcesTypeError for a type that cannot be built from bytes.
    """
    parse: Any = None
    if isinstance(message_type, type):  # an instance has the same methods, and would be accepted silently
        parse = getattr(message_type, "FromString", None) or getattr(message_type, "from_binary", None)
        if parse is None and hasattr(message_type, "parse"):
            parse = cast("Any", message_type()).parse
    if parse is None:
        described = f"{quoted(message_type)} is not a message class"
        raise ResourcesTypeError([Violation("message_type", Reason.WRONG_TYPE, described)])
    return cast("_Message", parse(data))


# ---- in


def convert_to_bytes(message: object) -> bytes:
    """Serialize a message of any binding.

    Raises ResourcesTypeError for anything else.
    """
    serialize = getattr(message, "SerializeToString", None) or getattr(message, "to_binary", None)
    if serialize is None and not isinstance(message, int | str | bytes | bytearray | memoryview | None):
        serialize = getattr(message, "__bytes__", None)
    if serialize is None or isinstance(message, type):
        raise ResourcesTypeError([Violation("", Reason.WRONG_TYPE, f"{quoted(message)} is not a protobuf message")])
    return bytes(serialize())


def decode(data: bytes, message_type: Any = pb.Resources) -> Any:
    """Parse `data` with the official runtime.

    Raises ResourcesError with reason UNDECODABLE.
    """
    try:
        return message_type.FromString(data)
    except DecodeError as error:
        described = f"cannot decode {len(data)} bytes as {message_type.DESCRIPTOR.full_name}"
        raise ResourcesError([Violation("", Reason.UNDECODABLE, described)]) from error


# The first entry of a resource in a list: its position, its value, and its amount, which is None if it is invalid.
_Entry: TypeAlias = tuple[int, str, Amount | None]
_ABSENT: Final = (-1, None, None)


def read(message: pb.Resources, *, for_kubernetes: bool, prefix: str = "") -> Values:
    """Validate a message by the table "Reading resources", and return its values as they were sent.

    Args:
        message: What was received.
        for_kubernetes: Also apply the three rules that only Kubernetes has.
        prefix: What to put before each field of a violation.

    Raises:
        ResourcesError: With all violations, in the table's order.
    """
    violations: list[Violation] = []
    requests = _read_side(message.requests, prefix + "requests", {}, for_kubernetes, violations)
    limits = _read_side(message.limits, prefix + "limits", requests, for_kubernetes, violations)
    values: Values = {}
    for resource in RESOURCES:
        position, request_value, request = requests.get(resource, _ABSENT)
        _, limit_value, limit = limits.get(resource, _ABSENT)
        if request_value is None and limit_value is None:
            continue
        values[resource] = request_value, limit_value
        if request is None:
            continue
        problem = check_within_limit(request, limit) if limit is not None else None
        if for_kubernetes and resource is GPU and problem is None:
            limit_is_unknown = limit is None and (limit_value is not None or len(message.limits) > _MAX_ENTRIES)
            problem = None if limit_is_unknown else check_gpu_limit(request, limit)
        if problem is not None:
            violations.append(problem.at(f"{prefix}requests[{position}].value"))
    if violations:
        raise ResourcesError(violations)
    return values


def _read_side(
    entries: Sequence[pb.Resources.ResourceEntry],
    side: str,
    other: dict[Resource, _Entry],
    for_kubernetes: bool,
    violations: list[Violation],
) -> dict[Resource, _Entry]:
    """Read one list: the first entry of each resource. A value that is in the other list too is parsed once."""
    first: dict[Resource, _Entry] = {}
    if len(entries) > _MAX_ENTRIES:
        found = f"{len(entries)} entries: send at most {_MAX_ENTRIES}, each name once"
        violations.append(Violation(side, Reason.TOO_MANY_ENTRIES, found))
        return first
    for position, entry in enumerate(entries):
        resource = BY_NUMBER.get(entry.name)
        if resource is None:
            described = f"name {_name(entry.name)} is not supported: send CPU, GPU, MEMORY or EPHEMERAL_STORAGE"
            violations.append(Violation(f"{side}[{position}].name", Reason.UNSUPPORTED_NAME, described))
        elif resource in first:
            described = f"{_name(entry.name)} is already at index {first[resource][0]}: send it once"
            violations.append(Violation(f"{side}[{position}].name", Reason.DUPLICATE_NAME, described))
        else:
            value = entry.value
            _, other_value, amount = other.get(resource, _ABSENT)
            if amount is None or value != other_value:
                max_value = MAX_KUBERNETES_COUNT if for_kubernetes and resource is GPU else MAX_VALUE
                parsed = parse_amount(resource, value, max_value)
                amount = None if isinstance(parsed, Problem) else parsed
                if isinstance(parsed, Problem):
                    violations.append(parsed.at(f"{side}[{position}].value"))
            first[resource] = position, value, amount
    return first


def _name(number: int) -> str:
    value = pb.Resources.ResourceName.DESCRIPTOR.values_by_number.get(number)
    return value.name if value else str(number)
