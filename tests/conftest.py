"""Real stores and the real wire for every test.

Each test worker runs a Postgres and a Valkey of its own; each test gets a fresh copy of a migrated database, so that
tests neither see nor wait for one another.
"""

import asyncio
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import asyncpg
import grpc
import pytest
from xdist.remote import Producer

from services._local import ports, stores
from services._platform import migrate
from services._platform.server import Compose, Server
from services._platform.settings import Settings
from tests import callers, scheduling
from tests.callers import AuthorizedChannel

TEMPLATE = "migrated"
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4 << 30  # noqa: S108  a name of nobody's in a folder of everybody's
"""Where a worker's stores are when that much is free."""
DEEP_SECONDS = 3600
"""That a test may take with `--deep`."""
SIGNING_KEY = secrets.token_hex(32)


class Clock:
    """A clock that tests set forward. It starts a little in the past, so that nothing is in the future."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) - timedelta(days=30)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Sets the clock forward by a timedelta's arguments."""
        self.now += timedelta(**by)


@dataclass(frozen=True, slots=True)
class Backends:
    """The stores of a test worker. `admin` reaches the server's own database as superuser."""

    admin: str
    redis: str
    passwords: dict[str, str]

    def database(self, name: str, role: str = "postgres") -> str:
        """The DSN of a database, as a role."""
        server = self.admin.rpartition("/")[0]
        if role != "postgres":
            server = f"postgresql://{role}:{self.passwords[role]}@{server.rpartition('@')[2]}"
        return f"{server}/{name}"


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database of one test."""

    backends: Backends
    name: str

    def dsn(self, role: str = "postgres") -> str:
        """Its DSN, as a role."""
        return self.backends.database(self.name, role)

    @asynccontextmanager
    async def connect(self, role: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """A connection to it, as a role; the superuser sees inventory's tables by their bare names too."""
        schema = "inventory" if role == "postgres" else role
        connection = await asyncpg.connect(self.dsn(role), server_settings={"search_path": schema})
        try:
            yield connection
        finally:
            await connection.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--deep` makes the searching tests search longer."""
    parser.addoption("--deep", action="store_true", help="search longer for counterexamples")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A test run that is told to end ends its stores too; a worker has ports of its own; what searches longer may take
    longer.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ[ports.RANGE] = scheduling.ports_of(worker, int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    if config.getoption("deep"):
        config.option.timeout = DEEP_SECONDS


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long is begun first."""
    items.sort(key=lambda item: scheduling.turn(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many as the machine serves."""
    return scheduling.workers(os.cpu_count() or 1, scheduling.watches())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> scheduling.Scheduling:
    """Spreads tests over the workers."""
    return scheduling.Scheduling(config, log)


@pytest.fixture(scope="session")
def backends() -> Iterator[Backends]:
    """A Postgres and a Valkey, with the template that databases are copied from."""
    with _quick_folder() as folder:
        yield from _running_backends(folder)


@contextmanager
def _quick_folder() -> Iterator[Path]:
    """In memory where there is room: a copied database is a thousand small files, which a disk takes a second for."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    with TemporaryDirectory(prefix="mesh-test-", dir=MEMORY if roomy else None) as folder:
        yield Path(folder)


def _running_backends(folder: Path) -> Iterator[Backends]:
    port = ports.choose(["postgres", "valkey"], {}, edge=None, seed=str(folder))
    password = secrets.token_hex(16)
    passwords = {service: secrets.token_hex(16) for service in migrate.services()}
    postgres = stores.postgres(folder / "postgres", port["postgres"], password, durable=False)
    valkey = stores.valkey(folder / "valkey", port["valkey"], password)
    log = folder / "log"
    with stores.running(postgres, log), stores.running(valkey, log):
        backends = Backends(postgres.url, valkey.url, passwords)

        async def prepare() -> None:
            await stores.create_database(backends.admin, TEMPLATE)
            await migrate.migrate(backends.database(TEMPLATE), passwords)

        asyncio.run(prepare())
        yield backends


@pytest.fixture
async def database(backends: Backends) -> AsyncIterator[Database]:
    """A database of the test's own."""
    async with copied_database(backends) as copy:
        yield copy


@asynccontextmanager
async def copied_database(backends: Backends) -> AsyncIterator[Database]:
    """A copy of the migrated template, dropped at the end."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(backends.admin)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" STRATEGY file_copy')
        yield Database(backends, name)
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@pytest.fixture
def clock() -> Clock:
    """A clock to set forward."""
    return Clock()


def settings(database: Database, service: str, **more: object) -> Settings:
    """The settings of a service on a test's database."""
    values = {
        "listen": "127.0.0.1:0",
        "postgres_dsn": database.dsn(service),
        "redis_url": database.backends.redis,
        "signing_key": SIGNING_KEY,
        "jwks": callers.JWKS,
        "linger_seconds": 0,
        "drain_seconds": 1,
    }
    return Settings.model_validate({**values, **more})


@asynccontextmanager
async def serving(
    compose: Compose, settings: Settings, access_token: str | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    """A service on a port of its own in this process, and a plain channel to it.

    Calls carry the access token; none when it is empty, an administrator's by default.
    """
    access_token = callers.token() if access_token is None else access_token
    async with (
        serving_port(compose, settings) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield cast("grpc.aio.Channel", AuthorizedChannel(channel, access_token)) if access_token else channel


@asynccontextmanager
async def serving_port(compose: Compose, settings: Settings) -> AsyncIterator[int]:
    """A service in this process; yields the port that it listens on."""
    stop = asyncio.Event()
    async with compose(settings) as service:
        server = Server(service, settings)
        running = asyncio.create_task(server.serve(stop))
        try:
            yield server.port
        finally:
            stop.set()
            await running


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = 10) -> None:
    """Returns when the condition holds; fails when it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  what is waited for lies in another process
            await asyncio.sleep(0.02)
