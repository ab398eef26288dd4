"""The runtime's parts on real stores."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from inspect import isawaitable
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from clients import contract
from services._platform.call import Call, Principal
from services._platform.doorbell import Doorbell
from services._platform.postgres import Pool, open_pool
from services._platform.unit_of_work import UnitOfWork
from tests.conftest import Backends, Clock, Database
from tests.platform import echo
from tests.platform.own_stores import OwnStores


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """A pool of inventory's role."""
    async with open_pool(database.dsn("inventory"), 8, "test") as pool:
        yield pool


@pytest.fixture
async def redis(backends: Backends) -> AsyncIterator[Redis]:
    """A client of the worker's Redis."""
    async with Redis.from_url(backends.redis) as redis:
        yield redis


@pytest.fixture
def bell(redis: Redis) -> Doorbell:
    """A doorbell that only this process hears."""
    return Doorbell(redis, "test")


@pytest.fixture
def units(pool: Pool, bell: Doorbell, clock: Clock) -> UnitOfWork:
    """A unit of work on the test's database."""
    return UnitOfWork(pool, bell, clock)


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection that sees inventory's tables, and a table of plain effects made for the test."""
    async with database.connect() as connection:
        await connection.execute("CREATE TABLE effect (key text); GRANT SELECT, INSERT, UPDATE ON effect TO inventory")
        yield connection


@pytest.fixture
def own_stores(tmp_path: Path) -> Iterator[OwnStores]:
    """A Postgres and a Valkey that the test starts and stops."""
    own = OwnStores(tmp_path)
    try:
        yield own
    finally:
        own.stop_all()


@pytest.fixture(scope="session")
def echo_modules(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModuleType, ModuleType]:
    """The compiled echo contract."""
    return echo.compile_echo(tmp_path_factory.mktemp("echo"))


@pytest.fixture
def messages(echo_modules: tuple[ModuleType, ModuleType]) -> Any:
    """The messages of the echo contract."""
    return echo_modules[0]


@pytest.fixture
def methods(messages: Any) -> dict[str, contract.Method]:
    """The RPCs of the echo contract by name."""
    return {one.name: one for one in contract.methods(messages.DESCRIPTOR.services_by_name["EchoService"])}


NewCall = Callable[..., Call]


@pytest.fixture
def new_call(methods: dict[str, contract.Method]) -> NewCall:
    """Makes a call of an echo RPC, under no host at all."""

    def new(method: str = "Say", *, seconds: float = 30.0, metadata: dict[str, str] | None = None, **more: Any) -> Call:
        deadline = asyncio.get_running_loop().time() + seconds
        return Call(methods[method], metadata or {}, deadline, more.pop("request_id", "r-1"), **more)

    return new


ADA = Principal("users/ada", frozenset({"echo.write"}))


async def waiting_for_a_lock(owner: asyncpg.Connection) -> None:
    """Returns when some session of the database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await until(lambda: owner.fetchval(waiting))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Returns when the condition, which may be a coroutine, holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while True:
            holds = condition()
            if await holds if isawaitable(holds) else holds:
                return
            await asyncio.sleep(0.005)


@asynccontextmanager
async def cancelled_at_end(*work: Any) -> AsyncIterator[list["asyncio.Task[Any]"]]:
    """Runs coroutines beside the block, and ends them with it."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
