"""The ledger: the counters that all replicas share, in Redis."""

import asyncio
from collections.abc import Sequence

from redis.asyncio import Redis

from services.ratelimit.store import lua, wire
from services.ratelimit.store.batches import Batches
from services.ratelimit.store.link import Link, Told, away, open_link
from services.ratelimit.store.plans import PREFIX
from services.ratelimit.store.scripts import Script
from services.ratelimit.store.wire import Answer, Ask


class Ledger:
    """Counters, reservations and loans. Everything raises `Unavailable` when Redis is away, or was not reached yet."""

    def __init__(self, redis: Redis, clock: str = "") -> None:
        self._redis = redis
        self._open: Link | None = None
        clock = clock or lua.text(lua.CLOCK)
        self._decide = Script(clock + lua.text(*lua.DECIDE))
        self._settle = Script(clock + lua.text(*lua.ALGORITHMS, "settle"))
        self._lend = Script(clock + lua.text(*lua.LEND))
        self._adapt = Script(clock + lua.text("adapt"))
        self._batches = Batches(self._decide_all)

    @property
    def reached(self) -> bool:
        """Whether there is a link to Redis. Nobody who wants a decision waits until there is."""
        return self._open is not None and self._open.open

    async def reach(self) -> None:
        """Makes sure that Redis answers. Raises `Unavailable` when it does not."""
        if not self.reached:
            await self.leave()
            self._open = await open_link(self._redis)
        await self._link.call("PING")

    async def leave(self) -> None:
        """Gives the link up."""
        if self._open is not None:
            await self._open.close()

    @property
    def _link(self) -> Link:
        if self._open is None:
            raise away()
        return self._open

    def decide(self, ask: Ask) -> asyncio.Future[Answer]:
        """Decides a call, together with those that are asked for at the same time."""
        return self._batches.submit(ask)

    async def settle(self, reservation: str, units: int | None) -> int:
        """Replaces the estimate of a reservation; None gives it back. See `lua/settle.lua` for what is returned."""
        return int(await self._settle.run(self._link, [reservation_key(reservation)], [-1 if units is None else units]))

    async def forget(self, keys: Sequence[bytes]) -> int:
        """Drops counters; returns how many there were."""
        if not keys:
            return 0
        return int(await self._link.call("DEL", *keys))

    async def lend(self, limit: str, edge: str, demand: int, units: int, ttl: int) -> int:
        """Lends an edge a share of a limit of `units`, for `ttl` microseconds; returns the units lent."""
        return int(await self._lend.run(self._link, [f"{PREFIX}q:{limit}".encode()], [edge, demand, units, ttl]))

    async def adapt(
        self, limit: str, outcome: tuple[int, int, int], aims: tuple[int, float, float], once: str
    ) -> float:
        """Notes calls, failed calls and their latency for a limit with these aims; returns the factor on it."""
        keys = [f"{PREFIX}f:{limit}".encode()]
        if once:
            keys.append(f"{PREFIX}o:{once}:{limit}".encode())
        return float(await self._adapt.run(self._link, keys, [*outcome, *aims]))

    def _decide_all(self, asks: Sequence[Ask], told: Told) -> None:
        if self._open is None:
            told(away())
            return
        keys = [key for ask in asks for key in ask.keys]
        texts = [text for ask in asks for text in ask.texts]
        self._decide.start(self._open, keys, [wire.batch(asks), *texts], told)


def reservation_key(reservation: str) -> bytes:
    """Where a reservation is kept."""
    return f"{PREFIX}r:{reservation}".encode()


def once_key(request: str) -> bytes:
    """Where the answer to a request is remembered."""
    return f"{PREFIX}o:{request}".encode()
