"""Each point at which a process may die is told before it is passed, and a process dies where it is told to."""

import asyncio
import signal
import sys

import asyncpg
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from pydantic import ValidationError

from services._platform.call import Once
from services._platform.doorbell import Doorbell
from services._platform.postgres import Pool
from services._platform.settings import Settings
from services._platform.unit_of_work import Unit, UnitOfWork
from tests.conftest import Clock, Database, settings

_DYING = """
import asyncio
from services._platform.faults import fault
from services._platform.settings import Settings, from_environment

async def live() -> None:
    passes = fault(from_environment(Settings))
    for point in ("before a", "after a", "before a", "after a"):
        await passes(point)
        print(point, flush=True)

asyncio.run(live())
"""


async def test_a_commit_is_told_of_before_it_lasts_and_when_it_does(
    pool: Pool, bell: Doorbell, clock: Clock, owner: asyncpg.Connection
) -> None:
    told: list[tuple[str, int]] = []

    async def fault(point: str) -> None:
        told.append((point, await owner.fetchval("SELECT count(*) FROM effect")))

    async def work(unit: Unit) -> str:
        await unit.connection.execute("INSERT INTO effect VALUES ('a')")
        return "a"

    once: Once[str, StringValue] = Once(
        "", "/mesh.x.v1.Y/Do", "", b"", StringValue, lambda value: StringValue(value=value)
    )
    await UnitOfWork(pool, bell, clock, fault).run(once, work)
    assert told == [("before commit of Do", 0), ("after commit of Do", 1)]


@pytest.mark.parametrize(("where", "lived"), [("1 before a", []), ("2 before a", ["before a", "after a"])])
async def test_a_process_dies_where_it_is_told_to(database: Database, where: str, lived: list[str]) -> None:
    given = settings(database, "inventory")
    secrets = {
        "MESH_POSTGRES_DSN": given.postgres_dsn.get_secret_value(),
        "MESH_REDIS_URL": given.redis_url.get_secret_value(),
        "MESH_SIGNING_KEY": given.signing_key.get_secret_value().decode(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DYING, env={**secrets, "MESH_DIE_AT": where}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode().splitlines()) == (-signal.SIGKILL, lived)


def test_where_to_die_is_said_in_full(database: Database) -> None:
    with pytest.raises(ValidationError):
        settings(database, "inventory", die_at="somewhere")
    assert isinstance(settings(database, "inventory", die_at="3 after commit of Do"), Settings)
