"""Check and total the dumps of many clusters on Ray Data.

    kubectl get pods,deployments,statefulsets,daemonsets,jobs -A -o json > CLUSTER.json     # in each cluster
    python fleet.py CLUSTER.json …

A finding does not depend on its neighbors, and sums are exact in any order: so each dump is a task of its own, and what
the tasks find is joined here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from resources_py import Quantity

Row = dict[str, Any]


def run(*arguments: str) -> str:
    """Run resources-py; 0 and 1 are answers, 2 means that something cannot be read."""
    command = [sys.executable, "-m", "resources_py", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode > 1:
        raise RuntimeError(finished.stderr)
    return finished.stdout


def examine(row: Row) -> Row:
    """Check and total one dump. This is what Ray distributes."""
    path = row["path"]
    return {
        "path": path,
        "findings": run("check", "--format", "json", path),
        "totals": run("total", "--json", "--by", "namespace", path),
    }


def join(rows: Iterable[Row]) -> tuple[list[Row], dict[tuple[str, str], Quantity]]:
    """Join what the tasks found: all findings, and the sum of each request by namespace and resource."""
    findings: list[Row] = []
    sums: dict[tuple[str, str], Quantity] = {}
    for row in rows:
        findings += json.loads(row["findings"])
        for total in map(json.loads, row["totals"].splitlines()):
            for name, amount in total["requests"].items():
                key = total["namespace"], name
                sums[key] = sums.get(key, Quantity(0)) + Quantity(amount["quantity"])
    return sorted(findings, key=lambda found: (found["file"], found["line"] or 0)), sums


def main() -> None:
    """Run on Ray."""
    import ray

    dumps = [{"path": path} for path in sys.argv[1:]]
    findings, sums = join(ray.data.from_items(dumps).map(examine).iter_rows())
    for found in findings:
        print(f"{found['file']}:{found['line']}: {found['reason']} {found['message']}")
    for (namespace, name), quantity in sorted(sums.items()):
        print(f"{namespace} {name} {quantity}")


if __name__ == "__main__":
    main()
