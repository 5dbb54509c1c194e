"""Conversion between this package, flytekit, and the messages of flyteidl and flyteidl2.

Each difference of the page docs/how-to/coming-from-flytekit.md is a test here: when flytekit changes, the page must.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from flyteidl.core import tasks_pb2 as flyteidl
from flyteidl2.core import tasks_pb2 as flyteidl2
from google.protobuf import json_format

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # warnings from flytekit's own imports
    import flytekit
    from flytekit.core.resources import ResourceSpec, convert_resources_to_resource_model, pod_spec_from_resources

from resources_py import Resources, ResourcesError, ResourcesTypeError, ResourcesWarning

Theirs = flytekit.Resources

# Declarations of flyteorg/flytesnacks (Apache-2.0, 2025-03), as (requests, limits).
SNACKS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"mem": "32Gi", "cpu": "48", "gpu": "8", "ephemeral_storage": "100Gi"}, {}),
    ({"cpu": "1", "mem": "200Mi"}, {"cpu": "2", "mem": "350Mi"}),
    ({}, {"mem": "2000M"}),
    ({"gpu": "0"}, {}),
    ({"mem": "1000Mi", "cpu": "2"}, {}),
    ({}, {"cpu": "2", "mem": "150Mi", "ephemeral_storage": "500Mi"}),
]


def sent(requests: Theirs | None, limits: Theirs | None) -> flyteidl.Resources:
    """Return the message that flytekit sends."""
    return convert_resources_to_resource_model(requests, limits).to_flyte_idl()


# ---- the documented bridge


@pytest.mark.parametrize(
    "declared",
    [
        *({"cpu": "1", "mem": "2Gi"}, {"cpu": 0.5, "mem": "1024Mi"}, {"ephemeral_storage": "1Gi"}),
        *({"cpu": ("1", "2"), "mem": "1Gi"}, {"cpu": [1, 2], "gpu": 1}, {}),
    ],
)
def test_from_flytekit(declared: dict[str, Any]) -> None:
    """A single value becomes what flytekit's documentation promises: request and limit."""
    assert Resources(**vars(Theirs(**declared))) == Resources(**declared)


@pytest.mark.parametrize(("requests", "limits"), SNACKS)
def test_from_two_arguments(requests: dict[str, Any], limits: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourcesWarning)  # a GPU request without a limit
        ours = Resources.from_requests_and_limits(vars(Theirs(**requests)), vars(Theirs(**limits)))
    assert ours == Resources.from_proto(sent(Theirs(**requests), Theirs(**limits)))


@pytest.mark.parametrize("theirs", [flyteidl.Resources, flyteidl2.Resources])
@pytest.mark.parametrize(
    "ours",
    [Resources(cpu=("500m", 2), mem="1Gi", gpu=1, ephemeral_storage=(None, "10Gi")), Resources(cpu=(0.5, None))],
    ids=repr,
)
def test_to_flytekit(ours: Resources, theirs: Any) -> None:
    """As two objects, for requests and limits: a single value would lose its limit."""
    requests = Theirs(**{name: str(quantity) for name, quantity in ours.requests.items()})
    limits = Theirs(**{name: str(quantity) for name, quantity in ours.limits.items()})
    assert sent(requests, limits) == ours.to_proto(flyteidl.Resources)
    assert sent(requests, limits).SerializeToString(deterministic=True) == bytes(ours)
    message = ours.to_proto(theirs)
    assert type(message) is theirs
    assert Resources.from_proto(message) == ours
    assert json_format.MessageToDict(message) == json_format.MessageToDict(ours.to_proto())


def test_a_task() -> None:
    """A task declared with our class, and what flytekit registers for it."""
    ours = Resources(cpu=("500m", 2), mem="1Gi")

    @flytekit.task(
        requests=Theirs(**{name: str(quantity) for name, quantity in ours.requests.items()}),
        limits=Theirs(**{name: str(quantity) for name, quantity in ours.limits.items()}),
    )
    def train() -> int:
        return 1

    assert Resources.from_proto(sent(train.resources.requests, train.resources.limits)) == ours


# ---- the differences


def test_flytekit_single_value_sets_only_the_request() -> None:
    spec = ResourceSpec.from_multiple_resource(Theirs(cpu="1"))
    assert (spec.requests, spec.limits) == (Theirs(cpu="1"), Theirs())
    assert Resources(cpu="1").limits == Resources(cpu="1").requests != {}


def test_checked_when_declared() -> None:
    for wrong in ({"mem": "123Mb"}, {"cpu": "-1"}, {"cpu": ("2", "1")}, {"gpu": "0.5"}, {"cpu": float("nan")}):
        Theirs(**wrong)
        with pytest.raises(ResourcesError):
            Resources(**wrong)
    Theirs(cpu=True)
    with pytest.raises(ResourcesTypeError):
        Resources(cpu=True)


def test_half_a_pair() -> None:
    with pytest.raises(AssertionError):
        Theirs(cpu=("500m", None))
    assert dict(Resources(cpu=("500m", None)).limits) == {}


def test_a_tenth_of_a_byte() -> None:
    assert Theirs(mem="100m").mem == "100m"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourcesWarning)
        ours = Resources(mem="100m")
    assert [warning.reason for warning in ours.warnings] == ["FRACTIONAL_BYTES"]


def test_ephemeral_storage_as_a_pair() -> None:
    assert "tuple" not in str(Theirs.__dataclass_fields__["ephemeral_storage"].type)
    assert Theirs(ephemeral_storage=("1Gi", "2Gi")).ephemeral_storage == ("1Gi", "2Gi")  # type: ignore[arg-type]
    assert str(Resources(ephemeral_storage=("1Gi", "2Gi")).limits["ephemeral_storage"]) == "2Gi"


def test_kinds_of_errors() -> None:
    with pytest.raises(AssertionError):
        Theirs(mem=0.5)
    with pytest.raises(ValueError, match="length 2"):
        Theirs(mem=(1, 2, 3))
    with pytest.raises(ResourcesError) as caught:
        Resources(cpu=(1, 2, 3), mem=0.5)
    assert [violation.field for violation in caught.value.violations] == ["cpu", "mem"]


def test_messages_sent() -> None:
    theirs = sent(Theirs(cpu=0.1 + 0.2, mem="1024Mi"), None)
    assert [entry.value for entry in theirs.requests] == ["0.30000000000000004", "1024Mi"]
    with pytest.warns(ResourcesWarning, match="FINER_THAN_MILLI"):
        ours = Resources(cpu=0.1 + 0.2, mem="1024Mi")
    assert [entry.value for entry in ours.to_proto().requests] == ["300000001n", "1Gi"]


def test_json_round_trip() -> None:
    theirs, ours = Theirs(cpu=("1", "2")), Resources(cpu=("1", "2"))
    assert Theirs.from_json(theirs.to_json()) != theirs
    assert Resources.from_json(ours.to_json()) == ours
    assert json.loads(theirs.to_json()) == json.loads(ours.to_json())


def test_unknown_keys() -> None:
    assert Theirs.from_dict({"memory": "1Gi"}) == Theirs()
    with pytest.raises(ResourcesError, match="did you mean mem"):
        Resources.from_dict({"memory": "1Gi"})


def test_coercion() -> None:
    assert Theirs.from_dict({"mem": 1.5}) != Theirs(mem=1)
    with pytest.raises(ResourcesTypeError):
        Resources.from_dict({"mem": 1.5})


def test_equality_and_hash() -> None:
    assert Theirs(cpu=1) != Theirs(cpu="1000m")
    assert Resources(cpu=1) == Resources(cpu="1000m")
    with pytest.raises(TypeError):
        hash(Theirs(cpu=1))
    theirs = Theirs(cpu=1)
    theirs.cpu = "nonsense"
    with pytest.raises(AttributeError):
        Resources(cpu=1).cpu = 2  # type: ignore[misc]


def test_pod_spec() -> None:
    """Flytekit copies a missing side from the other one; ours sends what was declared."""
    (container,) = pod_spec_from_resources("main", limits=Theirs(cpu="2")).containers
    assert container.resources.requests == {"cpu": "2"}
    assert Resources(cpu=(None, "2")).to_kubernetes() == {"limits": {"cpu": "2"}}
    with pytest.raises(ValueError, match="can not be a list or tuple"):
        pod_spec_from_resources("main", requests=Theirs(cpu=("1", "2")))


def test_gpu_request_without_a_limit() -> None:
    """What flytekit sends for gpu="1": accepted with a warning, and rejected for Kubernetes."""
    carried = Resources.from_proto(sent(Theirs(gpu="1"), None))
    assert [warning.reason for warning in carried.warnings] == ["GPU_LIMIT_MISSING"]
    with pytest.raises(ResourcesError):
        carried.to_kubernetes()
    assert Resources(gpu="1").to_kubernetes()["limits"] == {"nvidia.com/gpu": "1"}
