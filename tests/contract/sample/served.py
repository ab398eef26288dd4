"""The sample, served from a thread of this process."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.resources import files

import asyncpg
import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2_grpc

from clients import contract
from services._platform import grpc_host
from services._platform.access_token import AccessTokens
from services._platform.authentication import bearer
from services._platform.clock import system_clock
from services._platform.health import Health
from services._platform.interceptors import Authenticator
from services._platform.jwks import Keys
from services._platform.settings import Settings
from services._platform.stores import Stores, open_stores
from tests.contract.sample.faults import Fault
from tests.contract.subject import Subject


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
def served(subject: Subject, settings: Settings, keys: Keys, fault: Fault) -> Iterator[int]:
    """Serves until the block ends, to callers whose tokens are signed by one of the keys; yields the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        serving = stack.enter_async_context(_serving(subject, settings, keys, fault))
        yield asyncio.run_coroutine_threadsafe(serving, loop).result(timeout=60)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(timeout=60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def _serving(subject: Subject, settings: Settings, keys: Keys, fault: Fault) -> AsyncIterator[int]:
    [service] = contract.services(subject.image)
    authenticate = bearer(AccessTokens(keys, subject.roles, system_clock))
    async with (
        open_stores("sample", settings, system_clock) as stores,
        _listening(service, stores, fault, settings, authenticate) as port,
    ):
        yield port


@asynccontextmanager
async def _listening(
    service: ServiceDescriptor, stores: Stores, fault: Fault, settings: Settings, authenticate: Authenticator
) -> AsyncIterator[int]:
    server = grpc.aio.server(options=fault.server_options) if fault.server_options else grpc_host.server()
    notes = fault.notes(service, stores, settings.signing_key.get_secret_value())
    chain = fault.interceptors(authenticate, settings.max_in_flight)
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
