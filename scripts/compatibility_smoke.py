"""Check in one process that the installed package works, and the service too if gRPC is installed.

Arguments: modules to import before the package and, after `--`, modules to import after it.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import sys
import threading

before, _, after = " ".join(sys.argv[1:]).partition("--")
for name in before.split():
    importlib.import_module(name)

from google.protobuf.internal import api_implementation  # noqa: E402

from resources_py import Quantity, Resources, ResourcesError  # noqa: E402

for name in after.split():
    importlib.import_module(name)

wanted_runtime = os.environ.get("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "upb")
assert api_implementation.Type() == wanted_runtime, api_implementation.Type()

declared = Resources(cpu=("500m", 2), mem="1Gi", gpu=1, ephemeral_storage=(None, "10Gi"))
assert Resources.from_bytes(bytes(declared)) == declared
assert Resources.from_proto(declared.to_proto()) == declared
assert Resources.from_json(declared.to_json()) == Resources.from_dict(declared.to_dict()) == declared
assert Resources.from_kubernetes(declared.to_kubernetes()) == declared
assert str(Quantity("0.5") + Quantity("1m")) == "501m"
reasons: list[str] = []
try:
    Resources.from_dict({"cpu": "1Gb", "memory": 1})
except ResourcesError as error:
    reasons = [violation.reason for violation in error.violations]
assert reasons == ["INVALID_QUANTITY", "UNKNOWN_KEY"]


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


if has("betterproto"):
    from resourceidl_betterproto.resourceidl.v1 import Resources as Message

    assert Resources.from_proto(declared.to_proto(Message)) == declared

if has("pydantic"):
    from pydantic import TypeAdapter

    assert TypeAdapter(Resources).validate_python(declared.to_dict()) == declared

if has("grpc"):
    from resources_py.service import AsyncClient, Client, Server

    def ask(address: str) -> list[object]:
        with Client(address, timeout=30) as client:
            unary = client.resolve(Resources(cpu=(None, 1)))
            return [unary, *client.resolve_many([declared, Resources.from_proto(Resources(mem="1Gi").to_proto())])]

    async def serve() -> None:
        async with Server("127.0.0.1:0") as server:
            answers = await asyncio.to_thread(ask, server.address)
            assert answers == [
                Resources(cpu=1),
                Resources.from_json('{"cpu": ["500m", 2], "mem": "1Gi", "gpu": 1, "ephemeral_storage": "10Gi"}'),
                Resources(mem="1Gi"),
            ], answers
            async with AsyncClient(server.address, timeout=30) as client:
                refused = [answer async for answer in client.resolve_many([Resources.from_bytes(GPU_WITHOUT_LIMIT)])]
            assert isinstance(refused[0], ResourcesError)
            assert refused[0].violations[0].reason == "LIMIT_REQUIRED"

    async def end_calls() -> None:
        """A server of the user's own, with asyncio, ends a call with violations, and its client gets them."""
        import grpc

        from resources_py.grpc import abort_async, error_from

        async def submit(request: bytes, context: grpc.aio.ServicerContext) -> None:
            try:
                Resources.from_bytes(request, kubernetes=True)
            except ResourcesError as error:
                await abort_async(context, error, field_prefix="job.")

        server = grpc.aio.server()
        methods = {"Submit": grpc.unary_unary_rpc_method_handler(submit)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("jobs", methods),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        sent = Resources.from_bytes(GPU_WITHOUT_LIMIT)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                await channel.unary_unary("/jobs/Submit")(bytes(sent))
            except grpc.RpcError as failure:
                error = error_from(failure, field_prefix="job.", declared=sent)
                assert error is not None
                assert [(v.field, v.reason) for v in error.violations] == [("gpu[0]", "LIMIT_REQUIRED")]
            else:
                raise AssertionError("the call did not fail")
        await server.stop(0)

    GPU_WITHOUT_LIMIT = bytes.fromhex("0a050802120131")
    asyncio.run(serve())
    asyncio.run(end_calls())
    assert threading.active_count() < 20

print("works")
