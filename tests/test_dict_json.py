"""Dicts and JSON: mashumaro's methods, with the constructor's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mashumaro.dialect import Dialect

from resources_py import Resources, ResourcesError, ResourcesTypeError


class Terse(Dialect):
    omit_none = True


RESOURCES = Resources(cpu=("500m", 2), mem="1Gi", gpu=(None, 1))
AS_DICT = {"cpu": ["500m", 2], "mem": "1Gi", "gpu": [None, 1], "ephemeral_storage": None}


def test_to_dict_has_all_four_keys() -> None:
    assert RESOURCES.to_dict() == AS_DICT
    assert list(RESOURCES.to_dict()) == list(AS_DICT)
    assert type(RESOURCES.to_dict()["cpu"]) is list
    assert Resources().to_dict() == dict.fromkeys(AS_DICT)


def test_dialect() -> None:
    terse = {"cpu": ["500m", 2], "mem": "1Gi", "gpu": [None, 1]}
    assert RESOURCES.to_dict(dialect=Terse) == terse
    assert RESOURCES.to_json(dialect=Terse) == json.dumps(terse)
    assert Resources.from_dict(terse, dialect=Terse) == RESOURCES
    assert Resources.from_json(json.dumps(terse), dialect=Terse) == RESOURCES


def test_encoder_and_decoder() -> None:
    assert RESOURCES.to_json(encoder=lambda d: json.dumps(d, sort_keys=True)) == json.dumps(AS_DICT, sort_keys=True)
    assert RESOURCES.to_json(lambda d: json.dumps(d).encode()) == json.dumps(AS_DICT).encode()
    assert Resources.from_json("anything", decoder=lambda text: dict(AS_DICT)) == RESOURCES
    assert Resources.from_json("anything", lambda text: dict(AS_DICT)) == RESOURCES


@pytest.mark.parametrize("form", [str, str.encode, lambda t: bytearray(t.encode()), lambda t: t.encode("utf-16")])
def test_from_json_takes_text_and_bytes(form: Any) -> None:
    assert Resources.from_json(form(json.dumps(AS_DICT))) == RESOURCES


def test_keys_and_values_are_reported_together() -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_dict({"memory": "1Gi", "colour": 1, "gpu": "1.5", "cpu": True, 7: 1})
    assert [(v.field, v.reason) for v in caught.value.violations] == [
        ("cpu", "WRONG_TYPE"),
        ("gpu", "NOT_WHOLE"),
        ("memory", "UNKNOWN_KEY"),
        ("colour", "UNKNOWN_KEY"),
        ("7", "UNKNOWN_KEY"),
    ]
    assert [v.description for v in caught.value.violations[2:]] == [
        "unknown key 'memory': did you mean mem?",
        "unknown key 'colour': expected cpu, mem, gpu, ephemeral_storage",
        "unknown key 7: expected cpu, mem, gpu, ephemeral_storage",
    ]


@pytest.mark.parametrize(
    ("key", "meant"),
    [("limits", None), ("Mem", "mem"), ("cpus", "cpu"), ("GPU", "gpu"), ("ephemeral-storage", "ephemeral_storage")],
)
def test_suggestions(key: str, meant: str | None) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_dict({key: 1})
    assert (f"did you mean {meant}?" in str(caught.value)) is (meant is not None)


def test_nothing_is_coerced() -> None:
    with pytest.raises(ResourcesTypeError) as caught:
        Resources.from_dict({"cpu": True, "mem": 1.5, "gpu": 1.0})
    assert [v.field for v in caught.value.violations] == ["cpu", "mem", "gpu"]
    assert type(Resources.from_dict({"cpu": 1.0}).cpu) is float
    assert type(Resources.from_dict({"cpu": "1"}).cpu) is str


@pytest.mark.parametrize("given", [None, [], "cpu", 1])
def test_from_dict_requires_a_mapping(given: Any) -> None:
    with pytest.raises(ResourcesTypeError, match="is not a mapping"):
        Resources.from_dict(given)
    with pytest.raises(ResourcesTypeError, match="is not a mapping"):
        Resources.from_json(json.dumps(given))


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ('{"cpu": 1, "mem": "1Gi", "cpu": 2}', "cpu", "duplicate key 'cpu'"),
        ('{"cpu": NaN}', "", "NaN is not a JSON number"),
        ('{"cpu": [1, -Infinity]}', "", "-Infinity is not a JSON number"),
        ("", "", "empty input: expected a JSON object"),
        ('{"cpu": 1', "", "is not JSON"),
        ("[" * 100_000, "", "is not JSON"),
        (b"\xff\xfe\xff", "", "is not JSON"),
        ('{"cpu": ' + "9" * 5000 + "}", "", "is not JSON"),
    ],
    ids=["twice", "nan", "infinity", "empty", "cut", "deep", "bytes", "digits"],
)
def test_rejected_by_the_default_decoder(text: str | bytes, field: str, says: str) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_json(text)
    (violation,) = caught.value.violations
    assert (violation.field, violation.reason) == (field, "UNDECODABLE")
    assert says in violation.description
    assert len(violation.description) <= 120


def test_from_json_requires_text() -> None:
    with pytest.raises(ResourcesTypeError, match="pass str or bytes"):
        Resources.from_json(1)  # type: ignore[arg-type]
