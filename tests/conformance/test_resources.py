"""The shared vectors, read by this implementation. Their README says what each field means."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError

from resources_py import Quantity, Resources, ResourcesError, ResourcesWarning

CONFORMANCE = Path(__file__).resolve().parents[2] / "conformance"


def cases(name: str) -> list[Any]:
    with (CONFORMANCE / "vectors" / name).open(encoding="utf-8") as lines:
        return [pytest.param(case, id=case["tag"]) for case in map(json.loads, lines)]


class Index:
    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


def typed(value: str | list[str], pair: type) -> Any:
    if isinstance(value, list):
        return pair(typed(element, pair) for element in value)
    kind, _, text = value.partition(":")
    others: dict[str, Any] = {"dict": {"a": 1}, "set": {1}, "object": object(), "complex": 1j}
    return {
        "none": lambda: None,
        "str": lambda: text,
        "int": lambda: int(text),
        "float": lambda: float(text),
        "decimal": lambda: Decimal(text),
        "bool": lambda: {"True": True, "true": True, "False": False, "false": False}[text],
        "bytes": lambda: bytes.fromhex(text),
        "quantity": lambda: Quantity(text),
        "index": lambda: Index(int(text)),
        "other": lambda: others[text],
    }[kind]()


@pytest.mark.parametrize("case", cases("declare.jsonl"))
@pytest.mark.parametrize("pair", [tuple, list])
def test_declare(case: dict[str, Any], pair: type) -> None:
    arguments = {name: typed(value, pair) for name, value in case["arguments"].items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if "violations" in case:
            with pytest.raises(ResourcesError) as raised:
                Resources(**arguments)
            assert [{"field": v.field, "reason": v.reason} for v in raised.value.violations] == case["violations"]
            only_types = all(violation["reason"] == "WRONG_TYPE" for violation in case["violations"])
            assert isinstance(raised.value, TypeError) is only_types
            return
        declared = Resources(**arguments)
    heard = [warning.message for warning in caught]
    assert all(isinstance(warning, ResourcesWarning) for warning in heard)
    assert [{"field": w.field, "reason": w.reason} for w in heard] == case["warnings"]  # type: ignore[union-attr]
    assert bytes(declared).hex() == case["wire"]
    assert Resources.from_bytes(bytes.fromhex(case["wire"])) == declared


@pytest.mark.parametrize("case", cases("resolve.jsonl"))
def test_reading(case: dict[str, Any]) -> None:
    """`from_bytes` reads by the same rules as the service, except for those that only Kubernetes has."""
    from resourceidl.service.v1 import resources_service_pb2 as service

    if case["status"] == "INTERNAL":
        with pytest.raises(DecodeError):
            service.ResolveRequest.FromString(bytes.fromhex(case["hex"]))
        return
    sent = service.ResolveRequest.FromString(bytes.fromhex(case["hex"])).resources
    for_kubernetes = ("LIMIT_REQUIRED", "REQUEST_NOT_EQUAL_LIMIT")
    expected = [
        {"field": v["field"].removeprefix("resources."), "reason": v["reason"]}
        for v in case.get("without_kubernetes", case.get("violations", []))
        if v["reason"] not in for_kubernetes
    ]
    if expected:
        with pytest.raises(ResourcesError) as raised:
            Resources.from_proto(sent)
        assert [{"field": v.field, "reason": v.reason} for v in raised.value.violations] == expected
    else:
        read = Resources.from_proto(sent)
        assert Resources.from_bytes(bytes(read)) == read
        assert bytes(Resources.from_bytes(bytes(read))) == bytes(read)


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
@pytest.mark.parametrize("case", cases("combine.jsonl"))
def test_combine(case: dict[str, Any]) -> None:
    declared, *others = (
        Resources.from_bytes(bytes.fromhex(case[key])) for key in ("resources", "other") if key in case
    )
    combine = getattr(declared, case["operation"])
    if "violations" in case:
        with pytest.raises(ResourcesError) as raised:
            combine(*others)
        names = {"cpu[0]": "CPU", "mem[0]": "MEMORY", "ephemeral_storage[0]": "EPHEMERAL_STORAGE"}
        assert [{"name": names[v.field], "reason": v.reason} for v in raised.value.violations] == case["violations"]
    else:
        assert bytes(combine(*others)).hex() == case["answer"]


def test_vectors_match_their_sources() -> None:
    build = [sys.executable, str(CONFORMANCE / "build.py"), "--check"]
    finished = subprocess.run(build, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
