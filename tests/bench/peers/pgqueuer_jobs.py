"""PgQueuer's side of the bench of jobs, on the database BENCH_TARGET."""

import asyncio
import os
from functools import partial

import asyncpg
import uvloop
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries

from tests.bench.peers.closed_loop import KINDS, ClosedLoop


async def main() -> None:
    """Enqueues and works as it is told."""
    target = os.environ["BENCH_TARGET"]
    queries = Queries(AsyncpgDriver(await asyncpg.connect(target)))
    await queries.install()

    async def enqueue(kind: str, payload: bytes, count: int) -> None:
        await queries.enqueue([kind] * count, [payload] * count, [0] * count)

    loop = ClosedLoop(enqueue, window=2000, batch=500)

    async def job(kind: str, taken: Job) -> None:
        await loop.job(kind, taken.payload or b"")

    queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(target)))
    for kind in KINDS:
        queue.entrypoint(kind)(partial(job, kind))
    working = asyncio.create_task(queue.run(batch_size=100))
    await loop.run()
    working.cancel()


if __name__ == "__main__":
    uvloop.run(main())
