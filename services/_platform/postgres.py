"""Postgres: the pool, transactions under the caller's deadline, and what its errors mean to a caller."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services._platform.call import current_call
from services._platform.errors import DeadlineExceeded, Refusal, Unavailable

Connection: TypeAlias = "asyncpg.Connection | PoolConnectionProxy"
Pool: TypeAlias = "asyncpg.Pool"

_BACKGROUND_TIMEOUT = 30.0
_END_TIMEOUT = 2.0
_RETRYABLE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # The database accepts no connections at present.
    asyncpg.ObjectNotInPrerequisiteStateError,
    # The connection was closed under the pool's feet.
    asyncpg.InterfaceError,
    # What the driver raises for a statement in flight when the server is killed.
    asyncpg.InternalClientError,
)


@asynccontextmanager
async def open_pool(dsn: str, size: int, application: str) -> AsyncIterator[Pool]:
    """A pool that connects when it is first used, so that a service starts, unready, while Postgres is away."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=5,
        # For a server that went silent; a server that is there stops statements itself, at their deadline.
        command_timeout=_BACKGROUND_TIMEOUT,
        max_inactive_connection_lifetime=0,
        server_settings={
            "application_name": application,
            # A plan that is made while a table is empty is kept while it grows: it had better be one for a large table.
            "enable_seqscan": "off",
        },
        # Sessions carry no state from one use to the next: every setting is local to its transaction.
        reset=_nothing,
    )
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), timeout=5)
        except TimeoutError:
            pool.terminate()


async def ping(pool: Pool) -> None:
    """Raises `Unavailable` unless Postgres answers."""
    async with reading(pool) as connection:
        await connection.execute("SELECT 1")


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for statements that each stand alone."""
    with translated():
        async with pool.acquire() as connection:
            try:
                yield connection
            except asyncio.CancelledError:
                # Who is cut off while a statement is prepared leaves it open, with all that it saw, until the next one.
                await _end(connection, "SELECT")
                raise


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection inside a transaction, whose statements stop at the deadline of the running call."""
    with translated():
        async with pool.acquire() as connection:
            call = current_call.get()
            timeout = call.remaining if call else _BACKGROUND_TIMEOUT
            if timeout <= 0:
                raise DeadlineExceeded("the deadline has passed")
            try:
                await connection.execute(f"BEGIN; SET LOCAL statement_timeout = {int(timeout * 1000) + 1}")
                yield connection
                await connection.execute("COMMIT")
            except BaseException:
                await _end(connection, "ROLLBACK")
                raise


def retryable(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is tried again: it lost a race against another."""
    return isinstance(error, _RETRYABLE) or (
        isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "remembered_reply_pkey"
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the driver raises into a refusal, or leaves it: then it is a defect of ours."""
    try:
        yield
    except Refusal:
        raise
    except asyncpg.QueryCanceledError as error:
        raise DeadlineExceeded("the deadline passed in the database") from error
    except TimeoutError as error:
        raise Unavailable("postgres does not answer", metadata={"dependency": "postgres"}, retry_after=1) from error
    except _AWAY as error:
        if isinstance(error, ValueError):  # an argument that the driver cannot encode
            raise
        raise Unavailable("postgres is away", metadata={"dependency": "postgres"}, retry_after=1) from error


async def _end(connection: Connection, statement: str) -> None:
    """Ends what is open, with its connection if need be: it must not go back to the pool as it is."""
    if connection.is_closed():
        return
    try:
        await connection.execute(statement, timeout=_END_TIMEOUT)
    except BaseException as error:
        connection.terminate()
        if not isinstance(error, Exception):
            raise


async def _nothing(_connection: object) -> None:
    return None
