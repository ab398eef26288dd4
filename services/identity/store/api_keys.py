"""Keeps API keys, by the hash of their values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.identity.convert import events, names
from services.identity.domain.api_keys import MOST, SHOWN, ApiKey, Value
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.refusals import ApiKeyLimitExceeded, ApiKeyNotFound, UserNotFound
from services.identity.domain.users import User
from services.identity.store import audit
from services.identity.store.rows import read_api_key, read_user

Q = sql.load(__package__, "api_keys")


@dataclass(frozen=True, slots=True)
class Grant:
    """A key that is not revoked, and the roles of its user."""

    key: ApiKey
    roles: tuple[str, ...]


async def revoke_all(unit: Unit, user: str, origin: Origin) -> None:
    """Revokes the keys of a user, in a commit."""
    for row in await unit.connection.fetch(Q["revoke_api_keys"], user, unit.now):
        await _announce_end(unit, str(row["api_key_id"]), origin)


class ApiKeys:
    """API keys in Postgres. `user` restricts to the keys of one; None does not."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def create(
        self,
        user: str,
        make: Callable[[User, datetime], tuple[ApiKey, Value]],
        origin: Origin,
        once: Once[ApiKey, Reply],
    ) -> Reply:
        """Adds the key that a pure function makes for its user. Refuses more than a user may have."""

        async def work(unit: Unit) -> ApiKey:
            owner = await unit.connection.fetchrow(Q["lock_owner"], user)
            if owner is None:
                raise UserNotFound(user)
            if await unit.connection.fetchval(Q["count_api_keys"], user) >= MOST:
                raise ApiKeyLimitExceeded(user, MOST)
            key, value = make(read_user(owner), unit.now)
            row = await unit.connection.fetchrow(
                Q["insert_api_key"],
                key.id,
                key.user,
                key.display_name,
                key.scopes,
                key.tier,
                key.signature_required,
                value.text[:SHOWN],
                value.hashed,
                key.expire_time,
                unit.now,
            )
            return await _announce(unit, "api_key.created", read_api_key(row), origin)

        return await self._units.run(once, work)

    async def get(self, id: str, user: str | None) -> ApiKey:
        """A key. Refuses one that does not exist or is revoked."""
        async with reading(self._pool) as connection:
            return read_api_key(_found(await connection.fetchrow(Q["get_api_key"], id, user), id))

    async def page(self, user: str, before: str | None, limit: int) -> list[ApiKey]:
        """The keys of a user, the newest first, after one in that order."""
        async with reading(self._pool) as connection:
            return [read_api_key(row) for row in await connection.fetch(Q["list_api_keys"], user, before, limit)]

    async def rotate(
        self, value: Value, user: str | None, overlap: timedelta, origin: Origin, once: Once[ApiKey, Reply]
    ) -> Reply:
        """Gives a key a new value; the one until now works for `overlap` yet."""

        async def work(unit: Unit) -> ApiKey:
            values = (value.id, user, value.hashed, value.text[:SHOWN], unit.now + overlap)
            row = _found(await unit.connection.fetchrow(Q["rotate_api_key"], *values), value.id)
            return await _announce(unit, "api_key.rotated", read_api_key(row), origin)

        return await self._units.run(once, work)

    async def revoke(self, id: str, user: str | None, origin: Origin, once: Once[None, Reply]) -> Reply:
        """Revokes a key. Refuses one that does not exist or is revoked."""

        async def work(unit: Unit) -> None:
            _found(await unit.connection.fetchrow(Q["revoke_api_key"], id, user, unit.now), id)
            await _announce_end(unit, id, origin)

        return await self._units.run(once, work)

    async def grant(self, id: str) -> Grant | None:
        """What a key allows, whatever its value; None when it is revoked or its user disabled."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["api_key_to_check"], id)
        return None if row is None else Grant(read_api_key(row), tuple(row["roles"]))

    async def note_uses(self, uses: Mapping[str, datetime]) -> None:
        """Notes when keys were last used."""
        async with reading(self._pool) as connection:
            await connection.execute(Q["note_uses"], list(uses), list(uses.values()))


async def _announce(unit: Unit, action: str, key: ApiKey, origin: Origin) -> ApiKey:
    unit.events.append(events.api_key_changed(key))
    await audit.write(unit, Entry(action, origin, names.API_KEY.name(key.id)))
    return key


async def _announce_end(unit: Unit, id: str, origin: Origin) -> None:
    unit.events.append(events.api_key_revoked(id))
    await audit.write(unit, Entry("api_key.revoked", origin, names.API_KEY.name(id)))


def _found(row: Any, id: str) -> Any:
    if row is None:
        raise ApiKeyNotFound(id)
    return row
