"""Job queues under test, each a program of `tests/bench/peers` with a database of its own, and what they have left."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter

import asyncpg
from redis.asyncio import Redis

from tests.bench import program
from tests.bench.measure import DRAIN_SECONDS, BenchError
from tests.bench.program import Program
from tests.bench.stage import Stage

Left = Callable[[], Awaitable[int]]
"""How many jobs are not recorded as done."""

_IN_POSTGRES = {
    "mesh": "SELECT (SELECT count(*) FROM jobs.job) - (SELECT coalesce(sum(cardinality(jobs)), 0) FROM jobs.ending)",
    "procrastinate": "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'",
    "pgqueuer": "SELECT count(*) FROM pgqueuer",
}


@asynccontextmanager
async def running(stage: Stage, name: str, environment: Mapping[str, str]) -> AsyncIterator[Program]:
    """The program of `mesh`, `procrastinate` or `pgqueuer`, on the database of that name."""
    argv = (sys.executable, "-m", f"tests.bench.peers.{name}_jobs")
    async with program.running(argv, {"BENCH_TARGET": stage.dsn(name), **environment}) as started:
        yield started


def left_in_postgres(stage: Stage, name: str) -> Left:
    """What is left in the database of a program."""

    async def left() -> int:
        connection = await asyncpg.connect(stage.dsn(name))
        try:
            return int(await connection.fetchval(_IN_POSTGRES[name]))
        finally:
            await connection.close()

    return left


def left_in_valkey(stage: Stage) -> Left:
    """What BullMQ has left."""

    async def left() -> int:
        async with Redis.from_url(stage.redis) as redis:
            return await redis.llen("bull:bench:wait") + await redis.llen("bull:bench:active")

    return left


async def nothing_left(left: Left) -> None:
    """Waits until all jobs are recorded as done. Raises `BenchError` when they never are."""
    deadline = perf_counter() + DRAIN_SECONDS
    while count := await left():
        if perf_counter() > deadline:
            raise BenchError(f"{count} jobs were run and are not recorded as done")
        await asyncio.sleep(0.05)
