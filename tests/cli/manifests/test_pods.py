"""What Kubernetes asks of a pod's resources: its containers', its own, its overhead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resources_py.cli.manifests import check_object

Find = Callable[[dict[str, Any]], list[tuple[str, str]]]
Make = Callable[..., dict[str, Any]]


def template(pod: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": pod["spec"]}}}


def test_everything_that_a_new_user_tried(found: Find, pod: Make) -> None:
    """What the API server rejects, and earlier versions of this package did not see."""
    value = pod(
        {"limits": {"cpu": "2", "memory": "1Gi"}, "claims": [{"name": "gpu"}]},
        resources={"limits": {"cpu": "1", "ephemeral-storage": "1Gi"}},
        overhead={"cpu": "1x"},
        volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1GB"}}],
    )
    value["spec"]["containers"][0]["resizePolicy"] = [{"resourceName": "gpu", "restartPolicy": "Sometimes"}]
    value["spec"]["ephemeralContainers"] = [{"name": "e", "resources": {"limits": {"cpu": "1"}}}]
    assert sorted(found(value)) == [
        ("spec.containers.0.resizePolicy.0.resourceName", "UNSUPPORTED_VALUE"),
        ("spec.containers.0.resizePolicy.0.restartPolicy", "UNSUPPORTED_VALUE"),
        ("spec.containers.0.resources.claims.0", "UNKNOWN_CLAIM"),
        ("spec.containers.0.resources.limits.cpu", "POD_TOTAL_EXCEEDED"),
        ("spec.ephemeralContainers.0.resources", "NOT_ALLOWED"),
        ("spec.overhead.cpu", "INVALID_QUANTITY"),
        ("spec.resources.limits.ephemeral-storage", "UNKNOWN_KEY"),
        ("spec.resources.requests.cpu", "REQUEST_ABOVE_LIMIT"),  # taken from the container's limit
        ("spec.volumes.0.emptyDir.sizeLimit", "INVALID_QUANTITY"),
    ]


# ---- claims


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([{"name": "a"}, {"name": "b", "request": "x"}, {"name": "b", "request": "y"}], []),
        (None, []),
        ([], []),
        ({}, [("", "WRONG_TYPE")]),
        (["a"], [("0", "WRONG_TYPE")]),
        ([{"name": 1}], [("0.name", "WRONG_TYPE")]),
        ([{"name": "a", "reqest": "x"}], [("0.reqest", "UNKNOWN_KEY")]),
        ([{}, None], [("0", "REQUIRED"), ("1", "REQUIRED")]),
        ([{"name": "a"}, {"name": "a"}], [("1", "DUPLICATE_NAME")]),
        ([{"name": "a"}, {"name": "a", "request": "x"}], [("1", "DUPLICATE_NAME")]),
        ([{"name": "a", "request": "x"}, {"name": "a"}], [("1", "DUPLICATE_NAME")]),
        ([{"name": "a", "request": "x"}, {"name": "a", "request": "x"}], [("1", "DUPLICATE_NAME")]),
        ([{"name": "ab"}, {"name": "a"}], [("0", "UNKNOWN_CLAIM")]),
        ([{"name": "a", "request": "X"}], [("0.request", "UNSUPPORTED_VALUE")]),
        ([{"name": "a", "request": "x" * 64}], [("0.request", "UNSUPPORTED_VALUE")]),
    ],
)
def test_claims(found: Find, pod: Make, claims: Any, expected: list[tuple[str, str]]) -> None:
    value = pod({"claims": claims}, resourceClaims=[{"name": "a"}, {"name": "b"}])
    at = "spec.containers.0.resources.claims"
    assert found(value) == [(f"{at}.{path}".rstrip("."), reason) for path, reason in expected]


# ---- resizing


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"resourceName": "cpu", "restartPolicy": "NotRequired"}, []),
        ({"resourceName": "memory", "restartPolicy": "RestartContainer"}, []),
        (
            {"resourceName": "ephemeral-storage", "restartPolicy": "NotRequired"},
            [("resourceName", "UNSUPPORTED_VALUE")],
        ),
        ({"resourceName": "cpu", "restartPolicy": "Always"}, [("restartPolicy", "UNSUPPORTED_VALUE")]),
        ({"resourceName": "cpu"}, [("", "REQUIRED")]),
        ({"restartPolicy": "NotRequired", "resourceName": ""}, [("resourceName", "REQUIRED")]),
        ({"resourceName": 1, "restartPolicy": []}, [("resourceName", "WRONG_TYPE"), ("restartPolicy", "WRONG_TYPE")]),
        ("cpu", [("", "WRONG_TYPE")]),
    ],
)
def test_resize_policies(found: Find, pod: Make, policy: Any, expected: list[tuple[str, str]]) -> None:
    value = pod({})
    value["spec"]["containers"][0]["resizePolicy"] = [policy]
    at = "spec.containers.0.resizePolicy.0"
    assert found(value) == [(f"{at}.{path}".rstrip("."), reason) for path, reason in expected]


def test_resize_policies_depend_on_how_the_pod_restarts(found: Find, pod: Make) -> None:
    policy = {"resourceName": "cpu", "restartPolicy": "RestartContainer"}
    value = pod({}, initContainers=[{"name": "i"}, {"name": "s", "restartPolicy": "Always"}], ephemeralContainers=[{}])
    for key in ("containers", "initContainers", "ephemeralContainers"):
        for container in value["spec"][key]:
            container["resizePolicy"] = [policy]
    assert found(value) == [
        ("spec.initContainers.0.resizePolicy.0.restartPolicy", "UNSUPPORTED_VALUE"),
        ("spec.ephemeralContainers.0.resizePolicy", "NOT_ALLOWED"),
    ]
    value = pod({}, restartPolicy="Never")
    value["spec"]["containers"][0]["resizePolicy"] = [policy, policy | {"restartPolicy": "NotRequired"}]
    assert found(value) == [
        ("spec.containers.0.resizePolicy.0.restartPolicy", "UNSUPPORTED_VALUE"),
        ("spec.containers.0.resizePolicy.1", "DUPLICATE_NAME"),
    ]


# ---- ephemeral containers, overhead


def test_ephemeral_containers_have_no_resources(found: Find, pod: Make) -> None:
    def with_resources(resources: Any) -> dict[str, Any]:
        return pod({}, ephemeralContainers=[{"name": "e", "resources": resources}])

    for allowed in (None, {}, {"limits": None}):
        assert found(with_resources(allowed)) == []
    for refused in ({"limits": {}}, {"requests": {"cpu": 1}}, {"claims": []}):
        assert found(with_resources(refused)) == [("spec.ephemeralContainers.0.resources", "NOT_ALLOWED")]


def test_overhead(found: Find, pod: Make) -> None:
    """Kubernetes validates it as the limits of a container."""
    overhead = {"cpu": "250m", "memory": "100m", "mem": 1, "hugepages-2Mi": "3Mi", "nvidia.com/gpu": "0.5", "x.y/z": -1}
    assert found(pod({}, overhead=overhead)) == [
        ("spec.overhead.memory", "fractional_bytes"),
        ("spec.overhead.mem", "UNKNOWN_KEY"),
        ("spec.overhead.hugepages-2Mi", "NOT_WHOLE"),
        ("spec.overhead.nvidia.com/gpu", "NOT_WHOLE"),
        ("spec.overhead.x.y/z", "NEGATIVE"),
    ]
    assert found(pod({}, overhead=["cpu"])) == [("spec.overhead", "WRONG_TYPE")]
    assert found(pod({}, overhead={"hugepages-2Mi": "2Mi"})) == [
        ("spec.overhead.hugepages-2Mi", "CPU_OR_MEMORY_REQUIRED")
    ]
    (problem,) = check_object(pod({}, overhead={"cpu": "1x"})).problems
    assert (problem.field, str(problem.subject)) == ('spec.overhead["cpu"]', "Pod/p")


@pytest.mark.parametrize(
    ("version", "path"), [("v1", "overhead"), ("v1beta1", "overhead"), ("v1alpha1", "spec.overhead")]
)
def test_the_overhead_of_a_runtime_class(found: Find, version: str, path: str) -> None:
    value: dict[str, Any] = {"overhead": {"podFixed": {"cpu": "1x", "storage": "1"}}}
    if version == "v1alpha1":
        value = {"spec": value}
    assert found({"apiVersion": f"node.k8s.io/{version}", "kind": "RuntimeClass", **value}) == [
        (f"{path}.podFixed.cpu", "INVALID_QUANTITY"),
        (f"{path}.podFixed.storage", "UNKNOWN_KEY"),
    ]


# ---- a pod's own resources


def test_a_pods_own_resources_are_fewer(found: Find, pod: Make) -> None:
    own = {"requests": {"cpu": 1, "nvidia.com/gpu": 1, "foo.kubernetes.io/x": 1, "gpu": 1}, "claims": [{"name": "a"}]}
    assert found(pod({}, resources=own, resourceClaims=[{"name": "a"}])) == [
        ("spec.resources.claims", "NOT_ALLOWED"),
        ("spec.resources.requests.nvidia.com/gpu", "UNKNOWN_KEY"),
        ("spec.resources.requests.foo.kubernetes.io/x", "UNKNOWN_KEY"),
        ("spec.resources.requests.gpu", "UNKNOWN_KEY"),
    ]
    assert found(pod({}, resources={"limits": {"cpu": 1}}, os={"name": "windows"})) == [
        ("spec.resources", "NOT_ALLOWED")
    ]
    (problem,) = check_object(pod({}, resources={"limits": {"cpu": "1x"}})).problems
    assert (problem.field, str(problem.subject)) == ('limits["cpu"]', "Pod/p, the pod's own")


def test_containers_need_no_more_than_their_pod_has(found: Find, pod: Make) -> None:
    def need(*requests: str, own: str) -> list[tuple[str, str]]:
        return found(pod(*({"requests": {"cpu": each}} for each in requests), resources={"requests": {"cpu": own}}))

    assert need("1", "500m", own="1500m") == []
    assert need("1", "500m", own="1499m") == [("spec.resources.requests.cpu", "POD_TOTAL_EXCEEDED")]
    assert need("1.0000001", own="1") == [
        ("spec.containers.0.resources.requests.cpu", "finer_than_milli"),
        ("spec.resources.requests.cpu", "POD_TOTAL_EXCEEDED"),  # rounded up to 1001m
    ]


def test_init_containers_and_sidecars_count_while_they_run(found: Find, pod: Make) -> None:
    """Sidecars run beside the init containers after them, and beside all containers."""

    def need(own: str, *init: tuple[str, str]) -> list[tuple[str, str]]:
        containers = [
            {"name": f"i{index}", "restartPolicy": policy, "resources": {"requests": {"memory": memory}}}
            for index, (memory, policy) in enumerate(init)
        ]
        main = {"requests": {"memory": "2Gi"}}
        return found(pod(main, initContainers=containers, resources={"requests": {"memory": own}}))

    exceeded = [("spec.resources.requests.memory", "POD_TOTAL_EXCEEDED")]
    assert need("2Gi", ("2Gi", "")) == []  # one after the other
    assert need("2Gi", ("3Gi", "")) == exceeded
    assert need("3Gi", ("1Gi", "Always")) == []
    assert need("2Gi", ("1Gi", "Always")) == exceeded
    assert need("4Gi", ("1Gi", "Always"), ("3Gi", "")) == []
    assert need("3Gi", ("1Gi", "Always"), ("3Gi", "")) == exceeded
    assert need("3Gi", ("3Gi", ""), ("1Gi", "Always")) == []  # before the sidecar


def test_no_container_is_limited_above_its_pod(found: Find, pod: Make) -> None:
    value = pod({"limits": {"cpu": 2}, "requests": {"cpu": 0}}, resources={"limits": {"cpu": 1}})
    assert found(value) == [("spec.containers.0.resources.limits.cpu", "POD_TOTAL_EXCEEDED")]
    (problem,) = check_object(value).problems
    assert (problem.field, str(problem.subject)) == ('limits["cpu"]', "Pod/p, container c0")
    # those of init containers are not compared, and each of two may have all
    half = {"limits": {"cpu": 1}, "requests": {"cpu": 0}}
    init = [{"name": "i", "resources": {"limits": {"cpu": 2}, "requests": {"cpu": 0}}}]
    assert found(pod(half, half, initContainers=init, resources={"limits": {"cpu": 1}})) == []


def test_huge_pages_of_a_pod(found: Find, pod: Make) -> None:
    pages = {"limits": {"hugepages-2Mi": "4Mi", "cpu": 1}}
    assert found(pod(pages, pages, resources={"limits": {"hugepages-2Mi": "8Mi"}})) == []
    assert found(pod(pages, pages, resources={"limits": {"hugepages-2Mi": "6Mi"}})) == [
        ("spec.resources.requests.hugepages-2Mi", "POD_TOTAL_EXCEEDED"),
        ("spec.resources.limits.hugepages-2Mi", "POD_TOTAL_EXCEEDED"),
    ]
    # the API server takes a missing limit from the containers, if all have one …
    assert found(pod(pages, resources={"requests": {"hugepages-2Mi": "4Mi"}})) == []
    assert found(pod(pages, {}, resources={"requests": {"hugepages-2Mi": "4Mi"}})) == [
        ("spec.resources.requests.hugepages-2Mi", "LIMIT_REQUIRED")
    ]
    # … but not for the template of a pod
    assert found(template(pod(pages, resources={"requests": {"hugepages-2Mi": "4Mi", "cpu": 1}}))) == [
        ("spec.template.spec.resources.requests.hugepages-2Mi", "LIMIT_REQUIRED")
    ]


def test_what_the_api_server_sets_by_default(found: Find, pod: Make) -> None:
    """A container's request is its limit, and the pod's that of its containers, which may be above the pod's limit."""
    value = pod({"limits": {"cpu": 1}}, {"limits": {"cpu": 1}}, resources={"limits": {"cpu": 1}})
    assert found(value) == [("spec.resources.requests.cpu", "REQUEST_ABOVE_LIMIT")]
    assert found(template(value)) == []


def test_totals_without_what_cannot_be_read(found: Find, pod: Make) -> None:
    for unreadable, reason in (("1x", "INVALID_QUANTITY"), ("-1", "NEGATIVE")):
        value = pod({"requests": {"cpu": unreadable}}, {"requests": {"cpu": 5}}, resources={"requests": {"cpu": 1}})
        assert found(value) == [("spec.containers.0.resources.requests.cpu", reason)]
    value = pod({"requests": {"cpu": "{{x}}"}}, {"requests": {"cpu": 5}}, resources={"requests": {"cpu": 1}})
    assert found(value) == []
    assert check_object(value).skipped == 1
    assert found(pod({"requests": {"cpu": 5}}, resources="{{x}}")) == []


def test_wrong_types_above_a_stanza(found: Find, pod: Make) -> None:
    assert found(pod(initContainers={"a": 1})) == [("spec.initContainers", "WRONG_TYPE")]
    assert found({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [None, "x"]}}) == [
        ("spec.containers.1", "WRONG_TYPE")
    ]
    assert found({"apiVersion": "v1", "kind": "Pod", "spec": []}) == [("spec", "WRONG_TYPE")]
    assert found({"apiVersion": "v1", "kind": "Pod", "spec": "{{x}}"}) == []
