"""Deletes what the runtime no longer needs: old events, both announced and acted on, and old answers."""

from datetime import timedelta

from services._platform import inbox, outbox, sql
from services._platform.clock import Clock
from services._platform.lease import Lease
from services._platform.loops import Loop
from services._platform.postgres import Pool, transaction

_QUERIES = sql.load(__package__, "queries")
_BATCH = 5_000

KEEP_EVENTS = timedelta(days=7)
KEEP_REPLIES = timedelta(days=1)
KEEP_INBOX = timedelta(days=30)
"""Longer than the log keeps events, so that none can come again after it is forgotten."""


def housekeeping(pool: Pool, clock: Clock, lease: Lease) -> Loop:
    """The loop that trims the outbox, the inbox and the remembered replies of one schema."""

    async def step() -> bool:
        async with transaction(pool) as connection:
            events = await outbox.trim(connection, clock() - KEEP_EVENTS, _BATCH)
            replies = await connection.fetchval(_QUERIES["forget_replies"], clock() - KEEP_REPLIES, _BATCH)
            acted_on = await inbox.forget(connection, clock() - KEEP_INBOX, _BATCH)
        return _BATCH in (events, replies, acted_on)

    return Loop("housekeeping", step, every=60, lease=lease)
