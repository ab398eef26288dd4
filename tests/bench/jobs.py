"""Jobs a second, beside Procrastinate and PgQueuer on the same Postgres and BullMQ on the same Valkey, in one run.

    uv sync --group bench && npm install --prefix .bench bullmq
    make bench BENCH=jobs, or python -m tests.bench.jobs [--jobs 20000] [--rounds 3]

For each, one worker process does nothing for every job. Enqueue rate is by batches of 1,000. Process rate is from the
first job seen done to the last, or for ten seconds, so starting up does not count. A peer that is not installed is left
out with a word.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, time

import asyncpg
import uvloop

from services._local import health, ports, stores
from services._local.layout import CHECKOUT
from services._platform import migrate
from tests import callers

PEERS = Path(__file__).with_name("peers")
FOLDER = CHECKOUT / ".bench" / "jobs"
LONGEST = 10.0
"""Seconds that a worker is measured, at most; what a slow one leaves behind is not counted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A queue under test. `enqueue` and `work` are the ends of a command; `done` counts the jobs that are done."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    done: Callable[[], Awaitable[int]]


async def measure(subject: Subject, count: int) -> tuple[float, float]:
    """Jobs enqueued and processed a second."""
    before = await subject.done()
    started = perf_counter()
    await (await _start(subject, "enqueue", count)).wait()
    enqueued = perf_counter() - started
    worker = await _start(subject, "work", count)
    try:
        first, seen = 0.0, 0
        while True:
            done = await subject.done() - before
            if done and not first:
                first, seen = perf_counter(), done
            if done >= count or (first and perf_counter() - first > LONGEST):
                return count / enqueued, (done - seen) / max(perf_counter() - first, 1e-3)
            await asyncio.sleep(0.02)
    finally:
        worker.terminate()
        await worker.wait()


async def _start(subject: Subject, what: str, count: int) -> asyncio.subprocess.Process:
    environment = {**os.environ, **subject.environment}
    return await asyncio.create_subprocess_exec(
        *subject.command, what, str(count), env=environment, cwd=CHECKOUT, stderr=asyncio.subprocess.DEVNULL
    )


@asynccontextmanager
async def subjects() -> AsyncIterator[list[Subject]]:
    """The stores, our service and the peers that are installed."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    port = ports.choose(["postgres", "valkey", "jobs"], {}, edge=None, seed=str(FOLDER))
    postgres = stores.postgres(FOLDER / "postgres", port["postgres"], secrets.token_hex(16))
    valkey = stores.valkey(FOLDER / "valkey", port["valkey"], secrets.token_hex(16))
    passwords = {service: secrets.token_hex(16) for service in migrate.services()}
    log = FOLDER / "log"
    with stores.running(postgres, log), stores.running(valkey, log):
        server, found = postgres.url.rpartition("/")[0], []
        for database in ("mesh", "procrastinate", "pgqueuer"):
            await stores.create_database(postgres.url, database)
        await migrate.migrate(f"{server}/mesh", passwords)
        address = f"127.0.0.1:{port['jobs']}"
        environment = {
            "MESH_LISTEN": address,
            "MESH_POSTGRES_DSN": f"postgresql://jobs:{passwords['jobs']}@{server.rpartition('@')[2]}/mesh",
            "MESH_REDIS_URL": valkey.url,
            "MESH_SIGNING_KEY": secrets.token_hex(32),
            "MESH_JWKS": callers.JWKS,
            "MESH_LOG_LEVEL": "WARNING",
        }
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.jobs", env={**os.environ, **environment}, cwd=CHECKOUT
        )
        try:
            await asyncio.to_thread(health.wait, {"jobs": f"grpc://{address}"}, 60.0)
            ours = "SELECT coalesce(sum(cardinality(jobs)), 0) FROM jobs.ending"
            found.append(_python("mesh", "mesh_jobs", address, _counting(f"{server}/mesh", ours), **_tokens()))
            for name, query in (
                ("procrastinate", "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"),
                ("pgqueuer", "SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'"),
            ):
                if find_spec(name) is None:
                    sys.stdout.write(f"{name} is not installed\n")
                    continue
                dsn = f"{server}/{name}"
                found.append(_python(name, f"{name}_jobs", dsn, _counting(dsn, query)))
            bullmq = CHECKOUT / ".bench" / "node_modules" / "bullmq"
            if (node := shutil.which("node")) and bullmq.exists():
                count = _counter(FOLDER / "bullmq.count")
                command = (node, str(PEERS / "bullmq_jobs.cjs"), str(bullmq), valkey.url, str(FOLDER / "bullmq.count"))
                found.append(Subject("bullmq", command, {}, count))
            else:
                sys.stdout.write("bullmq is not installed\n")
            yield found
        finally:
            service.terminate()
            await service.wait()


def _python(name: str, module: str, target: str, done: Callable[[], Awaitable[int]], **environment: str) -> Subject:
    command = (sys.executable, "-m", f"tests.bench.peers.{module}")
    return Subject(name, command, {"BENCH_TARGET": target, **environment}, done)


def _tokens() -> dict[str, str]:
    """Who enqueues, and who works; both for an hour."""
    exp = int(time()) + 3600
    worker = callers.token("services/inventory", ["service"], exp=exp)
    return {"BENCH_CALLER": callers.bearer(), "BENCH_WORKER": f"Bearer {worker}"}


def _counting(dsn: str, query: str) -> Callable[[], Awaitable[int]]:
    connections: list[asyncpg.Connection] = []

    async def count() -> int:
        if not connections:
            connections.append(await asyncpg.connect(dsn))
        try:
            return int(await connections[0].fetchval(query))
        except asyncpg.UndefinedTableError:
            return 0

    return count


def _counter(file: Path) -> Callable[[], Awaitable[int]]:
    """A worker that has no cheap way to be asked writes how many it has done."""

    async def count() -> int:
        return await asyncio.to_thread(_read, file)

    return count


def _read(file: Path) -> int:
    return int(file.read_text() or 0) if file.exists() else 0


async def _pickup(subject: Subject, rate: int) -> str:
    """How long jobs wait at half load, in words."""
    environment = {**os.environ, **subject.environment}
    process = await asyncio.create_subprocess_exec(
        *subject.command, "pickup", str(rate), env=environment, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    found = json.loads(said)
    return f"At {rate:,}/s, half of that: pickup p50 {found['p50'] * 1e3:.1f} ms, p99 {found['p99'] * 1e3:.1f} ms."


async def run(count: int = 20_000, rounds: int = 3) -> None:
    """Measures all and writes a table."""
    async with subjects() as every:
        found: dict[str, list[tuple[float, float]]] = {subject.name: [] for subject in every}
        for _ in range(rounds):
            for subject in every:
                found[subject.name].append(await measure(subject, count))
                sys.stdout.write(f"  {subject.name}: {found[subject.name][-1][1]:,.0f}/s\n")
                sys.stdout.flush()
        ours = median(process for _, process in found["mesh"])
        sys.stdout.write("| queue | enqueue/s | process/s | ours is |\n| --- | --- | --- | --- |\n")
        for name, rates in found.items():
            enqueue, process = (median(rate[place] for rate in rates) for place in (0, 1))
            sys.stdout.write(f"| {name} | {enqueue:,.0f} | {process:,.0f} | {ours / process:.1f} x |\n")
        sys.stdout.write(await _pickup(every[0], int(ours / 2)) + "\n")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.jobs")
    parser.add_argument("--jobs", type=int, default=20_000, help="how many jobs in a round; a multiple of 1,000")
    parser.add_argument("--rounds", type=int, default=3, help="how many turns each queue has")
    given = parser.parse_args()
    uvloop.run(run(given.jobs, given.rounds))


if __name__ == "__main__":
    main()
