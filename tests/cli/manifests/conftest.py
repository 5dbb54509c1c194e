"""What the tests of the rules share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resources_py.cli.manifests import check_object

Found = list[tuple[str, str]]
MAPS = {
    "requests",
    "limits",
    "overhead",
    "podFixed",
    "hard",
    "used",
    "capacity",
    "allocatable",
    "allocatedResources",
} | {*("min", "max", "default", "defaultRequest", "maxLimitRequestRatio", "consumedCapacity", "counters")}
FIELDS = ("podFixed", "perContainer", "perPod", *range(10))


@pytest.fixture
def found() -> Callable[[dict[str, Any]], Found]:
    """Return each problem of an object: its path, written with dots, and its reason; of a warning, in lower case."""

    def find(value: dict[str, Any]) -> Found:
        problems = check_object(value).problems
        for each in problems:  # the entry of a mapping is written in brackets
            is_entry = len(each.path) > 1 and each.path[-2] in MAPS and each.path[-1] not in FIELDS
            assert each.field.endswith(f'["{each.path[-1]}"]') == is_entry, each
        return [
            (".".join(map(str, each.path)), each.reason.lower() if each.is_warning else each.reason)
            for each in problems
        ]

    return find


@pytest.fixture
def pod() -> Callable[..., dict[str, Any]]:
    """Make a Pod of one container, or of those given."""

    def make(*stanzas: Any, **spec: Any) -> dict[str, Any]:
        containers = [{"name": f"c{index}", "image": "i", "resources": each} for index, each in enumerate(stanzas)]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": containers, **spec},
        }

    return make
