"""Carries operations out: one after another for a payment, each settled before the next is asked for."""

from services._platform.call import Once, Reply
from services._platform.log import logger
from services.payments.domain.operations import Operation
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
        payment, operation = begun
        if operation is not None and operation.is_pending:
            await self.settle(payment, operation)
        return await self._settlements.answer(payment, operation, once)

    async def settle(self, payment: Payment, wanted: Operation | None = None) -> Payment:
        """Asks the provider for what is pending, or for one operation; refuses when it does not tell.

        Another may bring an outcome meanwhile: what is pending is looked up before each question.
        """
        while (operation := payment.next_pending(wanted)) is not None:
            try:
                outcome = await self._provider.carry_out(payment.instruction(operation))
            except ProviderUnavailable:
                payment = await self._reads.get(payment.id)
                if payment.operation(operation.id).is_pending:
                    raise OutcomeUnknown(payment.id) from None
                continue  # a webhook told meanwhile
            settled = await self._settlements.settle(operation.id, outcome)
            if settled is None or settled.operation(operation.id).is_pending:
                # The provider tells of a state that the payment cannot have: the settlement report will name it.
                _log.error("an outcome does not fit its payment", payment=payment.id, operation=operation.id)
                raise OutcomeUnknown(payment.id)
            payment = settled
        return payment

    async def settle_by_itself(self, id: str) -> None:
        """Asks for what is pending of a payment, later again when the provider does not tell."""
        try:
            await self.settle(await self._reads.get(id))
        except OutcomeUnknown:
            await self._payments.postpone(id)
