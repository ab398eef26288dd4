"""Operations: what is asked of the provider, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from services.payments.domain.moves import Kind


class Stage(Enum):
    """What came of an operation. The values are those of `mesh.payments.v1.PaymentOperationState`."""

    PENDING = 1
    SUCCEEDED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Ask:
    """What a caller wants done. `amount` is in minor units; none: all that can be.

    `key` knows the call from others of the same caller, so that its repetition finds what it began; it may be empty.
    """

    kind: Kind
    actor: str
    key: str
    amount: int | None = None
    currency: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that was asked of the provider, under its own id as the idempotency key."""

    id: str
    kind: Kind
    amount: int
    create_time: datetime
    actor: str
    key: str = ""
    reason: str = ""
    stage: Stage = Stage.PENDING
    failure_code: str = ""
    provider_reference: str = ""
    settle_time: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether what came of it is unknown."""
        return self.stage is Stage.PENDING

    def answers(self, ask: Ask) -> bool:
        """Whether it was begun by the same call."""
        return bool(ask.key) and (self.kind, self.actor, self.key) == (ask.kind, ask.actor, ask.key)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider says became of an operation. `reference` is the provider's name for what it did it to."""

    succeeded: bool
    reference: str = ""
    failure_code: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """An operation as a provider is told of it. Repeated with the same key, it is the same operation."""

    key: str
    kind: Kind
    amount: int
    currency: str
    method: str
    charge: str
    """What the provider calls the payment; empty before it is authorised."""
    reference: str


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """A movement of money as the provider reports it: a capture, or a refund, and when it was."""

    key: str
    kind: Kind
    amount: int
    currency: str
    time: datetime
