"""Publishes to the log, through one combiner, and reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uuid_utils
from google.protobuf.message import Message

from mesh.events.v1.event_service_pb2 import NewEvent
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.combiner import Combiner
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.postgres import Connection, Pool, reading, transaction
from services._platform.unit_of_work import Unit, UnitOfWork
from services.events.domain.events import Draft, Event, Published
from services.events.domain.publishing import Admission, Admitted, Known, published
from services.events.store.rows import read_event

Q = sql.load(__package__, "log")

Row = tuple[str, str, str, bytes, bytes, bytes, str]
"""Id, topic, key, payload, attributes, digest and publisher."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the log: the events that are wanted, up to where was read, and whether there may be more."""

    events: Sequence[Event]
    through: int
    more: bool


class Log:
    """The log in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, doorbell: Doorbell, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._doorbell = doorbell
        self._clock = clock
        self._combiner: Combiner[tuple[Sequence[Draft], str, Once[Any, Any]], Any] = Combiner("publish", self._flush)

    async def publish(self, drafts: Sequence[Draft], publisher: str, once: Once[Sequence[Published], Reply]) -> Reply:
        """Adds events, all or none. Refuses an id that is there with another content."""
        reply: Reply = await self._combiner.submit((drafts, publisher, once))
        return reply

    async def _flush(self, items: Sequence[tuple[Sequence[Draft], str, Once[Any, Any]]]) -> Sequence[Message | Refusal]:
        async def work(unit: Unit, fresh: Sequence[int]) -> Sequence[Sequence[Published] | Refusal]:
            return await self._add(unit, [items[place][:2] for place in fresh])

        verdicts = await self._units.run_many([once for *_, once in items], work)
        self._doorbell.ring()
        return verdicts

    async def _add(
        self, unit: Unit, calls: Sequence[tuple[Sequence[Draft], str]]
    ) -> list[Sequence[Published] | Refusal]:
        await unit.connection.execute(Q["lock_log"])
        # After the lock, so that whoever had it before is seen.
        known = await _known(unit.connection, [draft.id for drafts, _ in calls for draft in drafts if draft.id])
        admission = Admission(known, unit.now, lambda: str(uuid_utils.uuid7()))
        outcomes: list[list[tuple[str, Known, bool]] | Refusal] = []
        for drafts, publisher in calls:
            try:
                outcomes.append(admission.admit(drafts, publisher))
            except Refusal as refusal:
                outcomes.append(refusal)
        before = await append(unit.connection, unit.now, [_row(one) for one in admission.rows])
        if admission.later:
            rows = [(one.id, one.draft.deliver_time, *_row(one)[1:]) for one in admission.later]
            await unit.connection.execute(Q["delay"], *sql.columns(rows, 8))
        return [done if isinstance(done, Refusal) else published(done, before) for done in outcomes]

    async def move_due(self, limit: int) -> int:
        """Moves events whose time has come into the log; returns how many."""
        async with transaction(self._pool) as connection:
            due = await connection.fetch(Q["take_due"], self._clock(), limit)
            due.sort(key=lambda row: row["deliver_time"])
            rows = [(str(row["event_id"]), *tuple(row)[2:]) for row in due]
            await append(connection, self._clock(), rows)
        if due:
            self._doorbell.ring()
        return len(due)

    async def chunk(self, after: int, patterns: Sequence[str], limit: int) -> Chunk:
        """The next `limit` events after a position, and of them those whose topics are like the patterns."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["read_chunk"], after, limit, patterns)
        events = [read_event(row) for row in rows if row["position"] is not None]
        return Chunk(events, rows[0]["through"] or after, rows[0]["rows"] == limit)

    async def runs(self, runs: Sequence[tuple[int, int]], patterns: Sequence[str]) -> list[Event]:
        """The events within runs of positions, both ends included, whose topics are like the patterns."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["read_runs"], *sql.columns(runs, 2), patterns)
        return [read_event(row) for row in rows]

    async def page(self, pattern: str, key: str, start: datetime | None, after: int, limit: int) -> list[Event]:
        """Events in the order of the log, after a position."""
        async with reading(self._pool) as connection:
            if start is not None:
                after = max(after, await connection.fetchval(Q["position_before"], start))
            rows = await connection.fetch(Q["list_events"], after, limit, pattern, key, start)
        return [read_event(row) for row in rows]

    async def behind(self, after: int, patterns: Sequence[str], most: int) -> tuple[int, datetime | None]:
        """How many events come after a position, counted up to `most`, and when the first was published."""
        async with reading(self._pool) as connection:
            count = int(await connection.fetchval(Q["count_after"], after, patterns, most))
            oldest = await connection.fetchval(Q["oldest_after"], after, patterns) if count else None
        return count, oldest

    async def end(self) -> int:
        """The position of the last event."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["last_position"]))

    async def horizon(self) -> int:
        """Everything at or before this position may be gone."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["horizon"]))

    async def before(self, instant: datetime) -> int:
        """The position before the first event that was published at an instant or later."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["position_before"], instant))

    async def keep(self, since: datetime) -> int:
        """Makes room for today and tomorrow, and drops the days that ended before an instant; returns how many."""
        async with transaction(self._pool) as connection:
            await connection.execute(Q["open_days"], self._clock())
            return int(await connection.fetchval(Q["drop_days"], since))

    async def compact(self, limit: int) -> int:
        """Deletes events of compacted topics that a newer one of their key replaces; returns how many."""
        async with transaction(self._pool) as connection:
            return int(await connection.fetchval(Q["compact"], self._clock(), limit))


async def append(connection: Connection, now: datetime, rows: Sequence[Row]) -> int:
    """Appends rows to the log in the running transaction; returns the position before the first."""
    return int(await connection.fetchval(Q["append"], now, *sql.columns(rows, 7))) if rows else 0


async def _known(connection: Connection, ids: Sequence[str]) -> dict[str, Known]:
    if not ids:
        return {}
    rows = await connection.fetch(Q["find_events"], ids)
    return {str(row["event_id"]): Known(row["digest"], row["position"]) for row in rows}


def _row(admitted: Admitted) -> Row:
    draft = admitted.draft
    attributes = NewEvent(attributes=draft.attributes).SerializeToString() if draft.attributes else b""
    return admitted.id, draft.topic, draft.key, draft.payload, attributes, admitted.digest, admitted.publisher
