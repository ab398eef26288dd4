"""`envoy.service.ratelimit.v3`: Envoy asks for every call whether it may pass."""

import asyncio

from mesh.ratelimit.v1 import envoy_pb2 as pb
from services._platform.clock import Clock
from services._platform.errors import Refusal
from services.ratelimit.convert import envoy
from services.ratelimit.domain.limits import SECOND
from services.ratelimit.store.asks import Wish
from services.ratelimit.store.limiter import Limiter

DOMAIN = "mesh"
PATH = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
_WISH = Wish(patience=0.1 * SECOND)
"""How long a call waits here for its turn at a leaky bucket: Envoy gives up on the answer a little later."""


class RateLimitService:
    """Answers Envoy. Whoever reaches the port may ask: it serves the edge, not the outside."""

    def __init__(self, limiter: Limiter, clock: Clock) -> None:
        self._limiter = limiter
        self._clock = clock

    async def ShouldRateLimit(self, request: pb.RlsRequest) -> pb.RlsResponse:
        """Whether a call may pass. Of another domain than ours everything may: no limit is of it."""
        if request.domain != DOMAIN:
            return envoy.passed(len(request.descriptors))
        try:
            decision = await self._limiter.decide(envoy.to_descriptors(request), _WISH)
        except Refusal:  # None is expected; a defect must not close the edge.
            return envoy.passed(len(request.descriptors))
        if decision.allowed and decision.delay:
            await asyncio.sleep(decision.delay / SECOND)
        return envoy.response(decision, self._clock())
