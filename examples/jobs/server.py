"""An example of a backend in Python: it receives resources and builds a Kubernetes Pod with them."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import jobs_pb2
import jobs_pb2_grpc

from resources_py import Resources, ResourcesError, Violation
from resources_py.grpc import abort, abort_async

DNS_1123_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
IMAGE = re.compile("[!-~]+")


class JobService(jobs_pb2_grpc.JobServiceServicer):
    def Submit(self, request: jobs_pb2.SubmitRequest, context: grpc.ServicerContext) -> jobs_pb2.SubmitResponse:  # noqa: N802
        try:
            check(request)
        except ResourcesError as error:
            abort(context, error)
        try:
            resources = Resources.from_proto(request.resources, kubernetes=True)
        except ResourcesError as error:
            abort(context, error, field_prefix="resources.")
        return jobs_pb2.SubmitResponse(pod=pod(request, resources))


class AsyncJobService(jobs_pb2_grpc.JobServiceServicer):
    async def Submit(  # noqa: N802
        self, request: jobs_pb2.SubmitRequest, context: grpc.aio.ServicerContext
    ) -> jobs_pb2.SubmitResponse:
        try:
            check(request)
        except ResourcesError as error:
            await abort_async(context, error)
        try:
            resources = Resources.from_proto(request.resources, kubernetes=True)
        except ResourcesError as error:
            await abort_async(context, error, field_prefix="resources.")
        return jobs_pb2.SubmitResponse(pod=pod(request, resources))


def check(request: jobs_pb2.SubmitRequest) -> None:
    if not DNS_1123_SUBDOMAIN.fullmatch(request.name):
        wanted = "write lowercase letters, digits, '-' and '.', such as train-7"
        raise ResourcesError([Violation("name", "INVALID_NAME", wanted)])
    if not IMAGE.fullmatch(request.image):
        wanted = "write an image, such as registry.example/train:1"
        raise ResourcesError([Violation("image", "INVALID_IMAGE", wanted)])


def pod(request: jobs_pb2.SubmitRequest, resources: Resources) -> str:
    container: dict[str, object] = {"name": "main", "image": request.image}
    if stanza := resources.to_kubernetes():
        container["resources"] = stanza
    whole = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": request.name},
        "spec": {"containers": [container], "restartPolicy": "Never"},
    }
    return json.dumps(whole, indent=2, sort_keys=True)


def serve(address: str) -> None:
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


async def serve_async(address: str) -> None:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    jobs_pb2_grpc.add_JobServiceServicer_to_server(AsyncJobService(), server)
    port = server.add_insecure_port(address)
    await server.start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(f"listening on {address.rpartition(':')[0]}:{port}", flush=True)
    await stop.wait()
    await server.stop(grace=5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", metavar="HOST:PORT", default="127.0.0.1:50052", help="port 0 selects a free port")
    parser.add_argument("--asyncio", action="store_true", help="serve with grpc.aio")
    options = parser.parse_args()
    if options.asyncio:
        asyncio.run(serve_async(options.address))
    else:
        serve(options.address)


if __name__ == "__main__":
    main()
