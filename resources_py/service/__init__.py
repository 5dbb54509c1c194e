"""The reference service ``resourceidl.service.v1.ResourcesService``, and its clients.

Needs the extra ``grpc``: ``pip install 'resources-py[grpc]'``.

>>> import asyncio
>>> from resources_py import Resources
>>> async def ask():
...     async with Server() as server, AsyncClient(server.address) as client:
...         return await client.resolve(Resources(cpu=(None, "0.5")))
>>> asyncio.run(ask())
Resources(cpu='500m')
"""

try:
    from resources_py.service._async_client import AsyncClient
    from resources_py.service._client import Client
    from resources_py.service._server import Server, serve
    from resources_py.service._shared import UnansweredError
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("grpc", "grpc_health", "grpc_reflection", "grpc_status", "google"):
        raise
    raise ImportError(
        f"resources_py.service needs gRPC ({error.name} is missing): pip install 'resources-py[grpc]'", name=error.name
    ) from error

__all__ = ["Client", "AsyncClient", "UnansweredError", "Server", "serve"]

for _public in (Client, AsyncClient, UnansweredError, Server, serve):
    _public.__module__ = __name__
del _public
