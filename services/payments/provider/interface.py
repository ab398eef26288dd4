"""What payments needs of a provider."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.payments.domain.operations import Instruction, Outcome, SettlementLine


class Provider(Protocol):
    """A provider of payments. Both methods raise `ProviderUnavailable` when they learn nothing."""

    async def carry_out(self, instruction: Instruction) -> Outcome:
        """Does what is asked, or tells what came of it when it was asked before under the same key."""
        ...

    async def settlements(self, start: datetime, end: datetime) -> Sequence[SettlementLine]:
        """The captures and refunds from `start` to before `end`."""
        ...
