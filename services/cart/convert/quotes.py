"""Quotes, how they differ, and verdicts on promotions, as messages and back."""

from collections.abc import Iterable

from mesh.cart.v1 import cart_service_pb2, quote_pb2
from services._platform.money import minor, money
from services._platform.times import instant, timestamp
from services.cart.convert.names import COUPON, PRICE, PRODUCT, PROMOTION, id_of, named
from services.cart.domain.eligibility import Outcome, Verdict
from services.cart.domain.quotes import Applied, Change, ChangeKind, Quote, QuoteLine


def quote(quote: Quote) -> quote_pb2.Quote:
    """A quote as a message."""
    currency = quote.currency
    return quote_pb2.Quote(
        quote_id=quote.id,
        lines=[_line(line, currency) for line in quote.lines],
        shipping_product=named(PRODUCT, quote.shipping_product),
        shipping_amount=money(currency, quote.shipping_amount),
        shipping_discount=money(currency, quote.shipping_discount),
        subtotal=money(currency, quote.subtotal),
        discount=money(currency, quote.discount),
        total=money(currency, quote.total),
        promotions=[
            quote_pb2.AppliedPromotion(
                promotion=PROMOTION.name(one.promotion),
                coupon=named(COUPON, one.coupon),
                amount=money(currency, one.amount),
            )
            for one in quote.promotions
        ],
        create_time=timestamp(quote.create_time),
        expire_time=timestamp(quote.expire_time),
    )


def to_quote(message: quote_pb2.Quote) -> Quote:
    """A quote as it was kept."""
    return Quote(
        id=message.quote_id,
        currency=message.total.currency_code,
        lines=tuple(
            QuoteLine(
                product=PRODUCT.id(line.product),
                quantity=line.quantity,
                unit_price=minor(line.unit_price, "unit_price").amount,
                price=PRICE.id(line.price_name),
                discount=minor(line.discount, "discount").amount,
                available=line.available if line.HasField("available") else None,
            )
            for line in message.lines
        ),
        shipping_product=id_of(PRODUCT, message.shipping_product),
        shipping_amount=minor(message.shipping_amount, "shipping_amount").amount,
        shipping_discount=minor(message.shipping_discount, "shipping_discount").amount,
        promotions=tuple(
            Applied(PROMOTION.id(one.promotion), id_of(COUPON, one.coupon), minor(one.amount, "amount").amount)
            for one in message.promotions
        ),
        create_time=instant(message.create_time),
        expire_time=instant(message.expire_time),
    )


def changes(changes: Iterable[Change], currency: str) -> list[quote_pb2.QuoteChange]:
    """How a quote differs from the one before."""
    return [_change(change, currency) for change in changes]


def verdicts(verdicts: Iterable[Verdict], currency: str) -> list[cart_service_pb2.PromotionVerdict]:
    """Verdicts as messages."""
    return [
        cart_service_pb2.PromotionVerdict(
            promotion=PROMOTION.name(verdict.promotion),
            coupon=named(COUPON, verdict.coupon),
            outcome=cart_service_pb2.PromotionOutcome.ValueType(verdict.outcome.value),
            detail=verdict.detail,
            amount=money(currency, verdict.amount) if verdict.outcome is Outcome.APPLIED else None,
            products=map(PRODUCT.name, verdict.products),
        )
        for verdict in verdicts
    ]


def _line(line: QuoteLine, currency: str) -> quote_pb2.QuoteLine:
    return quote_pb2.QuoteLine(
        product=PRODUCT.name(line.product),
        quantity=line.quantity,
        unit_price=money(currency, line.unit_price),
        price_name=PRICE.name(line.price),
        subtotal=money(currency, line.subtotal),
        discount=money(currency, line.discount),
        total=money(currency, line.total),
        available=line.available,
    )


def _change(change: Change, currency: str) -> quote_pb2.QuoteChange:
    message = quote_pb2.QuoteChange(
        kind=quote_pb2.QuoteChangeKind.ValueType(change.kind.value),
        product=named(PRODUCT, change.product),
        promotion=named(PROMOTION, change.promotion),
    )
    if change.kind is ChangeKind.AVAILABILITY:
        for field, units in (("before_available", change.before), ("after_available", change.after)):
            if units is not None:
                setattr(message, field, units)
    else:
        message.before_amount.CopyFrom(money(currency, change.before or 0))
        message.after_amount.CopyFrom(money(currency, change.after or 0))
    return message
