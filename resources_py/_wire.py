"""The bytes of ``resourceidl.v1.Resources``: writing them, and reading what anybody sent.

The official runtime does both. Whoever holds another binding's message gives or takes its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeVar, cast

from google.protobuf.message import DecodeError

from resourceidl.v1 import resources_pb2 as pb
from resources_py import _amounts
from resources_py._amounts import BY_NUMBER, GPU, RESOURCES, Amount, Problem, Resource
from resources_py._errors import ResourcesError, ResourcesTypeError, Violation, quoted

Side = Literal["requests", "limits"]
# What was read of one resource: the values as they were sent, None where the side does not have it.
Values = dict[Resource, tuple[str | None, str | None]]
Message = TypeVar("Message")

_MOST_ENTRIES: Final = 16


def entry(side: Side, number: int, wire: str) -> bytes:
    """Encode a Resources that holds one entry.

    Protobuf merges concatenated messages: the bytes of a message are the bytes of its parts, joined.
    """
    return _before(side, number, len(wire)) + wire.encode()


def entries(number: int, wire: str) -> tuple[bytes, bytes]:
    """Encode one entry as a request, and as a limit."""
    value, length = wire.encode(), len(wire)
    return _before("requests", number, length) + value, _before("limits", number, length) + value


# What stands before the value depends on its length alone, so the generated binding is asked once for each: two lists,
# four names and 64 lengths are all there are.
@lru_cache(maxsize=512)
def _before(side: Side, number: int, length: int) -> bytes:
    value = "0" * length
    sent = pb.Resources.ResourceEntry(name=cast("pb.Resources.ResourceName.ValueType", number), value=value)
    return pb.Resources(**{side: [sent]}).SerializeToString().removesuffix(value.encode())


def decode(data: bytes) -> pb.Resources:
    """Parse `data` with the official runtime.

    Raises ResourcesError with reason UNDECODABLE.
    """
    try:
        return pb.Resources.FromString(data)
    except DecodeError as error:
        raise ResourcesError([Violation("", "UNDECODABLE", _undecodable(data))]) from error


def _undecodable(data: bytes) -> str:
    return f"{len(data)} bytes are no resourceidl.v1.Resources: truncated, or another message's"


def bytes_of(message: object) -> bytes:
    """Give the bytes of a message of any binding.

    Raises ResourcesTypeError for what is no message.
    """
    serialize = getattr(message, "SerializeToString", None) or getattr(message, "to_binary", None)
    if serialize is None and not isinstance(message, int | str | bytes | bytearray | memoryview | None):
        serialize = getattr(message, "__bytes__", None)
    if serialize is None or isinstance(message, type):
        raise ResourcesTypeError([Violation("", "WRONG_TYPE", f"{quoted(message)} is no protobuf message")])
    data = serialize()
    return bytes(data)


def message_of(message_type: type[Message], data: bytes) -> Message:
    """Build a message of any binding from bytes.

    Raises ResourcesTypeError for a type that cannot be read from bytes.
    """
    parse: Any = getattr(message_type, "FromString", None) or getattr(message_type, "from_binary", None)
    if not isinstance(message_type, type):  # an instance has these as well, and would be taken in silence
        parse = None
    elif parse is None and hasattr(message_type, "parse"):
        parse = cast("Any", message_type()).parse
    if parse is None:
        raise ResourcesTypeError(
            [Violation("message_type", "WRONG_TYPE", f"{quoted(message_type)} is no message class")]
        )
    built: Message = parse(data)
    return built


def read(message: pb.Resources, *, for_kubernetes: bool, prefix: str = "") -> Values:
    """Hold `message` to the table "Reading resources" and give its values, as they were sent.

    `for_kubernetes` adds the two rules that only Kubernetes has. `prefix` stands before each field of a violation.
    Raises ResourcesError with all violations, in the table's order.
    """
    plain = _read_plain(message)
    if plain is not None:
        return plain
    violations: list[Violation] = []
    requests = _read_side(message.requests, "requests", violations, prefix)
    limits = _read_side(message.limits, "limits", violations, prefix)
    values: Values = {}
    for resource in RESOURCES:
        if resource in requests:
            index, value, request = requests[resource]
            _, limit_value, limit = limits.get(resource, _ABSENT)
            values[resource] = value, limit_value
            if request is None:
                continue  # refused already
            problem = None
            if limit is not None:
                problem = _amounts.check_within_limit(request, limit)
            if for_kubernetes and resource is GPU and problem is None:
                unknown = limit is None and (resource in limits or len(message.limits) > _MOST_ENTRIES)
                problem = None if unknown else _amounts.check_gpu_limit(request, limit)
            if problem is not None:
                violations.append(problem.at(f"{prefix}requests[{index}].value"))
        elif resource in limits:
            values[resource] = None, limits[resource][1]
    if violations:
        raise ResourcesError(violations)
    return values


_READERS: Final = tuple((resource, resource.number, _amounts.PLAIN[resource]) for resource in RESOURCES)


def _read_plain(message: pb.Resources) -> Values | None:
    """Read a message in which nothing can be wrong, as is seen at a glance: nearly all are such. None for any other."""
    requests: dict[int, str] = {}
    limits: dict[int, str] = {}
    unread = len(message.requests) + len(message.limits)
    if unread > 2 * len(RESOURCES):
        return None
    for sent in message.requests:
        requests[sent.name] = sent.value
    for sent in message.limits:
        limits[sent.name] = sent.value
    values: Values = {}
    for resource, number, plain in _READERS:
        request, limit = requests.get(number), limits.get(number)
        if request == limit:
            if request is None:
                continue
            if not plain(request):
                return None
            unread -= 2
        elif request is None or limit is None:
            if resource is GPU or not plain(request or limit or ""):
                return None
            unread -= 1
        else:
            if resource is GPU or not _amounts.fast_ordered(request, limit):
                return None
            unread -= 2
        values[resource] = request, limit
    return None if unread else values  # a name twice, or one that is no resource's


# The first entry of a resource in a list: its index, its value, and what that amounts to, None if that is refused.
_Entry = tuple[int, str | None, Amount | None]
_ABSENT: Final[_Entry] = (-1, None, None)


def _read_side(
    entries: Sequence[pb.Resources.ResourceEntry], side: Side, violations: list[Violation], prefix: str
) -> dict[Resource, _Entry]:
    """Read one list: the first entry of each resource."""
    first: dict[Resource, _Entry] = {}
    if len(entries) > _MOST_ENTRIES:
        found = f"{len(entries)} entries: send at most {_MOST_ENTRIES}, each name once"
        violations.append(Violation(f"{prefix}{side}", "TOO_MANY_ENTRIES", found))
        return first
    for index, sent in enumerate(entries):
        number = sent.name
        resource = BY_NUMBER.get(number)
        if resource is None:
            described = f"name {_name(number)} is not supported: send CPU, GPU, MEMORY or EPHEMERAL_STORAGE"
            violations.append(Violation(f"{prefix}{side}[{index}].name", "UNSUPPORTED_NAME", described))
        elif resource in first:
            described = f"{_name(number)} stands at {side}[{first[resource][0]}] already: send it once"
            violations.append(Violation(f"{prefix}{side}[{index}].name", "DUPLICATE_NAME", described))
        else:
            value = sent.value
            amount = _amounts.parse_amount(resource, value)
            if isinstance(amount, Problem):
                violations.append(amount.at(f"{prefix}{side}[{index}].value"))
                first[resource] = index, value, None
            else:
                first[resource] = index, value, amount
    return first


def _name(number: int) -> str:
    try:
        return pb.Resources.ResourceName.Name(cast("pb.Resources.ResourceName.ValueType", number))
    except ValueError:
        return str(number)
