"""The inbox: acts on an event once, however often it is delivered.

Delivery is at least once. A consumer that writes the event's id in the commit of what it does about the event has the
effect exactly once: a second delivery finds the id, and does nothing.
"""

from datetime import datetime

from services._platform import sql
from services._platform.postgres import Connection

_QUERIES = sql.load(__package__, "queries")


async def accept(connection: Connection, consumer: str, event_id: str) -> bool:
    """Notes in the running transaction that a consumer acts on an event; whether it is the first time.

    `consumer` names the purpose, so that two parts of a service can each act on an event; `event_id` is its UUID.
    """
    return await connection.fetchval(_QUERIES["accept_event"], consumer, event_id) is not None


async def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Deletes what was noted before an instant, at most `limit`; returns how many."""
    return int(await connection.fetchval(_QUERIES["forget_events"], before, limit))
