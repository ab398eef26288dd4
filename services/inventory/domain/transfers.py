"""Transfers: stock on its way from one warehouse to another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from services.inventory.domain.refusals import TransferClosed, TransferExceeded


class TransferState(Enum):
    """Where a transfer stands. The values are those of `mesh.inventory.v1.TransferState`."""

    IN_TRANSIT = 1
    PARTIALLY_RECEIVED = 2
    RECEIVED = 3
    CANCELLED = 4


MOVES: Mapping[str, frozenset[TransferState]] = {
    "receive": frozenset({TransferState.IN_TRANSIT, TransferState.PARTIALLY_RECEIVED}),
    "cancel": frozenset({TransferState.IN_TRANSIT}),
}
"""From which states an event is allowed. Where `receive` leads depends on whether anything is left under way."""


@dataclass(frozen=True, slots=True)
class TransferLine:
    """Units of a product: sent, and what became of them so far."""

    product: str
    sent: int
    received: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def under_way(self) -> int:
        """Units of which nothing is known yet."""
        return self.sent - self.received - self.damaged - self.missing


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units of a product that arrived, fit and damaged."""

    product: str
    fit: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """What was sent from one warehouse to another."""

    id: str
    source: str
    destination: str
    lines: tuple[TransferLine, ...]
    state: TransferState
    note: str
    create_time: datetime
    update_time: datetime

    def require(self, event: str) -> None:
        """Refuses an event that the state does not allow."""
        if self.state not in MOVES[event]:
            allowed = sorted(MOVES[event], key=lambda state: state.value)
            raise TransferClosed(self.id, self.state.name, ",".join(state.name for state in allowed))

    def received(self, receipts: tuple[Receipt, ...], final: bool, now: datetime) -> "Transfer":
        """The transfer after an arrival; no receipts mean that everything arrived fit, or, when final, nothing."""
        self.require("receive")
        arrived = {receipt.product: receipt for receipt in receipts}
        lines = []
        for line in self.lines:
            default = Receipt(line.product, 0 if receipts or final else line.under_way, 0)
            receipt = arrived.pop(line.product, default)
            if receipt.fit + receipt.damaged > line.under_way:
                raise TransferExceeded(self.id, line.product, receipt.fit + receipt.damaged, line.under_way)
            after = replace(line, received=line.received + receipt.fit, damaged=line.damaged + receipt.damaged)
            lines.append(replace(after, missing=after.under_way) if final else after)
        for product, receipt in arrived.items():
            raise TransferExceeded(self.id, product, receipt.fit + receipt.damaged, 0)
        return replace(self, lines=tuple(lines), state=_state(lines), update_time=now)


def _state(lines: list[TransferLine]) -> TransferState:
    if not any(line.under_way for line in lines):
        return TransferState.RECEIVED
    arrived = any(line.received or line.damaged for line in lines)
    return TransferState.PARTIALLY_RECEIVED if arrived else TransferState.IN_TRANSIT


def summed_lines(lines: tuple[TransferLine, ...]) -> tuple[TransferLine, ...]:
    """The lines with those of the same product added up, in the order of product."""
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.product] = totals.get(line.product, 0) + line.sent
    return tuple(TransferLine(product, sent) for product, sent in sorted(totals.items()))
