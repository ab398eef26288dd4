"""Reads and writes access rules."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from google.protobuf.empty_pb2 import Empty

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.errors import EtagMismatch
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.ratelimit.convert import events
from services.ratelimit.domain.access import AccessRule, Effect
from services.ratelimit.domain.refusals import AccessRuleExists, AccessRuleNotFound

Q = sql.load(__package__, "access_rules")
_KEEP = timedelta(days=1)


class AccessRules:
    """Access rules in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._clock = clock

    async def get(self, id: str) -> AccessRule:
        """A rule. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return await _found(connection, id)

    async def page(self, after: str, count: int) -> list[AccessRule]:
        """Rules that hold, in the order of their ids, after an id."""
        async with reading(self._pool) as connection:
            return [_read(row) for row in await connection.fetch(Q["list_rules"], after, count, self._clock())]

    async def create(self, rule: AccessRule, once: Once[AccessRule, Reply]) -> Reply:
        """Adds a rule. Refuses an id that is taken."""

        async def work(unit: Unit) -> AccessRule:
            try:
                return await _write(unit, Q["insert_rule"], rule)
            except asyncpg.UniqueViolationError as error:
                raise AccessRuleExists(rule.id) from error

        return await self._units.run(once, work)

    async def change(self, id: str, change: Callable[[AccessRule], AccessRule], once: Once[AccessRule, Reply]) -> Reply:
        """Replaces a rule by what a pure function makes of it."""

        async def work(unit: Unit) -> AccessRule:
            await unit.connection.fetchval(Q["turn_page"])
            return await _write(unit, Q["update_rule"], change(await _found(unit.connection, id)))

        return await self._units.run(once, work)

    async def delete(self, id: str, etag: str, once: Once[Empty, Reply]) -> Reply:
        """Deletes a rule."""

        async def work(unit: Unit) -> Empty:
            await unit.connection.fetchval(Q["turn_page"])
            rule = await _found(unit.connection, id)
            if etag and etag != str(rule.version):
                raise EtagMismatch(rule.name)
            await unit.connection.execute(Q["delete_rule"], id)
            unit.events.append(events.access_rule_deleted(rule))
            return Empty()

        return await self._units.run(once, work)

    async def write_blocks(self, blocks: Sequence[AccessRule]) -> list[AccessRule]:
        """Writes blocks that were imposed."""

        async def body(unit: Unit) -> list[AccessRule]:
            return [await _write(unit, Q["put_rule"], block) for block in blocks]

        return await self._units.commit(body)

    async def trim(self) -> None:
        """Deletes what expired long ago."""
        async with reading(self._pool) as connection:
            await connection.fetchval(Q["trim_rules"], self._clock() - _KEEP)


async def standing(connection: Connection, now: datetime) -> list[AccessRule]:
    """Every rule that holds."""
    return [_read(row) for row in await connection.fetch(Q["standing_rules"], now)]


async def _found(connection: Connection, id: str) -> AccessRule:
    row = await connection.fetchrow(Q["get_rule"], id)
    if row is None:
        raise AccessRuleNotFound(id)
    return _read(row)


async def _write(unit: Unit, query: str, rule: AccessRule) -> AccessRule:
    version = await unit.connection.fetchval(Q["turn_page"])
    row = await unit.connection.fetchrow(
        query,
        rule.id,
        rule.effect.value,
        rule.cidr,
        rule.key,
        rule.subject,
        rule.reason,
        rule.expire_time,
        rule.penalty_limit,
        version,
        unit.now,
    )
    written = _read(row)
    unit.events.append(events.access_rule_changed(written))
    return written


def _read(row: Any) -> AccessRule:
    return AccessRule(
        id=row["access_rule_id"],
        effect=Effect(row["effect"]),
        reason=row["reason"],
        cidr=row["cidr"],
        key=row["key"],
        subject=row["subject"],
        expire_time=row["expire_time"],
        penalty_limit=row["penalty_limit"],
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )
