"""Carries operations out: one after another for a payment, each settled before the next is asked for."""

from services._platform.call import Once, Reply
from services._platform.log import logger
from services.payments.domain.operations import Operation, Outcome
from services.payments.domain.payments import Payment
from services.payments.domain.refusals import OutcomeUnknown, ProviderUnavailable
from services.payments.provider import Provider
from services.payments.store import Payments, Reads, Settlements
from services.payments.store.payments import Begun

_log = logger(__name__)


class Desk:
    """Between what callers ask and what the provider does."""

    def __init__(self, payments: Payments, reads: Reads, settlements: Settlements, provider: Provider) -> None:
        self._payments = payments
        self._reads = reads
        self._settlements = settlements
        self._provider = provider

    async def carry_out(self, begun: Begun, once: Once[Payment, Reply]) -> Reply:
        """Has an operation done that was begun, and answers its call. Refuses when it failed, or is not settled."""
        payment, wanted = begun
        while wanted is not None and (operation := payment.next_pending(wanted)) is not None:
            outcome = await self._told(payment, operation)
            if outcome is not None and outcome.succeeded and operation.id == wanted.id:
                return await self._settlements.settle_and_answer(wanted.id, outcome, once)
            payment = await self._noted(payment, operation, outcome)
        return await self._settlements.answer(payment, wanted, once)

    async def settle(self, payment: Payment) -> Payment:
        """Asks the provider for what is pending; refuses when it does not tell."""
        while (operation := payment.next_pending(None)) is not None:
            payment = await self._noted(payment, operation, await self._told(payment, operation))
        return payment

    async def settle_by_itself(self, id: str) -> None:
        """Asks for what is pending of a payment, later again when the provider does not tell."""
        try:
            await self.settle(await self._reads.get(id))
        except OutcomeUnknown:
            await self._payments.postpone(id)

    async def _told(self, payment: Payment, operation: Operation) -> Outcome | None:
        """What the provider says became of an operation; none when it does not tell."""
        try:
            return await self._provider.carry_out(payment.instruction(operation))
        except ProviderUnavailable:
            return None

    async def _noted(self, payment: Payment, operation: Operation, outcome: Outcome | None) -> Payment:
        """The payment with an outcome that is known now. Refuses when none is."""
        if outcome is None:
            found = await self._reads.get(payment.id)  # a webhook may have told meanwhile
        else:
            found = await self._settlements.settle(operation.id, outcome) or payment
        if found.operation(operation.id).is_pending:
            if outcome is not None:
                # The provider tells of a state that the payment cannot have: the settlement report will name it.
                _log.error("an outcome does not fit its payment", payment=payment.id, operation=operation.id)
            raise OutcomeUnknown(payment.id)
        return found
