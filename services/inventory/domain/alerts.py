"""Low-stock alerts: when one is up, how bad it is, and what people may do about it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, IntEnum

from services.inventory.domain.refusals import StockAlertResolved


class Severity(IntEnum):
    """How bad. The values are those of `mesh.inventory.v1.StockAlertSeverity`."""

    WARNING = 1
    CRITICAL = 2


class AlertState(Enum):
    """Where an alert stands. The values are those of `mesh.inventory.v1.StockAlertState`."""

    ACTIVE = 1
    ACKNOWLEDGED = 2
    SNOOZED = 3
    RESOLVED = 4


@dataclass(frozen=True, slots=True)
class Alert:
    """A product runs low in a warehouse."""

    id: str
    product: str
    warehouse: str
    severity: Severity
    state: AlertState
    available: int
    min_stock_level: int
    snooze_until: datetime | None
    actor: str
    create_time: datetime
    update_time: datetime

    def state_at(self, now: datetime) -> AlertState:
        """The state as seen at an instant: a snooze that ran out is active again."""
        if self.state is AlertState.SNOOZED and self.snooze_until is not None and self.snooze_until <= now:
            return AlertState.ACTIVE
        return self.state

    def moved(self, state: AlertState, actor: str, now: datetime, snooze_until: datetime | None = None) -> "Alert":
        """The alert after somebody acknowledged, snoozed or resolved it."""
        if self.state is AlertState.RESOLVED:
            raise StockAlertResolved(self.id)
        return replace(self, state=state, actor=actor, snooze_until=snooze_until, update_time=now)


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What a level's move means for its alert: raise or worsen or better it to `severity`, or resolve it (None)."""

    product: str
    warehouse: str
    severity: Severity | None
    worse: bool
    available: int
    min_stock_level: int


def severity(available: int, minimum: int, present: Severity | None) -> Severity | None:
    """How bad a level is. A present alert stays until stock is a tenth above its threshold (hysteresis)."""
    if minimum <= 0:
        return None
    slack = max(1, minimum // 10)
    if available <= minimum // 2 + (slack if present is Severity.CRITICAL else 0):
        return Severity.CRITICAL
    if available <= minimum + (slack if present is not None else 0):
        return Severity.WARNING
    return None
