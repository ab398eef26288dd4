"""What is read back from the ledger."""

from dataclasses import dataclass

from services.inventory.domain.ledger import Account, Movement


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A movement as it was booked."""

    id: str
    movement: Movement


@dataclass(frozen=True, slots=True)
class Drift:
    """An account of a level that is not what the ledger comes to."""

    product: str
    warehouse: str
    account: Account
    level_quantity: int
    ledger_quantity: int
