"""The ledger: the counters that all replicas share, in Redis."""

from collections.abc import Coroutine, Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from services._platform.combiner import Combiner
from services._platform.errors import Refusal, Unavailable
from services.ratelimit.store import lua, wire
from services.ratelimit.store.patience import patience
from services.ratelimit.store.plans import PREFIX
from services.ratelimit.store.wire import Answer, Ask

_LANES = 2
_TOGETHER = 128


class Script:
    """A script by its digest: its text is only sent to a Redis that does not have it."""

    def __init__(self, redis: Redis, text: str) -> None:
        self._redis = redis
        self._text = text
        self._digest = sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, keys: Sequence[bytes], arguments: Sequence[Any]) -> Any:
        """Runs it. Raises `Unavailable` when Redis does not answer in time."""
        try:
            async with patience():
                try:
                    return await self._run("EVALSHA", self._digest, keys, arguments)
                except NoScriptError:
                    return await self._run("EVAL", self._text, keys, arguments)
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("redis is away", metadata={"dependency": "redis"}, retry_after=1) from error

    async def _run(self, command: str, script: str, keys: Sequence[bytes], arguments: Sequence[Any]) -> Any:
        return await self._redis.execute_command(  # type: ignore[no-untyped-call]
            command, script, len(keys), *keys, *arguments
        )


class Ledger:
    """Counters, reservations and loans. Everything raises `Unavailable` when Redis is away."""

    def __init__(self, redis: Redis, clock: str = "") -> None:
        self._redis = redis
        clock = clock or lua.text(lua.CLOCK)
        self._decide = Script(redis, clock + lua.text(*lua.ALGORITHMS, "decide"))
        self._settle = Script(redis, clock + lua.text(*lua.ALGORITHMS, "settle"))
        self._lend = Script(redis, clock + lua.text("lend"))
        self._adapt = Script(redis, clock + lua.text("adapt"))
        self._combined: Combiner[Ask, Answer] = Combiner("decide", self._decide_all, limit=_TOGETHER, lanes=_LANES)

    def decide(self, ask: Ask) -> Coroutine[Any, Any, Answer]:
        """Decides a call, together with those that are asked for at the same time."""
        return self._combined.submit(ask)

    async def settle(self, reservation: str, units: int | None) -> int:
        """Replaces the estimate of a reservation; None gives it back. See `lua/settle.lua` for what is returned."""
        return int(await self._settle.run([reservation_key(reservation)], [-1 if units is None else units]))

    async def forget(self, keys: Sequence[bytes]) -> int:
        """Drops counters; returns how many there were."""
        if not keys:
            return 0
        try:
            async with patience():
                return int(await self._redis.delete(*keys))
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("redis is away", metadata={"dependency": "redis"}, retry_after=1) from error

    async def lend(self, limit: str, edge: str, demand: int, units: int, ttl: int) -> int:
        """Lends an edge a share of a limit of `units`, for `ttl` microseconds; returns the units lent."""
        return int(await self._lend.run([f"{PREFIX}q:{limit}".encode()], [edge, demand, units, ttl]))

    async def adapt(
        self, limit: str, outcome: tuple[int, int, int], aims: tuple[int, float, float], once: str
    ) -> float:
        """Notes calls, failed calls and their latency for a limit with these aims; returns the factor on it."""
        keys = [f"{PREFIX}f:{limit}".encode()]
        if once:
            keys.append(f"{PREFIX}o:{once}:{limit}".encode())
        return float(await self._adapt.run(keys, [*outcome, *aims]))

    async def ping(self) -> None:
        """Raises `Unavailable` unless Redis answers."""
        try:
            async with patience():
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("redis is away", metadata={"dependency": "redis"}, retry_after=1) from error

    async def _decide_all(self, asks: Sequence[Ask]) -> Sequence[Answer | Refusal]:
        keys = [key for ask in asks for key in ask.keys]
        texts = [text for ask in asks for text in ask.texts]
        message = b"".join([ask.message for ask in asks])
        return list(wire.answers(await self._decide.run(keys, [message, *texts])))


def reservation_key(reservation: str) -> bytes:
    """Where a reservation is kept."""
    return f"{PREFIX}r:{reservation}".encode()


def once_key(request: str) -> bytes:
    """Where the answer to a request is remembered."""
    return f"{PREFIX}o:{request}".encode()
