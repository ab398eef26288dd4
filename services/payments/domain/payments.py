"""Payments: what may be asked of the provider, and what its answers come to."""

from dataclasses import dataclass, replace
from datetime import datetime

from services._platform.errors import RequestIdReused
from services.payments.domain.ledger import Entry, entries
from services.payments.domain.moves import ALLOWED, MOVES, Event, Kind, State
from services.payments.domain.operations import Ask, Instruction, Operation, Outcome, Stage
from services.payments.domain.refusals import (
    CaptureExceeded,
    CurrencyMismatch,
    OutcomeUnknown,
    PaymentDeclined,
    PaymentMoveIllegal,
    ProviderRefused,
    RefundExceeded,
)


@dataclass(frozen=True, slots=True)
class Payment:
    """Money of a customer's. Amounts are in minor units. One without a customer was voided before it came to be.

    `method` is the provider's token for the means of payment, `charge` the provider's name for the payment.
    """

    id: str
    customer: str
    reference: str
    currency: str
    amount: int
    method: str
    create_time: datetime
    update_time: datetime
    state: State = State.PENDING
    captured: int = 0
    refunded: int = 0
    decline_code: str = ""
    charge: str = ""
    operations: tuple[Operation, ...] = ()

    @property
    def is_abandoned(self) -> bool:
        """Whether only the id is known, as one that must not be used."""
        return not self.customer

    @property
    def pending(self) -> tuple[Operation, ...]:
        """What is not settled, in the order in which it has to be."""
        return tuple(one for one in self.operations if one.is_pending)

    @property
    def refundable(self) -> int:
        """What can still go back, if all refunds that are under way succeed."""
        return self.captured - self.refunded - sum(one.amount for one in self.pending if one.kind is Kind.REFUND)

    def next_pending(self, wanted: Operation | None) -> Operation | None:
        """What is to be settled next, of everything or for one operation's sake: nothing goes before the
        authorisation.
        """
        if wanted is not None and not self.operation(wanted.id).is_pending:
            return None
        if wanted is not None and self.state is not State.PENDING:
            return wanted
        return next(iter(self.pending), None)

    def operation(self, id: str) -> Operation:
        """One of its operations."""
        return next(one for one in self.operations if one.id == id)

    def begun(self, ask: Ask, id: str, now: datetime) -> tuple["Payment", Operation | None]:
        """The payment with the operation that a call asks for, new or begun before; none when nothing is to be done."""
        if ask.currency and ask.currency != self.currency:
            raise CurrencyMismatch(self.id, ask.currency, self.currency)
        if (same := next((one for one in self.operations if one.answers(ask)), None)) is not None:
            if ask.amount not in (None, same.amount):
                raise RequestIdReused(ask.key)
            return self, same
        if ask.kind not in ALLOWED[self.state]:
            raise PaymentMoveIllegal(self.id, self.state, ask.kind)
        if ask.kind is Kind.VOID and (nothing := self._void()):
            return self, nothing[0]
        if ask.kind is not Kind.REFUND and any(one.kind is not Kind.AUTHORIZE for one in self.pending):
            # A capture and a void exclude one another, and which of them it will be is not known.
            raise OutcomeUnknown(self.id)
        new = Operation(id, ask.kind, self._amount(ask), now, ask.actor, ask.key, ask.reason)
        return replace(self, operations=(*self.operations, new), update_time=now), new

    def instruction(self, operation: Operation) -> Instruction:
        """An operation as the provider is told of it."""
        return Instruction(
            operation.id,
            operation.kind,
            operation.amount,
            self.currency,
            self.method,
            self.charge,
            self.reference,
        )

    def settled(self, id: str, outcome: Outcome, now: datetime) -> tuple["Payment", tuple[Entry, ...]]:
        """The payment when an outcome is known, and what that books.

        Whoever brings it, a reply, a webhook or a later question: the first one counts, others change nothing.
        """
        operation = self.operation(id)
        event = self._event(operation, outcome)
        if not operation.is_pending or (event is not None and event not in MOVES[self.state]):
            return self, ()
        after = replace(
            self,
            state=self.state if event is None else MOVES[self.state][event],
            charge=self.charge or outcome.reference,
            update_time=now,
            operations=tuple(_closed(one, outcome, now) if one.id == id else one for one in self.operations),
        )
        if not outcome.succeeded:
            return (after._declined(outcome, now) if operation.kind is Kind.AUTHORIZE else after), ()
        booked = tuple(entries(operation.kind, operation.amount, self.amount))
        match operation.kind:
            case Kind.CAPTURE:
                after = replace(after, captured=operation.amount)
            case Kind.REFUND:
                after = replace(after, refunded=self.refunded + operation.amount)
        return after, booked

    def contradicted(self, id: str, outcome: Outcome) -> bool:
        """Whether an outcome cannot be true beside what counted before it."""
        operation = self.operation(id)
        if not operation.is_pending:
            return outcome.succeeded != (operation.stage is Stage.SUCCEEDED)
        event = self._event(operation, outcome)
        return self.state is not State.PENDING and event is not None and event not in MOVES[self.state]

    def answer(self, id: str) -> "Payment":
        """The payment, as the answer to who asked for an operation. Refuses when it failed or is not settled."""
        operation = self.operation(id)
        match operation.stage, operation.kind:
            case Stage.PENDING, _:
                raise OutcomeUnknown(self.id)
            case Stage.FAILED, Kind.AUTHORIZE:
                raise PaymentDeclined(self.id, operation.failure_code)
            case Stage.FAILED, _:
                raise ProviderRefused(self.id, operation.failure_code)
        return self

    def _void(self) -> tuple[Operation | None, ...]:
        """The void that is under way, or none where nothing is held any more; empty when there is one to begin."""
        if self.state in (State.VOIDED, State.DECLINED):
            return (None,)
        return tuple(one for one in self.pending if one.kind is Kind.VOID)

    def _amount(self, ask: Ask) -> int:
        match ask.kind:
            case Kind.CAPTURE if ask.amount is not None and ask.amount > self.amount:
                raise CaptureExceeded(self.id, ask.amount, self.amount, self.currency)
            case Kind.REFUND:
                wanted = self.refundable if ask.amount is None else ask.amount
                if not 0 < wanted <= self.refundable:
                    raise RefundExceeded(self.id, wanted, self.refundable, self.currency)
                return wanted
        return self.amount if ask.amount is None else ask.amount

    def _event(self, operation: Operation, outcome: Outcome) -> Event | None:
        """What an outcome means to the state; nothing when something failed that can be asked for again."""
        match operation.kind, outcome.succeeded:
            case Kind.AUTHORIZE, succeeded:
                return Event.APPROVED if succeeded else Event.DECLINED
            case _, False:
                return None
            case Kind.CAPTURE, _:
                return Event.CAPTURED
            case Kind.VOID, _:
                return Event.VOIDED
        rest = self.captured - self.refunded - operation.amount
        return Event.REFUNDED_PART if rest else Event.REFUNDED_REST

    def _declined(self, outcome: Outcome, now: datetime) -> "Payment":
        """A void that waited has nothing to do."""
        done = Outcome(succeeded=True)
        waited = tuple(_closed(one, done, now) if one.is_pending else one for one in self.operations)
        return replace(self, decline_code=outcome.failure_code, operations=waited)


def _closed(operation: Operation, outcome: Outcome, now: datetime) -> Operation:
    return replace(
        operation,
        stage=Stage.SUCCEEDED if outcome.succeeded else Stage.FAILED,
        failure_code=outcome.failure_code,
        provider_reference=outcome.reference,
        settle_time=now,
    )


def abandoned(id: str, now: datetime) -> Payment:
    """An id that was voided before its payment came."""
    return Payment(id, "", "", "", 0, "", now, now, state=State.VOIDED)
