"""``resources-py schema``: as strict as possible, and never stricter than the constructor."""

from __future__ import annotations

import json
import re
import subprocess
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError, validators

from resources_py import ContainerResources, Resources, ResourcesError
from resources_py.cli.commands.schema import JSON_SCHEMA as SCHEMA

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def matches(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Match as JSON Schema specifies. In Python, and so in jsonschema, `$` also matches before a final line break."""
    if isinstance(instance, str) and not re.search(pattern.removesuffix("$") + r"\Z", instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


VALIDATOR = validators.extend(Draft202012Validator, {"pattern": matches})(SCHEMA)
# What a schema cannot express; the command's help lists it.
BEYOND = {"REQUEST_ABOVE_LIMIT", "NOT_WHOLE", "OUT_OF_RANGE"}


def refusals(document: Any) -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            Resources.from_dict(document)
        except ResourcesError as error:
            return {violation.reason for violation in error.violations}
    return set()


def test_it_is_a_schema(cli: Run) -> None:
    finished = cli("schema")
    assert (finished.returncode, finished.stderr) == (0, "")
    printed = json.loads(finished.stdout)
    assert printed == SCHEMA
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(printed)


def test_that_of_a_container(cli: Run) -> None:
    """Its examples are valid for the schema and the constructor; a misspelled key at any level is not."""
    finished = cli("schema", "--container")
    assert (finished.returncode, finished.stderr) == (0, "")
    printed = json.loads(finished.stdout)
    Draft202012Validator.check_schema(printed)
    assert list(printed["properties"]) == [field.name for field in fields(ContainerResources)]
    assert printed["$schema"] == SCHEMA["$schema"]
    validator = Draft202012Validator(printed)
    assert len(printed["examples"]) == 2
    for document in printed["examples"]:
        validator.validate(document)
        assert ContainerResources.from_dict(document).to_dict() == ContainerResources(**document).to_dict()
    for wrong in (
        {"resource": {"cpu": 1}},
        {"resources": {"memory": 1}},
        {"extended": {"device": "A100"}},
        {"named": {"rdma/hca": "1x"}},
        {"claims": "net"},
    ):
        assert not validator.is_valid(wrong), wrong


def test_it_has_the_fields_of_the_constructor() -> None:
    assert list(SCHEMA["properties"]) == [field.name for field in fields(Resources)]


def test_it_explains_itself() -> None:
    """Each property has a description, and its examples are valid for the schema and the constructor."""
    for name, described in SCHEMA["properties"].items():
        assert described["description"]
        assert described["examples"]
        for value in described["examples"]:
            assert refusals({name: value}) == set()
            VALIDATOR.validate({name: value})
    for document in SCHEMA["examples"]:
        assert refusals(document) == set()
        VALIDATOR.validate(document)


def test_patterns_are_for_every_validator() -> None:
    """No look-around and no Python-only syntax: validators in Go and Rust do not support them."""
    patterns = set(re.findall(r'"pattern": "([^"]*)"', json.dumps(SCHEMA)))
    assert patterns
    assert not any("(?" in pattern or "\\" in pattern for pattern in patterns)


GOOD = (
    """
{}
{cpu: null, mem: null, gpu: null, ephemeral_storage: null}
{cpu: 500m}
{cpu: 0.5, mem: 1Gi}
{cpu: [500m, 2], gpu: [null, 1]}
{cpu: [0.5, 1.5]}
{ephemeral_storage: [1Gi, null], mem: ["+1.50G", 2e10]}
{mem: 9223372036854775807}
{cpu: "-0", mem: ".5Gi", gpu: "1000m"}
""".replace("2e10", '"2e10"')
    .strip()
    .splitlines()
)
BAD = (
    """
[]
"1Gi"
{memory: 1Gi}
{cpu: true}
{cpu: ""}
{cpu: "1\\n"}
{cpu: 123Mb}
{cpu: " 1"}
{cpu: -1}
{cpu: "-1"}
{cpu: 1e999999}
{mem: 0.5}
{mem: 9223372036854775808}
{gpu: 0.5}
{gpu: [1, 2, 3]}
{gpu: [1]}
{gpu: []}
{gpu: [null, null]}
{gpu: {request: 1}}
{cpu: 1Pii}
{mem: Pi}
{mem: "e-10"}
{mem: "9999999999999999999999999999999999999999999999999999999999999999999999"}
{cpu: 1, cpus: 2}
""".replace("1e999999", '"1e999999"')
    .strip()
    .splitlines()
)


@pytest.mark.parametrize("text", GOOD)
def test_good_documents(text: str) -> None:
    document = yaml.safe_load(text)
    assert refusals(document) == set()
    assert VALIDATOR.is_valid(document)


@pytest.mark.parametrize("text", BAD)
def test_bad_documents(text: str) -> None:
    document = yaml.safe_load(text)
    assert refusals(document)
    assert not VALIDATOR.is_valid(document)


def test_real_documents(cli: Run, manifests: Path) -> None:
    """Stanzas of real manifests, converted to the constructor's dict."""
    finished = cli("convert", "--from", "manifest", "--to", "jsonl", manifests / "microservices-demo.yaml")
    lines = finished.stdout.splitlines()
    assert len(lines) == 13
    for line in lines:
        VALIDATOR.validate(json.loads(line)["resources"])


texts = st.one_of(
    st.from_regex(r"[+-]?[0-9]{0,3}(\.[0-9]{0,3})?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{0,4}|)", fullmatch=True),
    st.text("0123456789.+-eEinumkKMGTP \n", max_size=6),
    st.text(max_size=4),
    st.integers(0, 10**4).map("{}Mi".format),
)
numbers = st.one_of(
    st.integers(-2, 10**4), st.integers(2**63 - 2, 2**63 + 1), st.floats(allow_nan=False, allow_infinity=False)
)
sides = st.one_of(st.none(), texts, numbers, st.booleans())
values = st.one_of(sides, st.lists(sides, max_size=3), st.lists(st.one_of(st.none(), texts), min_size=2, max_size=2))
documents = st.dictionaries(st.sampled_from(["cpu", "mem", "gpu", "ephemeral_storage", "memory"]), values, max_size=3)


@given(documents)
@example({"gpu": "1.5"})
@example({"cpu": [2, 1]})
@example({"mem": "9E"})
def test_schema_and_constructor_agree(document: dict[str, Any]) -> None:
    """A document is valid exactly if it constructs, except for what a schema cannot express."""
    reasons = refusals(document)
    valid = VALIDATOR.is_valid(document)
    if not reasons:
        assert valid, document
    elif valid:
        # JSON Schema cannot distinguish 1.0 from 1
        whole = any(isinstance(v, float) and v.is_integer() for value in document.values() for v in flat(value))
        assert reasons <= (BEYOND | {"WRONG_TYPE"} if whole else BEYOND), (document, reasons)


def flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
