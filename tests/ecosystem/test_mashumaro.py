"""`Resources` as a field of a mashumaro dataclass."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mashumaro import DataClassDictMixin
from mashumaro.codecs.json import JSONDecoder, JSONEncoder
from mashumaro.config import BaseConfig
from mashumaro.exceptions import InvalidFieldValue
from mashumaro.jsonschema import DRAFT_2020_12, OPEN_API_3_1, JSONSchemaBuilder, build_json_schema
from mashumaro.mixins.json import DataClassJSONMixin

from resources_py import Resources, ResourcesError, ResourcesTypeError


@dataclass
class Job(DataClassJSONMixin):
    name: str
    resources: Resources = Resources(cpu=("500m", 2))  # noqa: RUF009 -- immutable
    sidecars: list[Resources] = field(default_factory=list)


DECLARED = {"cpu": ["500m", 2], "mem": "1Gi", "gpu": None, "ephemeral_storage": [None, "10Gi"]}


def test_validates_and_dumps() -> None:
    job = Job.from_dict({"name": "train", "resources": DECLARED, "sidecars": [{"cpu": 1}]})
    assert job.resources == Resources(cpu=("500m", 2), mem="1Gi", ephemeral_storage=(None, "10Gi"))
    assert job.to_dict()["resources"] == json.loads(job.to_json())["resources"] == DECLARED
    assert Job.from_dict(job.to_dict()) == Job.from_json(job.to_json()) == job
    assert Job.from_dict({"name": "train"}).resources == Resources(cpu=("500m", 2))


def test_codecs() -> None:
    several = [Resources(cpu=1), Resources(mem=("1Gi", None))]
    text = JSONEncoder(list[Resources]).encode(several)
    assert JSONDecoder(list[Resources]).decode(text) == several


def test_a_dict_mixin_alone_and_omitted_none() -> None:
    @dataclass
    class Task(DataClassDictMixin):
        resources: Resources

        class Config(BaseConfig):
            omit_none = True

    task = Task(Resources(cpu=1))
    assert Task.from_dict(task.to_dict()) == task


@pytest.mark.parametrize(
    ("given", "kind", "fields"),
    [
        ({"cpu": "1Gb"}, ResourcesError, ["cpu"]),
        ({"cpu": True, "memory": 1}, ResourcesError, ["cpu", "memory"]),
        ({"cpu": (1, True)}, ResourcesTypeError, ["cpu[1]"]),
        (3, ResourcesTypeError, [""]),
    ],
)
def test_errors_are_mashumaros_own(given: Any, kind: type[ResourcesError], fields: list[str]) -> None:
    """They name the field. Their cause is the original error."""
    with pytest.raises(InvalidFieldValue) as caught:
        Job.from_dict({"name": "train", "resources": given})
    assert (caught.value.field_name, caught.value.field_value, caught.value.holder_class) == ("resources", given, Job)
    ours = caught.value.__context__
    assert type(ours) is kind
    assert [violation.field for violation in ours.violations] == fields
    with pytest.raises(InvalidFieldValue, match='"sidecars"'):
        Job.from_dict({"name": "train", "sidecars": [given]})


def test_json_schema() -> None:
    schema = build_json_schema(Job).to_dict()
    resources = schema["properties"]["resources"]
    assert resources.pop("default") == Resources(cpu=("500m", 2)).to_dict()
    assert resources == build_json_schema(Resources).to_dict()
    assert schema["properties"]["sidecars"]["items"] == resources
    json.dumps(schema)


@pytest.mark.parametrize("dialect", [DRAFT_2020_12, OPEN_API_3_1])
def test_json_schema_by_reference(dialect: Any, tmp_path: Path) -> None:
    builder = JSONSchemaBuilder(dialect, all_refs=True)
    builder.build(Job)
    assert set(builder.get_definitions().to_dict()) == {"Job", "Resources"}
