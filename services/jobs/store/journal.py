"""What the dispatcher writes: its turns, each in one commit under its lease."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services._platform import outbox, sql
from services._platform.errors import Aborted
from services._platform.lease import Lease
from services._platform.postgres import Connection, Pool, reading, transaction
from services.jobs.convert import events, specs
from services.jobs.domain.turn import Turn
from services.jobs.store.ring import Ring

Q = sql.load(__package__, "journal")


class LostLease(Aborted):
    """Another dispatcher has taken over; nothing was written."""

    reason = "OVERLOADED"


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
