"""Procrastinate's side of the bench of jobs, on the database BENCH_TARGET."""

import asyncio
import os
from functools import partial

import procrastinate
import uvloop
from procrastinate.types import JSONValue

from tests.bench.peers.closed_loop import KINDS, ClosedLoop


async def main() -> None:
    """Enqueues and works as it is told."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["BENCH_TARGET"]))

    async def enqueue(kind: str, payload: bytes, count: int) -> None:
        one: dict[str, JSONValue] = {"payload": payload.decode()}
        await tasks[kind].batch_defer_async(*(one for _ in range(count)))

    loop = ClosedLoop(enqueue, window=100, batch=50)

    async def job(kind: str, payload: str) -> None:
        await loop.job(kind, payload.encode())

    tasks = {kind: app.task(name=kind)(partial(job, kind)) for kind in KINDS}
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        working = asyncio.create_task(app.run_worker_async(concurrency=20, delete_jobs="never"))
        await loop.run()
        working.cancel()


if __name__ == "__main__":
    uvloop.run(main())
