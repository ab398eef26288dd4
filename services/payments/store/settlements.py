"""Settles operations: outcome, ledger, event and remembered reply are one commit, whoever brings the outcome."""

from datetime import datetime

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.log import logger
from services._platform.unit_of_work import Unit, UnitOfWork
from services.payments.convert import events
from services.payments.domain.ledger import Entry
from services.payments.domain.operations import Operation, Outcome
from services.payments.domain.payments import Payment
from services.payments.store.reads import with_operations

Q = sql.load(__package__, "payments", "ledger")
_log = logger(__name__)


class Settlements:
    """What providers answered, in Postgres."""

    def __init__(self, units: UnitOfWork) -> None:
        self._units = units

    async def settle(self, operation: str, outcome: Outcome) -> Payment | None:
        """Notes an outcome, the first time that it is known; none of an operation that is not ours."""

        async def body(unit: Unit) -> Payment | None:
            return await _settle(unit, operation, outcome)

        return await self._units.commit(body)

    async def settle_and_answer(self, operation: str, outcome: Outcome, once: Once[Payment, Reply]) -> Reply:
        """Notes an outcome together with the answer to the call that asked for the operation.

        Refuses when the operation failed; then nothing is noted.
        """

        async def work(unit: Unit) -> Payment:
            after = await _settle(unit, operation, outcome)
            assert after is not None, "the operation was begun here"
            return after.answer(operation)

        return await self._units.run(once, work)

    async def answer(self, payment: Payment, operation: Operation | None, once: Once[Payment, Reply]) -> Reply:
        """Answers the call that asked for an operation, as the payment is now, and remembers the answer.

        Refuses when the operation failed. Without an operation, the answer is the payment as it is.
        """

        async def work(unit: Unit) -> Payment:
            found = await with_operations(unit.connection, await unit.connection.fetch(Q["get_payment"], payment.id))
            return found[0] if operation is None else found[0].answer(operation.id)

        return await self._units.run(once, work)

    async def receive(self, webhook: str, operation: str, outcome: Outcome) -> bool:
        """Notes the outcome that a webhook brings; false for one that was taken before."""

        async def body(unit: Unit) -> bool:
            if await unit.connection.fetchval(Q["insert_receipt"], webhook, unit.now) is None:
                return False
            await _settle(unit, operation, outcome)
            return True

        return await self._units.commit(body)

    async def forget_receipts(self, before: datetime, limit: int) -> int:
        """Deletes receipts of webhooks from before an instant; returns how many."""

        async def body(unit: Unit) -> int:
            return len(await unit.connection.fetch(Q["forget_receipts"], before, limit))

        return await self._units.commit(body)


async def _settle(unit: Unit, operation: str, outcome: Outcome) -> Payment | None:
    rows = await unit.connection.fetch(Q["lock_payment_of"], operation)
    if not rows:
        return None
    [before] = await with_operations(unit.connection, rows)
    after, entries = before.settled(operation, outcome, unit.now)
    if after is before:
        if before.contradicted(operation, outcome):
            await _keep(unit, before, operation, outcome)
        return before
    await unit.connection.execute(
        Q["update_payment"],
        after.id,
        after.state.value,
        after.captured,
        after.refunded,
        after.decline_code,
        after.charge,
        after.update_time,
    )
    for old, new in zip(before.operations, after.operations, strict=True):
        if new != old:
            await _close(unit, new)
    if entries:
        await _book(unit, after, operation, entries)
    unit.events.append(events.of_operation(after, after.operation(operation)))
    return after


async def _keep(unit: Unit, payment: Payment, operation: str, outcome: Outcome) -> None:
    """What cannot be true beside what counted first is for people to look into: the settlement report shows it."""
    _log.warning("the provider contradicts itself", payment=payment.id, operation=operation)
    told = (outcome.succeeded, outcome.failure_code, outcome.reference)
    await unit.connection.execute(Q["insert_contradiction"], operation, *told, unit.now)


async def _close(unit: Unit, one: Operation) -> None:
    await unit.connection.execute(
        Q["settle_operation"], one.id, one.stage.value, one.failure_code, one.provider_reference, one.settle_time
    )


async def _book(unit: Unit, payment: Payment, operation: str, entries: tuple[Entry, ...]) -> None:
    rows = [(entry.credit.value, entry.debit.value, entry.amount) for entry in entries]
    await unit.connection.execute(
        Q["insert_entries"], payment.id, operation, payment.currency, unit.now, *sql.columns(rows, 3)
    )
