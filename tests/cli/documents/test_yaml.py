"""YAML: the fast path and the general one, streams, and lists that are larger than a window."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from resources_py.cli.documents.document import DocumentError
from resources_py.cli.documents.nodes import to_plain
from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.documents.window import Window
from resources_py.cli.documents.yaml import parse_yaml
from resources_py.cli.documents.yaml_fast import read_fast
from resources_py.cli.documents.yaml_split import Chunk, split_yaml

HERE = Path(__file__).resolve().parent


def general(text: str) -> list[Any]:
    return [to_plain(root) for root in parse_yaml(text)]


def same(left: Any, right: Any) -> bool:
    """Return whether values are equal, of the same types, and written alike."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right) and getattr(left, "written", None) == getattr(right, "written", None)


# ---- the fast path


def test_the_fast_path_reads_scalars_alike() -> None:
    cases = [json.loads(line)["yaml"] for line in (HERE.parent / "scalars.jsonl").read_text().splitlines()]
    read = [(text, read_fast(f"a: [1]\nv: {text}")) for text in cases]
    assert sum(found is None for _, found in read) < 20  # those with tags
    for text, found in read:
        assert found is None or same(found, general(f"a: [1]\nv: {text}")), text


def test_the_fast_path_reads_manifests_alike(manifests: Path) -> None:
    for path in manifests.iterdir():
        text = path.read_text()
        found = read_fast(text)
        assert found is not None
        assert same(found, general(text)), path.name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x 1\nb: *x\n", {"a": 1, "b": 1}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}\n", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ("a: !!str 5\n", {"a": "5"}),
        ("!!str 5: a\n", {"5": "a"}),
        ("a: !!map {b: 1}\n", {"a": {"b": 1}}),
        ("&x a: 1\n", {"a": 1}),
        ("a: 1\na: 2\n", {"a": 2}),
        ("<<: {a: 1}\n", {"a": 1}),
    ],
)
def test_the_fast_path_leaves_what_it_cannot_read(text: str, value: object) -> None:
    assert read_fast(text) is None
    assert general(text) == [value]


@pytest.mark.parametrize("text", ["a: [", "? [1]\n: 1\n", "\x00", "[" * 201 + "]" * 201, "a: *x\n"])
def test_the_fast_path_leaves_errors(text: str) -> None:
    assert read_fast(text) is None
    with pytest.raises(DocumentError):
        general(text)


def test_the_fast_path_leaves_too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """test_limits.py has the limit itself. To reach it in YAML takes ten seconds."""
    for module in ("yaml", "yaml_fast"):
        monkeypatch.setattr(f"resources_py.cli.documents.{module}.MAX_VALUES", 1_000)
    assert read_fast("[" + "1," * 499 + "1]") == general("[" + "1," * 499 + "1]")
    assert read_fast("[" + "1," * 999 + "1]") is None
    assert len(general("[" + "1," * 998 + "1]")[0]) == 999
    with pytest.raises(DocumentError, match="more than"):
        general("[" + "1," * 999 + "1]")


def test_values_that_keep_what_is_written() -> None:
    (value,) = general("a: 010\nb: 10\nc: 0x1F\nd: 0\na: 011\n")
    assert isinstance(value, DuplicateDict)
    assert value.duplicates == ["a"]
    assert [(value[key], getattr(value[key], "written", None)) for key in "abcd"] == [
        (9, "011"),
        (10, None),
        (31, "0x1F"),
        (0, None),
    ]
    (fast,) = read_fast("a: 010\n") or [None]
    assert isinstance(fast["a"], MisreadInt)


def test_an_alias_is_the_same_value() -> None:
    (value,) = general("a: &x {b: [1]}\nc: *x\nd: {e: {f: *x}}\n")
    assert value["a"] is value["c"] is value["d"]["e"]["f"]


def test_aliases_do_not_nest_deeper_than_a_document_may() -> None:
    text = "a: &a " + "[" * 150 + "]" * 150 + "\n"
    general(text + "b: " + "[" * 48 + "*a" + "]" * 48)
    with pytest.raises(DocumentError, match="nested deeper"):
        general(text + "b: " + "[" * 50 + "*a" + "]" * 50)


# ---- splitting


def split(monkeypatch: pytest.MonkeyPatch, text: str, size: int = 40, most: int = 10_000) -> list[Chunk]:
    monkeypatch.setattr(Window, "SIZE", size)
    return list(split_yaml(Window(io.BytesIO(text.encode()), "utf-8"), most))


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_documents_are_split(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    text = "a: 1\n---\nb: 2\n--- # x\n---c\n ---\n---\n%YAML 1.1\n# x\n---\nd: 4\n---"
    assert [(line, chunk) for line, chunk, _ in split(monkeypatch, text, size)] == [
        (1, "a: 1\n"),
        (2, "---\nb: 2\n"),
        (4, "--- # x\n---c\n ---\n"),
        (7, "---\n%YAML 1.1\n# x\n"),
        (10, "---\nd: 4\n---"),
    ]
    assert [chunk.text for chunk in split(monkeypatch, "%YAML 1.1\n# x\n---\nd: 4\n", size)] == [
        "%YAML 1.1\n# x\n---\nd: 4\n"
    ]


def test_a_document_that_is_too_large_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: 1\n---\n" + "# x\n" * 100 + "---\nb: 1\n"
    for size in (1, 40, 1000):
        assert [(line, chunk) for line, chunk, _ in split(monkeypatch, text, size, most=100)] == [
            (1, "a: 1\n"),
            (2, None),
            (103, "---\nb: 1\n"),
        ]


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize("head", ["apiVersion: v1\n", "apiVersion: v1\nkind: PodList\n"])
@pytest.mark.parametrize("size", [60, 100, 150, 10_000])
def test_items_of_a_list_are_split(monkeypatch: pytest.MonkeyPatch, indent: str, head: str, size: int) -> None:
    items = [
        f"- kind: Pod\n  a:\n  - b: |\n      - c\n\n     # {n}\n# x\n  d: [\n   1]\n".replace("\n", f"\n{indent}")
        for n in range(20)
    ]
    items = [indent + item.removesuffix(indent) for item in items]
    tail = "kind: List\nmetadata: {}\n"
    text = f"{head}items: # all\n{''.join(items)}{tail}---\na: 1\n"
    chunks = split(monkeypatch, text, size)
    if size == 10_000:
        assert chunks[0].text == text.partition("---")[0]
        return
    assert [chunk.text for chunk in chunks] == [*items, tail, "---\na: 1\n"]
    first = head.count("\n") + 2
    assert [chunk.line for chunk in chunks] == [*(first + 9 * n for n in range(21)), first + 182]
    listed_in = yaml.safe_load(head)
    assert [chunk.listed_in for chunk in chunks] == [*[listed_in] * 21, None]


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\nitems:\n" + "- kind: Pod\n" * 20,
        "a: &a 1\nitems:\n" + "- kind: Pod\n" * 20,
        "items:\n" + "- name: x\n" * 20,
        "items:\n  a:\n" + "  - kind: Pod\n" * 20,
        "a: 1\n" * 20,
        "a:\n  items:\n" + "  - kind: Pod\n" * 20,
    ],
)
def test_what_is_not_a_list_of_objects_is_one_chunk(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert split(monkeypatch, text) == [Chunk(1, text)]


def test_an_item_that_is_too_large_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = "- kind: Pod\n  a: x\n", "- kind: Pod\n" + "  # x\n" * 100
    chunks = split(monkeypatch, "items:\n" + small + large + small + "kind: List\n", 50, most=200)
    assert [chunk.text for chunk in chunks] == [small, None, small, "kind: List\n"]
