"""A server of the reference service for the port, with what gRPC does not do by itself. Like port.py, it imports nothing of
ours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def varint(number: int) -> bytes:
    return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80]) + varint(number >> 7)


def prefixed(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + varint(len(content)) + content


class Server:
    """Answers with the functions of a port."""

    def __init__(self, port: Any) -> None:
        self._port = port

    async def start(self) -> str:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        methods = {
            "Resolve": grpc.unary_unary_rpc_method_handler(self._resolve),
            "ResolveStream": grpc.stream_stream_rpc_method_handler(self._resolve_stream),
        }
        name = "resourceidl.service.v1.ResourcesService"
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, methods),))
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return f"127.0.0.1:{port}"

    async def stop(self) -> None:
        await self._server.stop(0)

    async def _resolve(self, request: bytes, context: Any) -> bytes:
        try:
            resources, violations = self._port.resolve(request)
        except self._port.UndecodableError:
            await context.abort(grpc.StatusCode.INTERNAL, "not a request")
        if violations:
            message = f"{violations[0][0]}: {violations[0][1]}"
            status = status_pb2.Status(code=INVALID.value[0], message=message)
            status.details.add().Pack(self._bad_request(violations))
            trailer = (("grpc-status-details-bin", status.SerializeToString()),)
            await context.abort(INVALID, message, trailer)
        return prefixed(0x0A, resources)

    async def _resolve_stream(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            try:
                resources, violations = self._port.resolve(request)
            except self._port.UndecodableError:
                await context.abort(grpc.StatusCode.INTERNAL, "not a request")
            if violations:
                yield prefixed(0x12, self._bad_request(violations).SerializeToString())
            else:
                yield prefixed(0x0A, resources)

    def _bad_request(self, violations: list[tuple[str, str]]) -> error_details_pb2.BadRequest:
        bad = error_details_pb2.BadRequest()
        for field, reason in violations:
            bad.field_violations.add(field=field, reason=reason, description="wrong")
        return bad
