"""The rate limiter's composition root: settings > stores > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from mesh.ratelimit.v1 import envoy_pb2
from mesh.ratelimit.v1.event_pb2 import RateLimitChanged
from services._platform.changes import Changes
from services._platform.clock import Clock, system_clock
from services._platform.errors import Refusal
from services._platform.grpc_host import ForeignRpc, ForeignStream
from services._platform.health import Dependency
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services._platform.tokens import PositionTokens
from services.ratelimit import servicer
from services.ratelimit.convert import envoy
from services.ratelimit.domain.book import Book
from services.ratelimit.domain.standby import Standby
from services.ratelimit.domain.usage import Usage
from services.ratelimit.servicer import rlqs, rls
from services.ratelimit.store.access_rules import AccessRules
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.limiter import Limiter
from services.ratelimit.store.limits import Limits
from services.ratelimit.store.outcomes import Outcomes
from services.ratelimit.store.pages import Pages
from services.ratelimit.store.quotas import Quotas
from services.ratelimit.store.replicas import Replicas
from services.ratelimit.store.reservations import Reservations
from services.ratelimit.store.usage import UsageRecords
from services.ratelimit.worker import loops

NAME = "ratelimit"


@asynccontextmanager
async def compose(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """The rate limiter, ready to be served."""
    key = settings.signing_key.get_secret_value()
    pager = Pager(key)
    async with open_stores(NAME, settings, clock) as stores:
        book, standby, usage = Book(), Standby(), Usage()
        ledger = Ledger(stores.redis)
        limiter = Limiter(book, ledger, standby, usage, clock)
        rules = AccessRules(stores.pool, stores.units, clock)
        pages = Pages(book, stores.pool, stores.doorbell, rules, clock)
        replicas = Replicas(stores.pool, stores.holder, standby)
        records = UsageRecords(stores.pool, usage, clock)
        limits = Limits(stores.pool, stores.units)
        changes = Changes(RateLimitChanged, stores.pool, stores.doorbell, PositionTokens(key))
        for begin in (limiter.resume, pages.read, replicas.beat):
            with suppress(Refusal):  # A store is away: the loops try again, and health says so until then.
                await begin()
        # Neither store takes the rate limiter down: limits that were read once go on deciding, by policy if need be.
        optional = {name: Dependency(one.check, required=False) for name, one in stores.dependencies.items()}
        yield Service(
            servicers=[
                servicer.RateLimits(limits, changes, records, stores.units, pager, clock),
                servicer.AccessRules(rules, pager),
                servicer.Decisions(
                    limiter, Reservations(limiter, ledger), Outcomes(limiter, ledger), stores.units, clock
                ),
            ],
            handlers=[
                ForeignRpc(rls.PATH, envoy.asked, servicer.RateLimitService(limiter, clock).ShouldRateLimit, bytes),
                ForeignStream(
                    rlqs.PATH,
                    envoy_pb2.QuotaReports.FromString,
                    servicer.RateLimitQuotaService(Quotas(limiter, ledger)).StreamRateLimitQuotas,
                ),
            ],
            dependencies={**optional, "limits": Dependency(pages.check)},
            loops=[stores.housekeeping, *loops(limiter, pages, replicas, records, stores.lease("trim-usage"))],
        )
        await replicas.leave()
        await ledger.leave()


if __name__ == "__main__":
    run(NAME, compose)
