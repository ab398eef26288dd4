"""Prices, as messages and back."""

from mesh.cart.v1 import price_pb2
from services._platform.errors import InvalidArgument
from services._platform.money import minor, money
from services._platform.times import instant, timestamp
from services.cart.convert.names import PRICE, PRODUCT
from services.cart.domain.prices import Price


def price(price: Price) -> price_pb2.Price:
    """A price as a message."""
    return price_pb2.Price(
        name=PRICE.name(price.id),
        product=PRODUCT.name(price.product),
        amount=money(price.currency, price.amount),
        start_time=timestamp(price.start_time),
        end_time=timestamp(price.end_time),
        tags=price.tags,
        etag=str(price.version),
        create_time=timestamp(price.create_time),
        update_time=timestamp(price.update_time),
    )


def to_price(id: str, message: price_pb2.Price) -> Price:
    """A price from what a caller may say of it. Refuses an amount that its currency does not have, and an end that is
    its start once both are cut to microseconds.
    """
    amount = minor(message.amount, "price.amount")
    start = instant(message.start_time) if message.HasField("start_time") else None
    end = instant(message.end_time) if message.HasField("end_time") else None
    if start is not None and end is not None and end <= start:
        raise InvalidArgument.of("price.end_time", "must be after start_time, by a microsecond at least")
    return Price(
        id=id,
        product=PRODUCT.id(message.product),
        currency=amount.currency,
        amount=amount.amount,
        start_time=start,
        end_time=end,
        tags=tuple(message.tags),
    )
