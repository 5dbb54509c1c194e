"""Send generated containers to the Go reference server, and compare its answers with this package's.

    python fuzz/differential_container.py --go-server PATH [--count N] [--seed S]

Two answers are equal if they are equal as messages, or if they have the same fields and reasons of violations, in order.
Some answers are sent again as requests and must come back unchanged. What a container adds to a Pod is compared by the
vectors; here, each valid container must also become a Pod and be read back.

Prints the first differences and a summary line. Exits with 1 if there was a difference.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import grpc
from differential_resolve import SERVICE, SHOWN, UNDER_WAY, Texts, serving, varint
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import ContainerResources, ResourcesError
from resources_py._accelerators import names, resource_of_class
from resources_py.service._resolve import resolve_container_bytes

DEVICES = (
    *names(),
    "nvidia-tesla-a100",
    "nvidia-tesla-h100",
    "tpu-v5p-slice",
    "amd-mi300x",
    "my-device",
    "x y",
    "-x",
    "",
    "é",
)
PARTITIONS = ("", "1g.5gb", "2x2x1", "1g.5gb+me", "a" * 63, "a" * 64, "a" * 254, ".", "a_b", "\n")
PATHS = ("/dev/shm", "/dev/shm", "/", "", "dev/shm", "/a:b", "/" + "a" * 252, "/" + "a" * 253, "/é", "/" + "é" * 126)
MOUNTS = ("flyte-shared-memory", "flyte-shm", "a", "", "A", "a.b", "a" * 63, "a" * 64, "-a", "0")
DEVICE_RESOURCES = {resource_of_class(number) for number in range(5)}
GOOD = (
    "rdma/hca",
    "example.com/fpga",
    "amd.com/gpu",
    "a.kubernetes.io/b",
    "hugepages-2Mi",
    "hugepages-1Gi",
    "a/b",
    "a/c",
)
BAD = (
    *(
        "cpu",
        "memory",
        "ephemeral-storage",
        "nvidia.com/gpu",
        "google.com/tpu",
        "aws.amazon.com/neuron",
        "gpu",
        "storage",
        "",
    ),
    *(
        "hugepages-",
        "hugepages-0",
        "hugepages-2Mb",
        "hugepages-0.5",
        "hugepages-1.5Ki",
        "hugepages-+1",
        "hugepages-1e3",
    ),
    *(
        "hugepages-8Ei",
        "hugepages-1e99999",
        "hugepages-2Mi/x",
        "hugepages-1m",
        "hugepages-3",
        "hugepages-1E",
        "hugepages-Ki",
    ),
    *(
        "requests.a/b",
        "requests.a.kubernetes.io/b",
        "A/b",
        "a/B",
        "a/b/c",
        "a/",
        "/a",
        "a/-",
        "kubernetes.io/",
        "kubernetes.io/a",
    ),
    *(
        "a/" + "b" * 63,
        "a/" + "b" * 64,
        "a" * 244 + "/b",
        "a" * 245 + "/b",
        "a" * 253 + "/b",
        "a.b/c.d_e",
        "a_b/c",
        "é/a",
        "a/b\n",
    ),
)
AMOUNTS = (
    "0",
    "1",
    "1",
    "2",
    "4",
    "1000m",
    "1e0",
    "4Mi",
    "4096Ki",
    "2Gi",
    "0.5",
    "1.0000000001",
    "x",
    "-1",
    "9223372036854775",
)
EDGES = (
    "9223372036854776",
    "9223372036854775.1",
    "9223372036854775807",
    "8Ei",
    "1e1000",
    "31.25Ki",
    "1n",
    "0.0001",
    "2097152",
)


class Requests:
    """Generates requests."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._texts = Texts(rng)

    def any(self) -> bytes:
        rng = self._rng
        request = service_pb.ResolveContainerRequest()
        container = request.container_resources
        if rng.random() < 0.7:
            self._add_resources(container.resources)
        if rng.random() < 0.6:
            self._add_accelerator(container.extended_resources.gpu_accelerator)
        if rng.random() < 0.3:
            self._add_shared_memory(container.extended_resources.shared_memory)
        if rng.random() < 0.5:
            self._add_named(container)
        if rng.random() < 0.25:
            self._add_claims(container.claims)
        data = request.SerializeToString()
        if rng.random() < 0.02:  # unknown fields
            data += varint(rng.choice((2, 15)) << 3) + varint(rng.getrandbits(32))
        return data

    def _chosen(self, common: tuple[str, ...], rare: tuple[str, ...], share: float) -> str:
        rng = self._rng
        if rng.random() < share / 10:
            return self._texts.any().encode("utf-8", "ignore").decode()
        return rng.choice(rare if rng.random() < share else common)

    def _add_resources(self, resources: Any) -> None:
        rng = self._rng
        for number in rng.sample((1, 2, 3, 5), rng.choice((1, 2, 3, 4))):
            value = (
                self._chosen(("1", "2", "1Gi", "500m"), EDGES, 0.02)
                if number != 2
                else rng.choice(("1", "1", "8", "0", "x"))
            )
            for side in (resources.requests, resources.limits):
                if rng.random() < 0.85:
                    side.add(name=number, value=value)
        if rng.random() < 0.01:
            for _ in range(17):
                rng.choice((resources.requests, resources.limits)).add(name=1, value="1")

    def _add_accelerator(self, accelerator: Any) -> None:
        rng = self._rng
        accelerator.SetInParent()
        if rng.random() < 0.85:
            accelerator.device = self._chosen(DEVICES, PARTITIONS, 0.1)
        if rng.random() < 0.4:
            accelerator.partition_size = self._chosen(PARTITIONS[:3], PARTITIONS, 0.2)
        elif rng.random() < 0.2:
            accelerator.unpartitioned = rng.random() < 0.7
        if rng.random() < 0.3:
            accelerator.device_class = rng.choice((0, 1, 2, 3, 4, 5, 6, -1, 2**31 - 1))
        if rng.random() < 0.2:
            accelerator.accelerator_model = rng.choice((0, 1, 9, 101, 205, 308, 400, 500, 600, -1))

    def _add_shared_memory(self, memory: Any) -> None:
        rng = self._rng
        memory.SetInParent()
        if rng.random() < 0.95:
            memory.mount_path = self._chosen(PATHS[:2], PATHS, 0.2)
            memory.mount_name = self._chosen(MOUNTS[:3], MOUNTS, 0.2)
        if rng.random() < 0.5:
            memory.size_limit = self._chosen(("8Gi", "1024Mi"), EDGES, 0.1)

    def _add_named(self, container: Any) -> None:
        rng = self._rng
        if rng.random() < 0.02:
            side = rng.choice((container.named_requests, container.named_limits))
            for number in range(rng.choice((15, 16, 17))):
                side.add(name=f"a/b{number}", value="1")
        for name in rng.sample(GOOD, rng.choice((0, 1, 2, 3))) + [rng.choice(BAD)] * (rng.random() < 0.2):
            value = self._chosen(AMOUNTS[:10], AMOUNTS + EDGES, 0.2)
            if rng.random() < 0.1:
                name = self._chosen(GOOD, BAD, 0.3)
            for side in (container.named_requests, container.named_limits):
                if rng.random() < 0.8:
                    side.add(name=name, value=value if rng.random() < 0.9 else self._chosen(AMOUNTS, EDGES, 0.3))

    def _add_claims(self, claims: Any) -> None:
        rng = self._rng
        for _ in range(17 if rng.random() < 0.03 else rng.choice((1, 1, 2, 3))):
            claims.add(name=rng.choice(("a", "b", "c", *MOUNTS)), request=rng.choice(("", "", "x", "y", *MOUNTS)))


Outcome = tuple[Any, ...]


def ours(request: bytes) -> Outcome:
    """Return this package's answer."""
    try:
        return "OK", resolve_container_bytes(request)
    except ResourcesError as error:
        return "INVALID_ARGUMENT", *((v.field, v.reason) for v in error.violations)


def theirs(future: Any) -> Outcome:
    """Return the Go server's answer, its fields in ascending order."""
    error = future.exception()
    if error is None:
        message = service_pb.ResolveContainerResponse.FromString(future.result())
        return "OK", message.SerializeToString(deterministic=True)
    status, bad = rpc_status.from_call(error), error_details_pb2.BadRequest()
    for detail in status.details if status else ():
        detail.Unpack(bad)
    return error.code().name, *((v.field, v.reason) for v in bad.field_violations)


def pod_and_back(answer: bytes) -> str | None:
    """Return what is wrong with the Pod of a valid container, or None."""
    message = service_pb.ResolveContainerResponse.FromString(answer).container_resources
    container = ContainerResources.from_proto(message, kubernetes=True)
    if bytes(container) != message.SerializeToString(deterministic=True):
        return "its bytes change when they are read and written"
    if DEVICE_RESOURCES & set(container.named):
        return None  # a Pod does not tell which of the resources of devices `gpu` counted
    spec = container.to_kubernetes().add_to({"containers": [{"name": "main"}]}, "main")
    again = ContainerResources.from_kubernetes(spec)
    spec_again = again.to_kubernetes().add_to({"containers": [{"name": "main"}]}, "main")
    if container.to_kubernetes().container != again.to_kubernetes().container:
        return f"another container: {again!r}"
    if ContainerResources.from_kubernetes(spec_again) != again:
        return f"read back as {again!r}"
    return None


class Comparison:
    """Counts outcomes, and prints the first differences."""

    def __init__(self, resolve: Callable[..., Any]) -> None:
        self._resolve = resolve
        self._futures: deque[tuple[bytes, Outcome, Any]] = deque()
        self.outcomes: Counter[str] = Counter()
        self.differences = 0

    def ask(self, request: bytes) -> Outcome:
        outcome = ours(request)
        self._futures.append((request, outcome, self._resolve.future(request)))
        if len(self._futures) >= UNDER_WAY:
            self.finish_one()
        return outcome

    def finish_one(self) -> None:
        request, mine, future = self._futures.popleft()
        other = theirs(future)
        self.outcomes[mine[0]] += 1
        if mine != other:
            self.report(request, f"Python {mine}\n  Go     {other}")

    def finish(self) -> None:
        while self._futures:
            self.finish_one()

    def report(self, request: bytes, what: str) -> None:
        self.differences += 1
        if self.differences <= SHOWN:
            print(f"\n{service_pb.ResolveContainerRequest.FromString(request)}\n  {what}")


def run(comparison: Comparison, count: int, seed: int) -> None:
    rng = random.Random(seed)
    requests = Requests(rng)
    for _ in range(count):
        request = requests.any()
        outcome = comparison.ask(request)
        if outcome[0] == "OK" and rng.random() < 0.2:
            if wrong := pod_and_back(outcome[1]):
                comparison.report(request, wrong)
            if (again := ours(outcome[1])) != outcome:
                comparison.report(request, f"resolved twice: {again}")
    comparison.finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go-server", metavar="PATH", required=True, help="the reference server in Go")
    parser.add_argument("--count", metavar="N", type=int, default=20_000)
    parser.add_argument("--seed", metavar="S", type=int, default=time.time_ns() % 2**32)
    arguments = parser.parse_args()
    begin = time.monotonic()
    options = [("grpc.max_metadata_size", 64 * 1024)]
    with serving([arguments.go_server]) as address, grpc.insecure_channel(address, options) as channel:
        comparison = Comparison(channel.unary_unary(SERVICE + "ResolveContainer"))
        run(comparison, arguments.count, arguments.seed)
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(comparison.outcomes.items()))
    print(
        f"{arguments.count} containers, seed {arguments.seed}: {comparison.differences} differences ({outcomes}) "
        f"in {time.monotonic() - begin:.0f} s"
    )
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    sys.exit(main())
