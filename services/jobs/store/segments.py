"""Turns the ring of segments: opens the next, carries what is unfinished out of the oldest, and so frees its space."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services._platform import sql
from services._platform.clock import Clock
from services._platform.lease import Lease
from services._platform.postgres import Pool, reading, transaction
from services.jobs.convert import specs
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import Job, State
from services.jobs.store.journal import LostLease
from services.jobs.store.ring import SLOTS, Ring

Q = sql.load(__package__, "segments")

MOST_JOBS = 1_000_000
LONGEST = timedelta(hours=12)


class Segments:
    """The ring, as the dispatcher turns it."""

    def __init__(
        self, pool: Pool, lease: Lease, clock: Clock, *, most: int = MOST_JOBS, longest: timedelta = LONGEST
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._clock = clock
        self._most = most
        self._longest = longest
        self._written = 0
        self._strays: list[Any] = []
        self.ring = Ring(0, 0, clock())

    def begin(self, ring: Ring) -> None:
        """Takes the ring over as it stands."""
        self.ring = ring
        self._written = 0
        self._strays = []

    def note_strays(self, rows: Sequence[Any]) -> None:
        """Counts what was enqueued, and notes what a late transaction wrote into a segment that is closed by now."""
        self._written += len(rows)
        slots = self.ring.open_slots
        self._strays += [row["job_id"] for row in rows if row["slot"] not in slots]

    async def keep(self, board: Board, fence: int) -> None:
        """Turns the ring when it is time, and brings strays home."""
        if self._strays:
            strays, self._strays = self._strays, []
            await self._carry([board.jobs[stray] for stray in strays if stray in board.jobs], fence, None)
        if self._written < self._most and self._clock() - self.ring.start_time < self._longest:
            return
        if self.ring.newest > self.ring.oldest_open:
            await self._carry(list(board.jobs.values()), fence, self.ring.oldest_open)
        async with reading(self._pool) as connection:
            newest = await connection.fetchval(Q["open_segment"], self.ring.newest, self._clock())
        if newest is not None:
            self._written = 0
            self.ring = Ring(newest, self.ring.oldest_open, self._clock())

    async def _carry(self, jobs: Sequence[Job], fence: int, closing: int | None) -> None:
        """Writes unfinished jobs of a segment, or wherever they are, into the newest one."""
        slot = self.ring.slot
        running = [job for job in jobs if job.state is State.RUNNING]
        async with transaction(self._pool) as connection:
            if not await self._lease.stands(connection, fence):
                raise LostLease("another dispatcher has taken over")
            source = list(range(SLOTS)) if closing is None else [closing % SLOTS]
            rows = [(job.id, job.run - (job.state is State.RUNNING), specs.instant(job.ready)) for job in jobs]
            await connection.execute(Q["carry"], source, slot, *sql.columns(rows, 3))
            await connection.execute(Q["carry_failures"], source, slot, [job.id for job in jobs if job.failure])
            claims = [(job.ticket, job.id, job.run, job.worker, specs.instant(job.started)) for job in running]
            await connection.execute(Q["carry_claims"], slot, *sql.columns(claims, 5))
            if closing is not None:
                await connection.execute(Q["close_segment"], closing)
        if closing is not None:
            self.ring = Ring(self.ring.newest, closing + 1, self.ring.start_time)
