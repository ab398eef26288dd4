"""Cart over the wire, and a small vocabulary for its tests."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import grpc
import pytest
from google.type.money_pb2 import Money

from mesh.cart.v1 import (
    cart_pb2,
    cart_service_pb2_grpc,
    coupon_hold_pb2,
    coupon_hold_service_pb2_grpc,
    coupon_pb2,
    coupon_service_pb2_grpc,
    price_pb2,
    price_service_pb2_grpc,
    promotion_pb2,
    promotion_service_pb2_grpc,
)
from mesh.cart.v1.cart_service_pb2 import (
    AddCartLineRequest,
    ApplyCouponRequest,
    CreateCartRequest,
    ExplainPromotionsRequest,
    PromotionOutcome,
    QuoteCartRequest,
    QuoteCartResponse,
)
from mesh.cart.v1.coupon_hold_service_pb2 import HoldCouponsRequest, RedeemCouponsRequest, ReleaseCouponsRequest
from mesh.cart.v1.coupon_service_pb2 import CreateCouponRequest
from mesh.cart.v1.price_service_pb2 import CreatePriceRequest
from mesh.cart.v1.promotion_service_pb2 import CreatePromotionRequest
from services._platform.money import money
from services.cart.__main__ import compose
from tests import callers
from tests.callers import AuthorizedChannel
from tests.conftest import Clock, Database, serving, settings

ADA = "users/0198c0de-0000-7000-8000-0000000000ad"
BOB = "users/0198c0de-0000-7000-8000-0000000000b0"


@dataclass(frozen=True)
class Shop:
    """Stubs of a running cart, as somebody calls it. The shop's own side is always an administrator's."""

    plain: grpc.aio.Channel
    clock: Clock
    who: str = ADA
    cart_token: str = ""
    role: str = "customer"

    def as_(self, who: str = "", cart_token: str = "", role: str = "customer") -> "Shop":
        """The same shop, called by somebody else; by a guest when `who` is empty."""
        return Shop(self.plain, self.clock, who, cart_token, role)

    @property
    def carts(self) -> "cart_service_pb2_grpc.CartServiceAsyncStub":
        return cart_service_pb2_grpc.CartServiceStub(self._channel)

    @property
    def prices(self) -> "price_service_pb2_grpc.PriceServiceAsyncStub":
        return price_service_pb2_grpc.PriceServiceStub(_admin(self.plain))

    @property
    def promotions(self) -> "promotion_service_pb2_grpc.PromotionServiceAsyncStub":
        return promotion_service_pb2_grpc.PromotionServiceStub(_admin(self.plain))

    @property
    def coupons(self) -> "coupon_service_pb2_grpc.CouponServiceAsyncStub":
        return coupon_service_pb2_grpc.CouponServiceStub(_admin(self.plain))

    @property
    def holds(self) -> "coupon_hold_service_pb2_grpc.CouponHoldServiceAsyncStub":
        return self.holds_as("services/saga", "service")

    def holds_as(self, who: str, role: str) -> "coupon_hold_service_pb2_grpc.CouponHoldServiceAsyncStub":
        """The holds, as somebody calls them."""
        channel = AuthorizedChannel(self.plain, callers.token(who, [role]))
        return coupon_hold_service_pb2_grpc.CouponHoldServiceStub(cast("grpc.aio.Channel", channel))

    @property
    def _channel(self) -> grpc.aio.Channel:
        channel: Any = AuthorizedChannel(self.plain, callers.token(self.who, [self.role])) if self.who else self.plain
        return cast("grpc.aio.Channel", GuestChannel(channel, self.cart_token) if self.cart_token else channel)

    async def price(self, product: str, amount: int, currency: str = "EUR", **more: Any) -> str:
        """Prices a product, in minor units; returns the name of the product."""
        name = f"products/{product}"
        id_ = more.pop("id", f"{product}-{currency.lower()}")
        price = price_pb2.Price(product=name, amount=money(currency, amount), **more)
        await self.prices.CreatePrice(CreatePriceRequest(price_id=id_, price=price))
        return name

    async def promotion(self, id: str, **fields: Any) -> str:
        """Creates a promotion; returns its name."""
        promotion = promotion_pb2.Promotion(**{"display_name": id.title(), **fields})
        request = CreatePromotionRequest(promotion_id=id, promotion=promotion)
        return (await self.promotions.CreatePromotion(request)).name

    async def coupon(self, code: str, promotion: str, **fields: Any) -> str:
        """Creates a coupon; returns its name."""
        coupon = coupon_pb2.Coupon(promotion=promotion, **fields)
        return (await self.coupons.CreateCoupon(CreateCouponRequest(coupon_id=code, coupon=coupon))).name

    async def cart(self, *lines: tuple[str, int], currency: str = "EUR", **fields: Any) -> cart_pb2.Cart:
        """A new cart of the caller's with these lines. A guest's is used by `guest`."""
        cart = cart_pb2.Cart(currency_code=currency, **fields)
        made = (await self.carts.CreateCart(CreateCartRequest(cart=cart))).cart
        for product, quantity in lines:
            made = await self.add(made.name, product, quantity)
        return made

    async def guest(self, *lines: tuple[str, int], currency: str = "EUR") -> "tuple[Shop, cart_pb2.Cart]":
        """A new guest with a cart of these lines."""
        nobody = self.as_()
        cart = cart_pb2.Cart(currency_code=currency)
        answer = await nobody.carts.CreateCart(CreateCartRequest(cart=cart))
        guest, made = self.as_(cart_token=answer.cart_token), answer.cart
        for product, quantity in lines:
            made = await guest.add(made.name, product, quantity)
        return guest, made

    async def add(self, cart: str, product: str, quantity: int = 1, **more: Any) -> cart_pb2.Cart:
        """Adds units of a product."""
        return await self.carts.AddCartLine(AddCartLineRequest(name=cart, product=product, quantity=quantity, **more))

    async def apply(self, cart: str, coupon: str) -> cart_pb2.Cart:
        """Applies a coupon."""
        return await self.carts.ApplyCoupon(ApplyCouponRequest(name=cart, coupon=coupon))

    async def quote(self, cart: str) -> QuoteCartResponse:
        """Quotes a cart."""
        return await self.carts.QuoteCart(QuoteCartRequest(name=cart))

    async def total(self, cart: str) -> int:
        """What a cart costs, in minor units; checks that its lines come to it."""
        quote = (await self.quote(cart)).cart.quote
        lines = sum(cents(line.total) for line in quote.lines)
        shipping = cents(quote.shipping_amount) - cents(quote.shipping_discount)
        assert lines + shipping == cents(quote.total)
        assert cents(quote.subtotal) + cents(quote.shipping_amount) - cents(quote.discount) == cents(quote.total)
        assert sum(cents(one.amount) for one in quote.promotions) == cents(quote.discount)
        assert all(cents(line.total) >= 0 for line in quote.lines)
        return cents(quote.total)

    async def explain(self, cart: str) -> dict[str, str]:
        """What came of each promotion."""
        answer = await self.carts.ExplainPromotions(ExplainPromotionsRequest(name=cart))
        return {
            verdict.promotion.partition("/")[2]: PromotionOutcome.Name(verdict.outcome).removeprefix(
                "PROMOTION_OUTCOME_"
            )
            for verdict in answer.verdicts
        }

    async def hold(
        self, *uses: tuple[str, str], id: str = "", customer: str = ADA, **more: Any
    ) -> coupon_hold_pb2.CouponHold:
        """Holds redemptions of promotion and coupon."""
        redemptions = [coupon_hold_pb2.Redemption(promotion=promotion, coupon=coupon) for promotion, coupon in uses]
        name = hold_name(id)
        return await self.holds.HoldCoupons(
            HoldCouponsRequest(name=name, customer=customer, redemptions=redemptions, **more)
        )

    async def release(self, name: str) -> coupon_hold_pb2.CouponHold:
        """Gives redemptions back."""
        return await self.holds.ReleaseCoupons(ReleaseCouponsRequest(name=name))

    async def redeem(self, name: str) -> coupon_hold_pb2.CouponHold:
        """Makes redemptions."""
        return await self.holds.RedeemCoupons(RedeemCouponsRequest(name=name))


class GuestChannel(AuthorizedChannel):
    """A channel whose every call carries a guest's cart token, beside what it carries anyway."""

    def __init__(self, channel: Any, cart_token: str) -> None:
        self._channel = channel
        self._metadata = (("cart-token", cart_token),)


def hold_name(id: str = "") -> str:
    """The name of a hold; of a new one when there is no id."""
    return f"couponHolds/{id or uuid.uuid4()}"


def cents(amount: Money) -> int:
    """An amount of a currency with two decimal places, in the smallest steps."""
    assert amount.nanos % 10_000_000 == 0
    return int(amount.units * 100 + amount.nanos // 10_000_000)


def lines(cart: cart_pb2.Cart) -> Sequence[tuple[str, int]]:
    """The lines of a cart."""
    return [(line.product, line.quantity) for line in cart.lines]


def _admin(channel: grpc.aio.Channel) -> grpc.aio.Channel:
    return cast("grpc.aio.Channel", AuthorizedChannel(channel, callers.token()))


@pytest.fixture
async def shop(database: Database, clock: Clock) -> AsyncIterator[Shop]:
    """A running cart on a database of its own."""
    async with running(database, clock) as shop:
        yield shop


@asynccontextmanager
async def running(database: Database, clock: Clock, **more: object) -> AsyncIterator[Shop]:
    """One replica of cart."""
    async with serving(partial(compose, clock=clock), settings(database, "cart", **more), "") as channel:
        yield Shop(channel, clock)
