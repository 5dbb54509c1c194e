"""Compare `resources_py.kubernetes.pod_resources` with Kubernetes' own totals and QoS classes, on generated Pods.

python conformance/kubernetes/totals.py --oracle build/kubernetes-oracle --count 1000000
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resources_py.kubernetes import pod_resources

NAMES = ("cpu", "memory", "ephemeral-storage", "example.com/device", "hugepages-2Mi", "hugepages-1Gi")
VALUES = ("0", "0", "1", 2, 0.5, "500m", "1u", "1001u", "3n", "1e3", "1.5", "1Ki", "64Mi", "1Gi", "1.5Gi", "1G", "10M")
VALUES += ("0.0001Ki", "31.25Ki", "1e-3", "12345678901234567890", "8Ei", "7Ei", None)


class Generator:
    """Draws pods that may be invalid, but whose quantities parse."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pods(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield so many pods."""
        for number in range(count):
            spec: dict[str, Any] = {"containers": self._containers(4, can_be_sidecars=False)}
            if self._chance(0.6):
                spec["initContainers"] = self._containers(5, can_be_sidecars=True)
            if self._chance(0.3):
                spec["overhead"] = self._amounts()
            if self._chance(0.4):
                spec["resources"] = self._stanza()
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": spec}

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _containers(self, most: int, *, can_be_sidecars: bool) -> list[dict[str, Any]]:
        containers = []
        for index in range(self._random.randint(0 if can_be_sidecars else 1, most)):
            container: dict[str, Any] = {"name": f"c{index}", "image": "i"}
            if self._chance(0.9):
                container["resources"] = self._stanza()
            if can_be_sidecars and self._chance(0.5):
                container["restartPolicy"] = "Always"
            containers.append(container)
        return containers

    def _stanza(self) -> dict[str, Any]:
        sides = {side: self._amounts() for side in ("requests", "limits") if self._chance(0.7)}
        if sides.get("requests") and self._chance(0.3):  # or hardly a pod would be guaranteed its resources
            sides["limits"] = dict(sides["requests"])
        return sides

    def _amounts(self) -> dict[str, Any]:
        names = NAMES[:2] if self._chance(0.5) else NAMES
        return {name: self._random.choice(VALUES) for name in names if self._chance(0.6)}


def ours(pod: dict[str, Any]) -> dict[str, Any]:
    """Return what the oracle answers, by our code."""
    total = pod_resources(pod["spec"])
    lists = {
        side: {name: [str(quantity), quantity.format] for name, quantity in getattr(total, side).items()}
        for side in ("requests", "limits")
    }
    return {**lists, "qos": total.qos}


def main() -> int:
    """Compare, and print the first differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    differences, classes = 0, dict.fromkeys(("Guaranteed", "Burstable", "BestEffort"), 0)
    with subprocess.Popen([arguments.oracle, "totals"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as oracle:
        assert oracle.stdin
        assert oracle.stdout

        def send() -> None:
            assert oracle.stdin
            for pod in Generator(arguments.seed).pods(arguments.count):
                oracle.stdin.write(json.dumps(pod).encode() + b"\n")
            oracle.stdin.close()

        threading.Thread(target=send).start()
        for pod, line in zip(Generator(arguments.seed).pods(arguments.count), oracle.stdout, strict=True):
            answer = json.loads(line)
            classes[answer["qos"]] += 1
            if answer != (found := ours(pod)):
                differences += 1
                if differences <= 10:
                    print(f"{json.dumps(pod)}\n  Kubernetes: {json.dumps(answer)}\n  ours:       {json.dumps(found)}")
    print(f"{arguments.count} pods, seed {arguments.seed}: {differences} differences ({classes})")
    return 1 if differences or not all(classes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
