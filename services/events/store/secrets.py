"""The secrets that webhooks sign with: derived from the service's key and a nonce, so that none is stored."""

import hmac
import secrets
from datetime import datetime

from services._platform import sql
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit

Q = sql.load(__package__, "secrets")


class Secrets:
    """Secrets of webhooks, by the uid of their group. Each is 32 bytes."""

    def __init__(self, pool: Pool, key: bytes) -> None:
        self._pool = pool
        self._key = key

    async def present(self, uid: str, now: datetime) -> list[bytes]:
        """Those that sign, the newest first."""
        async with reading(self._pool) as connection:
            return await self._read(connection, uid, now)

    async def add(self, unit: Unit, uid: str, overlap_end: datetime) -> None:
        """Makes the next; those before sign until an instant as well."""
        await unit.connection.execute(Q["forget_secrets"], uid, unit.now)
        await unit.connection.execute(Q["end_secrets"], uid, overlap_end)
        await unit.connection.execute(Q["add_secret"], uid, secrets.token_bytes(16), unit.now)

    async def _read(self, connection: Connection, uid: str, now: datetime) -> list[bytes]:
        rows = await connection.fetch(Q["read_secrets"], uid, now)
        return [hmac.digest(self._key, b"webhook" + uid.encode() + row["nonce"], "sha256") for row in rows]
