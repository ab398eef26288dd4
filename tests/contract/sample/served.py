"""The sample, served from a thread of this process: once for callers it trusts, once for nobody."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources import files

import asyncpg
import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2_grpc

from clients import contract
from services._platform import grpc_host
from services._platform.authentication import authenticator
from services._platform.clock import system_clock
from services._platform.health import Health
from services._platform.settings import Settings
from services._platform.stores import Stores, open_stores
from tests.contract.sample.faults import Fault
from tests.contract.subject import Subject


@dataclass(frozen=True)
class Ports:
    """Where the sample listens on loopback."""

    trusting: int
    guarded: int


async def create_schema(dsn: str) -> None:
    """The runtime's tables and the sample's, in the schema `sample`."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE SCHEMA sample; SET search_path = sample")
        migrations = files("services._platform") / "migrations"
        for migration in sorted(migrations.iterdir(), key=lambda file: file.name):
            await connection.execute(migration.read_text())
        await connection.execute((files(__package__) / "sample.sql").read_text().partition("-- name:")[0])
    finally:
        await connection.close()


@contextmanager
def served(subject: Subject, settings: Settings, fault: Fault) -> Iterator[Ports]:
    """Serves until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        serving = stack.enter_async_context(_serving(subject, settings, fault))
        yield asyncio.run_coroutine_threadsafe(serving, loop).result(timeout=60)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(timeout=60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def _serving(subject: Subject, settings: Settings, fault: Fault) -> AsyncIterator[Ports]:
    [service] = contract.services(subject.image)
    async with open_stores("sample", settings, system_clock) as stores, AsyncExitStack() as stack:
        ports = [
            await stack.enter_async_context(_listening(service, stores, fault, settings.model_copy(update=trust)))
            for trust in ({"trust_local": True}, {"trust_local": False})
        ]
        yield Ports(*ports)


@asynccontextmanager
async def _listening(
    service: ServiceDescriptor, stores: Stores, fault: Fault, settings: Settings
) -> AsyncIterator[int]:
    server = grpc.aio.server(options=fault.server_options) if fault.server_options else grpc_host.server()
    notes = fault.notes(service, stores, settings.signing_key.get_secret_value())
    chain = fault.interceptors(authenticator(settings), settings.max_in_flight)
    server.add_generic_rpc_handlers((grpc_host.handlers(service, notes, chain),))
    health = Health([service.full_name], stores.dependencies)
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    watching = asyncio.create_task(health.watch())
    try:
        yield port
    finally:
        watching.cancel()
        await server.stop(grace=0)
