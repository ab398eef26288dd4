"""The money ledger. An entry moves an amount from one account to another, so that all accounts always sum to zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from services.payments.domain.moves import Kind


class Account(Enum):
    """Where money is. The values are those of `mesh.payments.v1.LedgerAccount`."""

    CUSTOMERS = 1
    HELD = 2
    PROVIDER = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount that leaves `credit` and enters `debit`."""

    credit: Account
    debit: Account
    amount: int


def entries(kind: Kind, amount: int, held: int) -> Iterable[Entry]:
    """What a successful operation books. `held` is what the payment holds before it."""
    match kind:
        case Kind.AUTHORIZE:
            yield Entry(Account.CUSTOMERS, Account.HELD, amount)
        case Kind.CAPTURE:
            yield Entry(Account.HELD, Account.PROVIDER, amount)
            if held > amount:
                yield Entry(Account.HELD, Account.CUSTOMERS, held - amount)
        case Kind.VOID:
            yield Entry(Account.HELD, Account.CUSTOMERS, held)
        case Kind.REFUND:
            yield Entry(Account.PROVIDER, Account.CUSTOMERS, amount)
