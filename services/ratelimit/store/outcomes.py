"""Outcomes: how calls went that adaptive limits protect."""

from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.limiter import Limiter


class Outcomes:
    """Moves the factors of adaptive limits."""

    def __init__(self, limiter: Limiter, ledger: Ledger) -> None:
        self._limiter = limiter
        self._ledger = ledger

    async def note(self, descriptor: Descriptor, measured: tuple[int, int, int], once: str) -> None:
        """Notes calls, failed calls and their latency in microseconds for each adaptive limit that counts them.

        A descriptor need not name a subject: an outcome concerns the limit, whoever called.
        """
        for limit in self._limiter.book.rules.protecting(descriptor):
            if limit.adaptive is not None:
                aims = (limit.adaptive.target_latency, limit.adaptive.max_error_ratio, limit.adaptive.min_factor)
                await self._ledger.adapt(limit.root, measured, aims, once)
