"""A replica behind the edge: `python backend.py REPLICA PORT`, with the stubs of the test contract on PYTHONPATH.

It implements the probe contract and the products of the inventory. A real process, so that tests can kill it.
"""

import asyncio
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_health.v1.health_pb2 import HealthCheckResponse

from mesh.inventory.v1 import product_pb2, product_service_pb2, product_service_pb2_grpc
from mesh.probe.v1 import probe_service_pb2_grpc
from mesh.probe.v1.probe_service_pb2 import NestRequest, ProbeRequest, ProbeResponse
from mesh.probe.v2 import probe_service_pb2_grpc as probe_v2
from mesh.probe.v2.probe_service_pb2 import WriteRequest, WriteResponse

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

NAMES = ("mesh.probe.v1.ProbeService", "mesh.inventory.v1.ProductService")


class Probe:
    """Does what the request says and tells what it saw."""

    def __init__(self, replica: str) -> None:
        self._replica = replica
        self._keys: dict[str, list[str]] = defaultdict(list)

    async def Read(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Write(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def WriteOnce(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Guarded(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Forgotten(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Hedged(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Old(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Nest(self, request: NestRequest, context: Context) -> ProbeResponse:
        return self._see(str(request.nest), context)

    async def Lent(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Heavy(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Internal(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        return await self._answer(request, context)

    async def Count(self, request: ProbeRequest, context: Context) -> AsyncIterator[ProbeResponse]:
        seen = self._see(request.key, context)
        for attempt in range(1, request.failures + 1):
            yield ProbeResponse(replica=self._replica, attempts=attempt, seconds_left=seen.seconds_left)
            await asyncio.sleep(request.delay.ToTimedelta().total_seconds())
        if request.code:
            await _fail(request.code, context)

    async def Sum(self, requests: AsyncIterator[ProbeRequest], context: Context) -> ProbeResponse:
        answer = self._see("", context)
        async for request in requests:
            answer.padding += len(request.padding)
        return answer

    async def _answer(self, request: ProbeRequest, context: Context) -> ProbeResponse:
        answer = self._see(request.key, context)
        answer.padding = len(request.padding)
        if request.slow_replica in ("", self._replica):
            await asyncio.sleep(request.delay.ToTimedelta().total_seconds())
        if answer.attempts <= request.failures:
            await _fail(request.code or code_pb2.UNAVAILABLE, context)
        return answer

    def _see(self, key: str, context: Context) -> ProbeResponse:
        metadata = dict(context.invocation_metadata() or ())
        self._keys[key].append(str(metadata.get("idempotency-key", "")))
        return ProbeResponse(
            replica=self._replica,
            attempts=len(self._keys[key]),
            seconds_left=context.time_remaining() or -1.0,
            idempotency_keys=self._keys[key],
            request_id=str(metadata["x-request-id"]),
            headers={name: value for name, value in metadata.items() if isinstance(value, str)},
        )


class ProbeV2:
    """Says what it hears."""

    async def Write(self, request: WriteRequest, context: Context) -> WriteResponse:
        return WriteResponse(name=request.name)


class Products(product_service_pb2_grpc.ProductServiceServicer):
    """A catalogue in memory."""

    def __init__(self) -> None:
        self._products: dict[str, product_pb2.Product] = {}

    async def CreateProduct(
        self, request: product_service_pb2.CreateProductRequest, context: Context
    ) -> product_pb2.Product:
        name = f"products/{request.product_id}"
        request.product.name = name
        self._products[name] = request.product
        return request.product

    async def GetProduct(self, request: product_service_pb2.GetProductRequest, context: Context) -> product_pb2.Product:
        if request.name not in self._products:
            await _fail(code_pb2.NOT_FOUND, context)
        return self._products[request.name]

    async def ListProducts(
        self, request: product_service_pb2.ListProductsRequest, context: Context
    ) -> product_service_pb2.ListProductsResponse:
        return product_service_pb2.ListProductsResponse(
            products=list(self._products.values())[: request.page_size or None], next_page_token=request.filter
        )

    async def UpdateProduct(
        self, request: product_service_pb2.UpdateProductRequest, context: Context
    ) -> product_pb2.Product:
        product = self._products[request.product.name]
        request.update_mask.MergeMessage(request.product, product)
        return product


async def _fail(code: int, context: Context) -> None:
    """Every kind of detail that a service of the mesh sends."""
    details = (
        error_details_pb2.ErrorInfo(reason="PROBED", domain="mesh", metadata={"resource": "probes/1"}),
        error_details_pb2.BadRequest(field_violations=[{"field": "lines[0].quantity", "description": "too small"}]),
        error_details_pb2.PreconditionFailure(violations=[{"type": "STOCK", "subject": "products/mug"}]),
        error_details_pb2.QuotaFailure(violations=[{"subject": "users/1", "description": "too many"}]),
        error_details_pb2.ResourceInfo(resource_type="mesh/Product", resource_name="products/mug"),
        error_details_pb2.RetryInfo(retry_delay={"seconds": 2}),
    )
    status = status_pb2.Status(code=code, message="as asked for")
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    if code == code_pb2.DEADLINE_EXCEEDED:
        await context.send_initial_metadata(())
    codes = {known.value[0]: known for known in grpc.StatusCode}
    await context.abort(codes[code], status.message, metadata)


async def main(replica: str, port: int) -> None:
    server = grpc.aio.server()
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    probe_service_pb2_grpc.add_ProbeServiceServicer_to_server(Probe(replica), server)
    probe_v2.add_ProbeServiceServicer_to_server(ProbeV2(), server)
    product_service_pb2_grpc.add_ProductServiceServicer_to_server(Products(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    for name in NAMES:
        await servicer.set(name, HealthCheckResponse.SERVING)

    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await servicer.enter_graceful_shutdown()
    # Long enough for the edge to hear of it: what it still sends until then is answered.
    await asyncio.sleep(1.5)
    await server.stop(grace=5)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
