"""`Resources` as the type of a field of a pydantic model."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mashumaro.jsonschema import build_json_schema
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from resources_py import Quantity, Resources, ResourcesTypeError, ResourcesWarning


class Job(BaseModel):
    name: str
    resources: Resources = Resources(cpu=("500m", 2))
    sidecars: list[Resources] = []


DECLARED = {"cpu": ["500m", 2], "mem": "1Gi", "gpu": None, "ephemeral_storage": [None, "10Gi"]}


@pytest.mark.parametrize("strict", [False, True])
def test_validates(strict: bool) -> None:
    wanted = Resources(cpu=("500m", 2), mem="1Gi", ephemeral_storage=(None, "10Gi"))
    for given in (DECLARED, wanted):
        job = Job.model_validate({"name": "train", "resources": given, "sidecars": [{"cpu": 1}]}, strict=strict)
        assert job.resources == wanted
        assert type(job.sidecars[0]) is Resources
    assert Job(name="train", resources=wanted).resources is wanted
    text = json.dumps({"name": "train", "resources": DECLARED})
    assert Job.model_validate_json(text, strict=strict).resources == wanted


def test_dumps() -> None:
    job = Job.model_validate({"name": "train", "resources": DECLARED})
    assert job.model_dump()["resources"] == job.model_dump(mode="json")["resources"] == job.resources.to_dict()
    assert json.loads(job.model_dump_json())["resources"] == DECLARED
    assert json.loads(job.model_dump_json(exclude_none=True))["resources"] == {
        name: value for name, value in DECLARED.items() if value is not None
    }
    assert Job.model_validate(job.model_dump()) == job
    assert Job.model_validate_json(job.model_dump_json()) == job
    assert job.model_copy(deep=True) == job


class Volume(BaseModel):
    size: Quantity
    others: list[Quantity] = []


@pytest.mark.parametrize("value", ["1024Mi", "1Gi", 2**30, Quantity("1Gi")])
def test_quantities(value: Any) -> None:
    volume = Volume(size=value)
    assert (type(volume.size), volume.size) == (Quantity, Quantity("1Gi"))
    assert Volume.model_validate(volume.model_dump()) == Volume.model_validate_json(volume.model_dump_json()) == volume


@pytest.mark.parametrize("text", ["1000E", "0.5Ki", "1e0", "8Ei"])
def test_a_dumped_quantity_has_the_same_value(text: str) -> None:
    assert Volume.model_validate_json(Volume(size=Quantity(text)).model_dump_json()).size == Quantity(text)
    assert Quantity._deserialize(Quantity(text)._serialize()) == Quantity(text)


def test_wrong_quantities() -> None:
    with pytest.raises(ValidationError) as raised:
        Volume.model_validate({"size": "1Gb", "others": ["1", True]})
    assert [(e["loc"], e["type"]) for e in raised.value.errors()] == [
        (("size",), "invalid_quantity"),
        (("others", 1), "wrong_type"),
    ]


WRONG = [
    ({"cpu": "1Gb"}, [(("cpu",), "invalid_quantity", "1Gb")]),
    ({"cpu": True}, [(("cpu",), "wrong_type", True)]),
    ({"mem": ["2Gi", "1Gi"]}, [(("mem", 0), "request_above_limit", "2Gi")]),
    ({"memory": "1Gi"}, [(("memory",), "unknown_key", "1Gi")]),
    ({"cpu[1]": 1, "a[1]": 2}, [(("cpu", 1), "unknown_key", {"cpu[1]": 1, "a[1]": 2}), (("a[1]",), "unknown_key", 2)]),
    ({"{reason}": 1}, [(("{reason}",), "unknown_key", 1)]),
    (3, [((), "wrong_type", 3)]),
    (None, [((), "wrong_type", None)]),
    (
        {"gpu": 0.5, "cpu": (1, True), "mem": (1, 2, 3)},
        [(("cpu", 1), "wrong_type", True), (("mem",), "wrong_length", (1, 2, 3)), (("gpu",), "wrong_type", 0.5)],
    ),
]


@pytest.mark.parametrize(("given", "errors"), WRONG, ids=repr)
def test_errors_are_pydantics_own(given: Any, errors: list[tuple[tuple[Any, ...], str, Any]]) -> None:
    """One error per violation, located below the field."""
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({"name": "train", "resources": given})
    assert [(e["loc"], e["type"], e["input"]) for e in caught.value.errors()] == [
        (("resources", *place), kind, value) for place, kind, value in errors
    ]
    assert all(e["msg"] == e["ctx"]["description"] and e["ctx"]["reason"].isupper() for e in caught.value.errors())
    caught.value.json()  # the errors can be serialized


def test_a_type_error_does_not_escape() -> None:
    """Pydantic passes a TypeError through, but converts a ValueError."""
    assert issubclass(ResourcesTypeError, ValueError)
    with pytest.raises(ValidationError):
        TypeAdapter(list[Resources]).validate_python([{"cpu": True}])


def test_warnings_point_at_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Job(name="train", resources={"mem": "100m"})  # type: ignore[arg-type]
        Job.model_validate({"name": "train", "resources": {"mem": "100m"}})
        TypeAdapter(Resources).validate_json('{"mem": "100m"}')
    assert {warning.category for warning in caught} == {ResourcesWarning}
    assert {Path(warning.filename).name for warning in caught} == {"test_pydantic.py"}
    assert len({warning.lineno for warning in caught}) == 3


def test_subclass() -> None:
    class Ours(Resources):
        pass

    class Task(BaseModel):
        model_config = ConfigDict(frozen=True)
        resources: Ours

    task = Task.model_validate({"resources": {"cpu": 1}})
    assert type(task.resources) is Ours
    assert hash(task) == hash(Task(resources=Ours(cpu="1000m")))
    with pytest.raises(ValidationError):
        Task.model_validate({"resources": Resources(cpu=1).to_json()})


# ---- JSON Schema


def test_same_json_schema_as_mashumaro() -> None:
    schema = TypeAdapter(Resources).json_schema()
    assert schema == build_json_schema(Resources).to_dict()
    assert TypeAdapter(Resources).json_schema(mode="serialization") == schema
    model = Job.model_json_schema()
    assert model["$defs"]["Resources"] == schema
    assert model["properties"]["resources"]["default"] == Resources(cpu=("500m", 2)).to_dict()
    schema["properties"].clear()  # the caller gets a copy
    assert TypeAdapter(Resources).json_schema()["properties"]


def vectors(root: Path) -> list[dict[str, Any]]:
    lines = (root / "conformance" / "vectors" / "declare.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def as_json(argument: Any) -> Any:
    """Return a vector's argument as JSON; raise LookupError if JSON cannot express it."""
    if isinstance(argument, list):
        return [as_json(side) for side in argument]
    kind, _, text = argument.partition(":")
    if text in ("inf", "-inf", "nan"):
        raise LookupError(text)
    return {"none": lambda _: None, "str": str, "int": int, "float": float, "bool": "true".__eq__}[kind](text)


def test_json_schema_and_vectors(root: Path) -> None:
    """It accepts every valid document, and rejects the invalid ones that a schema can."""
    validator = jsonschema.Draft202012Validator(TypeAdapter(Resources).json_schema())
    jsonschema.Draft202012Validator.check_schema(validator.schema)
    right, refused, passed = 0, 0, set()
    for vector in vectors(root):
        try:
            given = {name: as_json(argument) for name, argument in vector["arguments"].items()}
        except LookupError:
            continue  # JSON cannot express it
        if "wire" in vector:
            validator.validate(given)
            right += 1
        elif validator.is_valid(given):
            passed |= {violation["reason"] for violation in vector["violations"]}
        else:
            refused += 1
    assert right > 50
    assert refused > 20
    # The only WRONG_TYPE that passes is 1.0, which is an integer in JSON Schema.
    assert passed == {"REQUEST_ABOVE_LIMIT", "OUT_OF_RANGE", "NOT_WHOLE", "WRONG_TYPE"}


def test_pattern_is_the_grammar(root: Path) -> None:
    pattern = TypeAdapter(Resources).json_schema()["properties"]["mem"]["anyOf"][0]["pattern"]
    assert all(re.search(pattern, text) for text in ("0", "500m", "0.5", "1Gi", "1e3", "1E", "+.5k", "-0", ".Ki"))
    assert not any(
        re.search(pattern, text) for text in ("1Gb", "1K", "1 Gi", "1e", "1mi", "x", "1.2.3", "1e3k", "-1", "Pi")
    )
