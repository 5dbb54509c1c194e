"""Submit one job: python client.py HOST:PORT NAME IMAGE."""

import sys

import grpc
import jobs_pb2
import jobs_pb2_grpc

from resources_py import Resources


def submit(target: str, name: str, image: str, resources: Resources) -> str:
    """Return the Pod as JSON. If the server rejects the job, raise grpc.RpcError."""
    with grpc.insecure_channel(target) as channel:
        request = jobs_pb2.SubmitRequest(name=name, image=image)
        request.resources.CopyFrom(resources.to_proto())
        return jobs_pb2_grpc.JobServiceStub(channel).Submit(request).pod


if __name__ == "__main__":
    print(submit(*sys.argv[1:4], Resources(cpu=("500m", 2), mem="1Gi")))
