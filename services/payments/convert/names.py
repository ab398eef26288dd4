"""The resource names of payments."""

from services._platform.names import Pattern

PAYMENT = Pattern("payments/{payment}")
LEDGER_ENTRY = Pattern("ledgerEntries/{ledger_entry}")
