"""What the dispatcher reads: what has not ended when it takes over, and from then on what is committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mesh.jobs.v1 import queue_pb2
from services._platform import sql
from services._platform.postgres import Pool, reading, transaction
from services.jobs.convert import queues
from services.jobs.domain.jobs import JobId, State
from services.jobs.domain.queues import Settings
from services.jobs.store.ring import Ring

Q = sql.load(__package__, "news")


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


class Reader:
    """The dispatcher's eyes: it follows commits by snapshots."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

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
        async with reading(self._pool) as connection:
            first, *rows = await connection.fetch(Q["news"], snapshot)
        asked, jobs = rows[: first["run"]], rows[first["run"] :]
        return News(first["task"], jobs, [Request(row["run"], row["job_id"], row["queue"]) for row in asked])

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


def _ring(row: Any) -> Ring:
    return Ring(row["newest"], row["oldest_open"], row["start_time"])


def _request(row: Any) -> Request:
    return Request(row["kind"], row["job_id"], row["queue"] or "")


def _settings(definition: bytes) -> Settings:
    return queues.settings(queue_pb2.Queue.FromString(definition))
