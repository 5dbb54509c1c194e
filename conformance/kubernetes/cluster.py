"""Post pods to a running API server and compare what it stores with Resolve, and what it rejects with to_kubernetes.

    python cluster.py --programs FOLDER [--count N] [--seed S]

FOLDER holds kube-apiserver and etcd. Both listen on loopback only, and store nothing that is kept. The pods are those
of `make demo`, and generated declarations, some of which Kubernetes rejects.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import demo
import grpc
import library
from apiserver import ApiServer, running
from client import submit
from oracle import FieldError, Verdict
from pods import Pods
from report import Report

from resources_py import Resources, ResourcesError


class Cluster:
    """A running API server that judges pods."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._posted = 0

    def judge(self, objects: list[Any]) -> list[Verdict]:
        """Post each pod, and read back those that are accepted."""
        return [self._judge(value) for value in objects]

    def _judge(self, pod: Any) -> Verdict:
        self._posted += 1
        name = f"pod-{self._posted}"
        status, answer = self._server.request(
            "POST", "/api/v1/namespaces/default/pods?fieldValidation=Strict", {**pod, "metadata": {"name": name}}
        )
        if status == 201:
            status, stored = self._server.request("GET", f"/api/v1/namespaces/default/pods/{name}")
            assert status == 200, stored
            return Verdict(True, "", [], [], stored)
        if status not in (400, 422):
            raise SystemExit(f"the API server answers {status}: {json.dumps(answer)}")
        causes = answer.get("details", {}).get("causes", [])
        errors = [FieldError(cause["reason"], cause.get("field", ""), cause["message"]) for cause in causes]
        return Verdict(False, "" if errors else answer["message"], errors, [], None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("--count", metavar="N", type=int, default=1_000)
    parser.add_argument("--seed", metavar="S", type=int, default=time.time_ns() % 2**32)
    arguments = parser.parse_args()
    begin = time.monotonic()
    report = Report()
    with running(arguments.programs) as server:
        print(f"the API server is ready after {time.monotonic() - begin:.1f} s")
        cluster = Cluster(server)
        stored = compare_demo(cluster, report)
        library.compare_writing(cluster, [*declarations(arguments.seed, arguments.count)], report)
    report.print(20)
    print(
        f"{stored} pods of the demo and {arguments.count} declarations, seed {arguments.seed}: "
        f"{report.count} differences, {report.applied.total()} that are in the table, "
        f"{report.accepted} of {report.asked} pods accepted in {time.monotonic() - begin:.0f} s"
    )
    return 1 if report.count else 0


def compare_demo(cluster: Cluster, report: Report) -> int:
    """Post the pods that the demo's server builds; return how many."""
    pods = [*demo_pods()]
    for (resources, pod), verdict in zip(pods, cluster.judge([pod for _, pod in pods]), strict=True):
        report.asked += 1
        report.accepted += verdict.accepted
        stored = verdict.stored["spec"]["containers"][0]["resources"] if verdict.accepted else verdict.errors
        if stored != library.resolve(resources):
            report.differs(("demo",), pod, f"here {library.resolve(resources)}\n  there {stored}")
    return len(pods)


def demo_pods() -> Iterator[tuple[Resources, Any]]:
    """Yield the pods of `make demo`, with the resources that they were built from."""
    server = [sys.executable, str(Path(demo.__file__).with_name("server.py"))]
    with redirect_stdout(StringIO()), warnings.catch_warnings(), demo.serving(server) as target:
        warnings.simplefilter("ignore")  # the demo has some
        for declaration in demo.DECLARATIONS:
            try:
                resources = demo.declare(declaration.text)
                yield resources, json.loads(submit(target, declaration.name, "registry.example/a:1", resources))
            except (ResourcesError, grpc.RpcError):
                pass  # the demo shows what is rejected, too


def declarations(seed: int, count: int) -> Iterator[Resources]:
    """Yield generated declarations that the constructor accepts."""
    pods = Pods(random.Random(seed))
    while count:
        resources = library.declare(pods.carried_stanza())
        if resources is not None:
            count -= 1
            yield resources


if __name__ == "__main__":
    sys.exit(main())
