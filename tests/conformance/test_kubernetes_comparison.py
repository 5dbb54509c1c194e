"""The parts of `make test-kubernetes` that need no Go: the table of differences, places, mending, and the generator."""

from __future__ import annotations

import json
import random
import re

import pytest
from differences import Finding, read_table
from mending import mended
from objects import Objects
from oracle import FieldError
from places import field_of, find, is_at, unshifted

TABLE = """
| id | where | reason | difference | why |
| --- | --- | --- | --- | --- |
| `long-text` | check, from_kubernetes | `INVALID_QUANTITY` | text | text |
| `gpu-fraction` | check | `NOT_WHOLE` | text | text |
| `many-bytes` | warn | `FRACTIONAL_BYTES` | text | text |
"""


def explained(where: str, reason: str, value: object) -> list[str]:
    return [row.id for row in read_table(TABLE) if row.applies(Finding(where, reason, value))]


def test_a_row_applies_to_its_place_and_reason_and_value() -> None:
    assert explained("check", "INVALID_QUANTITY", "1" * 65) == ["long-text"]
    assert explained("from_kubernetes", "INVALID_QUANTITY", "1" * 65) == ["long-text"]
    assert explained("resolve", "INVALID_QUANTITY", "1" * 65) == []
    assert explained("check", "NEGATIVE", "1" * 65) == []
    assert explained("check", "INVALID_QUANTITY", "1" * 64) == []


@pytest.mark.parametrize(
    ("value", "is_whole"), [("1999999999n", True), (" 999999.9u", True), ("0.5", False), (0.5, False), ("3", False)]
)
def test_a_fraction_that_rounds_up_to_a_whole(value: object, is_whole: bool) -> None:
    assert explained("check", "NOT_WHOLE", value) == (["gpu-fraction"] if is_whole else [])


def test_more_bytes_than_thousandths_can_count() -> None:
    assert explained("warn", "FRACTIONAL_BYTES", " 9223372036854776 ") == ["many-bytes"]
    assert explained("warn", "FRACTIONAL_BYTES", "-404Pi") == ["many-bytes"]
    assert explained("warn", "FRACTIONAL_BYTES", 9223372036854775) == []


def test_fractions_of_a_byte_where_the_api_server_does_not_look() -> None:
    (row,) = (row for row in read_table() if row.id == "other-fractions")

    def applies(*path: str | int) -> bool:
        return row.applies(Finding("warn", "FRACTIONAL_BYTES", "1m", path))

    assert applies("spec", "resources", "limits", "memory")
    assert applies("overhead", "podFixed", "memory")
    assert not applies("spec", "containers", 0, "resources", "limits", "memory")
    assert not applies("spec", "template", "spec", "initContainers", 1, "resources", "limits", "memory")
    assert not applies("spec", "overhead", "memory")
    assert not applies("spec", "resources", "requests", "storage")


def test_the_documented_table_is_read() -> None:
    rows = read_table()
    assert {"null", "not-carried", "gpu-fraction", "long-text", "out-of-range", "spelling"} <= {row.id for row in rows}
    assert len({row.id for row in rows}) == len(rows)
    assert {where for row in rows for where in row.where} <= {
        "check",
        "warn",
        "from_kubernetes",
        "to_kubernetes",
        "resolve",
    }


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (
            ("spec", "containers", 0, "resources", "limits", "nvidia.com/gpu"),
            "spec.containers[0].resources.limits[nvidia.com/gpu]",
        ),
        (("spec", "limits", 0, "max", "cpu"), "spec.limits[0].max[cpu]"),
        (("overhead", "podFixed", "cpu"), "overhead.podFixed[cpu]"),
        (("spec", "volumes", 1, "emptyDir", "sizeLimit"), "spec.volumes[1].emptyDir.sizeLimit"),
    ],
)
def test_field_of_a_path(path: tuple[str | int, ...], field: str) -> None:
    assert field_of(path) == field
    assert is_at(FieldError("", field, ""), path)


STANZA = ("spec", "containers", 0, "resources")


@pytest.mark.parametrize(
    ("field", "detail", "path"),
    [
        (
            "spec.containers[0].resources.requests",
            'Invalid value: "2": must be less than or equal to cpu limit of 1',
            (*STANZA, "requests", "cpu"),
        ),
        (
            "spec.containers[0].resources.limits",
            "Required value: Limit must be set for non overcommitable resources",
            (*STANZA, "requests", "a.b/c"),
        ),
        (
            "spec.containers[0].resources",
            "Forbidden: HugePages require cpu or memory",
            (*STANZA, "limits", "hugepages-2Mi"),
        ),
        ("spec.overhead.limits[cpu]", "Invalid value", ("spec", "overhead", "cpu")),
        ("spec.c.resizePolicy", "Required value", ("spec", "c", "resizePolicy", 1, "resourceName")),
        ("spec.limits[1].limits", "Required value", ("spec", "limits", 1)),
        ("status.capacity.a.b/c", "Invalid value", ("status", "capacity", "a.b/c")),
        ("overhead.limits[cpu]", "Invalid value", ("overhead", "podFixed", "cpu")),
        (
            "spec.resources.containers[1][cpu].limits",
            "Invalid value",
            ("spec", "containers", 1, "resources", "limits", "cpu"),
        ),
        ("spec.resources[storage]", "Required value", ("spec", "resources", "requests", "storage")),
    ],
)
def test_fields_that_are_not_paths(field: str, detail: str, path: tuple[str | int, ...]) -> None:
    assert is_at(FieldError("", field, detail), path)
    assert not is_at(FieldError("", field, detail), ("spec", "containers", 2, "resources", "requests", "memory"))


def test_what_stands_at_a_field() -> None:
    pod = {"spec": {"overhead": {"cpu": "1"}, "containers": [{"resources": {"limits": {"memory": "1"}}}]}}
    assert find(pod, "spec.containers[0].resources.limits[memory]") == (*STANZA, "limits", "memory")
    assert find(pod, "spec.containers[0].resources.requests[memory]") is None
    assert find(pod, "spec.overhead.limits[cpu]") == ("spec", "overhead", "cpu")


def test_the_volumes_of_a_stateful_set_are_counted_as_they_stand_there() -> None:
    error = FieldError("", "spec.template.spec.volumes[2].emptyDir.sizeLimit", "")
    sets = {"kind": "StatefulSet", "spec": {"volumeClaimTemplates": [{}, {}]}}
    assert unshifted(error, sets).field == "spec.template.spec.volumes[0].emptyDir.sizeLimit"
    assert unshifted(error, {"kind": "Deployment", "spec": {}}) == error


def test_mending_puts_a_valid_amount_and_then_nothing() -> None:
    stanza = {"limits": {"cpu": "x", "gpu": "1"}, "claims": [{"name": "a"}, {"name": ""}, {"name": "c"}]}
    once = mended(
        stanza,
        [(("limits", "cpu"), False), (("limits", "gpu"), True), (("claims", 1, "name"), False), (("claims", 0), False)],
    )
    assert once == {"limits": {"cpu": "1"}, "claims": [{"name": "c"}]}
    assert mended(once, [(("limits", "cpu"), False)]) == {"limits": {}, "claims": [{"name": "c"}]}
    assert stanza["limits"] == {"cpu": "x", "gpu": "1"}


def test_generated_objects_depend_on_the_seed_alone_and_are_harmless() -> None:
    """A seed that failed can be run again. Go computes for minutes on a large exponent."""
    first, second = (Objects(random.Random("seed")) for _ in range(2))
    kinds = set()
    for _ in range(3000):
        value = first.any()
        assert value == second.any()
        kinds.add(value["kind"])
        text = json.dumps(value, ensure_ascii=False)
        assert not re.search(r"[0-9.][eE][+-]?0*[1-9][0-9]{4}", text)
        assert "hugepages-1e20" not in text
    assert len(kinds) == 18
