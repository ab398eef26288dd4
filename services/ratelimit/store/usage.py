"""Writes usage and recorded traffic, and reads reports."""

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services._platform import sql
from services._platform.clock import Clock
from services._platform.postgres import Pool, reading, transaction
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.report import HourOfLimit, Report, SubjectCalls
from services.ratelimit.domain.simulation import Recorded, newest
from services.ratelimit.domain.usage import Call, Count, Gathered, Usage

Q = sql.load(__package__, "usage")
KEEP_TRAFFIC, KEEP_SUBJECTS, KEEP_HOURS = timedelta(days=1), timedelta(days=8), timedelta(days=400)
SUBJECTS_KEPT = 1_000
"""Of each limit and hour."""


class UsageRecords:
    """Usage in Postgres."""

    def __init__(self, pool: Pool, usage: Usage, clock: Clock) -> None:
        self._pool = pool
        self._usage = usage
        self._clock = clock

    async def write(self) -> bool:
        """Writes what was gathered since the last time. What cannot be written is lost: limits do not depend on it."""
        gathered = self._usage.take()
        if not gathered.counts and not gathered.calls:
            return False
        now = self._clock()
        async with transaction(self._pool) as connection:
            rows = [(id_, one.allowed, one.blocked, one.shadow_blocked) for id_, one in gathered.counts.items()]
            await connection.execute(Q["add_usage"], now, *sql.columns(rows, 4))
            await connection.execute(Q["add_subjects"], now, *sql.columns(_subjects(gathered), 4))
            if gathered.calls:
                seconds = [second for second, _ in gathered.calls]
                times = (_instant(min(seconds)), _instant(max(seconds)))
                await connection.execute(Q["add_traffic"], *times, gathered.unrecorded, _packed(gathered.calls))
        return False

    async def report(self, start: datetime, end: datetime, limit: str) -> Report:
        """What happened in these hours, of one limit or of all."""
        async with reading(self._pool) as connection:
            hours = await connection.fetch(Q["report_hours"], start, end, limit)
            blocked = await connection.fetch(Q["report_blocked"], start, end, limit)
            near = await connection.fetch(Q["report_near"], start, end, limit)
        return Report([_hour(row) for row in hours], [_calls(row) for row in blocked], [_calls(row) for row in near])

    async def traffic(self, start: datetime, end: datetime) -> tuple[Sequence[Recorded], int]:
        """The recorded calls of a span of time, the newest if they are many, and how many are missing."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["read_traffic"], start, end)
        first, last = start.timestamp(), end.timestamp()
        found = [one for row in rows for one in _unpacked(row["body"]) if first <= one.second <= last]
        kept, left_out = newest(sorted(found, key=lambda one: one.second))
        return kept, left_out + sum(row["unrecorded"] for row in rows)

    async def trim(self) -> bool:
        """Deletes what is kept long enough."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            await connection.execute(Q["trim"], now - KEEP_TRAFFIC, now - KEEP_SUBJECTS, now - KEEP_HOURS)
            await connection.execute(Q["trim_subjects"], now, SUBJECTS_KEPT)
        return False


def _hour(row: Any) -> HourOfLimit:
    return HourOfLimit(row["hour"], row["rate_limit_id"], Count(row["allowed"], row["blocked"], row["shadow_blocked"]))


def _calls(row: Any) -> SubjectCalls:
    return SubjectCalls(row["rate_limit_id"], row["subject"], row["calls"])


def _subjects(gathered: Gathered) -> list[tuple[str, str, int, int]]:
    blocked, near = dict(gathered.blocked), dict(gathered.near)
    return [(*key, blocked.get(key, 0), near.get(key, 0)) for key in {*blocked, *near}]


def _packed(calls: Mapping[tuple[int, Call], int]) -> bytes:
    rows = [
        [second, count, [[one.units, dict(one.entries)] for one in call]] for (second, call), count in calls.items()
    ]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode())


def _unpacked(body: bytes) -> list[Recorded]:
    return [
        Recorded(second, tuple(Descriptor.of(entries, units) for units, entries in call), count)
        for second, count, call in json.loads(zlib.decompress(body))
    ]


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
