"""Keeps the log and what belongs to it in shape."""

from collections.abc import Sequence
from datetime import timedelta

from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.webhook_pb2 import Webhook
from services._platform.clock import Clock
from services._platform.lease import Lease
from services._platform.loops import Loop
from services.events.delivery.lag import Lags
from services.events.store import Attempts, Groups, Journal, Log

_TOGETHER = 1000
_FORGET = 5000
_KEEP_ATTEMPTS = timedelta(days=7)


def due_mover(log: Log) -> Loop:
    """Moves delayed events into the log when their time has come."""

    async def step() -> bool:
        return await log.move_due(_TOGETHER) == _TOGETHER

    return Loop("move-due-events", step, every=0.2)


def keeper(log: Log, retention: timedelta, clock: Clock, lease: Lease) -> Loop:
    """Makes the log's days, and drops those that are over."""

    async def step() -> bool:
        await log.keep(clock() - retention)
        return False

    return Loop("keep-log", step, every=600, lease=lease)


def compactor(log: Log, lease: Lease) -> Loop:
    """Deletes what newer events of compacted topics replace."""

    async def step() -> bool:
        return await log.compact(_FORGET) == _FORGET

    return Loop("compact-log", step, every=5, lease=lease)


def forgetter(journal: Journal, attempts: Attempts, clock: Clock, lease: Lease) -> Loop:
    """Deletes where groups stood before, and what webhooks attempted long ago."""

    async def step() -> bool:
        progress = await journal.forget(_FORGET)
        attempted = await attempts.forget(clock() - _KEEP_ATTEMPTS, _FORGET)
        return _FORGET in (progress, attempted)

    return Loop("forget-progress", step, every=10, lease=lease)


def lag_meter(lags: Lags, groups: Sequence[Groups[Subscription] | Groups[Webhook]]) -> Loop:
    """Measures how far groups are behind. Every replica does, so that each has the whole picture."""

    async def step() -> bool:
        await lags.measure(groups)
        return False

    return Loop("measure-lag", step, every=10)
