"""What the commands do with a file grows at most linearly with every shape of file: in memory, and in calls made."""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from resources_py.cli._main import run

STEP: Final = 4
MOST: Final = 1.3 * STEP  # that a cost may grow by, where the file grows by STEP
SIZES: Final = (40, 40 * STEP, 40 * STEP**2)
# Below these, what is measured does not depend on the file.
FLOOR_BYTES: Final = 65_536
FLOOR_CALLS: Final = 5_000


class Reader(NamedTuple):
    """One way to read files of a kind."""

    kind: str  # the end of the file's name
    command: tuple[str, ...]


class Shape(NamedTuple):
    """One way in which a file can be large: the content for a size."""

    kind: str
    name: str
    make: Callable[[int], bytes | str]


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


@pytest.fixture(autouse=True, scope="module")
def frozen() -> Iterator[None]:
    """Garbage is collected often: leave out what was there before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def costs(command: tuple[str, ...], path: Path) -> tuple[int, int]:
    """Return the most bytes that were allocated at a time, and the number of calls."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.collect()
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        tracemalloc.start()
        sys.setprofile(count)
        try:
            code = run([*command, str(path)])
        finally:
            sys.setprofile(None)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert code in (0, 1, 2)
    return peak, calls


def grows_faster(values: list[int], floor: int) -> bool:
    """Return whether a cost grew faster than its file, between any two sizes."""
    return any(larger > MOST * max(smaller, floor) for smaller, larger in itertools.pairwise(values))


def test_every_kind_has_shapes() -> None:
    assert {reader.kind for reader in READERS} == {shape.kind for shape in SHAPES}
    assert len(PAIRS) >= 35


def name(value: Any) -> str:
    return f"{value.command[0]}-{value.command[-1]}" if isinstance(value, Reader) else f"{value.kind}-{value.name}"


@pytest.mark.parametrize(("reader", "shape"), PAIRS, ids=name)
def test_growth(reader: Reader, shape: Shape, tmp_path: Path) -> None:
    found = []
    for size in (2, *SIZES):  # the first imports what is imported late
        content = shape.make(size)
        path = tmp_path / f"{size}.{shape.kind}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found.append(costs(reader.command, path))
    _, *measured = found
    bytes_, calls = ([each[index] for each in measured] for index in (0, 1))
    assert not grows_faster(bytes_, FLOOR_BYTES), bytes_
    assert not grows_faster(calls, FLOOR_CALLS), calls


def test_quadratic_growth_is_found() -> None:
    assert grows_faster([100_000, 1_600_000, 25_600_000], FLOOR_BYTES)
    assert not grows_faster([100_000, 400_000, 1_600_000], FLOOR_BYTES)
