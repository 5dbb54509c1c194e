"""The `resources:` stanza of a Kubernetes container."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from resources_py import Resources, ResourcesError, ResourcesTypeError


def test_to_kubernetes() -> None:
    resources = Resources(cpu=(0.5, "2000m"), mem="1024Mi", gpu=1, ephemeral_storage=(None, "10Gi"))
    stanza = resources.to_kubernetes(gpu_resource="amd.com/gpu")
    assert stanza == {
        "requests": {"cpu": "500m", "memory": "1Gi", "amd.com/gpu": "1"},
        "limits": {"cpu": "2", "memory": "1Gi", "amd.com/gpu": "1", "ephemeral-storage": "10Gi"},
    }
    assert {type(stanza), type(stanza["limits"])} == {dict}
    assert Resources.from_kubernetes(stanza, gpu_resource="amd.com/gpu") == resources


def test_unset_sides_are_omitted() -> None:
    assert Resources(cpu=(None, 1)).to_kubernetes() == {"limits": {"cpu": "1"}}
    assert Resources(cpu=(1, None)).to_kubernetes() == {"requests": {"cpu": "1"}}


@pytest.mark.parametrize(
    ("stanza", "expected"),
    [
        ({}, Resources()),
        ({"requests": {}, "limits": {}}, Resources()),
        ({"limits": {"cpu": 1}}, Resources(cpu=(None, 1))),
        ({"requests": {"cpu": 0.3, "memory": 2**20}}, Resources(cpu=("300m", None), mem=(2**20, None))),
        ({"requests": {"cpu": " .5 "}}, Resources(cpu=("500m", None))),
        ({"requests": {"ephemeral-storage": "1Gi"}}, Resources(ephemeral_storage=("1Gi", None))),
        ({"limits": {"nvidia.com/gpu": "2"}}, Resources(gpu=(None, 2))),
    ],
)
def test_from_kubernetes(stanza: dict[str, Any], expected: Resources) -> None:
    assert Resources.from_kubernetes(stanza) == expected


@pytest.mark.parametrize(
    ("stanza", "expected"),
    [
        ({"requests": {"memory": "1Gb"}}, [('requests["memory"]', "INVALID_QUANTITY")]),
        ({"limits": {"nvidia.com/gpu": "1.5"}}, [('limits["nvidia.com/gpu"]', "NOT_WHOLE")]),
        ({"requests": {"cpu": None}}, [('requests["cpu"]', "WRONG_TYPE")]),
        ({"requests": {"cpu": True}}, [('requests["cpu"]', "WRONG_TYPE")]),
        ({"requests": None}, [("requests", "WRONG_TYPE")]),
        ({"limits": [1]}, [("limits", "WRONG_TYPE")]),
        ({"requests": {"cpu": float("nan")}}, [('requests["cpu"]', "INVALID_QUANTITY")]),
        ({"requests": {"cpu": 10**4000}}, [('requests["cpu"]', "INVALID_QUANTITY")]),
        ({"requests": {"cpu": 2**63}}, [('requests["cpu"]', "OUT_OF_RANGE")]),
        ({"limits": {"cpu": "1\n"}}, [('limits["cpu"]', "INVALID_QUANTITY")]),
        ({"limits": {"memory": "\u00a01Gi"}}, [('limits["memory"]', "INVALID_QUANTITY")]),
        ({"limits": {"nvidia.com/gpu": 9223372036854776}}, [('limits["nvidia.com/gpu"]', "OUT_OF_RANGE")]),
        (
            {"requests": {"nvidia.com/gpu": 9223372036854776}, "limits": {"nvidia.com/gpu": 9223372036854776}},
            [('requests["nvidia.com/gpu"]', "OUT_OF_RANGE"), ('limits["nvidia.com/gpu"]', "OUT_OF_RANGE")],
        ),
        ({"requests": {"amd.com/gpu": "1x"}, "limits": {"hugepages-2Mi": "3Mi"}}, [('requests["amd.com/gpu"]', "UNKNOWN_KEY"), ('limits["hugepages-2Mi"]', "UNKNOWN_KEY")]),
        ({"claims": [], "limit": {}}, [("claims", "UNKNOWN_KEY"), ("limit", "UNKNOWN_KEY")]),
        ({"limits": {"hugepages-2Mi": "2Mi", 3: 4}}, [('limits["hugepages-2Mi"]', "UNKNOWN_KEY"), ("limits[3]", "UNKNOWN_KEY")]),
        ({"requests": {"cpu": 2}, "limits": {"cpu": 1}}, [('requests["cpu"]', "REQUEST_ABOVE_LIMIT")]),
        ({"requests": {"nvidia.com/gpu": 1}}, [('requests["nvidia.com/gpu"]', "LIMIT_REQUIRED")]),
        ({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}}, [('requests["nvidia.com/gpu"]', "REQUEST_NOT_EQUAL_LIMIT")]),
        (
            {"requests": {"mem": 1, "memory": "-1", "cpu": "3"}, "limits": {"cpu": "2", "gpu": None}, "x": 1},
            [
                ("x", "UNKNOWN_KEY"),
                ('requests["mem"]', "UNKNOWN_KEY"),
                ('requests["memory"]', "NEGATIVE"),
                ('limits["gpu"]', "UNKNOWN_KEY"),
                ('requests["cpu"]', "REQUEST_ABOVE_LIMIT"),
            ],
        ),
    ],
    ids=repr,
)  # fmt: skip
def test_refused(stanza: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes(stanza)
    assert [(v.field, v.reason) for v in caught.value.violations] == expected
    assert isinstance(caught.value, ResourcesTypeError) is all(reason == "WRONG_TYPE" for _, reason in expected)
    assert all(0 < len(v.description.encode()) <= 120 for v in caught.value.violations)


@pytest.mark.parametrize(
    ("stanza", "says"),
    [
        ({"limit": {}}, "did you mean limits?"),
        ({"requests": {"mem": 1}}, "did you mean memory?"),
        ({"requests": {"gpu": 1}}, "did you mean nvidia.com/gpu?"),
        ({"claims": [{"name": "gpu"}]}, "claims are not carried"),
        ({"requests": {"amd.com/gpu": 1}}, "only cpu, memory, nvidia.com/gpu, ephemeral-storage are carried"),
        ({"requests": {"hugepages-2Mi": 1}}, "only cpu, memory, nvidia.com/gpu, ephemeral-storage are carried"),
    ],
)
def test_suggestions(stanza: dict[str, Any], says: str) -> None:
    with pytest.raises(ResourcesError) as caught:
        Resources.from_kubernetes(stanza)
    assert says in caught.value.violations[0].description


@pytest.mark.parametrize("thing", [None, [], "cpu", 1])
def test_from_kubernetes_requires_a_mapping(thing: Any) -> None:
    with pytest.raises(ResourcesTypeError, match="is not a mapping"):
        Resources.from_kubernetes(thing)


@pytest.mark.parametrize(
    "name",
    [
        *("gpu", "cpu", "", "kubernetes.io/gpu", "requests.nvidia.com/gpu", "a/b/c", "Nvidia.com/gpu", "nvidia.com/"),
        *("nvidia..com/gpu", "nvidia.com./gpu", "nvidia-.com/gpu", "nvidia.com/gpu\n", "nvidia.com/-gpu"),
        "a" * 245 + "/gpu",  # with "requests." before it, the domain is too long
        "nvidia.com/" + "a" * 64,
    ],
)
def test_gpu_resource_must_be_an_extended_resource(name: str) -> None:
    for call in (lambda: Resources().to_kubernetes(name), lambda: Resources.from_kubernetes({}, name)):
        with pytest.raises(ResourcesError, match="extended resource") as caught:
            call()
        assert [(v.field, v.reason) for v in caught.value.violations] == [("gpu_resource", "UNSUPPORTED_NAME")]


def test_a_count_that_kubernetes_cannot_count() -> None:
    """It counts devices in thousandths, in an int64."""
    largest = (2**63 - 1) // 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stanza = {"limits": {"nvidia.com/gpu": "9223372036854775"}}
        assert Resources.from_kubernetes(stanza) == Resources(gpu=(None, largest))
        assert Resources(gpu=largest).to_kubernetes()["limits"] == {"nvidia.com/gpu": "9223372036854775"}
        for gpu, sides in (
            (largest + 1, ["requests", "limits"]),
            ((None, largest + 1), ["limits"]),
            ((1, largest + 1), ["limits"]),
            ((largest + 1, None), ["requests"]),
        ):
            with pytest.raises(ResourcesError) as caught:
                Resources(gpu=gpu).to_kubernetes()
            expected = [(f'{side}["nvidia.com/gpu"]', "OUT_OF_RANGE") for side in sides]
            assert [(v.field, v.reason) for v in caught.value.violations] == expected


@pytest.mark.parametrize(
    "name",
    [
        *("nvidia.com/gpu", "amd.com/gpu", "nvidia.com/mig-1g.5gb", "gpu.intel.com/i915"),
        *("a" * 244 + "/gpu", "nvidia.com/" + "a" * 63),
    ],
)
def test_gpu_resource_names_in_use(name: str) -> None:
    assert Resources(gpu=1).to_kubernetes(name) == {"requests": {name: "1"}, "limits": {name: "1"}}
