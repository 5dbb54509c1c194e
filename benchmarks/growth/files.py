"""Files that the commands read, and the commands, by the kind of file."""

from __future__ import annotations

import json
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final, NamedTuple

from shapes import Shape

from resources_py.cli._main import run


class Reader(NamedTuple):
    """One way to read files of a kind."""

    kind: str  # the end of the file's name
    command: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join(self.command)

    def read(self, path: Path) -> int:
        """Run the command, without its output; return its exit status."""
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
            return run([*self.command, str(path)])


def write(path: Path, content: bytes | str) -> Path:
    """Write a file; return its path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


CHECK: Final = ("check",)
SHOW: Final = ("show", "--json")


def convert(form: str) -> tuple[str, ...]:
    return ("convert", "--to", "jsonl", "--from", form)


READERS: Final = [
    *(Reader("yaml", each) for each in (CHECK, SHOW, convert("yaml"), convert("kubernetes"), convert("manifest"))),
    *(Reader("json", each) for each in (CHECK, convert("json"), convert("kubernetes"), convert("protojson"))),
    *(Reader("jsonl", each) for each in (CHECK, convert("jsonl"), convert("protojsonl"))),
    Reader("txtpb", convert("txtpb")),
    Reader("binpb", convert("binpb")),
    *(Reader("delimited", each) for each in (convert("delimited"), ("show", "--json", "--from", "delimited"))),
]


def pod(container: str, size: int, name: str = "p") -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n" + container * size


def keys(size: int, prefix: str) -> str:
    """Return so many entries of a YAML or JSON mapping."""
    return ", ".join(f'"{prefix}{n:05}": 1' for n in range(size))


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


YAML: Final = [
    Shape("yaml", "lines of comments", lambda size: "# x\n" * size + "cpu: 1\n"),
    Shape("yaml", "long line", lambda size: "cpu: " + "9" * 10 * size + "\n"),
    Shape("yaml", "huge block", lambda size: "cpu: |\n" + "  x\n" * size),
    Shape("yaml", "long key", lambda size: "limits:\n  ? " + "x" * 10 * size + "\n  : 1\n"),
    Shape("yaml", "nested lists", lambda size: "cpu: " + "[" * size),
    Shape("yaml", "nested mappings", lambda size: "cpu: " + "{a: " * size),
    Shape("yaml", "nested blocks", lambda size: "- " * size),
    Shape("yaml", "long list", lambda size: "cpu: [" + "1, " * size + "1]\n"),
    Shape("yaml", "unknown parameters", lambda size: "cpu: 1\n" + "".join(f"cp{n:05}: 1\n" for n in range(size))),
    Shape("yaml", "unknown resources", lambda size: "limits: {" + keys(size, "cp") + "}\n"),
    Shape("yaml", "extended resources", lambda size: "limits: {" + keys(size, "a.b/c") + "}\n"),
    Shape("yaml", "one key, many times", lambda size: "cpu: 1\n" * size),
    Shape("yaml", "one resource, many times", lambda size: "limits:\n" + "  cpu: 1\n" * size),
    Shape("yaml", "anchors", lambda size: "cpu:\n" + "".join(f"- &a{n:05} 1\n" for n in range(size))),
    Shape("yaml", "aliases", lambda size: "cpu: &a [1, 2]\nmem:\n" + "- *a\n" * size),
    Shape("yaml", "merge keys", lambda size: "cpu: &a {x: 1}\nmem:\n" + "- {<<: *a}\n" * size),
    Shape("yaml", "merges of a list", lambda size: "cpu: &a {x: 1}\n<<: [" + "*a, " * size + "]\n"),
    Shape("yaml", "documents", lambda size: "cpu: 1x\n---\n" * size),
    Shape("yaml", "documents of one text", lambda size: "cpu: 1x\n...\n" * size),
    Shape("yaml", "containers", lambda size: pod("  - {name: c, image: i}\n", size)),
    Shape("yaml", "findings", lambda size: pod("  - {name: c, resources: {limits: {cpu: 1x}}}\n", size)),
    Shape("yaml", "long name of many", lambda size: pod("  - {name: c, image: i}\n", size, "n" * 20 * size)),
    Shape("yaml", "pods", lambda size: "kind: List\napiVersion: v1\nitems:\n" + f"- {pod_in_a_line()}\n" * size),
    Shape(
        "yaml",
        "pods of a custom resource",
        lambda size: "kind: X\napiVersion: x.io/v1\nitems:\n" + f"- {pod_in_a_line()}\n" * size,
    ),
    Shape(
        "yaml", "mappings of a custom resource", lambda size: "kind: X\napiVersion: x.io/v1\na:\n" + "- {a: 1}\n" * size
    ),
    Shape("yaml", "unclosed", lambda size: "cpu: '" + "9\n" * size),
    Shape("yaml", "noise", lambda size: b"\xff" * size),
    Shape("yaml", "UTF-16", lambda size: ("cpu: 1x\n---\n" * size).encode("utf-16")),
]


def pod_in_a_line() -> str:
    return "{kind: Pod, apiVersion: v1, spec: {containers: [{name: c, image: i, resources: {limits: {cpu: 1x}}}]}}"


JSON: Final = [
    Shape("json", "unknown parameters", lambda size: '{"cpu": 1, ' + keys(size, "cp") + "}"),
    Shape("json", "unknown resources", lambda size: '{"limits": {' + keys(size, "cp") + "}}"),
    Shape("json", "entries", lambda size: '{"requests": [' + ", ".join(["{}"] * size) + "]}"),
    Shape("json", "one key, many times", lambda size: '{"cpu": 1' + ', "cpu": 1' * size + "}"),
    Shape("json", "nested lists", lambda size: '{"cpu": ' + "[" * size),
    Shape("json", "nested mappings", lambda size: '{"cpu": ' * size),
    Shape("json", "long list", lambda size: '{"cpu": [' + "1, " * size + "1]}"),
    Shape("json", "long text", lambda size: '{"cpu": "' + "9" * 10 * size + '"}'),
    Shape("json", "quotes in a text", lambda size: '{"cpu": "' + "{" * 300 + '\\"' * size),
    Shape("json", "many digits", lambda size: '{"cpu": ' + "9" * 10 * size + "}"),
    Shape("json", "documents", lambda size: '{"cpu": "1x"}\n' * size),
    Shape("json", "lines", lambda size: "{" + "\n" * size + '"cpu": "1x"}'),
    Shape("json", "noise after it", lambda size: "{}" + "x" * 10 * size),
    Shape(
        "json",
        "findings in a line",
        lambda size: json.dumps(
            {
                "kind": "Pod",
                "apiVersion": "v1",
                "spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1x"}}}] * size},
            }
        ),
    ),
]

LINES: Final = [
    Shape("jsonl", "lines", lambda size: "".join(f'{{"cpu": "{n + 1}m"}}\n' for n in range(size))),
    Shape("jsonl", "wrong lines", lambda size: "".join(f'{{"cpu": "{n + 1}x"}}\n' for n in range(size))),
    Shape("jsonl", "lines that warn", lambda size: "".join(f'{{"mem": {n + 1}}}\n' for n in range(size))),
    Shape("jsonl", "blank lines", lambda size: "\n" * size),
    Shape("jsonl", "messages", lambda size: '{"requests": [{"name": "CPU", "value": "1"}]}\n' * size),
    Shape("jsonl", "long line", lambda size: '{"cpu": "' + "9" * 10 * size + '"}'),
    Shape("jsonl", "unknown keys", lambda size: '{"cpu": 1, ' + keys(size, "cp") + "}"),
    Shape("jsonl", "quotes in a text", lambda size: '{"cpu": "' + "{" * 300 + '\\"' * size),
    Shape("jsonl", "nested lists", lambda size: '{"cpu": ' + "[" * size),
    Shape("jsonl", "byte order marks", lambda size: "\ufeff{}\n" * size),
]

MESSAGES: Final = [
    Shape("txtpb", "entries", lambda size: "requests { name: CPU }\n" * size),
    Shape("txtpb", "unknown fields", lambda size: "x: 1\n" * size),
    Shape("txtpb", "comments", lambda size: "# x\n" * size),
    Shape("txtpb", "nested", lambda size: "requests {" * size),
    Shape("txtpb", "long text", lambda size: 'requests { name: CPU value: "' + "9" * 10 * size + '" }'),
    Shape("txtpb", "texts in a row", lambda size: "requests { name: CPU value: " + '"9" ' * size + "}"),
    Shape("binpb", "entries", lambda size: b"\x0a\x00" * size),
    Shape("binpb", "unknown fields", lambda size: b"\x78\x01" * size),
    Shape("binpb", "noise", lambda size: b"\xff" * size),
    Shape("delimited", "empty records", lambda size: b"\x00" * size),
    Shape("delimited", "wrong records", lambda size: b"\x01\xff" * size),
    Shape("delimited", "records", lambda size: b"\x07\x0a\x05\x08\x01\x12\x011" * size),
    Shape("delimited", "long record", lambda size: varint(10 * size) + b"\x00" * 10 * size),
    Shape("delimited", "record that is cut", lambda size: varint(100 * size) + b"\x00" * 10 * size),
    Shape("delimited", "noise", lambda size: b"\xff" * size),
]

SHAPES: Final = [*YAML, *JSON, *LINES, *MESSAGES]
PAIRS: Final = [(reader, shape) for reader in READERS for shape in SHAPES if reader.kind == shape.kind]
