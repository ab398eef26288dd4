"""Which replicas are live: each says so in Postgres, and knows from there what its share is."""

from contextlib import suppress
from datetime import timedelta

from services._platform import sql
from services._platform.errors import Unavailable
from services._platform.postgres import Pool, reading
from services.ratelimit.domain.shares import Share
from services.ratelimit.domain.standby import Standby

Q = sql.load(__package__, "usage")
BEAT_EVERY = 1.0
_LIVE = timedelta(seconds=4)


class Replicas:
    """One replica among the live ones. While Postgres is away, the share is the last that was known."""

    def __init__(self, pool: Pool, holder: str, standby: Standby) -> None:
        self._pool = pool
        self._holder = holder
        self._standby = standby

    async def beat(self) -> bool:
        """Says that this replica lives, and looks who else does."""
        async with reading(self._pool) as connection:
            await connection.execute(Q["beat"], self._holder)
            live = [row["holder"] for row in await connection.fetch(Q["live"], _LIVE)]
        if self._holder in live:
            self._standby.share = Share(live.index(self._holder), len(live))
        return False

    async def leave(self) -> None:
        """Leaves its share to the others at once."""
        with suppress(Unavailable):
            async with reading(self._pool) as connection:
                await connection.execute(Q["leave"], self._holder)
