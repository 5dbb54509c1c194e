"""resourceidl.v1.Resources: ProtoJSON, protobuf's text format, and binary."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import resources_py
from resources_py.cli.diagnostics import Place
from resources_py.cli.formats.base import Format, decode_text, undecodable
from resources_py.cli.inputs import split_delimited, split_lines

if TYPE_CHECKING:  # imported, as protobuf is, when the first is read or written
    from resources_py import Resources


def _is_protojson(value: dict[str, Any]) -> bool:
    return value.keys() <= {"requests", "limits"} and any(isinstance(entries, list) for entries in value.values())


def _read_protojson(data: bytes) -> "Resources":
    from google.protobuf import json_format

    return _parse(json_format.Parse, data, "ProtoJSON of a Resources")


def _read_text(data: bytes) -> "Resources":
    from google.protobuf import text_format

    return _parse(text_format.Parse, data, "protobuf text of a Resources")


def _parse(parse: Callable[[str, Any], Any], data: bytes, what: str) -> "Resources":
    from google.protobuf import json_format, text_format

    from resourceidl.v1 import resources_pb2 as pb

    text = decode_text(data)
    try:
        message = parse(text, pb.Resources())
    except (json_format.ParseError, text_format.ParseError, ValueError, RecursionError) as error:
        described = " ".join(str(error).split()).encode("ascii", "backslashreplace").decode()
        raise undecodable(f"invalid {what}: {described or type(error).__name__}") from error
    return resources_py.Resources.from_proto(message)


def _write_protojson(resources: "Resources", indent: int | None) -> bytes:
    from google.protobuf import json_format

    return json.dumps(json_format.MessageToDict(resources.to_proto()), indent=indent).encode() + b"\n"


def _write_text(resources: "Resources", _: str) -> bytes:
    from google.protobuf import text_format

    return str(text_format.MessageToString(resources.to_proto())).encode()


def _write_delimited(resources: "Resources", _: str) -> bytes:
    data = bytes(resources)
    size = len(data)  # of at most eight entries: its varint has one byte or two
    return bytes([size] if size < 0x80 else [size & 0x7F | 0x80, size >> 7]) + data


PROTOJSON = Format(
    "protojson",
    "resourceidl.v1.Resources, as ProtoJSON",
    read=_read_protojson,
    matches=_is_protojson,
    write=lambda resources, _: _write_protojson(resources, 2),
    many="protojsonl",
)
PROTOJSONL = Format(
    "protojsonl",
    "the same, one per line",
    read=_read_protojson,
    split=split_lines,
    write=lambda resources, _: _write_protojson(resources, None),
)
TXTPB = Format(
    "txtpb",
    "the same, in protobuf's text format",
    suffixes=(".txtpb", ".textproto", ".textpb", ".pbtxt"),
    read=_read_text,
    write=_write_text,
    many="delimited",
)
BINPB = Format(
    "binpb",
    "the same, in binary",
    suffixes=(".binpb", ".pb"),
    read=lambda data: resources_py.Resources.from_bytes(data),
    write=lambda resources, _: bytes(resources),
    many="delimited",
    is_binary=True,
)
DELIMITED = Format(
    "delimited",
    "the same, many: each after its length, a varint",
    suffixes=(".delimited",),
    read=lambda data: resources_py.Resources.from_bytes(data),
    split=split_delimited,
    place=lambda file, number: Place(file, record=number),
    write=_write_delimited,
    is_binary=True,
)
