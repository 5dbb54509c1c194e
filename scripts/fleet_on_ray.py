"""Run the example of a fleet on Ray, and hold it to one process that reads all dumps."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import ray

ROOT = Path(__file__).resolve().parent.parent
DUMPS = 6

fleet = runpy.run_path(str(ROOT / "examples" / "fleet" / "fleet.py"))
paths = []
for number in range(DUMPS):
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"pod-{number}-{index}", "namespace": f"team-{index % 3}"},
            "spec": {
                "containers": [
                    {
                        "name": "a",
                        "image": "i",
                        "resources": {
                            "requests": {"cpu": f"{number + index}m", "memory": "1Gb" if index == 7 else "31.25Mi"}
                        },
                    }
                ]
            },
        }
        for index in range(20)
    ]
    good = [pod for index, pod in enumerate(pods) if index != 7]
    for name, items in ((f"cluster-{number}.json", good), (f"wrong-{number}.json", pods)):
        Path(name).write_text(json.dumps({"items": items, "kind": "List", "apiVersion": "v1"}, indent=2))
    paths.append(f"cluster-{number}.json")

ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False)
dumps = [{"path": str(Path(path).resolve())} for path in paths]
findings, sums = fleet["join"](ray.data.from_items(dumps).map(fleet["examine"]).iter_rows())
whole = fleet["join"](iter([{
    "findings": fleet["run"]("check", "--format", "json", *(dump["path"] for dump in dumps)),
    "totals": fleet["run"]("total", "--json", "--by", "namespace", *(dump["path"] for dump in dumps)),
}]))  # fmt: skip
assert (findings, sums) == whole
assert sums["team-0", "cpu"].milli_value == sum(n + i for n in range(DUMPS) for i in range(0, 20, 3))
wrong = [{"path": str(Path(f"wrong-{number}.json").resolve())} for number in range(DUMPS)]
found = list(
    ray.data.from_items(wrong)
    .map(lambda row: {"findings": fleet["run"]("check", "--format", "json", row["path"])})
    .iter_rows()
)
assert sum(len(json.loads(row["findings"])) for row in found) == DUMPS
print("works")
