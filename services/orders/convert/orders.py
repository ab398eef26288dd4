"""Orders and their history, as messages and back."""

from datetime import datetime

from google.type.money_pb2 import Money

from mesh.orders.v1 import order_pb2
from services._platform.money import minor, money
from services._platform.times import timestamp
from services.orders.convert import names
from services.orders.domain.orders import Line, Move, Order
from services.orders.domain.refusals import CurrencyMismatch


def to_order(id: str, message: order_pb2.Order, now: datetime) -> Order:
    """An order from what a caller may say of it. Refuses amounts that do not fit together."""
    total = minor(message.total_amount, "order.total_amount")

    def amount(one: Money, field: str) -> int:
        read = minor(one, field)
        if read.currency != total.currency:
            raise CurrencyMismatch(field, read.currency, total.currency)
        return read.amount

    def optional(holder: order_pb2.Order | order_pb2.OrderLine, field: str, place: str) -> int:
        return amount(getattr(holder, field), f"{place}.{field}") if holder.HasField(field) else 0  # type: ignore[arg-type]

    order = Order(
        id=id,
        customer=message.customer,
        lines=tuple(
            Line(
                product=names.PRODUCT.id(line.product),
                display_name=line.display_name,
                quantity=line.quantity,
                unit_price=amount(line.unit_price, f"order.lines[{place}].unit_price"),
                discount=optional(line, "discount_amount", f"order.lines[{place}]"),
            )
            for place, line in enumerate(message.lines)
        ),
        currency=total.currency,
        shipping=optional(message, "shipping_amount", "order"),
        total=total.amount,
        payment=names.optional_id(names.PAYMENT, message.payment),
        reservation=names.optional_id(names.RESERVATION, message.reservation),
        origin=message.origin,
        create_time=now,
        update_time=now,
    )
    said = enumerate(message.lines)
    order.check(tuple(amount(line.total_amount, f"order.lines[{place}].total_amount") for place, line in said))
    return order


def order(order: Order) -> order_pb2.Order:
    """An order as a message."""

    def amount(value: int) -> Money | None:
        return money(order.currency, value) if order.currency else None

    return order_pb2.Order(
        name=names.ORDER.name(order.id),
        customer=order.customer,
        lines=[
            order_pb2.OrderLine(
                product=names.PRODUCT.name(line.product),
                display_name=line.display_name,
                quantity=line.quantity,
                unit_price=amount(line.unit_price),
                discount_amount=amount(line.discount),
                total_amount=amount(line.total),
            )
            for line in order.lines
        ],
        shipping_amount=amount(order.shipping),
        total_amount=amount(order.total),
        payment=names.optional_name(names.PAYMENT, order.payment),
        reservation=names.optional_name(names.RESERVATION, order.reservation),
        origin=order.origin,
        state=order_pb2.OrderState.ValueType(order.state.value),
        progress=order_pb2.OrderState.ValueType(order.progress.value),
        refunded_amount=amount(order.refunded),
        tracking_code=order.tracking_code,
        etag=str(order.version),
        create_time=timestamp(order.create_time),
        update_time=timestamp(order.update_time),
    )


def move(move: Move) -> order_pb2.OrderMove:
    """A step of the history as a message."""
    return order_pb2.OrderMove(
        name=names.MOVE.name(move.order, str(move.number)),
        action=order_pb2.OrderAction.ValueType(move.action.value),
        state=order_pb2.OrderState.ValueType(move.state.value),
        refund_amount=money(move.currency, move.refund) if move.refund else None,
        reason=move.reason,
        actor=move.actor,
        create_time=timestamp(move.create_time),
    )


def refund(message: Money, order: Order) -> int:
    """What goes back, in the order's minor units."""
    amount = minor(message, "amount", least=1)
    if amount.currency != order.currency:
        raise CurrencyMismatch("amount", amount.currency, order.currency)
    return amount.amount
