"""Reads and writes the definitions of subscriptions and webhooks: messages of the contract, kept as they are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import asyncpg
from google.protobuf.message import Message

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.errors import Refusal
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork

Q = sql.load(__package__, "groups")
Definition = TypeVar("Definition", bound=Message)


@dataclass(frozen=True, slots=True)
class Stored(Generic[Definition]):
    """A definition as it is stored. `uid` is one of this group alone, also when another gets its name later."""

    name: str
    uid: str
    definition: Definition
    version: int
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Kind(Generic[Definition]):
    """One kind of group: its message, how its names begin, its refusals, and what announces it."""

    message: type[Definition]
    prefix: str
    missing: Callable[[str], Refusal]
    taken: Callable[[str], Refusal]
    changed: Callable[[Stored[Definition]], Message]
    deleted: Callable[[Stored[Definition]], Message]


class Groups(Generic[Definition]):
    """The groups of one kind in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, kind: Kind[Definition]) -> None:
        self._pool = pool
        self._units = units
        self.kind = kind

    async def get(self, name: str) -> Stored[Definition]:
        """A group. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return self._found(await connection.fetchrow(Q["get_group"], name), name)

    async def page(self, after: str, limit: int) -> list[Stored[Definition]]:
        """Groups in the order of their names, after a name."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_groups"], after, self.kind.prefix, limit)
        return [self._read(row) for row in rows]

    async def create(
        self,
        name: str,
        definition: Definition,
        tail: int,
        once: Once[Stored[Definition], Reply],
        also: Callable[[Unit, Stored[Definition]], Awaitable[None]] | None = None,
    ) -> Reply:
        """Adds a group that starts after a position, with whatever `also` writes. Refuses a name that is taken."""

        async def work(unit: Unit) -> Stored[Definition]:
            try:
                row = await unit.connection.fetchrow(Q["insert_group"], name, definition.SerializeToString(), unit.now)
            except asyncpg.UniqueViolationError as error:
                raise self.kind.taken(name) from error
            created = self._read(row)
            await unit.connection.execute(Q["begin_progress"], created.uid, tail)
            if also is not None:
                await also(unit, created)
            unit.emit(name, self.kind.changed(created))
            return created

        return await self._units.run(once, work)

    async def change(
        self,
        name: str,
        change: Callable[[Stored[Definition]], Definition],
        once: Once[Stored[Definition], Reply],
        also: Callable[[Unit, Stored[Definition]], Awaitable[None]] | None = None,
        *,
        versions: bool = True,
    ) -> Reply:
        """Replaces a definition by what a pure function makes of it, under lock, with whatever `also` writes."""

        async def work(unit: Unit) -> Stored[Definition]:
            return await self.change_within(unit, name, change, also, versions=versions)

        return await self._units.run(once, work)

    async def change_within(
        self,
        unit: Unit,
        name: str,
        change: Callable[[Stored[Definition]], Definition],
        also: Callable[[Unit, Stored[Definition]], Awaitable[None]] | None = None,
        *,
        versions: bool = True,
    ) -> Stored[Definition]:
        """The same in a unit of work that is under way; without a new version when its owner need not know.

        A new version is made also of what stays as it is: of two who change what they both read, one is told so.
        """
        before = self._found(await unit.connection.fetchrow(Q["lock_group"], name), name)
        after = change(before)
        if also is not None:
            await also(unit, before)
        if not versions and after == before.definition:
            return before
        changed = self._read(
            await unit.connection.fetchrow(Q["update_group"], name, after.SerializeToString(), unit.now, versions)
        )
        unit.emit(name, self.kind.changed(changed))
        return changed

    async def delete(self, name: str, once: Once[None, Reply]) -> Reply:
        """Deletes a group, its dead letters and secrets."""

        async def work(unit: Unit) -> None:
            gone = self._found(await unit.connection.fetchrow(Q["delete_group"], name), name)
            unit.emit(name, self.kind.deleted(gone))

        return await self._units.run(once, work)

    async def seek(self, name: str, position: int, once: Once[int, Reply]) -> Reply:
        """Has what comes after a position delivered next, whoever owns the group."""

        async def work(unit: Unit) -> int:
            group = self._found(await unit.connection.fetchrow(Q["lock_group"], name), name)
            await unit.connection.execute(Q["seek"], group.uid, lease_name(group.uid), position)
            return position

        return await self._units.run(once, work)

    def _found(self, row: Any, name: str) -> Stored[Definition]:
        if row is None:
            raise self.kind.missing(name)
        return self._read(row)

    def _read(self, row: Any) -> Stored[Definition]:
        return Stored(
            name=row["name"],
            uid=str(row["uid"]),
            definition=self.kind.message.FromString(row["definition"]),
            version=row["version"],
            create_time=row["create_time"],
            update_time=row["update_time"],
        )


def lease_name(uid: str) -> str:
    """The lease that the owner of a group holds."""
    return f"group/{uid}"
