"""The example of a fleet, without Ray: a task for each dump gives what one process gives (`make compat` runs it on Ray)."""

from __future__ import annotations

import json
import random
import runpy
from pathlib import Path
from typing import Any

import pytest

from resources_py import Quantity


@pytest.fixture
def fleet(root: Path) -> dict[str, Any]:
    return runpy.run_path(str(root / "examples" / "fleet" / "fleet.py"))


def dump(folder: Path, number: int) -> str:
    items = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"d{number}-{index}", "namespace": f"team-{index % 2}"},
            "spec": {
                "replicas": number,
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "name": "a",
                                "image": "i",
                                "resources": {"requests": {"cpu": f"{index}m", "memory": "100m"}},
                            }
                        ]
                    }
                },
            },
        }
        for index in range(6)
    ]
    path = folder / f"cluster-{number}.json"
    path.write_text(json.dumps({"items": items, "kind": "List", "apiVersion": "v1"}, indent=1))
    return str(path)


def test_tasks_give_what_one_process_gives(fleet: dict[str, Any], tmp_path: Path) -> None:
    paths = [dump(tmp_path, number) for number in range(1, 4)]
    tasks = [fleet["examine"]({"path": path}) for path in paths]
    random.Random(1).shuffle(tasks)
    whole = {
        "findings": fleet["run"]("check", "--format", "json", *paths),
        "totals": fleet["run"]("total", "--json", "--by", "namespace", *paths),
    }
    findings, sums = fleet["join"](tasks)
    assert (findings, sums) == fleet["join"]([whole])
    assert sums["team-0", "cpu"] == Quantity("36m")  # (0 + 2 + 4) * (1 + 2 + 3)
    assert [found["reason"] for found in findings] == ["FRACTIONAL_BYTES"] * 18


def test_what_cannot_be_read_is_not_dropped(fleet: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"apiVersion": [')
    with pytest.raises(RuntimeError, match="1 unreadable"):
        fleet["examine"]({"path": str(tmp_path / "bad.json")})
