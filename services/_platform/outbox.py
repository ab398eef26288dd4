"""The outbox: events are rows of the commit that they tell of, read back in commit order.

A sequence alone is not commit order: a transaction may commit after another that took a later number, and a reader
that went past it would never see it. So a row carries its transaction id, and readers stop before the oldest
transaction that is still running (`pg_snapshot_xmin`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import Message

from services._platform import sql
from services._platform.postgres import Connection

_QUERIES = sql.load(__package__, "queries")


ReplyRow = tuple[str, str, str, bytes, bytes]
"""Method, caller and key of a call, the digest of its request, and the reply, serialized."""


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A place in a topic: what was committed up to here has been seen."""

    transaction: int
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a topic, as it was committed."""

    position: Position
    key: str
    payload: bytes
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A message to announce, under the name of the resource that it is about."""

    key: str
    message: Message

    @property
    def topic(self) -> str:
        """The full name of the message."""
        return str(self.message.DESCRIPTOR.full_name)


async def append(connection: Connection, events: Sequence[Event], replies: Sequence[ReplyRow] = ()) -> None:
    """Writes events into the running transaction, and the replies that it remembers, in one statement."""
    rows = [(event.topic, event.key, event.message.SerializeToString()) for event in events]
    await connection.execute(_QUERIES["record"], *sql.columns(rows, 3), *sql.columns(replies, 5))


async def read(connection: Connection, topic: str, after: Position, limit: int) -> list[Entry]:
    """The next events of a topic after a position, oldest first, at most `limit`."""
    rows = await connection.fetch(_QUERIES["read_events"], topic, str(after.transaction), after.id, limit)
    return [
        Entry(Position(int(row["transaction"]), row["id"]), row["key"], row["payload"], row["create_time"])
        for row in rows
    ]


async def end(connection: Connection) -> Position:
    """The present end: what commits from now on comes after it."""
    return Position(int(await connection.fetchval(_QUERIES["end_of_events"])), 0)


async def kept_since(connection: Connection, topic: str, after: Position) -> bool:
    """Whether nothing of the topic after the position has been deleted."""
    horizon = await connection.fetchrow(_QUERIES["horizon_of_events"], topic)
    return horizon is None or after >= Position(int(horizon["transaction"]), horizon["id"])


async def trim(connection: Connection, before: datetime, limit: int) -> int:
    """Deletes events from before an instant, at most `limit`; returns how many."""
    return int(await connection.fetchval(_QUERIES["trim_events"], before, limit))
