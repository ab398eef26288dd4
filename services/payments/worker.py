"""What payments does by itself."""

import asyncio
from datetime import timedelta

from services._platform.clock import Clock
from services._platform.lease import Lease
from services._platform.loops import Loop
from services.payments.settling import Desk
from services.payments.store import Reads, Settlements

_TOGETHER = 8
"""Payments that the provider is asked about at a time."""
_FORGET_TOGETHER = 1_000
_KEEP_RECEIPTS = timedelta(days=2)


def reconciler(desk: Desk, reads: Reads, clock: Clock, lease: Lease) -> Loop:
    """Asks the provider what became of operations whose outcome nobody brought."""

    async def step() -> bool:
        ids = await reads.to_settle(clock(), _TOGETHER)
        await asyncio.gather(*(desk.settle_by_itself(id_) for id_ in ids))
        return len(ids) == _TOGETHER

    return Loop("settle-payments", step, every=1, lease=lease)


def receipt_sweeper(settlements: Settlements, clock: Clock, lease: Lease) -> Loop:
    """Deletes the receipts of webhooks that are too old to be replayed."""

    async def step() -> bool:
        return await settlements.forget_receipts(clock() - _KEEP_RECEIPTS, _FORGET_TOGETHER) == _FORGET_TOGETHER

    return Loop("forget-webhooks", step, every=60, lease=lease)
