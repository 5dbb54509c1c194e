"""What Kubernetes asks of claims and volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resources_py.cli.manifests import check_object

Find = Callable[[dict[str, Any]], list[tuple[str, str]]]

CLAIMS = [
    ({"requests": {"storage": "1Gi"}}, []),
    ({"requests": {"storage": "1Gi"}, "limits": {"storage": "512Mi"}}, []),  # the API server does not compare them
    ({"requests": {"storage": "1GB"}}, [("requests.storage", "INVALID_QUANTITY")]),
    ({"requests": {"storage": "0"}}, [("requests.storage", "NOT_POSITIVE")]),
    ({"requests": {"storage": "-1Gi"}}, [("requests.storage", "NEGATIVE")]),
    ({"requests": {"storage": None}}, [("requests.storage", "no_value"), ("requests.storage", "NOT_POSITIVE")]),
    ({"requests": {"storage": "1500m"}}, [("requests.storage", "fractional_bytes")]),
    ({"requests": {"storage": 1}, "limits": {"storage": "-1u"}}, [("limits.storage", "fractional_bytes")]),
    ({"requests": {"storge": "1Gi"}}, [("requests.storage", "REQUIRED")]),
    ({"limits": {"storage": "1x"}}, [("limits.storage", "INVALID_QUANTITY"), ("requests.storage", "REQUIRED")]),
    ({"requests": []}, [("requests", "WRONG_TYPE")]),
    ({"request": {"storage": "1Gi"}}, [("request", "UNKNOWN_KEY"), ("requests.storage", "REQUIRED")]),
    (None, [("requests.storage", "REQUIRED")]),
    ([], [("", "WRONG_TYPE")]),
    ("{{x}}", []),
    ({"requests": {"storage": "{{x}}"}}, []),
]


@pytest.mark.parametrize(("resources", "expected"), CLAIMS)
@pytest.mark.parametrize("place", ["spec", "spec.volumeClaimTemplates.0.spec", "ephemeral"])
def test_claims(found: Find, place: str, resources: Any, expected: list[tuple[str, str]]) -> None:
    claim = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
    value: dict[str, Any]
    if place == "spec":
        value = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim}
    elif place == "ephemeral":
        place = "spec.volumes.0.ephemeral.volumeClaimTemplate.spec"
        value = {
            "apiVersion": "v1",
            "kind": "Pod",
            "spec": {"volumes": [{"ephemeral": {"volumeClaimTemplate": claim}}]},
        }
    else:
        value = {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"volumeClaimTemplates": [claim]}}
    assert found(value) == [(f"{place}.resources.{path}".rstrip("."), reason) for path, reason in expected]
    assert check_object(value).count == 1


def test_a_patch_may_leave_the_request_out(found: Find) -> None:
    assert found({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"storageClassName": "fast"}}) == []
    assert found({"apiVersion": "v1", "kind": "PersistentVolume", "spec": {"storageClassName": "fast"}}) == []


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [
        ({"storage": "1Gi"}, []),
        ({"storage": "1GB"}, [(".storage", "INVALID_QUANTITY")]),
        ({"storage": 0}, [(".storage", "NOT_POSITIVE")]),
        ({"storage": "-1"}, [(".storage", "NEGATIVE")]),
        ({"storage": "1Gi", "cpu": 1}, [(".cpu", "UNKNOWN_KEY")]),
        ({"size": "1Gi"}, [("", "REQUIRED"), (".size", "UNKNOWN_KEY")]),
        ({}, [("", "REQUIRED")]),
        (None, [("", "REQUIRED")]),
        ("1Gi", [("", "WRONG_TYPE")]),
    ],
)
def test_volumes(found: Find, capacity: Any, expected: list[tuple[str, str]]) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": capacity}
    value = {"apiVersion": "v1", "kind": "PersistentVolume", "spec": spec}
    assert found(value) == [(f"spec.capacity{path}", reason) for path, reason in expected]
