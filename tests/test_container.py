"""ContainerResources: what it accepts, means and writes."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
import warnings
from typing import Any, get_type_hints

import jsonschema
import pydantic
import pytest
from google.protobuf import json_format
from mashumaro.dialect import Dialect

from resourceidl.v1 import container_resources_pb2 as pb
from resourceidl_betterproto.resourceidl.v1 import ContainerResources as BetterprotoContainerResources
from resources_py import (
    ContainerResources,
    ExtendedResources,
    Quantity,
    Resources,
    ResourcesError,
    ResourcesTypeError,
    ResourcesWarning,
    SharedMemory,
)

EVERYTHING = ContainerResources(
    Resources(cpu=8, mem="64Gi", gpu=8),
    ExtendedResources("A100", "1g.5gb", shared_memory="8Gi"),
    named={"rdma/hca": 1, "hugepages-2Mi": ("4Mi", "4Mi"), "example.kubernetes.io/x": ("0.5", None)},
    claims=["gpu", ("big", "one")],
)


def problems(*args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    with pytest.raises(ResourcesError) as caught:
        ContainerResources(*args, **kwargs)
    return [(violation.field, violation.reason) for violation in caught.value.violations]


# ---- what is written


def test_on_the_wire() -> None:
    message = EVERYTHING.to_proto()
    assert type(message) is pb.ContainerResources
    one, pages = {"name": "rdma/hca", "value": "1"}, {"name": "hugepages-2Mi", "value": "4Mi"}
    amounts = [{"name": "CPU", "value": "8"}, {"name": "MEMORY", "value": "64Gi"}, {"name": "GPU", "value": "8"}]
    assert json_format.MessageToDict(message) == {
        "resources": {"requests": amounts, "limits": amounts},
        "extendedResources": {
            "gpuAccelerator": {"device": "nvidia-tesla-a100", "partitionSize": "1g.5gb"},
            "sharedMemory": {"mountPath": "/dev/shm", "mountName": "flyte-shared-memory", "sizeLimit": "8Gi"},
        },
        "namedRequests": [{"name": "example.kubernetes.io/x", "value": "500m"}, pages, one],
        "namedLimits": [pages, one],
        "claims": [{"name": "gpu"}, {"name": "big", "request": "one"}],
    }
    assert message.SerializeToString(deterministic=True) == bytes(EVERYTHING)


def test_read_again() -> None:
    read = ContainerResources.from_bytes(bytes(EVERYTHING), kubernetes=True)
    assert (read, hash(read), bytes(read)) == (EVERYTHING, hash(EVERYTHING), bytes(EVERYTHING))
    assert read.named == {
        "example.kubernetes.io/x": ("500m", None),
        "hugepages-2Mi": "4Mi",
        "rdma/hca": "1",
    }
    assert read.claims == ("gpu", ("big", "one"))
    other = EVERYTHING.to_proto(BetterprotoContainerResources)
    assert other.named_limits[1].name == "rdma/hca"
    assert ContainerResources.from_proto(other) == EVERYTHING


def test_nothing() -> None:
    empty = ContainerResources()
    assert (bytes(empty), repr(empty)) == (b"", "ContainerResources()")
    assert empty == ContainerResources(Resources(), ExtendedResources(), {}, [])
    assert (empty.resources, empty.extended, empty.named, empty.claims) == (Resources(), ExtendedResources(), {}, ())


def test_canonical_texts() -> None:
    spelled = ContainerResources(named={"a/b": "1000m", "hugepages-1Gi": "2048Mi", "a.kubernetes.io/c": "31.25Ki"})
    assert [(entry.name, entry.value) for entry in spelled.to_proto().named_limits] == [
        ("a.kubernetes.io/c", "32k"),
        ("a/b", "1"),
        ("hugepages-1Gi", "2Gi"),
    ]
    assert bytes(ContainerResources.from_bytes(bytes(spelled))) == bytes(spelled)


# ---- a value


def test_a_value() -> None:
    for value in (copy.deepcopy(EVERYTHING), pickle.loads(pickle.dumps(EVERYTHING)), eval(repr(EVERYTHING))):
        assert value == EVERYTHING
        assert bytes(value) == bytes(EVERYTHING)
    assert ContainerResources.from_json(EVERYTHING.to_json()) == EVERYTHING
    assert ContainerResources.from_dict(json.loads(json.dumps(EVERYTHING.to_dict()))) == EVERYTHING
    assert dataclasses.replace(EVERYTHING, named=None, claims=[]).named == {}
    assert dataclasses.asdict(EVERYTHING)["named"]["rdma/hca"] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        EVERYTHING.claims = ()  # type: ignore[misc]
    for change in (lambda d: d.update(x=1), lambda d: d.pop("rdma/hca"), lambda d: d.__setitem__("x/y", 1)):
        with pytest.raises(TypeError, match="immutable"):
            change(EVERYTHING.named)


def test_equality_is_by_meaning() -> None:
    assert ContainerResources(named={"a/b": 1, "a/c": "2"}) == ContainerResources(named={"a/c": (2, 2), "a/b": "1e0"})
    assert ContainerResources(named={"a/b": 1}) != ContainerResources(named={"a/b": (None, 1)})
    assert ContainerResources(claims=["a", "b"]) != ContainerResources(claims=["b", "a"])
    assert ContainerResources(claims=["a", {"name": "b", "request": "c"}]) == ContainerResources(
        claims=["a", ["b", "c"]]
    )
    assert ContainerResources(named={"a/b": Quantity("1")}).named == {"a/b": "1"}
    assert ContainerResources({"cpu": 1}, {"accelerator": None}) == ContainerResources(Resources(cpu="1000m"))


# ---- what is rejected


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"cpu": 1}, [("", "DUPLICATE_NAME")]),
        ({"memory": 1}, [("", "DUPLICATE_NAME")]),
        ({"ephemeral-storage": 1}, [("", "DUPLICATE_NAME")]),
        ({"nvidia.com/gpu": 1}, [("", "DUPLICATE_NAME")]),
        ({"amd.com/gpu": 1}, []),
        ({"nvidia.com/mig-1g.5gb": 1}, []),
        ({"gpu": 1}, [("", "UNSUPPORTED_NAME")]),
        ({"hugepages-": 1}, [("", "UNSUPPORTED_NAME")]),
        ({"hugepages-0": 1}, [("", "UNSUPPORTED_NAME")]),
        ({"hugepages-+2Mi": "2Mi"}, [("", "UNSUPPORTED_NAME")]),
        ({"hugepages-1e9999": 1}, [("", "UNSUPPORTED_NAME")]),
        ({"requests.a/b": 1}, [("", "UNSUPPORTED_NAME")]),
        ({"A/b": 1}, [("", "UNSUPPORTED_NAME")]),
        ({"a/" + "b" * 64: 1}, [("", "UNSUPPORTED_NAME")]),
        ({"x.kubernetes.io/y": "0.5"}, []),
        ({"a/b": "x"}, [("", "INVALID_QUANTITY")]),
        ({"a/b": "1" * 65}, [("", "INVALID_QUANTITY")]),
        ({"a/b": "1e1000"}, [("", "OUT_OF_RANGE")]),
        ({"a/b": 9223372036854775}, []),
        ({"a/b": 9223372036854776}, [("", "OUT_OF_RANGE")]),
        ({"a/b": "9223372036854775.5"}, [("", "OUT_OF_RANGE")]),
        ({"a/b": -1}, [("", "NEGATIVE")]),
        ({"a/b": "0.5"}, [("", "NOT_WHOLE")]),
        ({"hugepages-2Mi": "3Mi"}, [("", "NOT_WHOLE")]),
        ({"a/b": (2, 1)}, [("[0]", "REQUEST_ABOVE_LIMIT")]),
        ({"a/b": (1, 2)}, [("[0]", "REQUEST_NOT_EQUAL_LIMIT")]),
        ({"hugepages-2Mi": ("2Mi", "4Mi")}, [("[0]", "REQUEST_NOT_EQUAL_LIMIT")]),
        ({"a/b": (1, None)}, [("[0]", "LIMIT_REQUIRED")]),
        ({"x.kubernetes.io/y": (1, None)}, []),
        ({"x.kubernetes.io/y": (1, 2)}, []),
        ({"a/b": ("x", "1")}, [("[0]", "INVALID_QUANTITY")]),
        ({"a/b": ("1", "x")}, [("[1]", "INVALID_QUANTITY")]),
        ({"a/b": (None, 1)}, []),
        ({"a/b": (None, None)}, [("", "WRONG_LENGTH")]),
        ({"a/b": (1, 1, 1)}, [("", "WRONG_LENGTH")]),
        ({"a/b": None}, [("", "WRONG_LENGTH")]),
        ({"a/b": True}, [("", "WRONG_TYPE")]),
        ({"a/b": 1.0}, [("", "WRONG_TYPE")]),
        ({"a/b": (1.0, b"1")}, [("[0]", "WRONG_TYPE"), ("[1]", "WRONG_TYPE")]),
    ],
)
def test_named(named: dict[str, Any], found: list[tuple[str, str]]) -> None:
    (name,) = named
    expected = [(f'named["{name[:37] + "..." if len(name) > 40 else name}"]{field}', reason) for field, reason in found]
    if expected:
        assert [reason for _, reason in problems(named=named)] == [reason for _, reason in expected]
        assert len(name) > 40 or problems(named=named) == expected
    else:
        assert ContainerResources(named=named).named == named


def test_the_place_of_the_accelerator() -> None:
    """What `gpu` counts may not be named too; the resources of other devices may."""
    tpu = ExtendedResources("V5P")
    assert problems(Resources(gpu=4), tpu, {"google.com/tpu": 4}) == [('named["google.com/tpu"]', "DUPLICATE_NAME")]
    assert ContainerResources(Resources(gpu=4), tpu, {"nvidia.com/gpu": 1}).named == {"nvidia.com/gpu": 1}


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ([""], [("claims[0].name", "INVALID_NAME")]),
        (["a", "B"], [("claims[1].name", "INVALID_NAME")]),
        ([("a", "b.c")], [("claims[0].request", "INVALID_NAME")]),
        (["a", "a"], [("claims[1].name", "DUPLICATE_NAME")]),
        (["a", ("a", "b")], [("claims[1].name", "DUPLICATE_NAME")]),
        ([("a", "b"), "a"], [("claims[1].name", "DUPLICATE_NAME")]),
        ([("a", "b"), ("a", "b")], [("claims[1].name", "DUPLICATE_NAME")]),
        ([("a", "b"), ("a", "c")], []),
        ([str(i) for i in range(16)], []),
        ([str(i) for i in range(17)], [("claims", "TOO_MANY_ENTRIES")]),
        ("a", [("claims", "WRONG_TYPE")]),
        # A claim of a wrong type has no name to judge, and is not taken for another's duplicate.
        ([1, "B"], [("claims[0]", "WRONG_TYPE"), ("claims[1].name", "INVALID_NAME")]),
        ([("a", 1), ("a", "b"), "\ud800"], [("claims[0]", "WRONG_TYPE"), ("claims[2]", "INVALID_NAME")]),
        ([1] * 17, [*((f"claims[{i}]", "WRONG_TYPE") for i in range(17)), ("claims", "TOO_MANY_ENTRIES")]),
    ],
)
def test_claims(claims: Any, found: list[tuple[str, str]]) -> None:
    if found:
        assert problems(claims=claims) == found
    else:
        ContainerResources(claims=claims)


def test_everything_at_once() -> None:
    many = {f"a/b{i}": 1 for i in range(17)}
    assert problems(1, {"accelerator": 1, "x": 2}, many, ["A"]) == [
        ("resources", "WRONG_TYPE"),
        ("extended.accelerator", "WRONG_TYPE"),
        ("extended.x", "UNKNOWN_KEY"),
        ("named", "TOO_MANY_ENTRIES"),
        ("claims[0].name", "INVALID_NAME"),
    ]
    with pytest.raises(ResourcesTypeError, match="did you mean named"):
        ContainerResources(name={})  # type: ignore[call-arg]
    with pytest.raises(ResourcesError, match="did you mean claims"):
        ContainerResources.from_dict({"claim": ["a"]})


def test_text_instead_of_an_accelerator() -> None:
    expected = r"^extended: 'A100' is not an ExtendedResources: write ExtendedResources\('A100'\)$"
    with pytest.raises(ResourcesTypeError, match=expected):
        ContainerResources(Resources(gpu=1), "A100")  # type: ignore[arg-type]
    with pytest.raises(ResourcesTypeError, match=expected):
        ContainerResources.from_dict({"extended": "A100"})


def test_what_only_kubernetes_rejects() -> None:
    message = pb.ContainerResources(
        named_limits=[pb.NamedQuantity(name="a/b", value="1"), pb.NamedQuantity(name="hugepages-2Mi", value="2Mi")]
    )
    message.extended_resources.gpu_accelerator.device = "x y"
    message.extended_resources.shared_memory.mount_path = "/x"
    message.resources.requests.add(name=2, value="0")
    ContainerResources.from_proto(message)
    with pytest.raises(ResourcesError) as caught:
        ContainerResources.from_proto(message, kubernetes=True)
    assert [(violation.field, violation.reason) for violation in caught.value.violations] == [
        ("resources.requests[0].value", "LIMIT_REQUIRED"),
        ("extended_resources.gpu_accelerator.device", "INVALID_NAME"),
        ("extended_resources.shared_memory.mount_name", "INVALID_NAME"),
        ("extended_resources.gpu_accelerator", "COUNT_REQUIRED"),
        ("named_limits[1].name", "CPU_OR_MEMORY_REQUIRED"),
    ]


# ---- what is odd


def test_an_accelerator_without_a_count() -> None:
    for resources in (None, Resources(gpu=0), Resources(cpu=1)):
        with pytest.warns(ResourcesWarning, match="needs a count") as caught:
            container = ContainerResources(resources, ExtendedResources("A100"))
        assert [warning.reason for warning in container.warnings] == ["COUNT_REQUIRED"]
        assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not ContainerResources(Resources(gpu=1), ExtendedResources("A100")).warnings
        assert ContainerResources.from_bytes(bytes(container)).warnings


def test_warnings_of_the_parts() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = Resources(cpu=500, gpu=1), ExtendedResources("A100", "x", shared_memory=SharedMemory("1"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # they have warned already
        container = ContainerResources(*parts)
    assert [(warning.field, warning.reason) for warning in container.warnings] == [
        ("resources.cpu", "HUGE_CPU"),
        ("extended.partition", "UNKNOWN_PARTITION"),
        ("extended.shared_memory.size_limit", "TINY_MEMORY"),
    ]


# ---- pydantic, JSON Schema, import


class WithoutNone(Dialect):
    omit_none = True


@pytest.mark.parametrize("value", [EVERYTHING, EVERYTHING.extended, SharedMemory("8Gi"), EVERYTHING.resources])
def test_a_dialect_acts(value: Any) -> None:
    written = value.to_dict(dialect=WithoutNone)
    assert None not in written.values()
    assert type(value).from_dict(written, dialect=WithoutNone) == value
    assert json.loads(value.to_json(dialect=WithoutNone)) == written


@pytest.mark.parametrize("kind", [ContainerResources, ExtendedResources, SharedMemory, Resources])
def test_the_types_of_the_attributes_are_known_at_runtime(kind: Any) -> None:
    hints = get_type_hints(kind)
    assert all(hints[field.name] is not Any for field in dataclasses.fields(kind))


def test_pydantic() -> None:
    class Job(pydantic.BaseModel):
        container: ContainerResources

    job = Job.model_validate_json(json.dumps({"container": EVERYTHING.to_dict()}))
    assert job.container == EVERYTHING
    assert Job.model_validate_json(job.model_dump_json()) == job
    with pytest.raises(pydantic.ValidationError, match="not the name of a resource"):
        Job(container={"named": {"x": 1}})  # type: ignore[arg-type]
    schema = Job.model_json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate({"container": EVERYTHING.to_dict()})
    for wrong in ({"name": {}}, {"extended": {"partition": True}}, {"claims": "x"}, {"named": {"a/b": [1, 2, 3]}}):
        assert not validator.is_valid({"container": wrong})


def test_import_is_lazy() -> None:
    program = """
import sys, resources_py, resources_py.kubernetes
late = ("resources_py._value", "resources_py._placement", "resourceidl.v1.extended_resources_pb2")
assert not set(late) & set(sys.modules), set(late) & set(sys.modules)
assert {"ContainerResources", "ExtendedResources"} <= set(dir(resources_py))
resources_py.ContainerResources
assert late[0] in sys.modules
resources_py.nothing
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "has no attribute 'nothing'" in done.stderr
    assert "Assertion" not in done.stderr


def test_gpu_as_others_write_it() -> None:
    with pytest.raises(ResourcesError, match=r"write gpu=8, and ExtendedResources\('A100'\)"):
        Resources(gpu="A100:8")
