"""What the provider says, as JSON: of an operation in an answer, in a webhook, and in the settlement export."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.payments.domain.moves import Kind
from services.payments.domain.operations import Outcome, SettlementLine


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Told(_Message):
    """What became of an operation. `key` is the idempotency key that it was asked for with."""

    key: str
    kind: Literal["authorize", "capture", "void", "refund"]
    status: Literal["succeeded", "failed"]
    charge: str
    amount: int
    currency: str
    failure_code: str
    time: AwareDatetime

    @property
    def outcome(self) -> Outcome:
        """The outcome."""
        return Outcome(self.status == "succeeded", self.charge, self.failure_code)

    @property
    def line(self) -> SettlementLine:
        """The operation as a line of a settlement export."""
        return SettlementLine(self.key, Kind[self.kind.upper()], self.amount, self.currency, self.time)


class Notice(_Message):
    """The body of a webhook."""

    type: Literal["operation.settled"]
    data: Told


class Export(_Message):
    """A page of the settlement export; `next` is empty on the last one."""

    lines: tuple[Told, ...]
    next: str


def period(start: datetime, end: datetime) -> dict[str, str]:
    """The query of a settlement export."""
    return {"start": start.isoformat(), "end": end.isoformat()}
