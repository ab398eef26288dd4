"""How replicas of the orchestrator die in tests."""

import asyncio
from dataclasses import dataclass, field

from tests.conftest import Database


@dataclass
class Death:
    """Stops a replica at its n-th point, and what it does elsewhere from then on; until it is woken."""

    at: int
    points: list[str] = field(default_factory=list)
    died: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, point: str) -> None:
        if point != "before renewal":  # comes with time, not with the saga
            self.points.append(point)
        if len(self.points) >= self.at:
            self.died.set()
            await self.woken.wait()


async def bury(database: Database) -> None:
    """The leases of the dead run out: nobody renews them for them, as nobody would."""
    async with database.connect("saga") as sql:
        await sql.execute("UPDATE lease SET expire_time = now() WHERE name LIKE 'executor/%'")
