"""Reads low-stock alerts, and writes what people do about them. They are raised as levels change, in the book."""

from collections.abc import Callable
from datetime import datetime

from mesh.inventory.v1 import stock_alert_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.inventory.convert import events
from services.inventory.domain.alerts import Alert
from services.inventory.domain.refusals import StockAlertNotFound
from services.inventory.store.rows import read_alert

Q = sql.load(__package__, "alerts")
_STATES = stock_alert_pb2.StockAlertState.DESCRIPTOR
_SEVERITIES = stock_alert_pb2.StockAlertSeverity.DESCRIPTOR
_OPS = ("=", "!=")


class Alerts:
    """Low-stock alerts in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._clock = clock

    async def get(self, id: str) -> Alert:
        """An alert. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["get_alert"], id)
        if row is None:
            raise StockAlertNotFound(id)
        return read_alert(row)

    async def page(self, filter: Filter, before: str | None, limit: int) -> list[Alert]:
        """Alerts, newest first, before an id."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_alerts"],
                before,
                limit,
                self._clock(),
                *(filter.numbers("state", op, _STATES) for op in _OPS),
                *(filter.numbers("severity", op, _SEVERITIES) for op in _OPS),
                *(filter.ids(field, op) for field in ("product", "warehouse") for op in _OPS),
            )
        return [read_alert(row) for row in rows]

    async def change(
        self,
        id: str,
        move: Callable[[Alert, datetime], Alert],
        once: Once[Alert, Reply],
    ) -> Reply:
        """Replaces an alert by what a pure function makes of it at an instant, under lock."""

        async def work(unit: Unit) -> Alert:
            row = await unit.connection.fetchrow(Q["lock_alert"], id)
            if row is None:
                raise StockAlertNotFound(id)
            after = move(read_alert(row), unit.now)
            await unit.connection.execute(
                Q["update_alert"], id, after.state.value, after.snooze_until, after.actor, unit.now
            )
            unit.events.append(events.alert_changed(after))
            return after

        return await self._units.run(once, work)
