"""Ask the Kubernetes API server about the Pods that this package builds from a ContainerResources.

    python containers.py --oracle PATH [--count N] [--seed S]

Each accelerator of the catalogue, with each of its partitions, and the valid ones of N generated messages: the API
server must accept each Pod. If only `named_requests`, `named_limits` and `claims` of a message are rejected, the API
server must reject it too, in a Pod that is written from it as it is. Prints the first differences.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from typing import Any, Final

from differential_container import Requests
from oracle import Oracle, Verdict

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import ContainerResources, ExtendedResources, Reason, Resources, ResourcesError
from resources_py._accelerators import find, names
from resources_py.kubernetes import EKS, GKE

SHOWN: Final = 10
BATCH: Final = 500
BEYOND_INT64: Final = "hugepages-8Ei"  # rejected by this package alone
# Rejected by this package alone. The prefix of each violation's field, and its reason.
STRICTER: Final = (
    ("named", "TOO_MANY_ENTRIES"),
    ("claims", "TOO_MANY_ENTRIES"),
    ("named", "DUPLICATE_NAME"),  # one key of a mapping
    ("claims", "INVALID_NAME"),  # the Pod's own claim is what has the name
    ("named", "OUT_OF_RANGE"),  # sizes beyond int64
    ("named", "INVALID_QUANTITY"),  # texts over 64 bytes
)


def catalogue() -> list[ContainerResources]:
    """Return a container for each accelerator and each of its partitions."""
    found = []
    for name in names():
        entry = find(name)
        for partition in (None, False, *(entry.partitions if entry else ())):
            extended = ExtendedResources(name, partition, shared_memory="1Gi")
            found.append(ContainerResources(Resources(cpu=1, mem="2Gi", gpu=1), extended))
    return found


def pod_of(container: ContainerResources, labels: Any) -> dict[str, Any] | None:
    """Return the Pod of a container; None if it cannot have one."""
    try:
        parts = container.to_kubernetes(labels=labels)
    except ResourcesError:
        return None
    return pod(parts.add_to({"containers": [{"name": "main", "image": "x"}]}, "main"))


def pod(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "default"}, "spec": spec}


def as_it_is(message: Any) -> dict[str, Any]:
    """Return the Pod of what a message says, valid or not."""
    sides = {"requests": message.named_requests, "limits": message.named_limits}
    stanza: dict[str, Any] = {side: {entry.name: entry.value for entry in entries} for side, entries in sides.items()}
    for side in stanza.values():
        side["cpu"] = "1"
    stanza["claims"] = [{"name": claim.name, "request": claim.request} for claim in message.claims]
    claims = dict.fromkeys(claim.name for claim in message.claims)
    spec = {"containers": [{"name": "main", "image": "x", "resources": stanza}]}
    return pod({**spec, "resourceClaims": [{"name": name, "resourceClaimName": "x"} for name in claims]})


def is_comparable(message: Any, fields: list[tuple[str, str]]) -> bool:
    """Return whether the API server must reject what this package rejects."""
    names = [entry.name for entry in (*message.named_requests, *message.named_limits)]
    if BEYOND_INT64 in names or not all(field.startswith(("named", "claims")) for field, _ in fields):
        return False
    is_stricter = any(
        field.startswith(prefix) and reason == each for field, reason in fields for prefix, each in STRICTER
    )
    return not is_stricter and not any(reason == Reason.CPU_OR_MEMORY_REQUIRED for _, reason in fields)


class Comparison:
    """Collects Pods, and asks about many at once."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._waiting: list[tuple[Any, bool, Any]] = []
        self.accepted = self.rejected = self.differences = 0

    def expect(self, pod: Any, accepted: bool, why: Any) -> None:
        self._waiting.append((pod, accepted, why))
        if len(self._waiting) >= BATCH:
            self.finish()

    def finish(self) -> None:
        verdicts = self._oracle.judge([pod for pod, _, _ in self._waiting])
        for (pod, accepted, why), verdict in zip(self._waiting, verdicts, strict=True):
            self._compare(pod, accepted, why, verdict)
        self._waiting.clear()

    def _compare(self, pod: Any, accepted: bool, why: Any, verdict: Verdict) -> None:
        self.accepted += accepted
        self.rejected += not accepted
        if verdict.accepted != accepted:
            self.differences += 1
            if self.differences <= SHOWN:
                print(f"\n{pod['spec']}\n  here: {why}\n  API server: {verdict._replace(stored=None)}")


def run(comparison: Comparison, count: int, seed: int) -> None:
    built = 0
    for container in catalogue():
        for labels in (GKE, EKS):
            if (made := pod_of(container, labels)) is not None:
                comparison.expect(made, True, container)
                built += 1
    print(f"{built} Pods of the catalogue")
    requests = Requests(random.Random(seed))
    for _ in range(count):
        message = service_pb.ResolveContainerRequest.FromString(requests.any()).container_resources
        try:
            container = ContainerResources.from_proto(message, kubernetes=True)
            comparison.expect(pod_of(container, EKS), True, container)
        except ResourcesError as error:
            fields = [(violation.field, violation.reason) for violation in error.violations]
            if is_comparable(message, fields):
                comparison.expect(as_it_is(message), False, fields)
    comparison.finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", metavar="PATH", required=True, help="the program of this folder")
    parser.add_argument("--count", metavar="N", type=int, default=5_000)
    parser.add_argument("--seed", metavar="S", type=int, default=time.time_ns() % 2**32)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    oracle = Oracle(arguments.oracle)
    comparison = Comparison(oracle)
    run(comparison, arguments.count, arguments.seed)
    oracle.close()
    print(
        f"seed {arguments.seed}: {comparison.accepted} Pods accepted here, {comparison.rejected} rejected, "
        f"{comparison.differences} differences"
    )
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    sys.exit(main())
