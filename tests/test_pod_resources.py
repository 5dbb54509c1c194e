"""Totals of a Pod, as Kubernetes counts them."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from resources_py import Quantity, QuantityError, ResourcesError, ResourcesTypeError, _pod, _totals, kubernetes
from resources_py.kubernetes import fits, pod_resources


def container(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **more: Any) -> Any:
    return {"name": "a", "resources": {"requests": requests or {}, "limits": limits or {}}, **more}


def sidecar(requests: dict[str, Any]) -> Any:
    return container(requests, restartPolicy="Always")


def shown(amounts: dict[str, Quantity]) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in amounts.items()}


def test_documentation() -> None:
    found = [doctest.testmod(module) for module in (_pod, _totals, kubernetes)]
    failed, tried = map(sum, zip(*found, strict=True))
    assert failed == 0
    assert tried >= 4


REQUESTS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("nothing", {"containers": [{"name": "a"}]}, {}),
    ("sum", {"containers": [container({"cpu": "500m"}), container({"cpu": 1, "x.io/y": "2"})]}, {"cpu": "1500m", "x.io/y": "2"}),
    ("request-from-limit", {"containers": [container({"cpu": "1"}, {"cpu": "2", "memory": "1Gi"})]}, {"cpu": "1", "memory": "1Gi"}),
    ("rounded-up-first", {"containers": [container({"cpu": "1u"}), container({"cpu": "1u"})]}, {"cpu": "2m"}),
    ("null-is-zero", {"containers": [container({"cpu": None})]}, {"cpu": "0"}),
    ("init-is-more", {"containers": [container({"cpu": "1"})], "initContainers": [container({"cpu": "3"})]}, {"cpu": "3"}),
    ("init-is-less", {"containers": [container({"cpu": "4"})], "initContainers": [container({"cpu": "3"})]}, {"cpu": "4"}),
    (
        "inits-run-one-after-the-other",
        {"containers": [container()], "initContainers": [container({"cpu": "2"}), container({"memory": "1Gi"})]},
        {"cpu": "2", "memory": "1Gi"},
    ),
    ("sidecars-count-with-the-containers", {"containers": [container({"cpu": "1"})], "initContainers": [sidecar({"cpu": "2"})]}, {"cpu": "3"}),
    (
        "init-after-a-sidecar",
        {"containers": [container({"cpu": "1"})], "initContainers": [sidecar({"cpu": "1"}), container({"cpu": "5"})]},
        {"cpu": "6"},
    ),
    (
        "init-before-a-sidecar",
        {"containers": [container({"cpu": "1"})], "initContainers": [container({"cpu": "5"}), sidecar({"cpu": "1"})]},
        {"cpu": "5"},
    ),
    ("overhead", {"containers": [container({"cpu": "1"})], "overhead": {"cpu": "250m", "memory": "64Mi"}}, {"cpu": "1250m", "memory": "64Mi"}),
    (
        "pod-level-replaces",
        {"containers": [container({"cpu": "1", "x.io/y": "2"})], "resources": {"requests": {"cpu": "3"}}, "overhead": {"cpu": "1"}},
        {"cpu": "4", "x.io/y": "2"},
    ),
    (
        "pod-level-request-from-limit",
        {"containers": [container()], "resources": {"limits": {"cpu": "3", "hugepages-2Mi": "4Mi"}}},
        {"cpu": "3", "hugepages-2Mi": "4Mi"},
    ),
    (
        "pod-level-request-from-containers",
        {"containers": [container({"cpu": "1"}), container({"cpu": "1"})], "resources": {"limits": {"cpu": "3"}}},
        {"cpu": "2"},
    ),
    ("format-of-the-first-that-is-not-zero", {"containers": [container({"memory": "0"}), container({"memory": "1Gi"}), container({"memory": "1G"})]}, {"memory": "2073741824"}),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "requests"), [case[1:] for case in REQUESTS], ids=[case[0] for case in REQUESTS])
def test_requests(spec: dict[str, Any], requests: dict[str, str]) -> None:
    assert shown(pod_resources(spec).requests) == requests


LIMITS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("sum", {"containers": [container(None, {"cpu": "1"}), container({"cpu": "1"}, {"cpu": "2"})]}, {"cpu": "3"}),
    ("init-is-more", {"containers": [container()], "initContainers": [container(None, {"cpu": "3"})]}, {"cpu": "3"}),
    ("overhead-only-where-limited", {"containers": [container(None, {"cpu": "1"})], "overhead": {"cpu": "1", "memory": "1Gi"}}, {"cpu": "2"}),
    ("overhead-not-on-zero", {"containers": [container(None, {"cpu": "0"})], "overhead": {"cpu": "1"}}, {"cpu": "0"}),
    (
        "pod-level-limit-from-all-containers",
        {"containers": [container(None, {"cpu": "1"}), container(None, {"cpu": "1"})], "resources": {"requests": {"cpu": "500m"}}},
        {"cpu": "2"},
    ),
    (
        "pod-level-limit-not-from-some-containers",
        {"containers": [container(None, {"cpu": "1"}), container()], "resources": {"requests": {"memory": "1Gi"}}},
        {"cpu": "1"},
    ),
    (
        "pod-level-limit-is-at-least-the-request",
        {"containers": [container(None, {"cpu": "1"})], "resources": {"requests": {"cpu": "4"}}},
        {"cpu": "4"},
    ),
    (
        "pod-level-huge-pages-from-containers",
        {"containers": [container(None, {"hugepages-2Mi": "4Mi", "cpu": "1"})], "resources": {"limits": {"cpu": "2"}}},
        {"hugepages-2Mi": "4Mi", "cpu": "2"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "limits"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS])
def test_limits(spec: dict[str, Any], limits: dict[str, str]) -> None:
    assert shown(pod_resources(spec).limits) == limits


BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("spec", "qos"),
    [
        ({"containers": [container()]}, "BestEffort"),
        ({"containers": [container({"x.io/y": "1"}, {"x.io/y": "1"})]}, "BestEffort"),
        ({"containers": [container(None, BOTH)]}, "Guaranteed"),
        ({"containers": [container(BOTH, BOTH), container(BOTH, BOTH)]}, "Guaranteed"),
        ({"containers": [container(BOTH)]}, "Burstable"),
        ({"containers": [container(None, {"cpu": "1"})]}, "Burstable"),
        ({"containers": [container(None, BOTH), container()]}, "Burstable"),
        ({"containers": [container(None, BOTH)], "initContainers": [container()]}, "Burstable"),
        ({"containers": [container({"cpu": "0"})]}, "BestEffort"),
        ({"containers": [container({"cpu": "500m"})], "resources": {"limits": BOTH}}, "Burstable"),
        ({"containers": [container()], "resources": {"limits": BOTH}}, "Guaranteed"),
        ({"containers": [container(None, BOTH)], "resources": {"requests": {"cpu": "500m"}}}, "Burstable"),
        ({"containers": []}, "BestEffort"),
    ],
)
def test_qos(spec: dict[str, Any], qos: str) -> None:
    assert pod_resources(spec).qos == qos


def test_the_spec_is_not_modified() -> None:
    spec = {"containers": [container({"cpu": "1"}, {"memory": "1Gi"})], "resources": {"limits": {"cpu": "2"}}}
    before = repr(spec)
    assert pod_resources(spec) == pod_resources(spec)
    assert repr(spec) == before


@pytest.mark.parametrize(
    ("spec", "error", "field"),
    [
        (
            {"containers": [container({"cpu": "1Gb"})]},
            ResourcesError,
            'containers["0"]["resources"]["requests"]["cpu"]',
        ),
        ({"overhead": {"memory": True}}, ResourcesError, 'overhead["memory"]'),
        ({"containers": {"a": 1}}, ResourcesTypeError, "containers"),
        ({"containers": ["a"]}, ResourcesTypeError, "containers[0]"),
        ({"initContainers": [{"resources": []}]}, ResourcesTypeError, 'initContainers[0]["resources"]'),
        ([], ResourcesTypeError, ""),
    ],
)
def test_what_cannot_be_read(spec: Any, error: type[ResourcesError], field: str) -> None:
    with pytest.raises(error) as raised:
        pod_resources(spec)
    assert raised.value.violations[0].field == field.replace('["0"]', "[0]")


def test_fits() -> None:
    node = {"cpu": "4", "memory": "16Gi", "pods": 110}
    assert fits({}, node) == {}
    assert fits({"cpu": "4", "memory": Quantity("16Gi")}, node) == {}
    assert fits({"cpu": "4001m", "memory": "1Gi", "nvidia.com/gpu": 2}, node) == {
        "cpu": Quantity("1m"),
        "nvidia.com/gpu": Quantity(2),
    }
    assert fits({"nvidia.com/gpu": "0"}, node) == {}
    with pytest.raises(QuantityError):
        fits({"cpu": "1Gb"}, node)
