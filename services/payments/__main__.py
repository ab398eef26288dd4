"""Payments' composition root: settings > stores > provider > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services._platform.clock import Clock, system_clock
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings, from_environment
from services._platform.stores import open_stores
from services.payments import servicer, store, worker
from services.payments.provider import open_provider
from services.payments.settings import PaymentsSettings
from services.payments.settling import Desk

NAME = "payments"


@asynccontextmanager
async def compose(settings: Settings, own: PaymentsSettings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Payments, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    secrets = [secret.get_secret_value() for secret in own.webhook_secrets]
    async with open_stores(NAME, settings, clock) as stores, open_provider(own) as provider:
        payments, settlements = store.Payments(stores.units), store.Settlements(stores.units)
        reads, ledger = store.Reads(stores.pool), store.Ledger(stores.pool)
        desk = Desk(payments, reads, settlements, provider)
        yield Service(
            servicers=[
                servicer.Payments(payments, reads, desk, pager, clock),
                servicer.Webhooks(settlements, secrets, clock),
                servicer.LedgerEntries(ledger, provider, pager),
            ],
            dependencies=stores.dependencies,
            loops=[
                stores.housekeeping,
                worker.reconciler(desk, reads, clock, stores.lease("settle-payments")),
                worker.receipt_sweeper(settlements, clock, stores.lease("forget-webhooks")),
            ],
        )


if __name__ == "__main__":
    run(NAME, partial(compose, own=from_environment(PaymentsSettings)))
