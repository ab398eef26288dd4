"""`envoy.service.rate_limit_quota.v3`: edges are lent shares of a limit, and decide by themselves."""

from collections.abc import AsyncIterator

import uuid_utils

from mesh.ratelimit.v1 import envoy_pb2 as pb
from services._platform.errors import Unavailable
from services.ratelimit.convert import quotas as convert
from services.ratelimit.domain.limits import SECOND, Enforcement
from services.ratelimit.store.quotas import Quotas

PATH = "/envoy.service.rate_limit_quota.v3.RateLimitQuotaService/StreamRateLimitQuotas"
TTL = 15 * SECOND
"""How long a loan lasts: three times as long as edges take to report."""


class RateLimitQuotaService:
    """Answers Envoy's reports with loans."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def StreamRateLimitQuotas(self, requests: AsyncIterator[pb.QuotaReports]) -> AsyncIterator[pb.QuotaResponse]:
        """One edge, from when it starts to when it ends."""
        edge = str(uuid_utils.uuid7())
        async for reports in requests:
            actions = [
                action
                for usage in reports.bucket_quota_usages
                if (action := await self._assigned(edge, usage)) is not None
            ]
            if actions:
                yield convert.answer(actions)

    async def _assigned(self, edge: str, usage: pb.QuotaUsage) -> pb.QuotaAction | None:
        """What an edge may let through of a bucket: the least that a limit lends. None when no limit counts it, or when
        Redis is away: it goes on with what it has."""
        lent = []
        for claim in self._quotas.claims(convert.bucket(usage)):
            if claim.limit.enforcement is Enforcement.QUOTA:
                counts = (usage.num_requests_allowed, usage.num_requests_denied)
                wanted = convert.demand(usage, claim.limit.window)
                try:
                    units = await self._quotas.lend(edge, claim, wanted, counts, TTL)
                except Unavailable:
                    return None
                lent.append((units * SECOND // claim.limit.window, units, claim.limit.window))
        if not lent:
            return None
        _, units, window = min(lent)
        return convert.action(usage, convert.strategy(units, window), TTL)
