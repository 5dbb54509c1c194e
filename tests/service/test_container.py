"""``resolve_container`` of both clients, with both servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import grpc
import pytest

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resourceidl.v1 import container_resources_pb2 as pb
from resources_py import ContainerResources, ExtendedResources, Resources, ResourcesError, ResourcesTypeError

METHOD = "ResolveContainer"
SERVICE = "resourceidl.service.v1.ResourcesService"
WANTED = ContainerResources(
    Resources(cpu=(None, "0.5"), gpu=8),
    ExtendedResources("A100", "1g.5gb", shared_memory="8Gi"),
    named={"rdma/hca": (None, 1), "hugepages-2Mi": "4Mi"},
    claims=["net", ("disk", "fast")],
)
RESOLVED = ContainerResources(
    Resources(cpu="500m", gpu=8), WANTED.extended, named={"rdma/hca": 1, "hugepages-2Mi": "4Mi"}, claims=WANTED.claims
)

Serve = Callable[..., AbstractContextManager[tuple[Any, str]]]


@contextmanager
def foreign(answer: Callable[[bytes, Any], bytes | None]) -> Iterator[str]:
    """A server that may break the contract."""
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    handlers = {METHOD: grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def test_answer(serve: Serve, face: Any) -> None:
    with serve() as (_, address), face(address) as client:
        assert client.resolve_container(WANTED) == RESOLVED
        assert client.resolve_container(RESOLVED, timeout=10) == RESOLVED
        assert client.resolve_container(ContainerResources()) == ContainerResources()


def test_violations(serve: Serve, face: Any) -> None:
    wrong = ContainerResources(Resources(ephemeral_storage=1), named={"hugepages-2Mi": "4Mi"})
    with serve() as (_, address), face(address) as client, pytest.raises(ResourcesError) as caught:
        client.resolve_container(wrong)
    found = [(violation.field, violation.reason) for violation in caught.value.violations]
    assert found == [("named_limits[0].name", "CPU_OR_MEMORY_REQUIRED")]
    assert isinstance(caught.value.__cause__, grpc.RpcError)


def test_only_containers_are_sent(face: Any) -> None:
    with face("127.0.0.1:1") as client:
        for wrong in (Resources(cpu=1), {"resources": {}}, None):
            with pytest.raises(ResourcesTypeError, match="not a ContainerResources"):
                client.resolve_container(wrong)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff",
        service_pb.ResolveContainerResponse(
            container_resources=pb.ContainerResources(named_limits=[pb.NamedQuantity(name="x/y", value="1x")])
        ).SerializeToString(),
    ],
)
def test_invalid_answer(face: Any, answer: bytes) -> None:
    with foreign(lambda *_: answer) as target, face(target) as client, pytest.raises(ResourcesError) as caught:
        client.resolve_container(WANTED)
    assert [violation.reason for violation in caught.value.violations] == ["UNDECODABLE"]


def test_a_call_that_breaks_off_is_tried_again(face: Any) -> None:
    asked = 0

    def answer(request: bytes, context: Any) -> bytes:
        nonlocal asked
        asked += 1
        if asked <= 2:
            context.abort(grpc.StatusCode.UNAVAILABLE, "broken off")
        return request  # of the same bytes

    with foreign(answer) as target:
        with face(target) as client, pytest.raises(grpc.RpcError, match="broken off"):
            client.resolve_container(WANTED)
        assert asked == 1
        with face(target, retry=60) as client:
            assert client.resolve_container(WANTED) == WANTED
        assert asked == 3
