"""Where a group stands, as its owner writes it down: a row a turn, under its lease."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services._platform import sql
from services._platform.lease import Lease
from services._platform.postgres import Pool, reading
from services.events.domain.events import Event
from services.events.domain.items import Cause, Item, Standing, Turn
from services.events.store.groups import lease_name
from services.events.store.rows import read_event

Q = sql.load(__package__, "journal", "groups")

MOST_REDRIVEN = 500


class LostLease(Exception):
    """The group has another owner by now: nothing was written."""


@dataclass(frozen=True, slots=True)
class News:
    """What changed about a group from outside: its version, and dead letters to drive again, by number."""

    version: int
    letters: list[tuple[int, Event, int]]


class Journal:
    """The progress of groups in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self, uid: str) -> tuple[int, Standing]:
        """The last turn of a group, and where it stood then."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["latest"], uid)
        assert row is not None, "a group is created with its progress"
        failed = zip(row["failed"], row["failures"], row["ready_times"], strict=True)
        return row["turn"], Standing(
            tail=row["tail"],
            runs=tuple(zip(row["firsts"], row["lasts"], strict=True)),
            failed=tuple((position, failures, ready.timestamp()) for position, failures, ready in failed),
        )

    async def commit(
        self, lease: Lease, fence: int, uid: str, number: int, standing: Standing, turn: Turn, now: datetime
    ) -> None:
        """Writes a turn. Raises `LostLease` when the lease is not held under the fence any more."""
        fresh = [_buried(item, cause) for item, cause in turn.dead if not item.letter]
        again = [(item.letter, *_cause(item, cause)) for item, cause in turn.dead if item.letter]
        failed = [(position, failures, _instant(ready)) for position, failures, ready in standing.failed]
        async with reading(self._pool) as connection:
            stands = await connection.fetchval(
                Q["commit_turn"],
                lease.name,
                lease.holder,
                fence,
                uid,
                number,
                standing.tail,
                *sql.columns(standing.runs, 2),
                *sql.columns(failed, 3),
                now,
                *sql.columns(fresh, 12),
                *sql.columns(again, 5),
                turn.done_letters,
            )
        if not stands:
            raise LostLease(lease.name)

    async def news(self, lease: Lease, fence: int, uid: str) -> News | None:
        """What changed about a group; None when it is deleted. Raises `LostLease` when it has another owner."""
        async with reading(self._pool) as connection:
            found = await connection.fetchrow(Q["group_news"], uid, lease.name, lease.holder, fence)
            if found is None:
                return None
            if not found["held"]:
                raise LostLease(lease.name)
            rows = await connection.fetch(Q["redriven"], uid, MOST_REDRIVEN) if found["redriven"] else []
        return News(found["version"], [(row["number"], read_event(row), row["attempts"]) for row in rows])

    def lease(self, uid: str, holder: str, ttl: timedelta) -> Lease:
        """The lease of a group's owner."""
        return Lease(self._pool, lease_name(uid), holder, ttl)

    async def holder(self, lease: Lease) -> str:
        """Who holds a lease; empty when nobody does."""
        async with reading(self._pool) as connection:
            return await connection.fetchval(Q["find_holder"], lease.name) or ""

    async def forget(self, limit: int) -> int:
        """Deletes where groups stood before; returns how many rows."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["forget_progress"], limit))


def _cause(item: Item, cause: Cause) -> tuple[Any, ...]:
    return cause.value, item.error, item.failures, item.consumer


def _buried(item: Item, cause: Cause) -> tuple[Any, ...]:
    event = item.event
    content = (event.topic, event.key, event.payload, event.attributes, event.publisher, event.publish_time)
    return *_cause(item, cause), event.position, event.id, *content


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
