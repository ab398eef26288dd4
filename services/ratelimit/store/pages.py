"""Brings what was committed into the book, and what the book imposed into the store."""

from services._platform import sql
from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Unavailable
from services._platform.postgres import Pool, transaction
from services.ratelimit.domain.book import Book
from services.ratelimit.store import access_rules, limits
from services.ratelimit.store.access_rules import AccessRules

Q = sql.load(__package__, "limits")
LOOK_EVERY = 0.4
"""Seconds: with the doorbell broken, a commit is live everywhere after no more than that and a read."""


class Pages:
    """Keeps one replica's book up to date."""

    def __init__(self, book: Book, pool: Pool, doorbell: Doorbell, rules: AccessRules, clock: Clock) -> None:
        self._book = book
        self._pool = pool
        self._doorbell = doorbell
        self._rules = rules
        self._clock = clock

    async def check(self) -> None:
        """Raises `Unavailable` until the book has been read once. After that, what was read last goes on deciding."""
        if self._book.version < 0:
            raise Unavailable("the limits were not read yet", metadata={"dependency": "postgres"})

    async def follow(self) -> bool:
        """Reads what is new, then waits for the bell or a while. There is always more to do."""
        rings = self._doorbell.rings
        await self.read()
        await self._doorbell.wait(rings, LOOK_EVERY)
        return True

    async def read(self) -> None:
        """Reads limits and access rules if anything was committed since the last time."""
        async with transaction(self._pool) as connection:
            version = await connection.fetchval(Q["read_version"])
            if version == self._book.version:
                return
            standing = await limits.all_limits(connection)
            access = await access_rules.standing(connection, self._clock())
        self._book.take_over(version, standing, access, self._clock())

    async def write_blocks(self) -> bool:
        """Writes the blocks that this replica imposed."""
        pending = self._book.pending()
        if pending:
            self._book.written(await self._rules.write_blocks(pending), self._clock())
        return False
