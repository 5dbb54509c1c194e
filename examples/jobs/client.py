"""Submit one job: python client.py HOST:PORT NAME IMAGE."""

import sys

import grpc
import jobs_pb2
import jobs_pb2_grpc

from resources_py import Resources
from resources_py.grpc import error_from


def submit(target: str, name: str, image: str, resources: Resources) -> str:
    """Return the Pod as JSON. If the server rejects the job, raise ResourcesError."""
    with grpc.insecure_channel(target) as channel:
        try:
            return jobs_pb2_grpc.JobServiceStub(channel).Submit(request_of(name, image, resources)).pod
        except grpc.RpcError as failure:
            raise error_from(failure, field_prefix="resources.", declared=resources) or failure from failure


async def submit_async(target: str, name: str, image: str, resources: Resources) -> str:
    """Do the same with asyncio."""
    async with grpc.aio.insecure_channel(target) as channel:
        try:
            return (await jobs_pb2_grpc.JobServiceStub(channel).Submit(request_of(name, image, resources))).pod
        except grpc.RpcError as failure:
            raise error_from(failure, field_prefix="resources.", declared=resources) or failure from failure


def request_of(name: str, image: str, resources: Resources) -> jobs_pb2.SubmitRequest:
    request = jobs_pb2.SubmitRequest(name=name, image=image)
    request.resources.CopyFrom(resources.to_proto())
    return request


if __name__ == "__main__":
    print(submit(*sys.argv[1:4], Resources(cpu=("500m", 2), mem="1Gi")))
