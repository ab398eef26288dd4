"""The low-stock alerts' RPCs."""

from datetime import datetime, timedelta

from mesh.inventory.v1 import stock_alert_pb2, stock_alert_service_pb2
from mesh.inventory.v1.stock_alert_service_servicer import StockAlertServiceServicer
from services._platform import filters
from services._platform.call import Call
from services._platform.clock import Clock
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.inventory.convert import alerts, names
from services.inventory.domain.alerts import Alert, AlertState
from services.inventory.store.alerts import Alerts as Store

_FIELDS = {"state": EQUALITY, "severity": EQUALITY, "product": EQUALITY, "warehouse": EQUALITY}
_DEFAULT_SNOOZE = timedelta(hours=1)


class StockAlerts(StockAlertServiceServicer[Call]):
    """`mesh.inventory.v1.StockAlertService`."""

    def __init__(self, store: Store, pager: Pager, clock: Clock) -> None:
        self._store = store
        self._pager = pager
        self._clock = clock

    async def ListStockAlerts(
        self, request: stock_alert_service_pb2.ListStockAlertsRequest, call: Call, /
    ) -> stock_alert_service_pb2.ListStockAlertsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(filters.parse(request.filter, _FIELDS), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda alert: (alert.id,))
        return stock_alert_service_pb2.ListStockAlertsResponse(
            stock_alerts=map(self._message, shown), next_page_token=token
        )

    async def GetStockAlert(
        self, request: stock_alert_service_pb2.GetStockAlertRequest, call: Call, /
    ) -> stock_alert_pb2.StockAlert:
        return self._message(await self._store.get(names.STOCK_ALERT.id(request.name)))

    async def AcknowledgeStockAlert(
        self, request: stock_alert_service_pb2.AcknowledgeStockAlertRequest, call: Call, /
    ) -> stock_alert_pb2.StockAlert:
        return await self._move(request.name, AlertState.ACKNOWLEDGED, call)

    async def SnoozeStockAlert(
        self, request: stock_alert_service_pb2.SnoozeStockAlertRequest, call: Call, /
    ) -> stock_alert_pb2.StockAlert:
        snooze = request.duration.ToTimedelta() or _DEFAULT_SNOOZE
        return await self._move(request.name, AlertState.SNOOZED, call, snooze)

    async def ResolveStockAlert(
        self, request: stock_alert_service_pb2.ResolveStockAlertRequest, call: Call, /
    ) -> stock_alert_pb2.StockAlert:
        return await self._move(request.name, AlertState.RESOLVED, call)

    async def _move(
        self, name: str, state: AlertState, call: Call, snooze: timedelta | None = None
    ) -> stock_alert_pb2.StockAlert:
        def move(alert: Alert, now: datetime) -> Alert:
            return alert.moved(state, call.principal.name, now, now + snooze if snooze else None)

        once = call.once(stock_alert_pb2.StockAlert, self._message)
        return await self._store.change(names.STOCK_ALERT.id(name), move, once)

    def _message(self, alert: Alert) -> stock_alert_pb2.StockAlert:
        return alerts.alert(alert, self._clock())
