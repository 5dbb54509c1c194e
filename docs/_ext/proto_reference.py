"""The directive `proto`: the reference of a .proto file, from its comments."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from google.protobuf import descriptor_pb2
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from text_blocks import to_markdown

PROTO = Path(__file__).resolve().parents[2] / "proto"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {number: name.removeprefix("TYPE_").lower() for name, number in _Field.Type.items()}


def compile_file(name: str) -> descriptor_pb2.FileDescriptorProto:
    """Compile a .proto file and keep its comments."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", "--include_source_info"]
        subprocess.run([*command, f"--descriptor_set_out={out}", name], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file[0]


class Reference:
    """The Markdown of one file."""

    def __init__(self, file: descriptor_pb2.FileDescriptorProto) -> None:
        self.file = file
        self.comments: dict[tuple[int, ...], str] = {}
        for location in file.source_code_info.location:
            texts = [*location.leading_detached_comments, location.leading_comments, location.trailing_comments]
            text = "\n\n".join(text.strip("\n") for text in texts if text)
            if text:
                self.comments[tuple(location.path)] = "\n".join(line.removeprefix(" ") for line in text.splitlines())

    def render(self) -> Iterator[str]:
        """Yield the file's comment, its services, messages and enums."""
        yield f"## {self.file.name.rpartition('/')[2]}".replace("_", r"\_")
        yield from self._comment(12)
        yield from self._comment(2)
        for index, service in enumerate(self.file.service):
            yield from self._heading(3, service.name, service.name, 6, index)
            for number, method in enumerate(service.method):
                yield from self._heading(4, method.name, f"{service.name}.{method.name}", 6, index, 2, number)
                sent = ("stream " if method.client_streaming else "") + self._link(method.input_type)
                answered = ("stream " if method.server_streaming else "") + self._link(method.output_type)
                yield f"takes {sent}, returns {answered}"
        for index, message in enumerate(self.file.message_type):
            yield from self._message(message, message.name, 4, index)
        for index, enum in enumerate(self.file.enum_type):
            yield from self._enum(enum, enum.name, 5, index)

    def _message(self, message: descriptor_pb2.DescriptorProto, name: str, *path: int) -> Iterator[str]:
        yield from self._heading(3, name, name, *path)
        for index, oneof in enumerate(message.oneof_decl):
            if not oneof.name.startswith("_"):
                yield from self._heading(4, f"oneof {oneof.name}", f"{name}.{oneof.name}", *path, 8, index)
        for index, field in enumerate(message.field):
            yield from self._heading(4, field.name, f"{name}.{field.name}", *path, 2, index)
            label = "repeated " if field.label == _Field.LABEL_REPEATED else ""
            typed = self._link(field.type_name) if field.type_name else f"`{_SCALARS[field.type]}`"
            yield f"{label}{typed}, number {field.number}"
        for index, nested in enumerate(message.nested_type):
            yield from self._message(nested, f"{name}.{nested.name}", *path, 3, index)
        for index, enum in enumerate(message.enum_type):
            yield from self._enum(enum, f"{name}.{enum.name}", *path, 4, index)

    def _enum(self, enum: descriptor_pb2.EnumDescriptorProto, name: str, *path: int) -> Iterator[str]:
        yield from self._heading(3, name, name, *path)
        for index, value in enumerate(enum.value):
            yield from self._heading(4, f"{value.name} = {value.number}", f"{name}.{value.name}", *path, 2, index)

    def _heading(self, level: int, title: str, name: str, *path: int) -> Iterator[str]:
        yield f"({self.file.package}.{name})="
        yield f"{'#' * level} {title}".replace("_", r"\_")
        yield from self._comment(*path)

    def _comment(self, *path: int) -> Iterator[str]:
        if path in self.comments:
            yield to_markdown(self.comments[path])

    def _link(self, type_name: str) -> str:
        return f"[`{type_name.split('.v1.')[-1]}`](#{type_name.lstrip('.')})"


class ProtoDirective(SphinxDirective):
    """``{proto} resourceidl/v1/resources.proto``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the reference as document nodes."""
        name = self.arguments[0]
        self.env.note_dependency(str(PROTO / name))
        text = "\n\n".join(Reference(compile_file(name)).render())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("proto", ProtoDirective)
    return {"parallel_read_safe": True}
