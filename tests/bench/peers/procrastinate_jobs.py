"""Procrastinate's side of the bench."""

import os
import sys

import procrastinate
import uvloop

BATCH = 1000


async def main(what: str, count: int) -> None:
    """Enqueues, or works until it is stopped."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["BENCH_TARGET"]))

    @app.task(name="noop")
    async def noop() -> None:
        return None

    async with app.open_async():
        if what == "work":
            await app.run_worker_async(concurrency=20, delete_jobs="never")
            return
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        for _ in range(count // BATCH):
            await noop.batch_defer_async(*({} for _ in range(BATCH)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
