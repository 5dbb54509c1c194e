"""JSON as plain values, and the places of its parts."""

from __future__ import annotations

from typing import Any

import pytest

from resources_py.cli.documents.document import MAX_DEPTH, DocumentError
from resources_py.cli.documents.json import CutError, Finder, decode
from resources_py.cli.documents.plain import DuplicateDict

TEXT = '{"a": [1, {"b\\n": "x\\"y"}],\n "c": null, "d": -1.5e3, "e": {}, "f": "", "g": [ ], "h": true}'
VALUE = {"a": [1, {"b\n": 'x"y'}], "c": None, "d": -1500.0, "e": {}, "f": "", "g": [], "h": True}


def test_decode() -> None:
    assert decode(TEXT) == (VALUE, len(TEXT))
    assert decode("[1] x", 0) == ([1], 3)
    assert decode("x 12 ", 2) == (12, 4)


def test_every_beginning_is_cut() -> None:
    for end in range(len(TEXT)):
        with pytest.raises(CutError):
            decode(TEXT[:end])


@pytest.mark.parametrize(
    ("text", "offset", "said"),
    [
        ('{"a": 1 "b": 2, "c": 3, "d": 4}', 8, "expecting ',' delimiter"),
        ("[1, x, 2, 3, 4, 5, 6, 7]", 4, "expecting value"),
        ("{'a': 1, 'b': 2, 'c': 3}", 1, "expecting property name"),
        ('["a\tb", "NaN", 1, 2, 3, 4]', 3, "invalid control character"),
        ('{"NaN": "-Infinity", "b": NaN, "c": 1, "d": 1}', 26, "NaN is not a JSON number"),
        ('{"\\"": 1, "b": -Infinity, "c": 1, "d": 1}', 15, "-Infinity is not a JSON number"),
    ],
)
def test_errors_have_their_offset(text: str, offset: int, said: str) -> None:
    with pytest.raises(DocumentError, match=said) as caught:
        decode(text)
    assert caught.value.offset == offset
    assert not isinstance(caught.value, CutError)


def test_duplicate_keys() -> None:
    value, _ = decode('{"a": 1, "b": {"c": 1, "c": 2, "c": 3}, "a": 2}')
    assert isinstance(value, DuplicateDict)
    assert value == {"a": 2, "b": {"c": 3}}
    assert value.duplicates == ["a"]
    assert value["b"].duplicates == ["c", "c"]
    assert type(decode('{"a": {"b": 1}}')[0]["a"]) is dict


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth(opening: str, closing: str) -> None:
    innermost = "[]" if opening == "[" else "{}"
    decode(opening * (MAX_DEPTH - 1) + innermost + closing * (MAX_DEPTH - 1))
    decode(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH)
    for deep in (MAX_DEPTH, 100_000):
        with pytest.raises(DocumentError, match="nested deeper than 200 levels"):
            decode(opening * deep + innermost + closing * deep)
    decode("[" + '{"a": [1]},' * MAX_DEPTH + "1]")  # many brackets, but not deep


def test_number_of_values() -> None:
    decode("[" + "1," * 999_998 + "1]")
    with pytest.raises(DocumentError, match="more than 1,000,000 values"):
        decode("[" + "1," * 999_999 + "1]")


def test_long_numbers_are_read_in_linear_time() -> None:
    assert decode("[" + "9" * 400 + "]")[0] == [10**400 - 1]
    assert decode("[" + "9" * 100_000 + "]")[0] == [float("inf")]


@pytest.mark.parametrize(
    ("path", "about_key", "found", "written"),
    [
        ((), False, "{", ""),
        (("a",), False, "[", ""),
        (("a", 0), False, "1", "1"),
        (("a", 1), False, "{", ""),
        (("a", 1, "b\n"), False, '"x\\"y"', 'x"y'),
        (("a", 1, "b\n"), True, '"b\\n"', "b\n"),
        (("c",), False, '"c"', "c"),  # a null is shown by its key
        (("d",), False, "-1.5e3", "-1.5e3"),
        (("d",), True, '"d"', "d"),
        (("e",), False, "{", ""),
        (("f",), False, '""', ""),
        (("g",), True, '"g"', "g"),
        (("h",), False, "true", "true"),
        (("a", 7), False, "[", ""),  # of what is not there, the nearest part that is
        (("a", 0, "x"), True, "1", "1"),
        (("e", "x", "y"), True, "{", ""),
    ],
)
def test_every_part_has_its_place(path: tuple[Any, ...], about_key: bool, found: str, written: str) -> None:
    for text in (TEXT, "\n " + TEXT.replace(",", " , ").replace(":", "\t:\n")):
        span = Finder(text, decode(text.strip())[0]).find(path, about_key)
        assert (text[span.start : span.end], span.written) == (found, written)


def test_the_last_of_several_keys_is_found() -> None:
    text = '{"a": 1, "b": {"c": 1}, "b": {"c": 22}}'
    span = Finder(text, decode(text)[0]).find(("b", "c"), False)
    assert (span.start, span.written) == (35, "22")
