"""`envoy.service.ratelimit.v3`: Envoy asks for every call whether it may pass."""

import asyncio

from services._platform.clock import Clock
from services._platform.errors import Refusal
from services.ratelimit.convert import envoy
from services.ratelimit.convert.envoy import Asked
from services.ratelimit.domain.limits import SECOND
from services.ratelimit.store.asks import EDGE
from services.ratelimit.store.limiter import Limiter

DOMAIN = "mesh"
PATH = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"


class RateLimitService:
    """Answers Envoy. Whoever reaches the port may ask: it serves the edge, not the outside."""

    def __init__(self, limiter: Limiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock

    async def ShouldRateLimit(self, asked: Asked) -> bytes:
        """Whether a call may pass. Of another domain than ours everything may: no limit is of it."""
        if asked.domain != DOMAIN:
            return envoy.passed(len(asked.descriptors))
        try:
            decision = await self._limiter.decide(asked.descriptors, EDGE)
        except Refusal:  # None is expected; a defect must not close the edge.
            return envoy.passed(len(asked.descriptors))
        if decision.allowed and decision.delay:
            await asyncio.sleep(decision.delay / SECOND)
        return envoy.answer(decision, self._clock())
