"""Quotas: shares of limits that are lent to edges, in the same ledger as the limits themselves."""

from collections.abc import Sequence

from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.rules import Claim
from services.ratelimit.store import asks, plans
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.limiter import Limiter


class Quotas:
    """Lends, and charges what edges report."""

    def __init__(self, limiter: Limiter, ledger: Ledger) -> None:
        self._limiter = limiter
        self._ledger = ledger

    def claims(self, bucket: Descriptor) -> Sequence[Claim]:
        """The limits that count a bucket's calls."""
        return self._limiter.book.rules.claims(bucket)

    async def lend(self, edge: str, claim: Claim, demand: int, counts: tuple[int, int], ttl: int) -> int:
        """The units per window that an edge may let through for `ttl` microseconds.

        `counts` are the calls that it let through and refused since it last reported. Raises `Unavailable`.
        """
        allowed, blocked = counts
        self._limiter.usage.note_elsewhere(claim.limit.id, allowed, blocked)
        if allowed:
            await self._ledger.decide(asks.charge(plans.key(claim), claim, allowed, self._limiter.now))
        return await self._ledger.lend(claim.limit.root, edge, demand, claim.limit.limit, ttl)
