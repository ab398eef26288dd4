"""Carts in Redis, for reads that are fast. Postgres has the truth: what is lost here is read again there.

A write puts the new state here after its commit. When it cannot, readers see the state before for `KEPT` seconds at
most; no decision is ever made on what is read here.
"""

from importlib.resources import files
from time import monotonic
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from mesh.cart.v1.cart_pb2 import Cart as Message
from services._platform.clock import Clock
from services._platform.log import logger
from services.cart.convert import carts as convert
from services.cart.domain.carts import Cart

KEPT = 60
_PAUSE = 1.0
"""Seconds for which Redis is left alone after it failed, so that carts do not wait for it one after another."""
_log = logger(__name__)


class HotCarts:
    """What was last seen of carts."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._put = redis.register_script((files(__package__) / "hot_carts.lua").read_text())
        self._away_until = 0.0

    async def get(self, id: str) -> Message | None:
        """A cart as it is now, or None when it is not here, or Redis is away."""
        if monotonic() < self._away_until:
            return None
        try:
            kept = cast("bytes | None", await self._redis.hget(_key(id), "message"))
        except (RedisError, OSError):
            self._failed()
            return None
        return None if kept is None else convert.seen_at(Message.FromString(kept), self._clock())

    async def put(self, cart: Cart) -> None:
        """Keeps a cart as it was committed, unless a newer state is kept. Never fails."""
        if monotonic() < self._away_until:
            return
        try:
            message = convert.cart(cart, self._clock()).SerializeToString()
            await self._put(keys=[_key(cart.id)], args=[cart.version, message, KEPT])
        except (RedisError, OSError):
            self._failed()

    def _failed(self) -> None:
        _log.warning("redis is away; carts are read from postgres")
        self._away_until = monotonic() + _PAUSE


def _key(id: str) -> str:
    return f"mesh:cart:{id}"
