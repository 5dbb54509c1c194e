"""JSON that is larger than a window."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from resources_py.cli.diagnostics import Diagnostic
from resources_py.cli.documents import json_stream
from resources_py.cli.documents.document import Document
from resources_py.cli.documents.json_stream import JsonReader
from resources_py.cli.documents.window import Window

Read = Callable[..., list[Document | Diagnostic]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read a text through a window of a few characters."""

    def read(text: str, size: int = 50, *, may_be_yaml: bool = False) -> list[Document | Diagnostic]:
        monkeypatch.setattr(Window, "SIZE", size)
        window = Window(io.BytesIO(text.encode()), "utf-8")
        return list(JsonReader(window, "a", may_be_yaml=may_be_yaml).documents())

    return read


def pods(count: int) -> list[dict[str, Any]]:
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"ä{n}"}} for n in range(count)]


def found(documents: list[Document | Diagnostic]) -> list[Any]:
    return [(each.place[1:3], each.description) if isinstance(each, Diagnostic) else each.value for each in documents]


@pytest.mark.parametrize("size", [1, 10, 100, 1000, 10_000])
@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("kind_first", [True, False])
def test_items_of_a_list(read: Read, size: int, indent: int | None, kind_first: bool) -> None:
    """Whatever the window cuts, each item has its value and its place."""
    items = pods(20)
    head = {"apiVersion": "v1", "kind": "List"}
    whole = {**head, "items": items} if kind_first else {"apiVersion": "v1", "items": items, "kind": "List"}
    text = json.dumps(whole, indent=indent, ensure_ascii=False)
    lines = text.split("\n")
    documents = read(text, size)
    if len(documents) == 1:
        assert size > 100
        assert found(documents) == [whole]
        return
    assert found(documents) == items
    for number, document in enumerate(documents):
        assert isinstance(document, Document)
        assert document.listed_in == (head if kind_first else {"apiVersion": "v1"})
        place = document.place(("metadata", "name"))
        assert lines[place.line - 1][place.column - 1 :].startswith(f'"ä{number}"')
        start, at, end = document.line_around(place)
        assert document.text[at:end].startswith(f'"ä{number}"')
        assert "\n" not in document.text[start:end]


def test_an_item_that_is_cut_is_not_read_again_for_each_window(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the decoder passes over grows with the text alone."""
    passed = 0
    decode = json_stream.decode

    def counted(text: str, start: int = 0) -> tuple[Any, int]:
        nonlocal passed
        passed += len(text) - start if "kind" not in text[start : start + 60] else 0
        value, end = decode(text, start)
        return value, end

    monkeypatch.setattr(json_stream, "decode", counted)
    for size in (1_000, 10_000, 100_000):
        passed = 0
        item = {"apiVersion": "v1", "a": ["x" * 99] * (size // 100), "kind": "Pod"}
        text = json.dumps({"items": [item] * 3, "kind": "List"})
        assert found(read(text, 16)) == [item] * 3
        assert size < passed < 5 * len(text)


def test_documents_one_after_the_other(read: Read) -> None:
    items = pods(9)
    for separator in ("\n", "", "\n\n  "):
        for indent in (None, 2):
            text = separator.join(json.dumps(item, indent=indent) for item in items)
            assert found(read(text)) == items
    for size in range(1, 20):
        assert found(read("1 2.5e+1\nnull true -12", size)) == [1, 25.0, None, True, -12]
    assert found(read("\n \n")) == []


def test_a_list_whose_items_name_no_kind(read: Read) -> None:
    """If its own kind comes after them, the list must be held as a whole."""
    items = [{"spec": n} for n in range(20)]
    whole = {"items": items, "kind": "PodList"}
    assert found(read(json.dumps(whole))) == [whole]
    (first, *_) = documents = read(json.dumps({"kind": "PodList", "items": items}))
    assert found(documents) == items
    assert isinstance(first, Document)
    assert first.listed_in == {"kind": "PodList"}


@pytest.mark.parametrize(
    "whole",
    [
        {"kind": "ConfigMap", "items": pods(20)},
        {"kind": "List", "items": dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 1)},
        {"items": [[1]] * 50, "kind": "List"},
        pods(20),
        {"data": "x" * 1000},
    ],
)
def test_what_is_not_a_list_of_objects_is_one_document(read: Read, whole: object) -> None:
    assert found(read(json.dumps(whole))) == [whole]


ITEMS = '{"kind": "List", "items": [' + ",\n".join(json.dumps(pod) for pod in pods(5))


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (ITEMS + ",\n", (6, 1), "expecting value"),
        (ITEMS, (5, 69), "expecting , or ]"),
        (ITEMS + "}", (5, 69), "expecting , or ]"),
        (ITEMS + "], ", (5, 72), 'expecting "'),
        (ITEMS + '], "a" 1}', (5, 76), "expecting :"),
        (ITEMS + '], "a": 1', (5, 78), "expecting , or }"),
        (ITEMS + "], 1: 1}", (5, 72), 'expecting "'),
        (ITEMS + '], "items": []}', (5, 72), "'items' is given twice"),
        (ITEMS + ",\n {'a': 1, 'b': 1, 'c': 1}]}", (6, 3), "expecting property name"),
    ],
)
def test_a_list_that_is_broken(read: Read, text: str, place: tuple[int, int], said: str) -> None:
    """What stands before the error is read."""
    *documents, error = read(text)
    assert found(documents) == pods(5)
    assert isinstance(error, Diagnostic)
    assert error.place[1:3] == place
    assert said in error.description


def test_a_broken_line_does_not_hide_the_others(read: Read) -> None:
    first, second, third = pods(3)
    text = "\n".join([json.dumps(first), '{"a": 1, b: 1, "c": 2, "d": 3}', json.dumps(second), "{]", json.dumps(third)])
    documents = found(read(text))
    assert [documents[0], documents[2], documents[4]] == [first, second, third]
    assert [documents[1][0], documents[3][0]] == [(2, 10), (4, 2)]
    assert len(documents) == 5


@pytest.mark.parametrize(
    "text", ["{a: 1}\n", "{a: 1}", "[" * 201 + "]" * 201, "{'a':\n 1}\n", "{{ .Values }}\na: 1\n", '{"a": 1\n---\n']
)
def test_what_may_be_yaml_is_left(text: str) -> None:
    window = Window(io.BytesIO(text.encode()), "utf-8")
    reader = JsonReader(window, "a", may_be_yaml=True)
    assert list(reader.documents()) == []
    assert reader.is_yaml
    assert reader.error is not None
    assert window.text[window.position :] == text


def test_yaml_after_json_is_left() -> None:
    window = Window(io.BytesIO(b'{"a": 1}\n---\nb: 2\n'), "utf-8")
    reader = JsonReader(window, "a", may_be_yaml=True)
    assert found(list(reader.documents())) == [{"a": 1}]
    assert (reader.is_yaml, reader.error, window.line) == (True, None, 2)


def test_what_is_too_large(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_DOCUMENT_BYTES", 200)
    small, large = {"kind": "Pod", "a": "x" * 100}, {"kind": "Pod", "a": "x" * 200}
    lines = found(read("\n".join(json.dumps(each) for each in (small, large, small))))
    assert lines == [small, ((2, 1), "it is larger than 16 MiB"), small]
    items = found(read(json.dumps({"kind": "List", "items": [small, large, small]})))
    assert items == [small, ((1, 154), "it is larger than 16 MiB")]


class Slow(io.RawIOBase):
    """A pipe into which each line is written only after all before it were answered."""

    def __init__(self, lines: list[str], answers: list[Any]) -> None:
        self._lines, self._answers, self._asked = lines, answers, 0

    def read1(self, size: int) -> bytes:
        assert len(self._answers) == self._asked
        self._asked += 1
        return self._lines[self._asked - 1].encode() if self._asked <= len(self._lines) else b""


def test_a_line_is_answered_before_the_next_is_there() -> None:
    answers: list[Any] = []
    stream: Any = Slow([json.dumps(pod) + "\n" for pod in pods(3)], answers)
    documents: Iterator[Any] = JsonReader(Window(stream, "utf-8"), "-", may_be_yaml=True).documents()
    for document in documents:
        answers.append(document.value)
    assert answers == pods(3)
