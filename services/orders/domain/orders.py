"""Orders: their lines, their sums, and what can be done to them."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.orders.domain import moves
from services.orders.domain.moves import Action, State
from services.orders.domain.refusals import OrderMoveIllegal, OrderRefundExceeded, TotalMismatch


@dataclass(frozen=True, slots=True)
class Line:
    """One product of an order. Amounts are in minor units of the order's currency."""

    product: str
    display_name: str
    quantity: int
    unit_price: int
    discount: int

    @property
    def total(self) -> int:
        """What is paid for the line."""
        return self.quantity * self.unit_price - self.discount


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done to an order, and by whom. `amount` is what goes back; none: all that is left."""

    action: Action
    actor: str
    reason: str = ""
    payment: str = ""
    tracking_code: str = ""
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer bought. One without a customer was cancelled before it came to be."""

    id: str
    customer: str
    lines: tuple[Line, ...]
    currency: str
    shipping: int
    total: int
    create_time: datetime
    update_time: datetime
    payment: str = ""
    reservation: str = ""
    origin: str = ""
    progress: State = State.PLACED
    refunded: int = 0
    tracking_code: str = ""
    version: int = 1

    @property
    def state(self) -> State:
        """What callers see."""
        return moves.state(self.progress, self.refunded, self.total)

    @property
    def is_abandoned(self) -> bool:
        """Whether only the id is known, as one that must not be used."""
        return not self.customer

    def check(self, line_totals: tuple[int, ...]) -> None:
        """Refuses amounts that do not come to what the caller said of the lines and of the whole."""
        for place, (line, said) in enumerate(zip(self.lines, line_totals, strict=True)):
            most = line.quantity * line.unit_price
            if line.discount > most:
                raise TotalMismatch(f"order.lines[{place}].discount_amount", line.discount, most, self.currency)
            if said != line.total:
                raise TotalMismatch(f"order.lines[{place}].total_amount", said, line.total, self.currency)
        computed = sum(line_totals) + self.shipping
        if self.total != computed:
            raise TotalMismatch("order.total_amount", self.total, computed, self.currency)

    def after(self, act: Act, now: datetime) -> "Order":
        """The order after an act. What was done before the same way is left as it is: a repeated step succeeds."""
        if self._was_done(act):
            return self
        allowed = moves.allowed(self.progress, self.refunded, self.total)
        if act.action not in allowed:
            raise OrderMoveIllegal(self.id, self.state, act.action, allowed)
        return replace(
            self,
            progress=allowed[act.action],
            payment=act.payment or self.payment,
            tracking_code=act.tracking_code or self.tracking_code,
            refunded=self.refunded + (self._refund(act.amount) if act.action is Action.REFUND else 0),
            version=self.version + 1,
            update_time=now,
        )

    def _was_done(self, act: Act) -> bool:
        match act.action:
            case Action.CANCEL:
                return self.progress is State.CANCELLED
            case Action.PAY:
                return self.state is State.PAID and act.payment in ("", self.payment)
        return False

    def _refund(self, amount: int | None) -> int:
        refundable = self.total - self.refunded
        if amount is not None and amount > refundable:
            raise OrderRefundExceeded(self.id, amount, refundable, self.currency)
        return refundable if amount is None else amount


@dataclass(frozen=True, slots=True)
class Move:
    """One step of an order's history. `number` counts from 1."""

    order: str
    number: int
    action: Action
    state: State
    refund: int
    currency: str
    reason: str
    actor: str
    create_time: datetime


def move(before: Order | None, order: Order, act: Act) -> Move:
    """What the history keeps of an act that led here."""
    return Move(
        order=order.id,
        number=order.version,
        action=act.action,
        state=order.state,
        refund=order.refunded - (before.refunded if before else 0),
        currency=order.currency,
        reason=act.reason,
        actor=act.actor,
        create_time=order.update_time,
    )


def abandoned(id: str, now: datetime) -> Order:
    """An id that was cancelled before its order came."""
    return Order(id, "", (), "", 0, 0, now, now, progress=State.CANCELLED)
