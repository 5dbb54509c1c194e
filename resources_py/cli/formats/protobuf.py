"""The messages of resourceidl.v1: as ProtoJSON, in protobuf's text format, and in binary."""

import json
from collections.abc import Callable
from typing import Any, Final

from resources_py import ResourcesError, Violation
from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Place
from resources_py.cli.formats.base import EVERYTHING, AnyResources, Format, Places, decode_text, undecodable
from resources_py.cli.formats.containers import container_of, resources_of
from resources_py.cli.inputs import split_delimited, split_lines

_SIDES: Final = {"requests", "limits"}
_LISTS: Final = ("namedRequests", "namedLimits", "claims")  # of a ContainerResources, beside two messages
_FIELDS_OF_PARTS: Final = {3, 4, 5}  # the numbers of these three
_LENGTH_DELIMITED: Final = 2
_OF_CONTAINER: Final = {"resources", "extendedResources", *_LISTS}


def _is_protojson(value: dict[str, Any]) -> bool:
    """Return whether the keys are those of one of the messages, and no other format's."""
    if value.keys() <= _SIDES:
        return any(isinstance(entries, list) for entries in value.values())
    if not value.keys() <= _OF_CONTAINER:
        return False
    inner, extended = (value.get(key, {}) for key in ("resources", "extendedResources"))
    if not isinstance(extended, dict) or not all(isinstance(value.get(key, []), list) for key in _LISTS):
        return False
    if isinstance(inner, dict) and inner.keys() <= _SIDES and _is_protojson(inner):
        return True
    # A stanza and a constructor's dict have `resources` and `claims` too.
    return inner == {} and not value.keys() <= {"resources", "claims"}


class _Message:
    """One of the messages, between bytes and what a container asks for."""

    def __init__(self, name: str, places: Places, value_of: Callable[[AnyResources], Any]) -> None:
        self.places = places
        self._name, self._value_of = name, value_of

    @property
    def _class(self) -> Any:
        import resources_py

        return getattr(resources_py, self._name)

    @property
    def find_ignored(self) -> Callable[[bytes], list[Violation]] | None:
        return None if self.places is EVERYTHING else _find_parts

    def read(self, data: bytes) -> AnyResources:
        try:
            declared: AnyResources = self._class.from_bytes(data)
        except ResourcesError as error:
            if self.places is EVERYTHING or not _may_be_container(data):
                raise
            raise ResourcesError(map(_add_hint, error.violations)) from error
        return declared

    def read_json(self, data: bytes) -> AnyResources:
        from google.protobuf import json_format

        return self._parse(json_format.Parse, data, "ProtoJSON")

    def read_text(self, data: bytes) -> AnyResources:
        from google.protobuf import text_format

        return self._parse(text_format.Parse, data, "protobuf text")

    def _parse(self, parse: Callable[[str, Any], Any], data: bytes, what: str) -> AnyResources:
        from google.protobuf import json_format, text_format

        text = decode_text(data)
        try:
            message = parse(text, self._class().to_proto())
        except (json_format.ParseError, text_format.ParseError, ValueError, RecursionError) as error:
            described = " ".join(str(error).split()).encode("ascii", "backslashreplace").decode()
            is_other = self.places is not EVERYTHING and "has no field named" in described
            hint = " (it may be a ContainerResources)" if is_other else ""
            raise undecodable(f"invalid {what} of a {self._name}{hint}: {described or type(error).__name__}") from error
        declared: AnyResources = self._class.from_proto(message)
        return declared

    def write(self, declared: AnyResources, _: str | None) -> bytes:
        return bytes(self._value_of(declared))

    def write_json(self, declared: AnyResources, indent: int | None) -> bytes:
        from google.protobuf import json_format

        return (
            json.dumps(json_format.MessageToDict(self._value_of(declared).to_proto()), indent=indent).encode() + b"\n"
        )

    def write_text(self, declared: AnyResources, _: str | None) -> bytes:
        from google.protobuf import text_format

        return str(text_format.MessageToString(self._value_of(declared).to_proto())).encode()

    def write_delimited(self, declared: AnyResources, _: str | None) -> bytes:
        data = bytes(self._value_of(declared))
        return _varint(len(data)) + data


# ---- a ContainerResources that is read as a Resources


def _find_parts(data: bytes) -> list[Violation]:
    """Return an error for each part of a ContainerResources that a Resources has no field for.

    The binary format has no names: a reader of Resources ignores these fields.
    """
    # Few items have one of these tags, or a byte like it. To decode all of them again would take 2 % longer.
    if not (b"\x1a" in data or b"\x22" in data or b"\x2a" in data):
        return []
    from google.protobuf.unknown_fields import UnknownFieldSet

    from resourceidl.v1 import container_resources_pb2, resources_pb2

    names = container_resources_pb2.ContainerResources.DESCRIPTOR.fields_by_number
    unknown: Any = UnknownFieldSet(resources_pb2.Resources.FromString(data))
    numbers = {each.field_number for each in unknown if each.wire_type == _LENGTH_DELIMITED}
    return [
        Violation(
            names[number].name,
            Reason.UNKNOWN_KEY,
            f"{_FOUR.holder} has no field {number}: if this is a ContainerResources, pass --message container",
        )
        for number in sorted(numbers & _FIELDS_OF_PARTS)
    ]


def _may_be_container(data: bytes) -> bool:
    """Return whether bytes that are not a valid Resources decode as a ContainerResources, without unknown fields."""
    from google.protobuf.message import DecodeError

    from resourceidl.v1 import container_resources_pb2

    try:
        message = container_resources_pb2.ContainerResources.FromString(data)
    except DecodeError:
        return False
    size = message.ByteSize()
    message.DiscardUnknownFields()
    return message.ByteSize() == size


def _add_hint(violation: Violation) -> Violation:
    if violation.reason != Reason.UNSUPPORTED_NAME:
        return violation
    described = violation.description.partition(": ")[0]
    return violation._replace(description=f"{described} (it may be a ContainerResources): pass --message container")


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _formats_of(message: _Message) -> tuple[Format, ...]:
    return (
        Format(
            "protojson",
            "resourceidl.v1.Resources or ContainerResources, as ProtoJSON",
            read=message.read_json,
            matches=_is_protojson,
            write=lambda declared, _: message.write_json(declared, 2),
            places=message.places,
            many="protojsonl",
        ),
        Format(
            "protojsonl",
            "the same, one per line",
            read=message.read_json,
            split=split_lines,
            write=lambda declared, _: message.write_json(declared, None),
            places=message.places,
        ),
        Format(
            "txtpb",
            "the same, in protobuf's text format",
            suffixes=(".txtpb", ".textproto", ".textpb", ".pbtxt"),
            read=message.read_text,
            write=message.write_text,
            places=message.places,
            many="delimited",
        ),
        Format(
            "binpb",
            "the same, in binary",
            suffixes=(".binpb", ".pb"),
            read=message.read,
            find_ignored=message.find_ignored,
            write=message.write,
            places=message.places,
            many="delimited",
            is_binary=True,
        ),
        Format(
            "delimited",
            "the same, many: each after its length, a varint",
            suffixes=(".delimited",),
            read=message.read,
            find_ignored=message.find_ignored,
            split=split_delimited,
            place=lambda file, number: Place(file, record=number),
            write=message.write_delimited,
            places=message.places,
            is_binary=True,
        ),
    )


_FOUR: Final = Places(extended=False, named=False, claims=False, holder="resourceidl.v1.Resources")
RESOURCES: Final = _formats_of(_Message("Resources", _FOUR, resources_of))
CONTAINER: Final = _formats_of(_Message("ContainerResources", EVERYTHING, container_of))
PROTOJSON: Final = RESOURCES[0]
