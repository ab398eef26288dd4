"""Messages a second from publish to recorded acknowledgement: events over gRPC, PgQueuer, and a bare SKIP LOCKED table.

All are durable at either end. `events` is what a service gets: typed and checked messages, a log with key order, one
consumer on a stream. PgQueuer is what people queue messages in Postgres with, in a process of its own; its latencies
end when a message is delivered. The table is the least that a queue in Postgres can be, in the load generator's own
process: rows are inserted by the hundred, and claimed, deleted and so acknowledged by the hundred, by asyncpg; no
order, no groups, no second delivery, no network hop. `full` keeps 2,000 messages under way, published by the hundred
(PgQueuer: by five hundred); `alone` one.
"""

import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from services._local.stores import HOST
from tests.bench import queue_programs
from tests.bench.load_messages import POOL, TOPIC, Q, in_a_table, over_grpc
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.peers.closed_loop import NOOP
from tests.bench.program import Program
from tests.bench.report import Goal
from tests.bench.stage import Stage

SERVICE = "events"
EVENTS, PGQUEUER, TABLE = "events, gRPC", "PgQueuer", "SKIP LOCKED table, asyncpg"
LOADS = {"full": (2000, 100), "alone": (1, 1)}
"""Messages under way, and in one call."""


async def seed(stage: Stage, database: str) -> None:
    """Makes the log's first day, and the peer's table."""
    async with stage.connect(database, SERVICE) as connection:
        await connection.execute(Q["seed"])
        await connection.execute(Q["add_peer"])


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts the server and the peer's program; ours and the table under every load."""
    for database in ("log", "pgqueuer", "table"):
        await stage.copy(database)
    port = stage.port("log")
    environment = stage.service_environment("log", SERVICE, port) | {
        "MESH_POSTGRES_POOL": str(POOL),
        "MESH_EVENTS_KEY": secrets.token_hex(32),
    }
    argv = (sys.executable, "-m", "services.events")
    async with queue_programs.running(stage, "pgqueuer", {}) as pgqueuer:
        with stage.program("log", argv, f"grpc://{HOST}:{port}", port, environment) as server:
            postgres = {"postgres": stage.postgres}
            ours, published = {"server": server.pid, **postgres}, partial(_all_published, stage, _Count())
            yield [
                *(_ours(load, server.address, ours, published) for load in LOADS),
                *(_table(load, stage, postgres) for load in LOADS),
                _pgqueuer(stage, pgqueuer, postgres),
            ]


def _ours(load: str, address: str, processes: Mapping[str, int], verify: Callable[[Tally], Awaitable[None]]) -> Case:
    return Case(EVENTS, load, partial(over_grpc, address, *LOADS[load]), processes, verify)


def _table(load: str, stage: Stage, processes: Mapping[str, int]) -> Case:
    connect = partial(in_a_table, stage.dsn("table"), *LOADS[load])
    return Case(TABLE, load, connect, processes, partial(_all_taken, stage))


def _pgqueuer(stage: Stage, started: Program, processes: Mapping[str, int]) -> Case:
    def connect(tally: Tally) -> Connect:
        return started.connect(tally, NOOP)

    async def verify(_: Tally) -> None:
        await queue_programs.nothing_left(queue_programs.left_in_postgres(stage, "pgqueuer"))

    return Case(PGQUEUER, "full", connect, {"worker": started.pid, **processes}, verify)


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises, in ratios of rates (of a subject, under a load)."""
    return (
        Goal("events / PgQueuer, full", rate(EVENTS, "full") / rate(PGQUEUER, "full"), 2),
        Goal("events / SKIP LOCKED table, full", rate(EVENTS, "full") / rate(TABLE, "full"), 0.25),
    )


@dataclass(slots=True)
class _Count:
    total: int = 0


async def _all_published(stage: Stage, published: _Count, tally: Tally) -> None:
    published.total += tally.acknowledged
    async with stage.connect("log", SERVICE) as connection:
        stored = await connection.fetchval(Q["published"], TOPIC)
    if stored != published.total:
        raise BenchError(f"{published.total} messages were acknowledged, the log has {stored}")


async def _all_taken(stage: Stage, _: Tally) -> None:
    async with stage.connect("table", SERVICE) as connection:
        if left := await connection.fetchval(Q["left"]):
            raise BenchError(f"{left} messages are left in the table")
