"""A ledger on a clock that tests set, and limits without a service around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf

from redis.asyncio import Redis

from services.ratelimit.domain.limits import SECOND, Algorithm, Limit
from services.ratelimit.domain.rules import Claim
from services.ratelimit.domain.terms import Terms
from services.ratelimit.store import plans, wire
from services.ratelimit.store.ledger import Ledger, reservation_key
from services.ratelimit.store.wire import Answer, Ask, What

CLOCK = "local function clock() return tonumber(redis.call('GET', 'test:now')) end\n"
START = 1_800_000_000 * SECOND


def a_limit(algorithm: Algorithm, limit: int = 5, window: int = 60 * SECOND, id: str = "a", **fields: object) -> Limit:
    """A limit by user."""
    return Limit(**{"id": id, "algorithm": algorithm, "limit": limit, "window": window, "keys": ("user",), **fields})  # type: ignore[arg-type]


@dataclass
class Counters:
    """A ledger whose time stands still until it is set."""

    redis: Redis
    ledger: Ledger
    now: int = START

    async def at(self, now: int) -> None:
        """Sets the clock."""
        self.now = now
        await self.redis.set("test:now", str(now))

    async def ask(
        self,
        *wants: tuple[Limit, str, int],
        what: What = What.TAKE,
        patience: float = inf,
        priority: str = "",
        reservation: str = "",
        address: str = "",
    ) -> Answer:
        """Asks for units of several limits and subjects at once."""
        claims = [Claim(limit, subject, units, priority) for limit, subject, units in wants]
        hold = 3600.0 * SECOND if reservation else 0
        head = wire.head(what, len(claims), patience=patience, once=False, hold=hold, from_=bool(address))
        lines = [wire.line(claim, Terms.of(claim.limit, claim.units, priority, self.now)) for claim in claims]
        keys = [reservation_key(reservation)] * bool(reservation) + [plans.key(claim) for claim in claims]
        texts = [reservation.encode()] * bool(reservation) + [address.encode()] * bool(address)
        return await self.ledger.decide(Ask(head + b"".join(lines), len(claims), keys, texts))

    async def takes(self, limit: Limit, units: int = 1, subject: str = "ada") -> bool:
        """Whether units are let through."""
        return (await self.ask((limit, subject, units))).outcome == wire.Outcome.ADMITTED

    async def used(self, limit: Limit, subject: str = "ada") -> int:
        """How many units are in use."""
        [line] = (await self.ask((limit, subject, 0), what=What.PEEK)).lines
        return int(line[1] - line[2])


@asynccontextmanager
async def counting(redis: Redis) -> AsyncIterator[Counters]:
    """A ledger in a Redis."""
    ledger = Ledger(redis, CLOCK)
    await ledger.reach()
    yield Counters(redis, ledger)
    await ledger.leave()
