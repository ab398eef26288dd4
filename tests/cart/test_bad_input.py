"""Bad input is refused with a status, a reason and a field, and writes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mesh.cart.v1 import cart_pb2, coupon_pb2, price_pb2, promotion_pb2
from mesh.cart.v1.cart_service_pb2 import (
    AddCartLineRequest,
    ApplyCouponRequest,
    CreateCartRequest,
    GetCartRequest,
    ListCartsRequest,
    MergeCartRequest,
    UpdateCartRequest,
)
from mesh.cart.v1.coupon_service_pb2 import CreateCouponRequest
from mesh.cart.v1.price_service_pb2 import CreatePriceRequest, ListPricesRequest
from mesh.cart.v1.promotion_service_pb2 import CreatePromotionRequest
from services._platform.money import money
from tests.cart.conftest import Shop
from tests.conftest import Database
from tests.inventory.conftest import refused

CART = "carts/0198c0de-0000-7000-8000-000000000001"
MUG = "products/mug"
Call = Callable[[Shop], Awaitable[Any]]


def add(**fields: Any) -> Call:
    request = AddCartLineRequest(**{"name": CART, "product": MUG, "quantity": 1, **fields})
    return lambda shop: shop.carts.AddCartLine(request)


def price(**fields: Any) -> Call:
    message = price_pb2.Price(**{"product": MUG, "amount": money("EUR", 1), **fields})
    return lambda shop: shop.prices.CreatePrice(CreatePriceRequest(price=message))


def promotion(**fields: Any) -> Call:
    message = promotion_pb2.Promotion(**{"display_name": "X", **fields})
    return lambda shop: shop.promotions.CreatePromotion(CreatePromotionRequest(promotion=message))


def create(**fields: Any) -> Call:
    return lambda shop: shop.carts.CreateCart(CreateCartRequest(cart=cart_pb2.Cart(**fields)))


BAD: dict[str, tuple[Call, str, list[str]]] = {
    "a cart that is no name": (
        lambda shop: shop.carts.GetCart(GetCartRequest(name="carts/1")),
        "FIELD_INVALID",
        ["name"],
    ),
    "no currency": (create(), "FIELD_INVALID", ["cart.currency_code"]),
    "a currency in words": (create(currency_code="euro"), "FIELD_INVALID", ["cart.currency_code"]),
    "an unknown way of rounding": (
        create(currency_code="EUR", rounding_mode=9),
        "FIELD_INVALID",
        ["cart.rounding_mode"],
    ),
    "nothing added": (add(quantity=0), "FIELD_INVALID", ["quantity"]),
    "less than nothing added": (add(quantity=-1), "FIELD_INVALID", ["quantity"]),
    "too much added": (add(quantity=1_000_001), "FIELD_INVALID", ["quantity"]),
    "a product that is no name": (add(product="mug"), "FIELD_INVALID", ["product"]),
    "a request id that is no UUID": (add(request_id="1"), "FIELD_INVALID", ["request_id"]),
    "a coupon in small letters": (
        lambda shop: shop.carts.ApplyCoupon(ApplyCouponRequest(name=CART, coupon="coupons/summer")),
        "FIELD_INVALID",
        ["coupon"],
    ),
    "an unknown policy": (
        lambda shop: shop.carts.MergeCart(MergeCartRequest(name=CART, source_cart=CART, policy=9)),  # type: ignore[arg-type]
        "FIELD_INVALID",
        ["policy"],
    ),
    "an update of nothing": (
        lambda shop: shop.carts.UpdateCart(UpdateCartRequest(cart=cart_pb2.Cart())),
        "FIELD_INVALID",
        ["cart.name"],
    ),
    "a filter of what is not there": (
        lambda shop: shop.carts.ListCarts(ListCartsRequest(filter="owner = me")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "a page that was not made here": (
        lambda shop: shop.prices.ListPrices(ListPricesRequest(page_token="x")),  # noqa: S106
        "PAGE_TOKEN_INVALID",
        ["page_token"],
    ),
    "a price below zero": (price(amount=money("EUR", -1)), "FIELD_INVALID", ["price.amount"]),
    "smaller steps than the currency has": (
        price(amount={"currency_code": "JPY", "units": 1, "nanos": 500_000_000}),
        "AMOUNT_INVALID",
        ["price.amount"],
    ),
    "a price without a product": (price(product=""), "FIELD_INVALID", ["price.product"]),
    "a price that ends before it begins": (
        price(start_time={"seconds": 2}, end_time={"seconds": 1}),
        "FIELD_INVALID",
        ["price.end_time"],
    ),
    "a price that ends in the microsecond in which it begins": (
        price(start_time={"seconds": 1, "nanos": 1}, end_time={"seconds": 1, "nanos": 2}),
        "FIELD_INVALID",
        ["price.end_time"],
    ),
    "no benefit": (promotion(), "FIELD_INVALID", ["promotion.benefit"]),
    "more than everything off": (
        promotion(percentage_off={"basis_points": 10_001}),
        "FIELD_INVALID",
        ["promotion.percentage_off.basis_points"],
    ),
    "nothing off": (
        promotion(amount_off={"amount": money("EUR", 0)}),
        "FIELD_INVALID",
        ["promotion.amount_off.amount"],
    ),
    "no tiers": (promotion(tiered_off={}), "FIELD_INVALID", ["promotion.tiered_off.tiers"]),
    "a limit below zero": (
        promotion(free_shipping={}, redemption_limit=-1),
        "FIELD_INVALID",
        ["promotion.redemption_limit"],
    ),
    "a code in small letters": (
        lambda shop: shop.coupons.CreateCoupon(
            CreateCouponRequest(coupon_id="summer", coupon=coupon_pb2.Coupon(promotion="promotions/x"))
        ),
        "FIELD_INVALID",
        ["coupon_id"],
    ),
}


async def test_bad_input_is_refused_and_writes_nothing(
    shop: Shop, database: Database, subtests: pytest.Subtests
) -> None:
    async def content() -> int:
        async with database.connect("postgres") as sql:
            tables = ("cart", "price", "promotion", "coupon", "outbox", "remembered_reply")
            return sum([await sql.fetchval(f"SELECT count(*) FROM cart.{table}") for table in tables])  # noqa: S608

    for bad, (call, reason, fields) in BAD.items():
        with subtests.test(bad):
            refusal = await refused(call(shop))
            assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", reason)
            assert sorted(set(refusal.fields)) == fields
            assert await content() == 0
