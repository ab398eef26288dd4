"""The RPCs of payments: each turns a message into a decision of the domain, and what came of it into a message."""

from services.payments.servicer.ledger import LedgerEntries
from services.payments.servicer.payments import Payments
from services.payments.servicer.webhooks import Webhooks

__all__ = ["LedgerEntries", "Payments", "Webhooks"]
