"""Redemptions are held like stock: limits are never exceeded, and late calls do no harm."""

import asyncio
import uuid
from collections import Counter

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from mesh.cart.v1 import coupon_hold_pb2, promotion_pb2
from mesh.cart.v1.coupon_hold_service_pb2 import GetCouponHoldRequest, ReleaseCouponsRequest
from mesh.cart.v1.coupon_service_pb2 import GetCouponRequest
from mesh.cart.v1.promotion_service_pb2 import GetPromotionRequest
from tests.cart.conftest import ADA, BOB, Shop, hold_name, running
from tests.conftest import Clock, Database, eventually
from tests.inventory.conftest import refusal_of, refused

TENTH = promotion_pb2.PercentageOff(basis_points=1000)
State = coupon_hold_pb2.CouponHoldState


async def code(shop: Shop, limit: int = 0, **promotion: int) -> tuple[str, str]:
    """A promotion with these limits, and a coupon of it with another."""
    name = await shop.promotion("summer", needs_coupon=True, percentage_off=TENTH, **promotion)
    return name, await shop.coupon("SUMMER", name, redemption_limit=limit)


async def used(shop: Shop) -> tuple[int, int]:
    """How often the promotion and the coupon are used."""
    promotion = await shop.promotions.GetPromotion(GetPromotionRequest(name="promotions/summer"))
    coupon = await shop.coupons.GetCoupon(GetCouponRequest(name="coupons/SUMMER"))
    return promotion.redemption_count, coupon.redemption_count


@pytest.mark.parametrize("limits", [{"limit": 20}, {"redemption_limit": 20}])
async def test_200_racing_for_20_in_two_replicas(
    shop: Shop, database: Database, clock: Clock, limits: dict[str, int]
) -> None:
    use = await code(shop, **limits)
    async with running(database, clock) as other:

        async def attempt(number: int) -> str:
            try:
                hold = await (shop, other)[number % 2].hold(use, customer=f"users/{number}")
            except grpc.aio.AioRpcError as error:
                return refusal_of(error).reason
            return State.Name(hold.state)

        told = Counter(await asyncio.gather(*map(attempt, range(200))))
    assert told == {"COUPON_HOLD_STATE_HELD": 20, "REDEMPTION_LIMIT_REACHED": 180}
    assert await used(shop) == (20, 20)


async def test_one_customer_racing_with_itself(shop: Shop) -> None:
    use = await code(shop, customer_redemption_limit=2)
    calls = await asyncio.gather(*(shop.hold(use) for _ in range(20)), return_exceptions=True)
    refusals = [refusal_of(call).reason for call in calls if isinstance(call, grpc.aio.AioRpcError)]
    assert refusals == ["CUSTOMER_LIMIT_REACHED"] * 18
    await shop.hold(use, customer=BOB)
    assert (await refused(shop.hold(use, customer=""))).reason == "CUSTOMER_LIMIT_REACHED"


async def test_a_hold_is_made_good_or_given_back_once(shop: Shop) -> None:
    use = await code(shop, limit=2)
    first, second = await shop.hold(use), await shop.hold(use)
    for _ in range(2):
        assert (await shop.redeem(first.name)).state == State.COUPON_HOLD_STATE_REDEEMED
        assert (await shop.release(second.name)).state == State.COUPON_HOLD_STATE_RELEASED
    assert await used(shop) == (1, 1)
    assert (await refused(shop.release(first.name))).reason == "COUPON_HOLD_CLOSED"
    assert (await refused(shop.redeem(second.name))).reason == "COUPON_HOLD_CLOSED"
    assert (await refused(shop.redeem(hold_name()))).reason == "COUPON_HOLD_NOT_FOUND"


async def test_a_hold_that_comes_after_its_release_is_refused(shop: Shop) -> None:
    use, id_ = await code(shop, limit=1), str(uuid.uuid4())
    await shop.release(hold_name(id_))
    refusal = await refused(shop.hold(use, id=id_))
    assert (refusal.reason, refusal.metadata["state"]) == ("COUPON_HOLD_CLOSED", "RELEASED")
    assert await used(shop) == (0, 0)


async def test_hold_and_release_racing_leave_nothing_held(shop: Shop) -> None:
    use = await code(shop, limit=100)
    ids = [str(uuid.uuid4()) for _ in range(20)]
    calls = [shop.hold(use, id=id_) for id_ in ids] + [shop.release(hold_name(id_)) for id_ in ids]
    await asyncio.gather(*calls, return_exceptions=True)
    assert await used(shop) == (0, 0)


async def test_the_same_hold_again_is_the_same_and_another_is_refused(shop: Shop) -> None:
    use, id_ = await code(shop), str(uuid.uuid4())
    holds = await asyncio.gather(*(shop.hold(use, id=id_) for _ in range(10)))
    assert len({hold.create_time.ToNanoseconds() for hold in holds}) == 1
    assert await used(shop) == (1, 1)
    assert (await refused(shop.hold(use, id=id_, customer=BOB))).reason == "COUPON_HOLD_MISMATCH"


async def test_a_hold_ends_at_its_instant_and_is_redeemed_while_there_is_room(shop: Shop, clock: Clock) -> None:
    use = await code(shop, limit=1)
    first = await shop.hold(use, ttl=Duration(seconds=60))
    assert (await refused(shop.hold(use))).reason == "REDEMPTION_LIMIT_REACHED"
    clock.advance(seconds=60)
    second = await shop.hold(use, ttl=Duration(seconds=60))
    refusal = await refused(shop.redeem(first.name))
    assert (refusal.reason, refusal.metadata["limited"]) == ("REDEMPTION_LIMIT_REACHED", "coupons/SUMMER")
    await shop.release(second.name)
    assert (await shop.redeem(first.name)).state == State.COUPON_HOLD_STATE_REDEEMED
    assert await used(shop) == (1, 1)


async def test_what_ran_out_is_swept(shop: Shop, database: Database, clock: Clock) -> None:
    hold = await shop.hold(await code(shop, limit=1), ttl=Duration(seconds=60))
    clock.advance(seconds=60)

    async def expired() -> bool:
        found = await shop.holds.GetCouponHold(GetCouponHoldRequest(name=hold.name))
        return found.state == State.COUPON_HOLD_STATE_EXPIRED

    await eventually(expired)
    assert await used(shop) == (0, 0)


async def test_the_quote_knows_what_is_left(shop: Shop) -> None:
    use = await code(shop, limit=1, customer_redemption_limit=1)
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 1))
    await shop.apply(cart.name, use[1])
    assert await shop.total(cart.name) == 900
    hold = await shop.hold(use)
    assert await shop.explain(cart.name) == {"summer": "LIMIT_REACHED"}
    assert await shop.total(cart.name) == 1000
    await shop.release(hold.name)
    assert await shop.total(cart.name) == 900


async def test_only_services_hold(shop: Shop) -> None:
    refusal = await refused(shop.holds_as(ADA, "admin").ReleaseCoupons(ReleaseCouponsRequest(name=hold_name())))
    assert refusal.code == "PERMISSION_DENIED"
