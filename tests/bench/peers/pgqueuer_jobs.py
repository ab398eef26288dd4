"""PgQueuer's side of the bench."""

import os
import sys
from contextlib import suppress

import asyncpg
import uvloop
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries

BATCH = 1000


async def main(what: str, count: int) -> None:
    """Enqueues, or works until it is stopped."""
    connection = await asyncpg.connect(os.environ["BENCH_TARGET"])
    queue = PgQueuer(AsyncpgDriver(connection))

    @queue.entrypoint("noop")
    async def noop(_job: Job) -> None:
        return None

    if what == "work":
        await queue.run(batch_size=100)
        return
    queries = Queries(AsyncpgDriver(connection))
    with suppress(asyncpg.DuplicateObjectError, asyncpg.DuplicateTableError):
        await queries.install()
    for _ in range(count // BATCH):
        await queries.enqueue(["noop"] * BATCH, [None] * BATCH, [0] * BATCH)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
