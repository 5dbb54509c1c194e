"""What Kubernetes asks of LimitRange and ResourceQuota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resources_py.cli.manifests import check_object

Find = Callable[[dict[str, Any]], list[tuple[str, str]]]


def limit_range(*items: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [*items]}}


def container(**fields: Any) -> dict[str, Any]:
    return {"type": "Container", **{field: {"cpu": value} for field, value in fields.items()}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (container(min=1, defaultRequest=2, default=3, max=4), []),
        (container(min=1, defaultRequest=1, default=1, max=1), []),
        (container(min=2, max=1, default=2, defaultRequest=2), ["min.cpu", "defaultRequest.cpu", "default.cpu"]),
        (container(min=2, defaultRequest=1), ["defaultRequest.cpu"]),
        (container(max=1, defaultRequest=2, default=1), ["defaultRequest.cpu"] * 2),
        (container(defaultRequest=2, default=1), ["defaultRequest.cpu"]),
        # what the API server sets: default is max, defaultRequest is default or else min
        (container(max=1, defaultRequest=2), ["defaultRequest.cpu"] * 2),
        (container(min=2, default=1), ["defaultRequest.cpu", "default.cpu"]),
        (container(min=1, max=2), []),
        (container(default=2, max=1), ["defaultRequest.cpu", "default.cpu"]),
        ({"type": "Pod", "min": {"cpu": 2}, "max": {"cpu": 1}}, ["min.cpu"]),
        ({"type": "Pod", "min": {"cpu": 1}, "max": {"cpu": 2}}, []),
        ({"type": "Pod", "min": {"cpu": "1.0001"}, "max": {"cpu": "1001m"}}, []),  # rounded up to a thousandth
        ({"type": "Pod", "min": {"cpu": "1.0011"}, "max": {"cpu": "1001m"}}, ["min.cpu"]),
    ],
)
def test_the_order_of_limits(found: Find, item: dict[str, Any], expected: list[str]) -> None:
    assert found(limit_range(item)) == [(f"spec.limits.0.{path}", "OUT_OF_ORDER") for path in expected]


@pytest.mark.parametrize(
    ("ratio", "low", "high", "is_refused"),
    [
        ("2", "1", "2", False),
        ("2.001", "1", "2", True),
        ("1", "2", "2", False),
        ("0.999", None, None, True),
        ("1", None, None, False),
        ("5", "0", "1", False),  # Go divides by zero: the ratio is infinite
        ("3", "1P", "2P", True),
        ("4", "1T", "4T", False),
    ],
)
def test_ratios(found: Find, ratio: str, low: str | None, high: str | None, is_refused: bool) -> None:
    item = {"type": "Pod", "maxLimitRequestRatio": {"memory": ratio}}
    item |= {key: {"memory": value} for key, value in (("min", low), ("max", high)) if value is not None}
    expected = [("spec.limits.0.maxLimitRequestRatio.memory", "OUT_OF_RANGE")] if is_refused else []
    assert found(limit_range(item)) == expected


def test_names_and_types(found: Find) -> None:
    value = limit_range(
        {"type": "Container", "min": {"storage": 1}, "max": {"mem": 1, "hugepages-2Mi": "2Mi", "x.y/z": 1}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}, "min": {"cpu": 1}},
        {"type": "PersistentVolumeClaim", "max": {"storag": "1Gi"}},
        {"type": "example.com/thing", "max": {"pods": 1}},
        {"type": "Containers", "max": {}, "maximum": {}},
        {"type": "Pod", "default": {"cpu": 1}, "defaultRequest": {}},
        {"type": 1},
        {},
        "x",
    )
    at = "spec.limits"
    assert found(value) == [
        (f"{at}.0.min.storage", "UNKNOWN_KEY"),
        (f"{at}.0.max.mem", "UNKNOWN_KEY"),
        (f"{at}.2.type", "DUPLICATE_NAME"),
        (f"{at}.2.max.storag", "UNKNOWN_KEY"),
        (f"{at}.2", "REQUIRED"),
        (f"{at}.4.maximum", "UNKNOWN_KEY"),
        (f"{at}.4.type", "UNSUPPORTED_VALUE"),
        (f"{at}.5.default", "NOT_ALLOWED"),
        (f"{at}.6.type", "WRONG_TYPE"),
        (f"{at}.7.type", "UNSUPPORTED_VALUE"),
        (f"{at}.8", "WRONG_TYPE"),
    ]
    assert found(limit_range() | {"spec": {"limits": {}}}) == [("spec.limits", "WRONG_TYPE")]


def test_devices_and_huge_pages_are_not_overcommitted(found: Find) -> None:
    item = {"type": "Container", "default": {"x.y/z": 2, "cpu": 2}, "defaultRequest": {"x.y/z": 1, "cpu": 1}}
    assert found(limit_range(item)) == [("spec.limits.0.defaultRequest.x.y/z", "REQUEST_NOT_EQUAL_LIMIT")]


def test_grammar_and_fields_of_a_limit_range(found: Find) -> None:
    value = limit_range(container(max="1x", min="{{x}}"), {"type": "Pod", "max": [], "min": {"cpu": -1}})
    assert found(value) == [("spec.limits.0.max.cpu", "INVALID_QUANTITY"), ("spec.limits.1.max", "WRONG_TYPE")]
    checked = check_object(value)
    assert (checked.count, checked.skipped) == (2, 1)
    problem = checked.problems[0]
    assert (problem.field, str(problem.subject)) == ('spec.limits[0].max["cpu"]', "LimitRange/l")


def test_quota(found: Find) -> None:
    hard = {
        "cpu": "2",
        "requests.memory": "1Gb",
        "limits.cpu": -1,
        "pods": "1.5",
        "services.nodeports": "2",
        "count/deployments.apps": "0.5",
        "requests.nvidia.com/gpu": "0.5",  # not a container's resource: need not be whole
        "nvidia.com/gpu": "10P",
        "hugepages-2Mi": "2Mi",
        "requests.hugepages-1Gi": "1Gi",
        "storage": "1Gi",
        "mem": "1Gi",
        "-x/y": "1",
        "requests.storage": None,
    }
    at = "spec.hard."
    assert found({"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard}}) == [
        (f"{at}requests.memory", "INVALID_QUANTITY"),
        (f"{at}requests.storage", "no_value"),
        (f"{at}limits.cpu", "NEGATIVE"),
        (f"{at}pods", "NOT_WHOLE"),
        (f"{at}count/deployments.apps", "NOT_WHOLE"),
        (f"{at}nvidia.com/gpu", "OUT_OF_RANGE"),
        (f"{at}storage", "UNKNOWN_KEY"),
        (f"{at}mem", "UNKNOWN_KEY"),
        (f"{at}-x/y", "UNKNOWN_KEY"),
    ]
    assert found({"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": "1"}}) == [("spec.hard", "WRONG_TYPE")]
    (problem,) = check_object({"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"cpu": "x"}}}).problems
    assert problem.field == 'spec.hard["cpu"]'
