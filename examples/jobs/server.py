"""An example of a backend in Python: it receives resources and builds a Kubernetes Pod with them."""

from __future__ import annotations

import argparse
import json
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import grpc
import jobs_pb2
import jobs_pb2_grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from resources_py import Resources, ResourcesError

DNS_1123_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
IMAGE = re.compile("[!-~]+")


class JobService(jobs_pb2_grpc.JobServiceServicer):
    def Submit(self, request: jobs_pb2.SubmitRequest, context: grpc.ServicerContext) -> jobs_pb2.SubmitResponse:  # noqa: N802
        if not DNS_1123_SUBDOMAIN.fullmatch(request.name):
            wanted = "write lowercase letters, digits, '-' and '.', such as train-7"
            reject(context, ("name", "INVALID_NAME", wanted))
        if not IMAGE.fullmatch(request.image):
            reject(context, ("image", "INVALID_IMAGE", "write an image, such as registry.example/train:1"))
        container: dict[str, object] = {"name": "main", "image": request.image}
        try:
            resources = Resources.from_proto(request.resources, kubernetes=True)
        except ResourcesError as error:
            reject(context, *((f"resources.{field}", reason, text) for field, reason, text in error.violations))
        if stanza := resources.to_kubernetes():
            container["resources"] = stanza
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": request.name},
            "spec": {"containers": [container], "restartPolicy": "Never"},
        }
        return jobs_pb2.SubmitResponse(pod=json.dumps(pod, indent=2, sort_keys=True))


def reject(context: grpc.ServicerContext, *violations: tuple[str, str, str]) -> NoReturn:
    """End the call with INVALID_ARGUMENT and every violation: field, reason, description."""
    bad = error_details_pb2.BadRequest()
    for field, reason, description in violations:
        bad.field_violations.add(field=field, reason=reason, description=description)
    status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=f"{violations[0][0]}: {violations[0][2]}")
    status.details.add().Pack(bad)
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort always raises")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", metavar="HOST:PORT", default="127.0.0.1:50052", help="port 0 selects a free port")
    address = parser.parse_args().address
    server = grpc.server(ThreadPoolExecutor(), options=[("grpc.so_reuseport", 0)])
    jobs_pb2_grpc.add_JobServiceServicer_to_server(JobService(), server)
    port = server.add_insecure_port(address)
    server.start()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print(f"listening on {address.rpartition(':')[0]}:{port}", flush=True)
    stop.wait()
    server.stop(grace=5).wait()


if __name__ == "__main__":
    main()
