"""What survives: another dispatcher, a restart, a turn of the segments, a snapshot that is never let go."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

import grpc
import pytest

from clients.worker import Run, Worker
from mesh.jobs.v1.job_service_pb2 import WatchRunRequest
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub
from services._local import ports
from services._platform.clock import system_clock
from services._platform.errors import Unavailable
from services._platform.stores import open_stores
from services.jobs import store
from services.jobs.domain.turn import Turn
from services.jobs.store.journal import LostLease
from services.jobs.store.takeover import board
from tests import callers
from tests.callers import AuthorizedChannel
from tests.conftest import Clock, Database, eventually, settings
from tests.inventory.conftest import refusal_of
from tests.jobs.conftest import Jobs, running, spec


async def test_jobs_and_runs_survive_the_dispatcher(database: Database, clock: Clock) -> None:
    """A run that goes on while its dispatcher ends is recorded by the next one, under the same ticket."""
    go, runs = asyncio.Event(), Counter[str]()

    async def held(run: Run) -> None:
        runs[run.item.job] += 1
        await go.wait()

    address = f"127.0.0.1:{ports.choose(['jobs'], {}, edge=None, seed=database.name)['jobs']}"
    async with grpc.aio.insecure_channel(address) as plain:
        channel = cast("grpc.aio.Channel", AuthorizedChannel(plain, callers.token("services/inventory", ["service"])))
        worker = Worker(WorkServiceStub(channel).Work, "w", {"held": held}, capacity=20)
        async with running(database, clock, listen=address) as jobs:
            names = await jobs.enqueue_many(*(spec("held") for _ in range(20)), *(spec("later") for _ in range(5)))
            working = asyncio.create_task(worker.work())
            await eventually(lambda: _is(len(runs) == 20))
        async with running(database, clock, listen=address) as after:
            # The first connection was refused while nobody was there.
            assert after.plain
            await asyncio.wait_for(after.plain.channel_ready(), 20)
            go.set()
            for name in names[:20]:
                job = await after.reaches(name, "SUCCEEDED")
                assert job.run == 1
            assert {await after.state(name) for name in names[20:]} == {"READY"}
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
    assert set(runs.values()) == {1}


async def test_a_turn_that_is_stored_but_seems_to_fail_is_known(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its runs are those of the worker, which never heard of them: nobody gets them before they are lost."""
    lost = list[Turn]()
    commit = store.Journal.commit

    async def answer_is_lost(journal: store.Journal, turn: Turn, *under: Any) -> None:
        await commit(journal, turn, *under)
        if turn.claimed and not lost:
            lost.append(turn)
            raise Unavailable("the answer is lost")

    monkeypatch.setattr(store.Journal, "commit", answer_is_lost)
    async with running(database, clock) as jobs, jobs.worker({"noop": _noop}, capacity=50):
        unheard = await jobs.enqueue_many(*(spec() for _ in range(20)))
        await eventually(lambda: _is(bool(lost)))
        more = await jobs.enqueue_many(*(spec() for _ in range(20)))
        told = [job for job in (*unheard, *more) if UUID(job.removeprefix("jobs/")) not in _ids(lost[0])]
        for name in told:
            await jobs.reaches(name, "SUCCEEDED")
        assert await _claims(database) == Counter({UUID(name.removeprefix("jobs/")): 1 for name in (*unheard, *more)})
        assert {await jobs.state(f"jobs/{job}") for job in _ids(lost[0])} == {"RUNNING"}


async def test_a_turn_that_is_late_is_refused(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reaches Postgres only when its runs have been handed out by the board that followed."""
    late = list[Callable[[], Awaitable[None]]]()
    commit = store.Journal.commit

    async def held_up(journal: store.Journal, turn: Turn, *under: Any) -> None:
        if turn.claimed and not late:
            late.append(partial(commit, journal, turn, *under))
            raise Unavailable("it takes too long")
        await commit(journal, turn, *under)

    monkeypatch.setattr(store.Journal, "commit", held_up)
    async with running(database, clock) as jobs, jobs.worker({"noop": _noop}, capacity=50):
        names = await jobs.enqueue_many(*(spec() for _ in range(20)))
        for name in names:
            assert (await jobs.reaches(name, "SUCCEEDED")).run == 1
        with pytest.raises(LostLease):
            await late[0]()
    assert await _claims(database) == Counter({UUID(name.removeprefix("jobs/")): 1 for name in names})


async def test_any_replica_takes_workers_in(database: Database, clock: Clock) -> None:
    port = ports.choose(["one", "other"], {}, edge=None, seed=database.name)
    async with (
        running(database, clock, listen=f"127.0.0.1:{port['one']}") as one,
        running(database, clock, listen=f"127.0.0.1:{port['other']}") as other,
        one.worker({"noop": _noop}, "near"),
        other.worker({"noop": _noop}, "far"),
    ):
        names = await one.enqueue_many(*(spec() for _ in range(300)))
        workers = Counter([(await other.reaches(name, "SUCCEEDED")).worker for name in names])

        async def both() -> bool:
            more = await other.enqueue_many(*(spec() for _ in range(300)))
            workers.update([(await one.reaches(name, "SUCCEEDED")).worker for name in more])
            return set(workers) == {"near", "far"}

        await eventually(both, seconds=30)


async def test_any_replica_tells_what_the_dispatcher_refuses(database: Database, clock: Clock) -> None:
    port = ports.choose(["one", "other"], {}, edge=None, seed=database.name)
    async with (
        running(database, clock, listen=f"127.0.0.1:{port['one']}") as one,
        running(database, clock, listen=f"127.0.0.1:{port['other']}") as other,
    ):
        for replica in (one, other):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await replica.jobs.WatchRun(WatchRunRequest(name=f"jobs/{uuid4()}")).read()
            assert refusal_of(caught.value).reason == "JOB_NOT_FOUND"


async def test_a_turn_of_the_segments_loses_nothing(database: Database, clock: Clock) -> None:
    """Unfinished jobs are carried on, also those that an open transaction wrote into a segment that is closed."""
    async with open_stores("jobs", settings(database, "jobs"), system_clock) as stores:
        async with running(database, clock) as jobs:
            names = await jobs.enqueue_many(*(spec("nobody") for _ in range(30)))
        lease = stores.lease("dispatcher")
        for _ in range(40):
            fence = await lease.take()
            assert fence is not None
            reader, segments = store.Reader(stores.pool), store.Segments(stores.pool, lease, clock, most=0)
            loaded = await reader.load(clock())
            assert {f"jobs/{row['job_id']}" for row in loaded.jobs} == set(names)
            segments.begin(loaded.ring)
            made = board(loaded, {}, fence, random.Random(0), clock().timestamp())  # noqa: S311
            await segments.keep(made, fence)
        await lease.give_up()

        async with running(database, clock) as jobs, jobs.worker({"nobody": _noop}):
            for name in names:
                await jobs.reaches(name, "SUCCEEDED")
    async with database.connect() as connection:
        assert await connection.fetchval("SELECT newest FROM jobs.ring") >= 30


async def test_what_is_old_is_forgotten(database: Database) -> None:
    """By the true time: the age of a fire is read from the id of its job."""
    async with (
        open_stores("jobs", settings(database, "jobs"), system_clock) as stores,
        database.connect() as connection,
    ):
        for days in (0, 50):
            job = UUID(int=int((time.time() - days * 86_400) * 1000) << 80)
            at = system_clock() - timedelta(days=days)
            await connection.execute("INSERT INTO jobs.fire VALUES ('s', $1, $2)", at, job)
            await connection.execute("INSERT INTO jobs.workflow VALUES ($1, '', $2)", job, at)
            await connection.execute("INSERT INTO jobs.request (kind, job_id, create_time) VALUES (1, $1, $2)", job, at)
            await connection.execute(
                "INSERT INTO jobs.cached_result VALUES ($1, '', $2)", b"%d" % days, at + timedelta(hours=1)
            )
        await store.forget(stores.pool, system_clock)
        for table in ("fire", "workflow", "request", "cached_result"):
            assert await connection.fetchval(f"SELECT count(*) FROM jobs.{table}") == 1, table  # noqa: S608


async def test_a_snapshot_that_is_held_makes_no_dead_rows(
    database: Database, clock: Clock, pytestconfig: pytest.Config
) -> None:
    """Over twenty batches; with `--deep`, for ten minutes."""
    until = time.monotonic() + (600 if pytestconfig.getoption("deep") else 0)

    async with database.connect() as pinned, database.connect() as connection, running(database, clock) as jobs:
        await jobs.reaches(await _one(jobs), "READY")
        await pinned.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        async with jobs.worker({"noop": _noop}):
            batches = 0
            while batches < 20 or time.monotonic() < until:
                names = await jobs.enqueue_many(*(spec() for _ in range(500)))
                await jobs.reaches(names[-1], "SUCCEEDED")
                batches += 1
        await connection.execute("SELECT pg_stat_force_next_flush()")
        dead = await connection.fetch(
            "SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'jobs' AND n_dead_tup > 0"
        )
        assert {row["relname"] for row in dead} <= {"lease", "dispatcher", "ring"}
        updates = await connection.fetchval(
            "SELECT sum(n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
            " WHERE schemaname = 'jobs' AND relname NOT IN ('lease', 'dispatcher', 'ring')"
        )
        assert updates <= 1
        await pinned.execute("ROLLBACK")


async def _noop(run: Run) -> None:
    return None


def _ids(turn: Turn) -> set[UUID]:
    return {job.id for job in turn.claimed}


async def _claims(database: Database) -> Counter[UUID]:
    """How often each job was handed out, each time under a ticket of its own."""
    async with database.connect() as connection:
        rows = await connection.fetch(
            "SELECT c.job, first_ticket + c.place AS ticket"
            " FROM jobs.claim CROSS JOIN LATERAL unnest(jobs) WITH ORDINALITY AS c (job, place)"
        )
    assert len({row["ticket"] for row in rows}) == len(rows)
    return Counter(row["job"] for row in rows)


async def _one(jobs: Jobs) -> str:
    return await jobs.enqueue("nobody")


async def _is(value: bool) -> bool:
    return value
