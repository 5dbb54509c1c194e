"""Custom resources and values files: what has the shape of a stanza, or of a list of resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resources_py.cli.manifests import check_object, check_values

Find = Callable[[dict[str, Any]], list[tuple[str, str]]]

BAD = {"limits": {"cpu": "1x"}}


def custom(api_version: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **members}


CONTAINER = {"name": "c", "image": "i", "resources": BAD}
FOUND = [
    (custom("argoproj.io/v1alpha1", "Rollout", spec={"template": {"spec": {"containers": [CONTAINER]}}}),
     "spec.template.spec.containers.0.resources.limits.cpu", 'limits["cpu"]', "Rollout/x, container c"),
    (custom("argoproj.io/v1alpha1", "Workflow", spec={"templates": [{"container": CONTAINER}]}),
     "spec.templates.0.container.resources.limits.cpu", 'spec.templates[0].container.resources.limits["cpu"]', "Workflow/x"),
    (custom("tekton.dev/v1", "Task", spec={"steps": [{"name": "s", "computeResources": BAD}]}),
     "spec.steps.0.computeResources.limits.cpu", 'spec.steps[0].computeResources.limits["cpu"]', "Task/x"),
    (custom("serving.knative.dev/v1", "Service", spec={"template": {"spec": {"containers": [CONTAINER]}}}),
     "spec.template.spec.containers.0.resources.limits.cpu", 'limits["cpu"]', "Service/x, container c"),
    (custom("ray.io/v1", "RayCluster", spec={"headGroupSpec": {"template": {"spec": {"containers": [CONTAINER]}}}}),
     "spec.headGroupSpec.template.spec.containers.0.resources.limits.cpu", 'limits["cpu"]', "RayCluster/x, container c"),
    (custom("kafka.strimzi.io/v1beta2", "Kafka", spec={"kafka": {"resources": BAD}}),
     "spec.kafka.resources.limits.cpu", 'spec.kafka.resources.limits["cpu"]', "Kafka/x"),
    (custom("monitoring.coreos.com/v1", "Prometheus", spec={"resources": BAD}),
     "spec.resources.limits.cpu", 'spec.resources.limits["cpu"]', "Prometheus/x"),
    (custom("autoscaling.k8s.io/v1", "VerticalPodAutoscaler",
            spec={"resourcePolicy": {"containerPolicies": [{"maxAllowed": {"cpu": "1x", "memory": "1Gi"}}]}}),
     "spec.resourcePolicy.containerPolicies.0.maxAllowed.cpu",
     'spec.resourcePolicy.containerPolicies[0].maxAllowed["cpu"]', "VerticalPodAutoscaler/x"),
    (custom("karpenter.sh/v1", "NodePool", spec={"limits": {"cpu": "1000", "memory": "1000Gb", "nvidia.com/gpu": 2}}),
     "spec.limits.memory", 'spec.limits["memory"]', "NodePool/x"),
    (custom("postgresql.cnpg.io/v1", "Cluster", spec={"resources": {"requests": {"storage": "1Gb"}}}),
     "spec.resources.requests.storage", 'spec.resources.requests["storage"]', "Cluster/x"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "path", "field", "subject"), FOUND, ids=lambda each: each.get("kind") if isinstance(each, dict) else ""
)
def test_shapes(value: dict[str, Any], path: str, field: str, subject: str) -> None:
    (problem,) = check_object(value).problems
    assert ".".join(map(str, problem.path)) == path
    assert (problem.reason, problem.field, str(problem.subject)) == ("INVALID_QUANTITY", field, subject)
    assert check_object(value).count == 1


def test_only_the_grammar_is_judged(found: Find) -> None:
    """A custom resource may have other names, and other rules."""
    stanza = {
        "requests": {"cpu": 2, "memory": "1Mi", "gpu": 1, "cores": "0.5", "nvidia.com/gpu": "0.5"},
        "limits": {"cpu": 1, "memory": "100m", "ephemeral-storage": None},
        "preset": "large",
    }
    assert found(custom("example.com/v1", "Thing", spec={"resources": stanza})) == []


NOT_FOUND = [
    custom("rbac.authorization.k8s.io/v1", "Role", rules=[{"resources": ["pods"], "verbs": ["get"]}]),
    custom("kustomize.config.k8s.io/v1beta1", "Kustomization", resources=["a.yaml"]),
    custom("example.com/v1", "Thing", spec={"resources": {"cpu": {"limits": "x"}, "limits": {"cpu": {"max": "1x"}}}}),
    custom("example.com/v1", "Thing", spec={"resources": {"limits": "none"}}),
    custom("example.com/v1", "Thing", spec={"resources": {"limits": ["cpu"]}}),
    custom("example.com/v1", "Thing", metadata={"labels": {"cpu": "1x"}}, spec={"nodeSelector": {"cpu": "4x"}}),
    custom("example.com/v1", "Thing", spec={"thresholds": {"cpu": "80%", "memory": "high"}}),
    custom("example.com/v1", "Thing", spec={"metrics": {"cpu": True, "memory": False}}),
    custom("example.com/v1", "Thing", spec={"weights": {"cpu": "1x", "network": "1x"}}),
    custom("example.com/v1", "Thing", spec={"columns": {"nvidia.com/gpu": "1x"}}),
    custom("apiextensions.crossplane.io/v1", "CompositeResourceDefinition",
           spec={"versions": [{"schema": {"openAPIV3Schema": {"properties": {"resources": BAD}}}}]}),
    custom("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec={"resources": BAD}),
    custom("kyverno.io/v1", "ClusterPolicy",
           spec={"rules": [{"resources": {"limits": {"memory": "<=1Gi", "cpu": "1-4 | 500m", "=(cpu)": "?*"}}}]}),
    custom("v1", "ConfigMap", data={"resources": BAD}),
    custom("policy/v1beta1", "PodSecurityPolicy", spec={"resources": BAD}),
]  # fmt: skip


@pytest.mark.parametrize("value", NOT_FOUND, ids=lambda value: value["kind"])
def test_what_only_looks_like_a_quantity(found: Find, value: dict[str, Any]) -> None:
    assert found(value) == []


def test_templates_are_skipped_and_counted() -> None:
    spec = {
        "templates": [
            {"container": {"resources": {"limits": {"memory": "{{inputs.parameters.memory}}", "cpu": "1"}}}},
            {"container": {"resources": "{{inputs.parameters.resources}}"}},
        ]
    }
    checked = check_object(custom("argoproj.io/v1alpha1", "Workflow", spec=spec))
    assert (checked.problems, checked.count, checked.skipped) == ([], 1, 1)


def test_containers_are_counted(found: Find) -> None:
    containers = [{"name": "a", "image": "i"}, {"name": "b", "image": "i", "resources": {"limits": {"cpu": 1}}}]
    value = custom("argoproj.io/v1alpha1", "Rollout", spec={"template": {"spec": {"containers": containers}}})
    assert check_object(value).count == 2


def test_an_alias_is_reported_once(found: Find) -> None:
    value = custom("example.com/v1", "Thing", spec={"a": {"resources": BAD}, "b": {"resources": BAD}})
    assert found(value) == [("spec.a.resources.limits.cpu", "INVALID_QUANTITY")]


def test_values_files() -> None:
    values = {"web": {"resources": {"requests": {"cpu": "100 m"}, "limits": {}}}, "replicas": 2, "list": [{"x": 1}]}
    (problem,) = check_values(values).problems
    assert (problem.path, problem.field) == (
        ("web", "resources", "requests", "cpu"),
        'web.resources.requests["cpu"]',
    )
    assert str(problem.subject) == ""
    (problem,) = check_values({"resources": BAD}).problems
    assert problem.field == 'resources.limits["cpu"]'
    for empty in ({}, None, [], "x", {"resources": {}}, {"resources": None}):
        checked = check_values(empty)
        assert (checked.problems, checked.count) == ([], 0)
