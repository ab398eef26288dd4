"""Payments in Postgres."""

from services.payments.store.ledger import Ledger
from services.payments.store.payments import Payments
from services.payments.store.reads import Reads
from services.payments.store.settlements import Settlements

__all__ = ["Ledger", "Payments", "Reads", "Settlements"]
