"""Stock levels: what the ledger comes to, for one product in one warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.inventory.domain.alerts import Severity
from services.inventory.domain.ledger import Account

Key = tuple[str, str]
"""Product and warehouse."""

MOST_UNITS = 1_000_000_000
"""Of one product, over all warehouses."""


@dataclass(frozen=True, slots=True)
class Level:
    """Units by account, with the thresholds that hold here and the severity of the alert that is up."""

    product: str
    warehouse: str
    available: int = 0
    reserved: int = 0
    in_transit: int = 0
    damaged: int = 0
    min_override: int | None = None
    max_override: int | None = None
    product_min: int = 0
    count_time: datetime | None = None
    severity: Severity | None = None
    allocation_rank: int = 0
    update_time: datetime | None = None

    @property
    def key(self) -> Key:
        """Product and warehouse."""
        return self.product, self.warehouse

    @property
    def on_hand(self) -> int:
        """On the shelf: available and reserved together."""
        return self.available + self.reserved

    @property
    def units(self) -> int:
        """All that counts against the product's limit."""
        return self.available + self.reserved + self.in_transit + self.damaged

    @property
    def min_stock_level(self) -> int:
        """The threshold for alerts: the override if there is one, else the product's."""
        return self.product_min if self.min_override is None else self.min_override

    def quantity(self, account: Account) -> int:
        """Units in an inside account."""
        match account:
            case Account.AVAILABLE:
                return self.available
            case Account.RESERVED:
                return self.reserved
            case Account.IN_TRANSIT:
                return self.in_transit
            case Account.DAMAGED:
                return self.damaged
            case _:
                raise ValueError(f"{account} is not inside a level")

    def changed(self, by: Mapping[Account, int], now: datetime) -> "Level":
        """The level after units came into inside accounts, or left them when negative."""
        return replace(
            self,
            available=self.available + by.get(Account.AVAILABLE, 0),
            reserved=self.reserved + by.get(Account.RESERVED, 0),
            in_transit=self.in_transit + by.get(Account.IN_TRANSIT, 0),
            damaged=self.damaged + by.get(Account.DAMAGED, 0),
            update_time=now,
        )
