"""Carts, promotions and coupons against a pure model: any sequence of operations costs and allows the same."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mesh.cart.v1 import cart_pb2, promotion_pb2
from mesh.cart.v1.cart_service_pb2 import (
    ApplyCouponRequest,
    RemoveCartLineRequest,
    RemoveCouponRequest,
    SetCartLineRequest,
    UpdateCartRequest,
)
from mesh.cart.v1.promotion_service_pb2 import GetPromotionRequest, UpdatePromotionRequest
from services._platform.money import money
from tests.cart.conftest import Shop, cents, hold_name, running
from tests.cart.model import PRICES, SHIPPING, TAGGED, Hold, Model
from tests.conftest import Backends, Clock, copied_database
from tests.inventory.conftest import refusal_of

Answer = TypeVar("Answer")

products = st.sampled_from(sorted(PRICES))
promotions = st.sampled_from(["tenth", "tagged", "three", "tiers", "post", "code"])


class Machine(RuleBasedStateMachine):
    """One shop on a database of its own, restarted by crashes, beside the model of what it must be."""

    backends: Backends

    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.clock = Clock()
        self.stack = AsyncExitStack()
        self.service = AsyncExitStack()
        self.runner.run(self._start())

    async def _start(self) -> None:
        self.database = await self.stack.enter_async_context(copied_database(self.backends))
        self.shop = await self.service.enter_async_context(running(self.database, self.clock))
        for name, price in PRICES.items():
            await self.shop.price(name, int(price * 100), tags=["tagged"] if name in TAGGED else [])
        post = await self.shop.price("post", int(SHIPPING * 100))
        percent, tier = promotion_pb2.PercentageOff, promotion_pb2.Tier
        tagged = '"tagged" in line.tags'
        await self.shop.promotion("tenth", priority=5, percentage_off=percent(basis_points=1000))
        euro = promotion_pb2.AmountOff(amount=money("EUR", 100))
        await self.shop.promotion("tagged", priority=4, line_condition=tagged, amount_off=euro)
        third = promotion_pb2.BuyXGetY(buy_quantity=2, get_quantity=1, basis_points=10_000)
        await self.shop.promotion("three", priority=3, line_condition=tagged, buy_x_get_y=third)
        tiers = [
            tier(threshold_amount=money("EUR", 2000), basis_points=500),
            tier(threshold_amount=money("EUR", 5000), basis_points=1500),
        ]
        await self.shop.promotion("tiers", priority=2, tiered_off=promotion_pb2.TieredOff(tiers=tiers))
        free = promotion_pb2.FreeShipping()
        await self.shop.promotion("post", priority=1, condition="cart.subtotal.units >= 30", free_shipping=free)
        half = percent(basis_points=5000)
        code = await self.shop.promotion("code", exclusive=True, needs_coupon=True, percentage_off=half)
        await self.shop.coupon("CODE", code, redemption_limit=self.model.limit)
        self.post, self.cart = post, (await self.shop.cart()).name

    def teardown(self) -> None:
        async def stop() -> None:
            await self.service.aclose()
            await self.stack.aclose()

        with self.runner:
            self.runner.run(stop())

    def call(self, start: Callable[[Shop], Awaitable[Answer]]) -> Answer | str:
        """The answer of a call, or the reason of its refusal."""

        async def run() -> Answer | str:
            try:
                return await start(self.shop)
            except grpc.aio.AioRpcError as error:
                return refusal_of(error).reason

        return self.runner.run(run())

    @rule(product=products, units=st.integers(1, 9))
    def put(self, product: str, units: int) -> None:
        request = SetCartLineRequest(name=self.cart, product=f"products/{product}", quantity=units)
        assert not isinstance(self.call(lambda shop: shop.carts.SetCartLine(request)), str)
        self.model.lines[product] = units

    @rule(product=products, units=st.integers(1, 3))
    def add(self, product: str, units: int) -> None:
        assert not isinstance(self.call(lambda shop: shop.add(self.cart, f"products/{product}", units)), str)
        self.model.lines[product] = self.model.lines.get(product, 0) + units

    @rule(product=products)
    def remove(self, product: str) -> None:
        request = RemoveCartLineRequest(name=self.cart, product=f"products/{product}")
        assert not isinstance(self.call(lambda shop: shop.carts.RemoveCartLine(request)), str)
        self.model.lines.pop(product, None)

    @rule(shipped=st.booleans())
    def ship(self, shipped: bool) -> None:
        cart = cart_pb2.Cart(name=self.cart, shipping_product=self.post if shipped else "")
        request = UpdateCartRequest(cart=cart, update_mask=FieldMask(paths=["shipping_product"]))
        assert not isinstance(self.call(lambda shop: shop.carts.UpdateCart(request)), str)
        self.model.shipped = shipped

    @rule(applied=st.booleans())
    def apply(self, applied: bool) -> None:
        if applied:
            self.call(lambda shop: shop.carts.ApplyCoupon(ApplyCouponRequest(name=self.cart, coupon="coupons/CODE")))
        else:
            self.call(lambda shop: shop.carts.RemoveCoupon(RemoveCouponRequest(name=self.cart, coupon="coupons/CODE")))
        self.model.applied = applied

    @rule(promotion=promotions, paused=st.booleans())
    def pause(self, promotion: str, paused: bool) -> None:
        patch = promotion_pb2.Promotion(name=f"promotions/{promotion}", paused=paused)
        request = UpdatePromotionRequest(promotion=patch, update_mask=FieldMask(paths=["paused"]))
        assert not isinstance(self.call(lambda shop: shop.promotions.UpdatePromotion(request)), str)
        (self.model.paused.add if paused else self.model.paused.discard)(promotion)

    @rule(target=holds, seconds=st.integers(1, 60))
    def hold(self, seconds: int) -> str:
        id_ = str(uuid.uuid4())
        use = ("promotions/code", "coupons/CODE")
        room = self.model.counted(self.clock.now) < self.model.limit
        answer = self.call(lambda shop: shop.hold(use, id=id_, ttl=Duration(seconds=seconds)))
        assert isinstance(answer, str) != room, answer
        if room:
            self.model.holds[id_] = Hold("HELD", self.clock.now + timedelta(seconds=seconds))
        else:
            assert answer == "REDEMPTION_LIMIT_REACHED"
        return id_

    @rule(id=holds)
    def redeem(self, id: str) -> None:
        free = self.model.counted(self.clock.now) < self.model.limit
        answer = self.call(lambda shop: shop.redeem(hold_name(id)))
        match self.model.holds.get(id):
            case None:
                assert answer == "COUPON_HOLD_NOT_FOUND"
            case Hold(state="RELEASED"):
                assert answer == "COUPON_HOLD_CLOSED"
            case Hold(state="EXPIRED") if not free:
                assert answer == "REDEMPTION_LIMIT_REACHED"
            case hold:
                assert not isinstance(answer, str), answer
                hold.state = "REDEEMED"

    @rule(id=holds)
    def release(self, id: str) -> None:
        self.model.expire(self.clock.now)
        answer = self.call(lambda shop: shop.release(hold_name(id)))
        match self.model.holds.setdefault(id, Hold("NEVER", self.clock.now)):
            case Hold(state="REDEEMED"):
                assert answer == "COUPON_HOLD_CLOSED"
            case hold:
                assert not isinstance(answer, str), answer
                hold.state = "RELEASED"

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def crash(self) -> None:
        """The service dies and another comes up; Redis may have lost everything."""

        async def again() -> None:
            await self.service.aclose()
            self.shop = await self.service.enter_async_context(running(self.database, self.clock))

        self.runner.run(again())

    @invariant()
    def it_costs_what_the_model_says(self) -> None:
        counted = self.model.counted(self.clock.now)
        if not self.model.lines:
            assert self.call(lambda shop: shop.quote(self.cart)) == "CART_EMPTY"
            return
        # Holds that ran out count no more for whoever holds or redeems; what is shown follows within a second.
        shown = self.call(lambda shop: shop.promotions.GetPromotion(GetPromotionRequest(name="promotions/code")))
        assert not isinstance(shown, str)
        if shown.redemption_count != counted:
            return
        answer = self.call(lambda shop: shop.quote(self.cart))
        assert not isinstance(answer, str), answer
        quote = answer.cart.quote
        lines, shipping = self.model.cost(self.clock.now)
        got = {line.product.removeprefix("products/"): Decimal(cents(line.total)) / 100 for line in quote.lines}
        assert got == lines
        assert Decimal(cents(quote.total)) / 100 == sum(lines.values(), shipping)
        assert cents(quote.discount) == sum(cents(one.amount) for one in quote.promotions)


def test_carts_cost_what_the_model_says(backends: Backends, request: pytest.FixtureRequest) -> None:
    deep = request.config.getoption("--deep")
    Machine.backends = backends
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=200 if deep else 10,
            stateful_step_count=60 if deep else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
