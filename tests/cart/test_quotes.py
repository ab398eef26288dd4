"""Quotes: what was promised, until when, and what is different afterwards."""

from datetime import timedelta

from mesh.cart.v1 import price_pb2, promotion_pb2
from mesh.cart.v1.cart_service_pb2 import GetCartRequest, QuoteCartRequest
from mesh.cart.v1.price_service_pb2 import ListPricesRequest, UpdatePriceRequest
from mesh.cart.v1.promotion_service_pb2 import UpdatePromotionRequest
from mesh.cart.v1.quote_pb2 import QuoteChangeKind
from services._platform.money import money
from services._platform.times import instant, timestamp
from tests.cart.conftest import Shop, cents
from tests.conftest import Clock
from tests.inventory.conftest import refused


async def test_a_quote_is_of_what_is_in_the_cart_and_goes_with_it(shop: Shop, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 2))
    quoted = (await shop.quote(cart.name)).cart
    assert cents(quoted.quote.total) == 2000
    assert instant(quoted.quote.expire_time) == clock() + timedelta(minutes=15)
    assert (await shop.carts.GetCart(GetCartRequest(name=cart.name))).quote == quoted.quote
    assert not (await shop.add(cart.name, mug, 1)).HasField("quote")


async def test_an_empty_cart_has_no_quote(shop: Shop) -> None:
    cart = await shop.cart()
    assert (await refused(shop.carts.QuoteCart(QuoteCartRequest(name=cart.name)))).reason == "CART_EMPTY"


async def test_a_sale_begins_and_ends_by_the_clock(shop: Shop, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    begin, end = clock() + timedelta(hours=1), clock() + timedelta(hours=2)
    await shop.price("mug", 700, id="mug-sale", start_time=timestamp(begin), end_time=timestamp(end))
    cart = await shop.cart((mug, 1))
    totals = []
    for _ in range(3):
        totals.append(await shop.total(cart.name))
        clock.advance(hours=1)
    assert totals == [1000, 700, 1000]


async def test_what_is_different_is_shown(shop: Shop) -> None:
    mug, post = await shop.price("mug", 1000), await shop.price("post", 500)
    promotion = await shop.promotion("tenth", percentage_off=promotion_pb2.PercentageOff(basis_points=1000))
    cart = await shop.cart((mug, 1), shipping_product=post)
    assert not (await shop.quote(cart.name)).changes
    assert not (await shop.quote(cart.name)).changes
    for price, minor in (("mug-eur", 2000), ("post-eur", 600)):
        patch = price_pb2.Price(name=f"prices/{price}", amount=money("EUR", minor))
        await shop.prices.UpdatePrice(UpdatePriceRequest(price=patch))
    paused = promotion_pb2.Promotion(name=promotion, paused=True)
    await shop.promotions.UpdatePromotion(UpdatePromotionRequest(promotion=paused))
    changes = (await shop.quote(cart.name)).changes
    assert [
        (
            QuoteChangeKind.Name(change.kind).removeprefix("QUOTE_CHANGE_KIND_"),
            change.product or change.promotion,
            cents(change.before_amount),
            cents(change.after_amount),
        )
        for change in changes
    ] == [
        ("PRICE", mug, 1000, 2000),
        ("PROMOTION", promotion, 100, 0),
        ("SHIPPING", "", 500, 600),
        ("TOTAL", "", 1400, 2600),
    ]


async def test_currencies_have_the_steps_that_they_have(shop: Shop) -> None:
    mug = await shop.price("mug", 1000, "JPY")
    cart = await shop.cart((mug, 3), currency="JPY")
    total = (await shop.quote(cart.name)).cart.quote.total
    assert (total.currency_code, total.units, total.nanos) == ("JPY", 3000, 0)


async def test_prices_are_listed_by_product_and_currency(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    await shop.price("mug", 1100, "USD")
    await shop.price("cup", 1000)
    found = await shop.prices.ListPrices(ListPricesRequest(filter=f'product = "{mug}" AND currency = EUR'))
    assert [price.name for price in found.prices] == ["prices/mug-eur"]
