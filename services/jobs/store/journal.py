"""What the dispatcher reads and writes: it follows what is enqueued, and commits its turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mesh.jobs.v1 import queue_pb2
from services._platform import outbox, sql
from services._platform.errors import Aborted
from services._platform.lease import Lease
from services._platform.postgres import Connection, Pool, reading, transaction
from services.jobs.convert import events, queues, specs
from services.jobs.domain.jobs import JobId, State
from services.jobs.domain.queues import Settings
from services.jobs.domain.turn import Turn

Q = sql.load(__package__, "journal")
SLOTS = 16


class LostLease(Aborted):
    """Another dispatcher has taken over; nothing was written."""

    reason = "OVERLOADED"


@dataclass(frozen=True, slots=True)
class Ring:
    """The segments: the newest, and the oldest that may hold unfinished jobs."""

    newest: int
    oldest_open: int
    start_time: datetime

    @property
    def slot(self) -> int:
        """Where is written."""
        return self.newest % SLOTS

    @property
    def open_slots(self) -> list[int]:
        """Where unfinished jobs are."""
        return [number % SLOTS for number in range(self.oldest_open, self.newest + 1)]


@dataclass(frozen=True, slots=True)
class Request:
    """What the dispatcher is asked for."""

    kind: int
    job: JobId
    queue: str


@dataclass(frozen=True, slots=True)
class News:
    """What was committed since a snapshot."""

    snapshot: str
    jobs: Sequence[Any]
    requests: Sequence[Request]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that has not ended, for a dispatcher that takes over."""

    snapshot: str
    ring: Ring
    jobs: Sequence[Any]
    claims: Mapping[JobId, Any]
    failures: Mapping[JobId, Any]
    requests: Sequence[Request]
    settings: Mapping[str, Settings]


class Journal:
    """The dispatcher's side of the store. Everything is written under the lease of the dispatcher."""

    def __init__(self, pool: Pool, lease: Lease) -> None:
        self._pool = pool
        self._lease = lease

    async def announce(self, fence: int, address: str) -> None:
        """Tells the other replicas where the dispatcher is."""
        async with reading(self._pool) as connection:
            await connection.execute(Q["announce"], fence, address)

    async def dispatcher(self) -> str:
        """Where the dispatcher is; empty when there never was one."""
        async with reading(self._pool) as connection:
            return str(await connection.fetchval(Q["find_dispatcher"]) or "")

    async def load(self, since: datetime) -> Loaded:
        """What has not ended, all as of one snapshot; requests from `since` on."""
        async with transaction(self._pool) as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            snapshot = await connection.fetchval(Q["snapshot"])
            ring = _ring(await connection.fetchrow(Q["read_ring"]))
            slots = ring.open_slots
            jobs = await connection.fetch(Q["load_unfinished"], slots)
            claims = await connection.fetch(Q["load_claims"], slots)
            failures = await connection.fetch(Q["load_failures"], slots)
            requests = await connection.fetch(Q["load_requests"], since)
            settings = await connection.fetch(Q["load_queues"])
        return Loaded(
            snapshot,
            ring,
            jobs,
            {row["job_id"]: row for row in claims},
            {row["job_id"]: row for row in failures},
            [_request(row) for row in requests],
            {row["queue_id"]: _settings(row["definition"]) for row in settings},
        )

    async def news(self, snapshot: str) -> News:
        """What was committed since a snapshot."""
        async with transaction(self._pool) as connection:
            # The planner knows nothing of a table that grows from empty, and would read it whole.
            await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_custom_plan")
            requests = await connection.fetch(Q["tail_requests"], snapshot)
            rows = await connection.fetch(Q["tail"], snapshot)
        return News(rows[0]["task"], rows[1:], [_request(row) for row in requests])

    async def settings(self, queue: str) -> Settings:
        """How a queue is worked off."""
        async with reading(self._pool) as connection:
            definition = await connection.fetchval(Q["read_queue_definition"], queue)
        return _settings(definition) if definition is not None else Settings()

    async def outcomes(self, jobs: Sequence[JobId]) -> dict[JobId, State]:
        """How jobs ended, of those that have."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["outcomes"], jobs)
        return {row["job_id"]: State(row["state"]) for row in rows}

    async def cached(self, digests: Sequence[bytes], now: datetime) -> dict[bytes, bytes]:
        """Results that answer jobs of these digests."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["find_cached"], digests, now)
        return {row["digest"]: row["content"] for row in rows}

    async def fill(self, full: Sequence[str], now: datetime) -> None:
        """Notes which queues hold as many jobs as they may: they take no more."""
        async with transaction(self._pool) as connection:
            await connection.execute(Q["open_queues"], full)
            await connection.execute(Q["fill_queues"], full, now)

    async def commit(self, turn: Turn, fence: int, ring: Ring, now: datetime) -> None:
        """Writes what a turn decided. Raises `LostLease` when it is no longer for this dispatcher to decide."""
        if not turn.more:
            async with reading(self._pool) as connection:
                await self._commit_blocks(connection, turn, fence, ring, now)
            return
        async with transaction(self._pool) as connection:
            await self._commit_blocks(connection, turn, fence, ring, now)
            await _commit_rows(connection, turn, ring.slot, now)

    async def _commit_blocks(self, connection: Connection, turn: Turn, fence: int, ring: Ring, now: datetime) -> None:
        claimed = [job.id for job in turn.claimed]
        standing = await connection.fetchval(
            Q["commit_turn"],
            self._lease.name,
            self._lease.holder,
            fence,
            ring.slot,
            now,
            turn.first_ticket,
            min(claimed, default=None),
            max(claimed, default=None),
            claimed,
            [job.run for job in turn.claimed],
            [job.worker for job in turn.claimed],
            min(turn.ended_ids, default=None),
            max(turn.ended_ids, default=None),
            turn.ended_ids,
            turn.ended_runs,
            turn.ended_states,
        )
        if not standing:
            raise LostLease("another dispatcher has taken over")


async def _commit_rows(connection: Connection, turn: Turn, slot: int, now: datetime) -> None:
    if turn.failed:
        rows = [
            (
                one.job.id,
                one.run,
                one.job.failures,
                one.job.losses,
                int(one.failure.kind),
                one.failure.code,
                one.failure.message,
                one.fingerprint,
                one.worker,
                specs.instant(one.started),
                specs.instant(one.next_time) if one.next_time else None,
            )
            for one in turn.failed
        ]
        await connection.execute(Q["add_failures"], slot, now, *sql.columns(rows, 11))
    if turn.dead:
        letters = [
            (one.job.id, one.run, one.fingerprint, int(one.failure.kind), one.failure.code, one.failure.message)
            for one in turn.dead
        ]
        await connection.execute(Q["add_dead_letters"], now, *sql.columns(letters, 6))
    if turn.results:
        kept = [(job.id, content) for job, content in turn.results if job.policy.keep_result]
        await connection.execute(Q["add_results"], slot, *sql.columns(kept, 2))
        cached = {
            specs.digest(job.task, job.payload): (content, now + timedelta(seconds=job.policy.cache_lifetime))
            for job, content in turn.results
            if job.policy.cache_lifetime
        }
        if cached:
            await connection.execute(Q["cache_results"], list(cached), *sql.columns(list(cached.values()), 2))
    if turn.released:
        await connection.execute(Q["release_unique"], *sql.columns(turn.released, 3))
    announced = [*map(events.ended, turn.ended), *map(events.missed, turn.missed)]
    if announced:
        await outbox.append(connection, announced)


def _ring(row: Any) -> Ring:
    return Ring(row["newest"], row["oldest_open"], row["start_time"])


def _request(row: Any) -> Request:
    return Request(row["kind"], row["job_id"], row["queue"] or "")


def _settings(definition: bytes) -> Settings:
    return queues.settings(queue_pb2.Queue.FromString(definition))
