"""A service as a process: it starts, tells what it does in logs, metrics and traces, and drains when it is told to."""

import asyncio
import json
import os
import signal
import sys
import urllib.request
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from mesh.inventory.v1.warehouse_service_pb2 import GetWarehouseRequest, ListWarehousesRequest
from mesh.inventory.v1.warehouse_service_pb2_grpc import WarehouseServiceStub
from services._platform.health import Dependency
from services._platform.server import Server, Service
from tests import callers
from tests.callers import AuthorizedChannel
from tests.conftest import SIGNING_KEY, Database, settings
from tests.platform.conftest import free_port, until
from tests.platform.echo import Echo
from tests.platform.told import told

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WAREHOUSES = "/mesh.inventory.v1.WarehouseService"


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """An OTLP collector that keeps what it is sent."""

    spans: list[tuple[dict[str, str], Span]] = field(default_factory=list)

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            about = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.spans += [(about, span) for scope in resource.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


@asynccontextmanager
async def collecting() -> AsyncIterator[tuple[Collector, str]]:
    """A collector, and the endpoint that it listens on."""
    collector, server = Collector(), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield collector, f"http://127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def process(database: Database, **more: str) -> AsyncIterator[tuple[Process, list[dict[str, Any]]]]:
    """A process of inventory, and the lines that it logs."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MESH_", "OTEL_"))},
        "MESH_LISTEN": "127.0.0.1:0",
        "MESH_POSTGRES_DSN": database.dsn("inventory"),
        "MESH_REDIS_URL": database.backends.redis,
        "MESH_SIGNING_KEY": SIGNING_KEY,
        "MESH_JWKS": callers.JWKS,
        **more,
    }
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inventory", env=environment, stderr=PIPE, stdout=PIPE
    )
    lines: list[dict[str, Any]] = []

    async def read() -> None:
        assert running.stderr is not None
        while line := await running.stderr.readline():
            lines.append(json.loads(line))

    reading = asyncio.create_task(read())
    try:
        yield running, lines
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
        await reading


async def test_a_process_tells_what_it_does_and_ends_when_it_is_told(database: Database) -> None:
    metrics = free_port()
    async with (
        collecting() as (collector, endpoint),
        process(database, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, MESH_METRICS_LISTEN=f"127.0.0.1:{metrics}") as (
            running,
            lines,
        ),
    ):
        await until(lambda: [line for line in lines if line["message"] == "serving"], 60)
        [port] = [line["port"] for line in lines if line["message"] == "serving"]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            warehouses = WarehouseServiceStub(cast("grpc.aio.Channel", AuthorizedChannel(channel, callers.token())))
            await warehouses.ListWarehouses(ListWarehousesRequest())
            headers = [("traceparent", f"00-{TRACE}-{PARENT}-01"), ("x-request-id", "r-42")]
            missing = warehouses.GetWarehouse(GetWarehouseRequest(name="warehouses/none"), metadata=headers)
            assert (await told(missing)).reason == "WAREHOUSE_NOT_FOUND"
            async with database.connect() as owner:
                await owner.execute("ALTER TABLE warehouse RENAME TO gone")  # a defect, as far as the service knows
            defect = await told(warehouses.GetWarehouse(GetWarehouseRequest(name="warehouses/a"), metadata=headers))
            assert defect.reason == "INTERNAL"
            assert "warehouse" not in str(defect.details)
            shown = await asyncio.to_thread(_fetch, f"http://127.0.0.1:{metrics}/metrics")
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 30) == 0

        for code, method in (("OK", "List"), ("NOT_FOUND", "Get"), ("INTERNAL", "Get")):
            rpc = f"{WAREHOUSES}/{method}Warehouse{'s' * (method == 'List')}"
            assert f'mesh_rpc_seconds_count{{code="{code}",method="{rpc}"}} 1.0' in shown
        assert (
            f'mesh_rpc_refusals_total{{method="{WAREHOUSES}/GetWarehouse",reason="WAREHOUSE_NOT_FOUND"}} 1.0' in shown
        )

    # Of calls: the loops miss the table too.
    [error] = [line for line in lines if line["level"] == "error" and "method" in line]
    assert "UndefinedTableError" in error.pop("exception")
    assert error.pop("timestamp").endswith("Z")
    assert error == {
        "service": "inventory",
        "module": "services._platform.grpc_host",
        "level": "error",
        "message": "a call failed by a defect",
        "method": f"{WAREHOUSES}/GetWarehouse",
        "caller": callers.ADMIN,
        "request_id": "r-42",
        "trace_id": TRACE,
    }
    said = json.dumps(lines)
    for secret in (SIGNING_KEY, database.backends.passwords["inventory"], database.backends.redis.split("@")[0]):
        assert secret not in said

    spans = [span for _, span in collector.spans]
    assert [span.name.rpartition("/")[2] for span in spans] == ["ListWarehouses", "GetWarehouse", "GetWarehouse"]
    assert {about["service.name"] for about, _ in collector.spans} == {"inventory"}
    assert all(span.kind == Span.SPAN_KIND_SERVER for span in spans)
    assert {(span.trace_id.hex(), span.parent_span_id.hex()) for span in spans[1:]} == {(TRACE, PARENT)}
    assert spans[0].parent_span_id == b""


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  our own, on loopback
        return str(answer.read().decode())


# ---- Inside one process ----


@asynccontextmanager
async def served(
    echo: Echo, database: Database, dependencies: dict[str, Dependency] | None = None, **more: object
) -> AsyncIterator[tuple[grpc.aio.Channel, asyncio.Event, "asyncio.Task[None]"]]:
    """The echo service, a channel to it, what stops it, and its end."""
    stop = asyncio.Event()
    values = settings(database, "inventory", **more)
    server = Server(Service([echo], dependencies or {}), values)  # type: ignore[list-item]
    running = asyncio.create_task(server.serve(stop))
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield channel, stop, running
    finally:
        stop.set()
        await running


async def test_draining_says_so_lets_calls_finish_and_takes_no_new_ones(
    messages: Any, echo_modules: Any, database: Database
) -> None:
    go_on = asyncio.Event()

    async def wait(_request: Any, _call: Any) -> None:
        await go_on.wait()

    echo = Echo(messages, wait)
    async with served(echo, database, drain_seconds=30) as (channel, stop, running):
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        states = health_pb2.HealthCheckResponse
        async with asyncio.timeout(30):
            while (await watch.read()).status != states.SERVING:
                pass
            stub = echo_modules[1].EchoServiceStub(channel)
            late = asyncio.ensure_future(stub.Peek(messages.PeekRequest(text="late")))
            await until(lambda: echo.calls)
            stop.set()
            assert (await watch.read()).status == states.NOT_SERVING
            watch.cancel()
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub.Peek(messages.PeekRequest())
            # grpcio cancels what comes at the very moment; the edge repeats either.
            assert refused.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
            assert not running.done()
            go_on.set()
            assert (await late).text == "late"
            await running


async def test_a_call_that_does_not_finish_in_time_is_cut(messages: Any, echo_modules: Any, database: Database) -> None:
    async def wait(_request: Any, _call: Any) -> None:
        await asyncio.Event().wait()

    echo = Echo(messages, wait)
    async with served(echo, database, drain_seconds=0.05) as (channel, stop, running):
        stub = echo_modules[1].EchoServiceStub(channel)
        stuck = asyncio.ensure_future(stub.Peek(messages.PeekRequest()))
        await until(lambda: echo.calls)
        stop.set()
        async with asyncio.timeout(30):
            await running
            with pytest.raises((grpc.aio.AioRpcError, asyncio.CancelledError)):
                await stuck


async def test_reflection_names_every_service(messages: Any, database: Database) -> None:
    async with served(Echo(messages), database) as (channel, _, _):
        ask = reflection_pb2.ServerReflectionRequest(list_services="")
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        [answer] = [one async for one in stub.ServerReflectionInfo(iter([ask]))]
    assert {one.name for one in answer.list_services_response.service} == {
        "mesh.echo.v1.EchoService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


async def test_nobody_is_known_without_keys_to_know_them_by(
    messages: Any, echo_modules: Any, database: Database
) -> None:
    async with served(Echo(messages), database, jwks="") as (channel, _, _):
        stub = echo_modules[1].EchoServiceStub(channel)
        assert (await told(stub.Stamp(messages.StampRequest()))).reason == "CREDENTIALS_INVALID"
        await stub.Peek(messages.PeekRequest())
    async with served(Echo(messages), database) as (channel, _, _):
        stub = echo_modules[1].EchoServiceStub(AuthorizedChannel(channel, callers.token()))
        refusal = await told(stub.Stamp(messages.StampRequest()))  # the echo is in no role's table
        assert refusal.reason == "PERMISSION_MISSING"
