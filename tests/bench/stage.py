"""What a bench runs on: one durable Postgres, one Valkey, and the servers under test as processes of their own."""

import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from services._local import command, health, ports, stores
from services._local.layout import CHECKOUT
from services._platform import migrate
from tests import callers

TEMPLATE = "seeded"
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: the root of its processes, and its host:port."""

    pid: int
    address: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The running stores. `postgres` and `valkey` are the first processes of the servers."""

    folder: Path
    postgres: int
    valkey: int
    admin: str
    redis: str
    passwords: Mapping[str, str]

    def dsn(self, database: str, role: str = "postgres") -> str:
        """The DSN of a database, as the superuser or as a service's role."""
        password = self.passwords.get(role)
        server = self.admin.rpartition("/")[0]
        login = server if password is None else f"postgresql://{role}:{password}@{server.rpartition('@')[2]}"
        return f"{login}/{database}"

    @asynccontextmanager
    async def connect(self, database: str, role: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection as superuser that sees a service's tables by their bare names."""
        connection = await asyncpg.connect(self.dsn(database), server_settings={"search_path": role})
        try:
            yield connection
        finally:
            await connection.close()

    async def prepare(self, seed: Callable[[str], Awaitable[None]]) -> None:
        """Migrates the template, and fills it by `seed`, which gets its name."""
        await stores.create_database(self.admin, TEMPLATE)
        await migrate.migrate(self.dsn(TEMPLATE), self.passwords)
        await seed(TEMPLATE)

    async def postgres_version(self) -> str:
        """What runs, as `18.4`."""
        async with self.connect("postgres", "public") as admin:
            return str(await admin.fetchval("SHOW server_version")).partition(" ")[0]

    async def copy(self, database: str) -> None:
        """Makes a database from the template."""
        async with self.connect("postgres", "public") as admin:
            await admin.execute(f'CREATE DATABASE "{database}" TEMPLATE "{TEMPLATE}" STRATEGY file_copy')

    def port(self, name: str) -> int:
        """A free port for a server of that name."""
        return ports.choose([name], {}, edge=None, seed=f"{self.folder}/{name}")[name]

    @contextmanager
    def program(
        self, name: str, argv: tuple[str, ...], check: str, port: int, environment: Mapping[str, str]
    ) -> Iterator[Server]:
        """Runs a program while the context lasts; enters it when the check (a URL) passes."""
        with command.running(command.Command(argv, CHECKOUT, environment), self.folder / f"{name}.log") as pid:
            health.wait({name: check}, START_SECONDS)
            yield Server(pid, f"{stores.HOST}:{port}")

    def service_environment(self, database: str, service: str, port: int) -> dict[str, str]:
        """How a service of ours is told where it is."""
        return {
            "MESH_LISTEN": f"{stores.HOST}:{port}",
            "MESH_POSTGRES_DSN": self.dsn(database, service),
            "MESH_REDIS_URL": self.redis,
            "MESH_SIGNING_KEY": secrets.token_hex(32),
            "MESH_JWKS": callers.JWKS,
        }


@contextmanager
def running(folder: Path) -> Iterator[Stage]:
    """Fresh stores in a folder, on the disk that it is on, with the durability and the settings of the mesh."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    port = ports.choose(["postgres", "valkey"], {}, edge=None, seed=str(folder))
    password = secrets.token_hex(16)
    passwords = {service: secrets.token_hex(16) for service in migrate.services()}
    postgres = stores.postgres(folder / "postgres", port["postgres"], password)
    valkey = stores.valkey(folder / "valkey", port["valkey"], password)
    log = folder / "stores.log"
    with command.running(postgres.command, log) as pid, command.running(valkey.command, log) as valkey_pid:
        health.wait({"postgres": postgres.url, "valkey": valkey.url}, START_SECONDS)
        yield Stage(folder, pid, valkey_pid, postgres.url, valkey.url, passwords)
    shutil.rmtree(folder)
