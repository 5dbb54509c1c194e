"""Every documented call, as a user writes it. It passes the type checkers, and it runs."""

import asyncio
import copy
import dataclasses
import json
import pickle
import warnings
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, assert_type

import grpc
import numpy as np
from mashumaro.mixins.json import DataClassJSONMixin
from pydantic import BaseModel

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.service.v1 import resources_service_pb2_grpc as service_grpc
from resourceidl.v1 import resources_pb2 as pb
from resources_py import (
    CpuValue,
    Quantity,
    QuantityError,
    Resources,
    ResourcesError,
    ResourcesTypeError,
    ResourcesWarning,
    ResourceValue,
    Violation,
    proto_path,
)
from resources_py.service import AsyncClient, Client, Server, UnansweredError


def declare(cores: int, fraction: float, memory: str, several: np.int64, configured: dict[str, str]) -> list[Resources]:
    declared = [
        Resources(),
        Resources("500m", "1Gi", 1, "10Gi"),
        Resources(cpu=cores, mem=cores, gpu=cores, ephemeral_storage=cores),
        Resources(cpu=fraction),
        Resources(cpu=Decimal("0.5"), mem=Quantity("1Gi")),
        Resources(cpu=several, mem=several),
        Resources(cpu=("500m", 2), mem=(memory, None), gpu=(1, 1), ephemeral_storage=(None, "10Gi")),
        Resources(cpu=[0.5, 2], mem=["1Gi", Quantity("2Gi")], gpu=[1, several]),
        Resources(mem=2**30 if cores else memory),
        Resources(**configured),
        Resources.from_requests_and_limits(requests={"cpu": "500m"}, limits={"cpu": 2, "mem": "1Gi"}),
        Resources.from_requests_and_limits(limits=Resources(cpu=2)),
        with_default(None),
        with_default("2Gi", (1, 0.5)) if fraction > 1 else with_default(2**30),
    ]
    assert_type(declared[0], Resources)
    return declared


def with_default(memory: ResourceValue, cpu: CpuValue = 1) -> Resources:
    """The types of the parameters are exported for annotations like these."""
    return Resources(cpu=cpu, mem="1Gi" if memory is None else memory)


def attributes(r: Resources) -> None:
    assert_type(r.requests, Mapping[str, Quantity])
    assert_type(r.limits["cpu"], Quantity)
    assert_type(r.warnings, tuple[ResourcesWarning, ...])
    reasons: list[str] = [warning.reason for warning in r.warnings]
    assert reasons == []
    assert r == Resources.from_dict(r.to_dict())
    assert len({r: 1, copy.copy(r): 2, pickle.loads(pickle.dumps(r)): 3}) == 1
    assert_type(dataclasses.replace(r, cpu=1), Resources)
    if isinstance(r.cpu, tuple):
        request, limit = r.cpu
        assert request != limit


def dict_and_json(r: Resources) -> None:
    plain: dict[Any, Any] = r.to_dict()
    assert_type(Resources.from_dict(plain), Resources)
    assert_type(Resources.from_json(json.dumps(plain)), Resources)
    assert_type(Resources.from_json(b'{"cpu": 1}'), Resources)
    text: str | bytes | bytearray = r.to_json()
    assert Resources.from_json(text) == r


def wire(r: Resources) -> None:
    assert_type(bytes(r), bytes)
    assert_type(Resources.from_bytes(bytes(r)), Resources)
    assert_type(r.to_proto(), pb.Resources)
    assert_type(r.to_proto(pb.Resources), pb.Resources)
    assert Resources.from_proto(r.to_proto()) == r
    request = service_pb.ResolveRequest(resources=r.to_proto())
    request.resources.CopyFrom(r.to_proto())
    for entry in request.resources.requests:
        assert entry.name in (pb.Resources.CPU, pb.Resources.GPU, pb.Resources.MEMORY, pb.Resources.EPHEMERAL_STORAGE)


def kubernetes(r: Resources) -> None:
    assert_type(r.to_kubernetes(), dict[str, dict[str, str]])
    assert Resources.from_kubernetes(r.to_kubernetes(gpu_resource="amd.com/gpu"), gpu_resource="amd.com/gpu") == r


def errors() -> list[str]:
    try:
        Resources.from_dict({"memory": "1Gi"})
    except ResourcesTypeError:
        raise
    except ResourcesError as error:
        assert_type(error.violations, tuple[Violation, ...])
        return [f"{v.field} {v.reason} {v.description}" for v in error.violations]
    return []


def quantities() -> None:
    q = Quantity("1.5Gi")
    assert_type(q.value, int)
    assert_type(q.milli_value, int)
    assert_type(q.decimal, Decimal)
    assert_type(q + Quantity(1), Quantity)
    assert_type(q - Quantity(0.5), Quantity)
    assert_type(q * 2, Quantity)
    assert sorted([q, Quantity("1k")])[0] < q
    assert q.format == "BinarySI"
    try:
        Quantity("1Gb")
    except QuantityError as error:
        reason: str = error.reason
        assert_type(error.text, str)
        assert reason == "format"


def ask(address: str) -> None:
    with Client(address, timeout=10) as client:
        assert_type(client.resolve(Resources(cpu=1)), Resources)
        for answer in client.resolve_many([Resources(cpu=1), Resources(mem="1Gi")], timeout=10):
            assert_type(answer, Resources | ResourcesError)
            if isinstance(answer, ResourcesError):
                raise answer
    try:
        list(Client("127.0.0.1:1", retry=0.1).resolve_many([Resources(cpu=1)]))
    except UnansweredError as error:
        assert_type(error.answered, int)
        assert_type(error.unanswered, tuple[Resources, ...])
        assert_type(error.code(), grpc.StatusCode)
    with grpc.insecure_channel(address) as channel:
        stub = service_grpc.ResourcesServiceStub(channel)
        response = stub.Resolve(service_pb.ResolveRequest(resources=Resources(cpu=1).to_proto()), timeout=10)
        assert_type(response, service_pb.ResolveResponse)
        assert Resources.from_proto(response.resources) == Resources(cpu=1)


async def serve_and_ask() -> None:
    async with Server("127.0.0.1:0") as server:
        await asyncio.to_thread(ask, server.address)
        async with AsyncClient(server.address, timeout=10) as client:
            assert_type(await client.resolve(Resources(cpu=1)), Resources)
            answers = [answer async for answer in client.resolve_many([Resources(cpu=1)])]
            assert_type(answers, list[Resources | ResourcesError])


class Job(BaseModel):
    name: str
    resources: Resources = Resources(cpu=1)


@dataclasses.dataclass
class Task(DataClassJSONMixin):
    name: str
    resources: Resources = Resources(cpu=1)  # noqa: RUF009 -- immutable


def main() -> None:
    configured = {"cpu": "500m", "mem": "1Gi"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourcesWarning)
        declare(1, 0.5, "1Gi", np.int64(1), configured)
    r = Resources(cpu=("500m", 2), mem="1Gi", gpu=1)
    attributes(r)
    dict_and_json(r)
    wire(r)
    kubernetes(r)
    assert len(errors()) == 1
    quantities()
    asyncio.run(serve_and_ask())
    assert_type(Job(name="train", resources=r).resources, Resources)
    assert_type(Task("train", r).resources, Resources)
    assert proto_path().joinpath("resourceidl", "v1", "resources.proto").is_file()


if __name__ == "__main__":
    main()
