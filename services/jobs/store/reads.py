"""Reads jobs, runs and dead letters."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mesh.jobs.v1 import job_pb2
from services._platform import sql
from services._platform.clock import Clock
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services.jobs.convert import jobs
from services.jobs.domain.refusals import JobNotFound

Q = sql.load(__package__, "jobs")
_LOOKED_AT = 1000
"""How many jobs one page looks at, at most, for those in a state."""


class Reads:
    """Jobs as they are stored. Any replica answers."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def job(self, id: UUID) -> job_pb2.Job:
        """A job. Refuses one that does not exist."""
        found = await self.jobs([id])
        if not found:
            raise JobNotFound(str(id))
        return found[0]

    async def jobs(self, ids: Sequence[UUID]) -> list[job_pb2.Job]:
        """Those of these jobs that there are, in this order."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["get_jobs"], ids, min(ids, default=None), max(ids, default=None))
        by_id = {row["job_id"]: row for row in rows}
        now = self._clock()
        return [jobs.job(by_id[one], now) for one in ids if one in by_id]

    async def page(self, filter: Filter, after: UUID | None, limit: int) -> tuple[list[job_pb2.Job], UUID | None]:
        """Jobs after one, newest first, and where the next page starts, if there may be one.

        A page that looks for a state looks at so many jobs and no more, so it may come out short.
        """
        states = set(filter.numbers("state", "=", job_pb2.JobState.DESCRIPTOR))
        dead = states == {job_pb2.JOB_STATE_DEAD}
        look = limit + 1 if dead or not states else _LOOKED_AT
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_dead" if dead else "list_jobs"],
                after,
                look,
                filter.ids("queue", "="),
                filter.values("tenant", "="),
                filter.values("task", "="),
            )
        ids = [row["job_id"] for row in rows]
        found = await self.jobs(ids[: limit if not states else look])
        if states:
            found = [job for job in found if {job.state} == states]
        shown = found[:limit]
        if len(found) > limit:
            return shown, UUID(shown[-1].name.removeprefix("jobs/"))
        more = len(rows) == look
        last = ids[limit - 1] if more and not states else ids[-1] if ids else None
        return shown, last if more else None

    async def runs(self, id: UUID, after: int, limit: int) -> list[job_pb2.JobRun]:
        """The runs of a job after a number, oldest first."""
        await self.job(id)
        async with reading(self._pool) as connection:
            return [jobs.run(row) for row in await connection.fetch(Q["list_runs"], id, after, limit)]

    async def dead_letter_groups(self, queue: str, after: tuple[str, ...], limit: int) -> list[Any]:
        """The dead-letter queue by what went wrong, largest group first."""
        count, fingerprint, of_queue = (int(after[0]), after[1], after[2]) if after else (None, None, None)
        async with reading(self._pool) as connection:
            return list(await connection.fetch(Q["group_dead_letters"], queue, count, fingerprint, of_queue, limit))
