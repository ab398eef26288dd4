"""Low-stock alerts, as messages."""

from datetime import datetime

from mesh.inventory.v1 import stock_alert_pb2
from services._platform.times import timestamp
from services.inventory.convert import names
from services.inventory.domain.alerts import Alert


def alert(alert: Alert, now: datetime) -> stock_alert_pb2.StockAlert:
    """An alert as seen at an instant."""
    return stock_alert_pb2.StockAlert(
        name=names.STOCK_ALERT.name(alert.id),
        product=names.PRODUCT.name(alert.product),
        warehouse=names.WAREHOUSE.name(alert.warehouse),
        severity=stock_alert_pb2.StockAlertSeverity.ValueType(alert.severity.value),
        state=stock_alert_pb2.StockAlertState.ValueType(alert.state_at(now).value),
        available=alert.available,
        min_stock_level=alert.min_stock_level,
        snooze_until_time=timestamp(alert.snooze_until),
        actor=alert.actor,
        create_time=timestamp(alert.create_time),
        update_time=timestamp(alert.update_time),
    )
