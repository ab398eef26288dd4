"""The double-entry ledger: every change takes units from one account and gives them to another.

So the accounts always sum to zero, and what a level says can be checked against, and rebuilt from, the movements.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Account(Enum):
    """Where units can be. The values are those of `mesh.inventory.v1.Account`."""

    SUPPLIER = 1
    AVAILABLE = 2
    RESERVED = 3
    IN_TRANSIT = 4
    DAMAGED = 5
    CUSTOMER = 6
    VARIANCE = 7


INSIDE = (Account.AVAILABLE, Account.RESERVED, Account.IN_TRANSIT, Account.DAMAGED)
"""The accounts that a stock level projects; the others are the world outside."""


class Reason(Enum):
    """Why stock was adjusted. The values are those of `mesh.inventory.v1.AdjustmentReason`."""

    UNSPECIFIED = 0
    RECEIPT = 1
    SALE = 2
    COUNT = 3
    DAMAGE = 4
    LOSS = 5
    CORRECTION = 6


OTHER_SIDE = {
    Reason.RECEIPT: Account.SUPPLIER,
    Reason.SALE: Account.CUSTOMER,
    Reason.COUNT: Account.VARIANCE,
    Reason.DAMAGE: Account.DAMAGED,
    Reason.LOSS: Account.VARIANCE,
    Reason.CORRECTION: Account.VARIANCE,
}
"""The account that an adjustment for a reason takes from, or gives to."""


@dataclass(frozen=True, slots=True)
class Place:
    """An account of a warehouse. Outside accounts are booked in the warehouse that dealt with them."""

    warehouse: str
    account: Account


@dataclass(frozen=True, slots=True)
class Entry:
    """What a movement says of itself: the operation, why, by which document, and who did it."""

    operation: str
    actor: str
    document: str = ""
    reason: Reason = Reason.UNSPECIFIED
    note: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """`quantity` units of a product went from `source` to `destination` at an instant."""

    product: str
    source: Place
    destination: Place
    quantity: int
    entry: Entry
    time: datetime
