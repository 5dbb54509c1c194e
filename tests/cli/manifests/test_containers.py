"""Containers of every kind, and the rules for their stanzas, on plain values."""

from __future__ import annotations

from typing import Any

import pytest

from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.manifests import (
    Subject,
    TypeMeta,
    check_object,
    check_stanza_document,
    find_containers,
    is_manifest,
    is_stanza,
    iter_objects,
)


def pod(**stanza: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "resources": stanza}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}}


def found(value: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(each.path[4:], each.reason, each.field) for each in check_object(value).problems]


SPEC = {
    "resources": {"limits": {"cpu": "1"}},
    "initContainers": [{"name": "first", "image": "i"}],
    "containers": [{"name": "main", "image": "i", "resources": {"limits": {"cpu": "1"}}}, {"image": "i"}, "odd"],
    "ephemeralContainers": [{"name": "debug", "image": "i"}],
}


@pytest.mark.parametrize(
    ("kind", "api_version", "path"),
    [
        ("Pod", "v1", ("spec",)),
        ("PodTemplate", "v1", ("template", "spec")),
        ("ReplicationController", "v1", ("spec", "template", "spec")),
        ("Deployment", "apps/v1", ("spec", "template", "spec")),
        ("Deployment", "extensions/v1beta1", ("spec", "template", "spec")),
        ("Job", "batch/v1", ("spec", "template", "spec")),
        ("CronJob", "batch/v1beta1", ("spec", "jobTemplate", "spec", "template", "spec")),
        ("Rollout", "argoproj.io/v1alpha1", ("spec", "template", "spec")),
        ("PyTorchJob", "kubeflow.org/v1", ("spec", "pytorchReplicaSpecs", "Worker", "template", "spec")),
    ],
)
def test_every_container_is_found(kind: str, api_version: str, path: tuple[str, ...]) -> None:
    spec: dict[str, Any] = {**SPEC, "containers": SPEC["containers"][:2]}
    value: dict[str, Any] = spec
    for key in reversed(path):
        value = {key: value}
    value |= {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "n"}}
    assert [(str(subject), stanza, at) for at, stanza, subject in find_containers(value)] == [
        (f"{kind}/x, the pod's own", {"limits": {"cpu": "1"}}, (*path, "resources")),
        (f"{kind}/x, init container first", None, (*path, "initContainers", 0)),
        (f"{kind}/x, container main", {"limits": {"cpu": "1"}}, (*path, "containers", 0, "resources")),
        (f"{kind}/x, container containers[1]", None, (*path, "containers", 1)),
        (f"{kind}/x, ephemeral container debug", None, (*path, "ephemeralContainers", 0)),
    ]
    assert {subject.namespace for _, _, subject in find_containers(value)} == {"n"}


def test_a_broken_pod_has_no_containers() -> None:
    for spec in (None, [], "x", {"containers": "x"}, {"containers": {"a": 1}}, {"containers": ["x", None]}):
        assert not list(find_containers({"apiVersion": "v1", "kind": "Pod", "spec": spec}))
    assert not list(find_containers({"kind": ["Pod"], "apiVersion": {"a": 1}, "spec": SPEC}))


def test_subjects() -> None:
    assert str(Subject(kind="Pod")) == "Pod"
    assert str(Subject()) == ""
    value = pod() | {"metadata": {"generateName": "p-", "namespace": "n"}}
    (container,) = find_containers(value)
    assert container.subject == Subject("n", "Pod", "p-", "c", "container")
    (container,) = find_containers(pod() | {"metadata": {"name": "x" * 300}})
    assert container.subject.name == "x" * 253 + "…"
    (container,) = find_containers(pod() | {"metadata": {"name": 8}})
    assert container.subject.name == "8"


def test_lists_are_split() -> None:
    item = {"spec": SPEC}
    assert [*iter_objects({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [item, item]})] == [
        (("items", 0), item, TypeMeta("apps/v1", "Deployment")),
        (("items", 1), item, TypeMeta("apps/v1", "Deployment")),
    ]
    nested = {"apiVersion": "v1", "kind": "List", "items": [pod(), {"kind": "PodList", "items": [item, 8]}]}
    assert [*iter_objects(nested)] == [
        (("items", 0), pod(), TypeMeta()),
        (("items", 1, "items", 0), item, TypeMeta("", "Pod")),
        (("items", 1, "items", 1), 8, TypeMeta("", "Pod")),
    ]
    assert [*iter_objects([1])] == [((), [1], TypeMeta())]
    assert check_object(item, TypeMeta("v1", "Pod")).count == 5
    assert check_object(item).count == 0


def test_manifests_and_stanzas_are_told_apart() -> None:
    assert is_manifest({"apiVersion": "v1", "kind": "Pod"})
    assert not is_manifest({"apiVersion": "v1", "kind": None})
    assert not is_manifest({"apiVersion": "v1", "kind": []})
    assert not is_manifest({"kind": "Pod"})
    for stanza in ({"limits": {}}, {"requests": None}, {"claims": [], "limits": {}}, {"resources": {"limits": {}}}):
        assert is_stanza(stanza)
    for other in ({}, {"limits": []}, {"resources": []}, {"limits": {}, "cpu": 1}, {"resources": {}, "limits": {}}):
        assert not is_stanza(other)
    assert is_stanza({"resources": {}})


# ---- the rules


def test_problems_have_their_paths() -> None:
    value = pod(requests={"cpu": 2, "memory": "123Mb", "example.com/a": 1}, limits={"cpu": 1, "mem": 1}, request={})
    checked = check_object(value)
    at = ("spec", "containers", 0, "resources")
    assert [(each.path, each.reason, each.field, each.is_about_key) for each in checked.problems] == [
        ((*at, "request"), "UNKNOWN_KEY", "request", True),
        ((*at, "requests", "memory"), "INVALID_QUANTITY", 'requests["memory"]', False),
        ((*at, "limits", "mem"), "UNKNOWN_KEY", 'limits["mem"]', True),
        ((*at, "requests", "cpu"), "REQUEST_ABOVE_LIMIT", 'requests["cpu"]', False),
        ((*at, "requests", "example.com/a"), "LIMIT_REQUIRED", 'requests["example.com/a"]', False),
    ]
    assert {str(each.subject) for each in checked.problems} == {"Pod/p, container c"}
    assert checked.count == 1


def test_warnings() -> None:
    value = pod(limits={"memory": "100m", "cpu": None}, requests=None)
    assert [(each.reason, each.is_warning, each.is_about_key) for each in check_object(value).problems] == [
        ("FRACTIONAL_BYTES", True, False),
        ("NO_VALUE", True, True),
    ]


def test_many_devices_are_warned_about_where_it_is_devices_that_count() -> None:
    """HAMi's nvidia.com/gpumem counts MiB."""
    value = pod(
        limits={"nvidia.com/gpu": 65, "amd.com/gpu": 65, "nvidia.com/gpumem": 1024, "x.io/y": "1Ki"}, requests=None
    )
    assert [(each.path[-1], each.reason) for each in check_object(value).problems] == [
        ("nvidia.com/gpu", "HUGE_GPU"),
        ("amd.com/gpu", "HUGE_GPU"),
        ("x.io/y", "BINARY_SUFFIX"),
    ]


def test_what_only_the_text_knows() -> None:
    limits = DuplicateDict(cpu=MisreadInt(8, "010"), memory="1Gi")
    limits.duplicates = ["memory"]
    stanza = DuplicateDict(limits=limits)
    stanza.duplicates = ["limits"]
    checked = check_object(pod() | {"spec": {"containers": [{"name": "c", "resources": stanza}]}})
    at = ("spec", "containers", 0, "resources")
    assert [(each.path, each.reason, each.field, each.is_about_key) for each in checked.problems] == [
        ((*at, "limits"), "DUPLICATE_KEY", "limits", True),
        ((*at, "limits", "memory"), "DUPLICATE_KEY", 'limits["memory"]', True),
        ((*at, "limits", "cpu"), "NOT_DECIMAL", 'limits["cpu"]', False),
    ]
    assert all(each.is_warning for each in checked.problems)
    assert checked.problems[2].description == "010 is read as 8: write 8, or quote it"


def test_templates_are_skipped_and_counted() -> None:
    value = pod(requests={"cpu": "{{inputs.cpu}}", "memory": "1Gi"}, limits={"cpu": "1", "memory": "{{x}}"})
    assert found(value) == []
    assert check_object(value).skipped == 2
    value = pod(requests="{{a}}", limits={"cpu": "1x", "example.com/a": "{{a}}"})
    assert found(value) == [(("limits", "cpu"), "INVALID_QUANTITY", 'limits["cpu"]')]
    assert check_object(value).skipped == 2
    value = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"resources": "{{a}}"}]}}
    checked = check_object(value)
    assert (checked.problems, checked.count, checked.skipped) == ([], 1, 1)


def test_instructions_to_kubectl_are_ignored() -> None:
    assert found(pod(**{"$patch": "delete", "limits": {"cpu": "1x", "$patch": "replace"}})) == [
        (("limits", "cpu"), "INVALID_QUANTITY", 'limits["cpu"]')
    ]


def test_a_name_that_a_template_fills_in() -> None:
    value = pod(limits={"foo.com/bar-{{.Index}}": 1, "cpu": 1})
    assert found(value) == []
    assert check_object(value).skipped == 1
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"{{x}}": "1x", "$patch": "replace"}}}
    assert (check_object(quota).problems, check_object(quota).skipped) == ([], 1)


def test_a_stanza_that_is_not_a_mapping() -> None:
    for stanza in ("x", [], 8):
        value = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c", "resources": stanza}]}}
        assert found(value) == [((), "WRONG_TYPE", "")]
    value["spec"]["containers"][0]["resources"] = None  # type: ignore[index]
    assert found(value) == []


def test_an_alias_is_checked_once() -> None:
    stanza = {"limits": {"cpu": "1x"}}
    containers = [{"name": name, "image": "i", "resources": stanza} for name in "ab"]
    checked = check_object({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}})
    assert [str(each.subject) for each in checked.problems] == ["Pod, container a"]
    assert checked.count == 2


def test_a_bare_stanza() -> None:
    (problem,) = check_stanza_document({"limits": {"cpu": "1x"}}).problems
    assert (problem.path, problem.field, str(problem.subject)) == (("limits", "cpu"), 'limits["cpu"]', "")
    (problem,) = check_stanza_document({"resources": {"limits": {"cpu": "1x"}}}).problems
    assert (problem.path, problem.field) == (("resources", "limits", "cpu"), 'limits["cpu"]')
    assert check_stanza_document({"resources": None}).count == 1
