"""Keeps the signing keys, sealed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.identity.convert import events
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.signing_keys import SigningKey
from services.identity.store import audit
from services.identity.store.rows import read_signing_key

Q = sql.load(__package__, "signing_keys")

Next = Callable[[Sequence[SigningKey], datetime], SigningKey | None]
"""Makes the next key, of those that there are, newest first; None when it is not time."""


class SigningKeys:
    """Signing keys in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def since(self, instant: datetime) -> list[SigningKey]:
        """The keys that sign at the instant or at some time after it, newest first."""
        async with reading(self._pool) as connection:
            return [read_signing_key(row) for row in await connection.fetch(Q["list_signing_keys"], instant)]

    async def add_if_due(self, make: Next, origin: Origin) -> None:
        """Adds the next key if it is time; replicas that find so at once add one."""

        async def body(unit: Unit) -> None:
            await self._add(unit, make, origin)

        await self._units.commit(body)

    async def add(self, make: Next, origin: Origin, once: Once[SigningKey, Reply]) -> Reply:
        """Adds the next key."""

        async def work(unit: Unit) -> SigningKey:
            added = await self._add(unit, make, origin)
            assert added is not None
            return added

        return await self._units.run(once, work)

    async def _add(self, unit: Unit, make: Next, origin: Origin) -> SigningKey | None:
        await unit.connection.execute(Q["lock_signing_keys"])
        rows = await unit.connection.fetch(Q["list_signing_keys"], unit.now)
        key = make([read_signing_key(row) for row in rows], unit.now)
        if key is not None:
            values = (key.kid, key.private, key.create_time, key.activate_time)
            await unit.connection.execute(Q["insert_signing_key"], *values)
            unit.events.append(events.signing_key_rotated(key))
            await audit.write(unit, Entry("signing_key.rotated", origin, f"signingKeys/{key.kid}"))
        return key
