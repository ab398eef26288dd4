"""Reads and writes limits. Writers come one at a time, so that each is reviewed against what the others wrote."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import uuid_utils
from google.protobuf.empty_pb2 import Empty

from mesh.ratelimit.v1 import rate_limit_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.errors import EtagMismatch
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.ratelimit.convert import events
from services.ratelimit.convert import limits as convert
from services.ratelimit.domain import review
from services.ratelimit.domain.limits import Limit
from services.ratelimit.domain.refusals import RateLimitExists, RateLimitInUse, RateLimitNotFound, VersionNotFound

Q = sql.load(__package__, "limits")
Change = Callable[[Limit], Limit]


class Limits:
    """Limits in Postgres. `actor` is who writes."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def get(self, id: str) -> Limit:
        """A limit. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["get_limit"], id)
        if row is None:
            raise RateLimitNotFound(id)
        return read(row)

    async def page(self, after: str, count: int) -> list[Limit]:
        """Limits in the order of their ids, after an id."""
        async with reading(self._pool) as connection:
            return [read(row) for row in await connection.fetch(Q["list_limits"], after, count)]

    async def every(self) -> Sequence[Limit]:
        """All limits."""
        async with reading(self._pool) as connection:
            return await all_limits(connection)

    async def create(self, limit: Limit, actor: str, once: Once[Limit, Reply]) -> Reply:
        """Adds a limit. Refuses an id that is taken, and what the review finds."""

        async def work(unit: Unit) -> Limit:
            version, standing = await _open(unit.connection)
            if limit.id in standing:
                raise RateLimitExists(limit.id)
            return await _put(unit, limit, version, actor, standing)

        return await self._units.run(once, work)

    async def change(self, id: str, change: Change, actor: str, once: Once[Limit, Reply]) -> Reply:
        """Replaces a limit by what a pure function makes of it."""

        async def work(unit: Unit) -> Limit:
            version, standing = await _open(unit.connection)
            if id not in standing:
                raise RateLimitNotFound(id)
            return await _put(unit, change(standing[id]), version, actor, standing)

        return await self._units.run(once, work)

    async def roll_back(self, id: str, to: int, actor: str, once: Once[Limit, Reply]) -> Reply:
        """Makes a limit what it was in a version."""

        async def work(unit: Unit) -> Limit:
            version, standing = await _open(unit.connection)
            row = await unit.connection.fetchrow(Q["get_version"], id, to)
            if row is None:
                raise VersionNotFound(id, to)
            return await _put(unit, read_state(row), version, actor, standing)

        return await self._units.run(once, work)

    async def delete(self, id: str, etag: str, actor: str, once: Once[Empty, Reply]) -> Reply:
        """Deletes a limit. Refuses one that others replace."""

        async def work(unit: Unit) -> Empty:
            version, standing = await _open(unit.connection)
            limit = standing.get(id)
            if limit is None:
                raise RateLimitNotFound(id)
            if etag and etag != str(limit.version):
                raise EtagMismatch(limit.name)
            for other in standing.values():
                if other.base == id:
                    raise RateLimitInUse(id, other.id)
            await unit.connection.execute(Q["delete_limit"], id)
            await _note(unit, limit, version, actor, deleted=True)
            return Empty()

        return await self._units.run(once, work)

    async def versions(self, id: str, before: int, count: int) -> list[rate_limit_pb2.RateLimitVersion]:
        """The states of a limit before a version, newest first."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_versions"], id, before, count)
        return [
            convert.version(read_state(row), row["version"], row["actor"], row["write_time"], deleted=row["deleted"])
            for row in rows
        ]


def read(row: Any) -> Limit:
    """A limit from its row."""
    return convert.stored(row["body"], row["rate_limit_id"], row["version"], row["create_time"], row["update_time"])


def read_state(row: Any) -> Limit:
    """A limit as it was in a version."""
    return convert.stored(row["body"], row["rate_limit_id"], row["version"], row["create_time"], row["write_time"])


async def all_limits(connection: Connection) -> Sequence[Limit]:
    """Every limit that holds."""
    return [read(row) for row in await connection.fetch(Q["all_limits"])]


async def _open(connection: Connection) -> tuple[int, dict[str, Limit]]:
    """The version that this write makes, and the limits as nobody else can change them until it is committed."""
    version = await connection.fetchval(Q["turn_page"])
    return version, {limit.id: limit for limit in await all_limits(connection)}


async def _put(unit: Unit, limit: Limit, version: int, actor: str, standing: dict[str, Limit]) -> Limit:
    """Writes a limit, if the review finds nothing; one that was given no id gets one."""
    review.review(limit, standing.values())
    limit = replace(limit, id=limit.id or str(uuid_utils.uuid7()))
    if limit.base and any(other.base == limit.id for other in standing.values()):
        raise RateLimitInUse(limit.id, next(one.id for one in standing.values() if one.base == limit.id))
    before = standing.get(limit.id)
    create_time = before.create_time if before and before.create_time else limit.create_time or unit.now
    row = await unit.connection.fetchrow(
        Q["put_limit"],
        limit.id,
        limit.base or None,
        convert.tier_number(limit),
        limit.subject,
        convert.limit(limit).SerializeToString(deterministic=True),
        version,
        create_time,
        unit.now,
    )
    written = read(row)
    await _note(unit, written, version, actor, deleted=False)
    return written


async def _note(unit: Unit, limit: Limit, version: int, actor: str, *, deleted: bool) -> None:
    body = convert.limit(limit).SerializeToString(deterministic=True)
    created: datetime = limit.create_time or unit.now
    await unit.connection.execute(Q["add_version"], version, limit.id, body, deleted, actor, created, unit.now)
    noted = replace(limit, version=version)
    unit.events.append(events.rate_limit_changed(convert.version(noted, version, actor, unit.now, deleted=deleted)))
