"""What callers are told when Postgres refuses, hangs, dies or is late, and connections that come back clean."""

import asyncio
import os
import signal

import asyncpg
import pytest

from services._platform import postgres
from services._platform.errors import DeadlineExceeded, OutOfRange, Unavailable
from services._platform.postgres import Pool, open_pool, ping, reading, retryable, transaction, translated
from tests.conftest import Backends, Database
from tests.platform.conftest import until
from tests.platform.own_stores import OwnStores


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ConnectionRefusedError(), Unavailable),
        (TimeoutError(), Unavailable),
        (asyncpg.ConnectionDoesNotExistError("gone"), Unavailable),
        (asyncpg.CannotConnectNowError("starting"), Unavailable),
        (asyncpg.AdminShutdownError("bye"), Unavailable),
        (asyncpg.CrashShutdownError("bye"), Unavailable),
        (asyncpg.TooManyConnectionsError("full"), Unavailable),
        (asyncpg.InterfaceError("connection is closed"), Unavailable),
        (asyncpg.InternalClientError("killed in flight"), Unavailable),
        (asyncpg.QueryCanceledError("statement timeout"), DeadlineExceeded),
        (OutOfRange("a refusal", reason="NO"), OutOfRange),
        (asyncpg.UniqueViolationError("a defect"), asyncpg.UniqueViolationError),
        (asyncpg.UndefinedTableError("a defect"), asyncpg.UndefinedTableError),
        (asyncpg.DataError("an argument that cannot be encoded"), asyncpg.DataError),
        (LookupError(), LookupError),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else type(one).__name__,
)
def test_what_the_driver_raises_is_told_or_is_a_defect(raised: Exception, told: type[Exception]) -> None:
    with pytest.raises(told) as caught, translated():
        raise raised
    if isinstance(caught.value, Unavailable):
        assert caught.value.metadata == {"dependency": "postgres"}
        assert caught.value.retry_after == 1


def test_only_lost_races_are_tried_again() -> None:
    twin = asyncpg.UniqueViolationError("twin")
    twin.constraint_name = "remembered_reply_pkey"
    other = asyncpg.UniqueViolationError("other")
    other.constraint_name = "product_pkey"
    assert retryable(twin)
    assert retryable(asyncpg.SerializationError("lost"))
    assert retryable(asyncpg.DeadlockDetectedError("lost"))
    assert not retryable(other)
    assert not retryable(Unavailable("away"))


async def test_a_transaction_is_all_or_nothing(pool: Pool, owner: asyncpg.Connection) -> None:
    async with transaction(pool) as connection:
        await connection.execute("INSERT INTO effect VALUES ('kept')")

    async def fail() -> None:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO effect VALUES ('lost')")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert [row["key"] for row in await owner.fetch("SELECT key FROM effect")] == ["kept"]


async def test_a_wrong_password_is_a_defect_that_names_no_password(backends: Backends) -> None:
    wrong = "wrong-secret"
    async with open_pool(backends.admin.replace("postgres:", f"postgres:{wrong}", 1), 1, "test") as pool:
        with pytest.raises(asyncpg.InvalidPasswordError) as caught:
            await ping(pool)
        assert wrong not in str(caught.value)


async def test_a_session_that_went_silent_is_given_up_and_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is stopped, so neither a cancel request nor a ROLLBACK is ever answered."""
    monkeypatch.setattr(postgres, "_BACKGROUND_TIMEOUT", 0.5)
    monkeypatch.setattr(postgres, "_END_TIMEOUT", 0.2)
    stopped: list[int] = []

    async def stall(pool: Pool) -> None:
        async with transaction(pool) as connection:
            stopped.append(await connection.fetchval("SELECT pg_backend_pid()"))
            os.kill(stopped[0], signal.SIGSTOP)
            await connection.fetchval("SELECT 1")

    async with open_pool(database.dsn("inventory"), 1, "silent") as pool:
        try:
            async with asyncio.timeout(30):
                with pytest.raises(Unavailable):
                    await stall(pool)
                async with reading(pool) as connection:
                    assert await connection.fetchval("SELECT pg_backend_pid()") != stopped[0]
        finally:
            os.kill(stopped[0], signal.SIGCONT)


async def test_a_read_that_is_cut_off_holds_on_to_nothing(database: Database, owner: asyncpg.Connection) -> None:
    """Wherever it is: between its being prepared and run it would keep what it sees from being tidied up."""
    async with open_pool(database.dsn("inventory"), 1, "test") as pool:

        async def read(statement: str) -> None:
            async with reading(pool) as connection:
                await connection.fetch(statement)

        async with reading(pool) as connection:
            session = await connection.fetchval("SELECT pg_backend_pid()")
        for turns in range(400):
            cut_off = asyncio.create_task(read(f"SELECT {turns}"))  # each is prepared
            for _ in range(turns):
                await asyncio.sleep(0)
            cut_off.cancel()
            await asyncio.wait([cut_off])
            await until(
                lambda: owner.fetchval("SELECT state = 'idle' FROM pg_stat_activity WHERE pid = $1", session), 5
            )


async def test_a_killed_postgres_is_away_and_then_it_is_back(own_stores: OwnStores) -> None:
    await asyncio.to_thread(own_stores.start, "postgres")
    began = asyncio.Event()

    async def stall(pool: Pool) -> None:
        async with transaction(pool) as connection:
            await connection.fetchval("SELECT 1")
            began.set()
            await connection.execute("SELECT pg_sleep(60)")

    async with open_pool(own_stores.postgres.url, 2, "killed") as pool:
        in_flight = asyncio.create_task(stall(pool))
        await began.wait()
        await asyncio.to_thread(own_stores.kill_postgres)
        with pytest.raises(Unavailable):
            await in_flight
        with pytest.raises(Unavailable):
            await ping(pool)
        await asyncio.to_thread(own_stores.start, "postgres")

        async def back() -> bool:
            try:
                await ping(pool)
            except Unavailable:
                return False
            return True

        await until(back)


async def test_a_plan_that_was_made_while_a_table_was_empty_serves_it_when_it_is_large(
    pool: Pool, owner: asyncpg.Connection
) -> None:
    await owner.execute("CREATE TABLE grows (key text PRIMARY KEY); ANALYZE grows; GRANT SELECT ON grows TO PUBLIC")
    look_up = (
        "SELECT found.key FROM unnest($1::text[]) AS asked (key)"
        " CROSS JOIN LATERAL (SELECT key FROM grows WHERE key = asked.key OFFSET 0) AS found"
    )
    async with reading(pool) as connection:
        for _ in range(10):  # after five, a plan is kept
            await connection.fetch(look_up, ["1"])
        await owner.execute("INSERT INTO grows SELECT generate_series(1, 1000)")
        assert len(await connection.fetch(look_up, [str(key) for key in range(1, 101)])) == 100
        await connection.execute("SELECT pg_stat_force_next_flush()")
        scans = await connection.fetchrow("SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'grows'")
    assert scans is not None
    assert (scans["seq_scan"], scans["idx_scan"]) == (0, 110)
