"""Holds up who tries wrong passwords, and nobody else.

Attempts are counted by account and origin: a known device by itself, anybody else by network address. So no number of
wrong passwords elsewhere keeps the owner of an account out. Beside it, an address is counted over all accounts.
The counts are in Redis. Without them attempts pass; then the few threads that hash are the limit.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services._platform.clock import Clock
from services._platform.log import logger
from services.identity.domain.devices import Device
from services.identity.domain.refusals import SignInDelayed
from services.identity.domain.throttle import BY_ADDRESS, BY_ORIGIN, FORGET, Limit, network

_SCRIPT = "throttle.lua"
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in to an account."""

    account: str
    """The address of the account, known or not."""
    address: str
    device: Device | None

    @property
    def origin(self) -> str:
        """The key of the count by account and origin."""
        source = f"device {self.device.id}" if self.device else f"network {network(self.address)}"
        return _key("origin", f"{self.account} {source}")

    @property
    def network(self) -> str | None:
        """The key of the count by address; a known device is not put down to where it is."""
        return None if self.device else _key("network", network(self.address))


class Throttle:
    """Counts attempts."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._script = redis.register_script((files(__package__) / _SCRIPT).read_text())

    async def enter(self, attempt: Attempt) -> None:
        """Counts an attempt before it is made. Raises `SignInDelayed` when it comes too early."""
        try:
            await self._count(attempt.origin, BY_ORIGIN)
            if attempt.network is not None:
                await self._count(attempt.network, BY_ADDRESS)
        except (RedisError, OSError):
            _log.warning("attempts to sign in are not counted: redis is away")

    async def succeeded(self, attempt: Attempt) -> None:
        """Forgets the wrong passwords before the right one."""
        try:
            await self._redis.delete(attempt.origin)
            if attempt.network is not None:
                await self._redis.hincrby(attempt.network, "attempts", -1)
        except (RedisError, OSError):
            _log.warning("attempts to sign in are not counted: redis is away")

    async def _count(self, key: str, limit: Limit) -> None:
        now = int(self._clock().timestamp() * 1000)
        times = (int(limit.first * 1000), int(limit.most * 1000), FORGET * 1000)
        wait = int(await self._script(keys=[key], args=[now, limit.free, *times]))
        if wait > 0:
            raise SignInDelayed(wait / 1000)


def _key(kind: str, text: str) -> str:
    # Redis is not told who signs in.
    return f"identity:attempts:{kind}:{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
