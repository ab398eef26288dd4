"""Changes jobs that are there: edits, calls off, redrives. Each new version of a job fences what came before."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mesh.jobs.v1 import job_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.jobs import Request
from services._platform.postgres import Connection
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import jobs
from services.jobs.domain.jobs import State
from services.jobs.domain.refusals import JobClosed, JobNotDead, JobNotFound, JobRunning
from services.jobs.store.admission import closed

Q = sql.load(__package__, "jobs")

CANCEL, RUN_NOW, CONFIGURE = 1, 2, 3
"""What the dispatcher is asked for."""


class Versions:
    """Changes in Postgres. The dispatcher learns of them as of anything else that is committed."""

    def __init__(self, units: UnitOfWork, doorbell: Doorbell, clock: Clock) -> None:
        self._units = units
        self._doorbell = doorbell
        self._clock = clock

    async def edit(
        self, id: UUID, change: Callable[[job_pb2.JobSpec], job_pb2.JobSpec], once: Once[job_pb2.Job, Reply]
    ) -> Reply:
        """Replaces the spec of a job that does not run by what a function makes of it."""

        async def work(unit: Unit) -> job_pb2.Job:
            row, state = await self._lock(unit, id)
            before = job_pb2.JobSpec.FromString(row["spec"])
            spec = change(before)
            queue, tenant, key, task, priority = jobs.columns(spec)
            if state is State.DEAD:
                await unit.connection.execute(Q["change_dead_letter"], id, spec.SerializeToString(), tenant, task)
            elif state is State.RUNNING:
                raise JobRunning(str(id))
            elif state.final:
                raise JobClosed(str(id), state.name)
            else:
                refusal = await closed(unit.connection, [Request(id, spec)])
                # What waits where nothing is taken any more may be edited there.
                if refusal is not None and await closed(unit.connection, [Request(id, before)]) is None:
                    raise refusal
                ready = spec.ready_time.ToDatetime(tzinfo=unit.now.tzinfo) if spec.HasField("ready_time") else None
                content = spec.SerializeToString()
                run = max(row["run"], row["claim_run"] or 0) + 1
                version = (id, run, priority, row["create_time"], ready, queue, tenant, key, task, content)
                await _append(unit.connection, [version])
            return await self._read(unit.connection, id)

        return await self._told(await self._units.run(once, work))

    async def ask(self, id: UUID, kind: int, once: Once[job_pb2.Job, Reply]) -> Reply:
        """Asks the dispatcher to call a job off, or to run it now."""

        async def work(unit: Unit) -> job_pb2.Job:
            _, state = await self._lock(unit, id)
            if state.final:
                raise JobClosed(str(id), state.name)
            if kind == RUN_NOW and state is State.RUNNING:
                raise JobRunning(str(id))
            await unit.connection.execute(Q["ask"], kind, id, None, unit.now)
            return await self._read(unit.connection, id)

        return await self._told(await self._units.run(once, work))

    async def redrive(self, ids: Sequence[UUID], fingerprint: str, per_second: float, once: Once[int, Reply]) -> Reply:
        """Puts dead jobs back, so many a second. Refuses when one of those named is not dead, or its queue closed."""

        async def work(unit: Unit) -> int:
            letters = await unit.connection.fetch(Q["take_dead_letters"], list(ids), fingerprint)
            missing = set(ids) - {letter["job_id"] for letter in letters}
            if missing:
                raise JobNotDead(str(min(missing)))
            letters = sorted(letters, key=lambda letter: letter["job_id"])
            requests = [Request(one["job_id"], job_pb2.JobSpec.FromString(one["spec"])) for one in letters]
            refusal = await closed(unit.connection, requests)
            if refusal is not None:
                raise refusal
            versions = []
            for place, (letter, request) in enumerate(zip(letters, requests, strict=True)):
                queue, tenant, key, task, priority = jobs.columns(request.spec)
                ready: datetime = unit.now + timedelta(seconds=place / per_second if per_second else 0)
                first = (letter["job_id"], letter["run"] + 1, priority, letter["create_time"], ready)
                versions.append((*first, queue, tenant, key, task, letter["spec"]))
            await _append(unit.connection, versions)
            return len(versions)

        return await self._told(await self._units.run(once, work))

    async def _told(self, reply: Reply) -> Reply:
        self._doorbell.ring()
        return reply

    async def _lock(self, unit: Unit, id: UUID) -> tuple[Any, State]:
        await unit.connection.execute(Q["lock_job"], str(id))
        row = await unit.connection.fetchrow(Q["get_jobs"], [id], id, id)
        if row is None:
            raise JobNotFound(str(id))
        return row, jobs.state(row, job_pb2.JobSpec.FromString(row["spec"]), unit.now)

    async def _read(self, connection: Connection, id: UUID) -> job_pb2.Job:
        return jobs.job(await connection.fetchrow(Q["get_jobs"], [id], id, id), self._clock())


async def _append(connection: Connection, versions: Sequence[tuple[Any, ...]]) -> None:
    await connection.execute(Q["append_version"], *sql.columns(versions, 10))
