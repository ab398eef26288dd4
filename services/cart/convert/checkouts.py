"""Checkouts, as messages: what is bought, and the saga that buys it."""

from importlib.resources import files

from google.protobuf import text_format
from google.protobuf.any_pb2 import Any

from mesh.cart.v1 import checkout_pb2, checkout_service_pb2, coupon_hold_pb2
from mesh.inventory.v1.reservation_pb2 import ReservationLine
from mesh.orders.v1 import order_pb2
from mesh.saga.v1 import saga_definition_pb2, saga_pb2
from services._platform.money import money
from services._platform.names import Pattern
from services.cart.convert.names import CART, COUPON, PRODUCT, PROMOTION, RESERVATION, named
from services.cart.domain.carts import Cart, StockHold
from services.cart.domain.quotes import Quote

CHECKOUT = Pattern("checkouts/{checkout}")
ORDER = Pattern("orders/{order}")
SAGA = "checkout"
"""The id of the definition."""

_STATES = {
    saga_pb2.SAGA_STATE_COMPLETED: checkout_pb2.CHECKOUT_STATE_COMPLETED,
    saga_pb2.SAGA_STATE_COMPENSATED: checkout_pb2.CHECKOUT_STATE_FAILED,
    saga_pb2.SAGA_STATE_NEEDS_ATTENTION: checkout_pb2.CHECKOUT_STATE_NEEDS_ATTENTION,
}


def definition() -> saga_definition_pb2.SagaDefinition:
    """The saga of a checkout."""
    text = (files(__package__) / "checkout.txtpb").read_text()
    return text_format.Parse(text, saga_definition_pb2.SagaDefinition())


def saga_input(checkout: str, request: checkout_service_pb2.CheckoutCartRequest, customer: str) -> Any:
    """What the saga of a checkout begins with."""
    packed = Any()
    packed.Pack(
        checkout_pb2.CheckoutInput(
            checkout_id=checkout,
            cart=request.name,
            quote_id=request.quote_id,
            customer=customer,
            payment_method=request.payment_method,
        )
    )
    return packed


def checkout(id: str, cart: str, saga: saga_pb2.Saga) -> checkout_pb2.Checkout:
    """A checkout as its saga stands. `cart` is a name."""
    state = _STATES.get(saga.state, checkout_pb2.CHECKOUT_STATE_RUNNING)
    return checkout_pb2.Checkout(
        name=CHECKOUT.name(id),
        cart=cart,
        state=state,
        saga=saga.name,
        order=ORDER.name(id),
        error=saga.error if saga.HasField("error") else None,
    )


def begun(cart: Cart, checkout: str) -> checkout_service_pb2.BeginCheckoutResponse:
    """What is bought by a cart that is bound to a checkout."""
    assert cart.quote is not None  # it was accepted
    quote = cart.quote
    stock = () if cart.stock_hold is StockHold.NONE else quote.lines
    return checkout_service_pb2.BeginCheckoutResponse(
        stock=[ReservationLine(product=PRODUCT.name(line.product), quantity=line.quantity) for line in stock],
        redemptions=[
            coupon_hold_pb2.Redemption(promotion=PROMOTION.name(one.promotion), coupon=named(COUPON, one.coupon))
            for one in quote.promotions
        ],
        total_amount=money(quote.currency, quote.total),
        order=_order(cart, quote, checkout),
        reservation=named(RESERVATION, cart.reservation),
    )


def _order(cart: Cart, quote: Quote, checkout: str) -> order_pb2.Order:
    currency = quote.currency
    return order_pb2.Order(
        name=ORDER.name(checkout),
        customer=cart.owner,
        lines=[
            order_pb2.OrderLine(
                product=PRODUCT.name(line.product),
                quantity=line.quantity,
                unit_price=money(currency, line.unit_price),
                discount_amount=money(currency, line.discount),
                total_amount=money(currency, line.total),
            )
            for line in quote.lines
        ],
        shipping_amount=money(currency, quote.shipping_amount - quote.shipping_discount),
        total_amount=money(currency, quote.total),
        payment=f"payments/{checkout}" if quote.total else "",
        origin=CART.name(cart.id),
    )
