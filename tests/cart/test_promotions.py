"""Promotions: what they take off, which of them apply, and why not."""

from datetime import timedelta

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.cart.v1 import cart_pb2, promotion_pb2
from mesh.cart.v1.promotion_service_pb2 import CreatePromotionRequest, ListPromotionsRequest, UpdatePromotionRequest
from services._platform.money import money
from services._platform.times import timestamp
from tests.cart.conftest import Shop, cents
from tests.conftest import Clock
from tests.inventory.conftest import refused

TENTH = {"percentage_off": promotion_pb2.PercentageOff(basis_points=1000)}


def percent(points: int) -> dict[str, promotion_pb2.PercentageOff]:
    return {"percentage_off": promotion_pb2.PercentageOff(basis_points=points * 100)}


def amount(minor: int, currency: str = "EUR") -> dict[str, promotion_pb2.AmountOff]:
    return {"amount_off": promotion_pb2.AmountOff(amount=money(currency, minor))}


async def test_a_percentage_of_the_lines_that_it_is_about(shop: Shop) -> None:
    mug, cup = await shop.price("mug", 999, tags=["mugs"]), await shop.price("cup", 500)
    await shop.promotion("mugs", line_condition='"mugs" in line.tags', **TENTH)
    cart = await shop.cart((mug, 3), (cup, 1))
    assert await shop.total(cart.name) == 2997 + 500 - 300  # 299.7, rounded once
    assert await shop.explain(cart.name) == {"mugs": "APPLIED"}


async def test_the_rounding_mode_is_the_carts(shop: Shop) -> None:
    pen = await shop.price("pen", 5)
    await shop.promotion("half", **percent(50))
    even = await shop.cart((pen, 1))
    up = await shop.cart((pen, 1), rounding_mode=cart_pb2.ROUNDING_MODE_HALF_UP)
    assert [await shop.total(cart.name) for cart in (even, up)] == [5 - 2, 5 - 3]


async def test_an_amount_is_spread_by_largest_remainder(shop: Shop) -> None:
    products = [await shop.price(name, 100) for name in ("a", "b", "c")]
    await shop.promotion("euro", **amount(100))
    cart = await shop.cart(*((product, 1) for product in products))
    assert await shop.total(cart.name) == 200
    quote = (await shop.quote(cart.name)).cart.quote
    assert [cents(line.discount) for line in quote.lines] == [34, 33, 33]


async def test_an_amount_is_at_most_what_the_lines_cost(shop: Shop) -> None:
    mug = await shop.price("mug", 300)
    await shop.promotion("much", **amount(1000))
    assert await shop.total((await shop.cart((mug, 1))).name) == 0


async def test_the_cheapest_units_are_those_that_cost_less(shop: Shop) -> None:
    mug, cup = await shop.price("mug", 1000), await shop.price("cup", 300)
    free = promotion_pb2.BuyXGetY(buy_quantity=2, get_quantity=1, basis_points=10_000)
    await shop.promotion("three-for-two", buy_x_get_y=free)
    few = await shop.cart((mug, 2))
    assert (await shop.total(few.name), await shop.explain(few.name)) == (2000, {"three-for-two": "NO_LINES"})
    assert await shop.total((await shop.cart((mug, 5), (cup, 1))).name) == 5300 - 300 - 1000


async def test_tiers_go_by_what_the_lines_cost_together(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    tiers = [
        promotion_pb2.Tier(threshold_amount=money("EUR", 2000), basis_points=500),
        promotion_pb2.Tier(threshold_amount=money("EUR", 5000), basis_points=1000),
    ]
    await shop.promotion("more", tiered_off=promotion_pb2.TieredOff(tiers=tiers))
    totals = [await shop.total((await shop.cart((mug, units))).name) for units in (1, 2, 5)]
    assert totals == [1000, 1900, 4500]
    assert await shop.explain((await shop.cart((mug, 1))).name) == {"more": "BELOW_TIERS"}


async def test_shipping_is_priced_and_given_away(shop: Shop) -> None:
    mug, post = await shop.price("mug", 1000), await shop.price("post", 495)
    await shop.promotion("free-post", condition="cart.subtotal.units >= 20", free_shipping=promotion_pb2.FreeShipping())
    small, large = [await shop.cart((mug, units), shipping_product=post) for units in (1, 2)]
    assert [await shop.total(cart.name) for cart in (small, large)] == [1495, 2000]
    assert await shop.explain(small.name) == {"free-post": "CONDITION_FALSE"}


async def test_promotions_stack_each_on_what_the_one_before_left(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    await shop.promotion("late", priority=-1, **percent(50))
    await shop.promotion("early", priority=1, **amount(200))
    assert await shop.total((await shop.cart((mug, 1))).name) == (1000 - 200) // 2


async def test_of_a_group_only_the_first_is_given(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    await shop.promotion("a-small", group="sale", **percent(10))
    await shop.promotion("b-large", group="sale", **percent(50))
    cart = await shop.cart((mug, 1))
    assert await shop.total(cart.name) == 900
    assert await shop.explain(cart.name) == {"a-small": "APPLIED", "b-large": "GROUP_TAKEN"}


async def test_an_exclusive_one_is_given_alone_when_that_is_cheaper(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    await shop.promotion("small", **percent(10))
    await shop.promotion("alone", exclusive=True, **amount(500))
    cheap, dear = await shop.cart((mug, 1)), await shop.cart((mug, 10))
    assert (await shop.total(cheap.name), await shop.explain(cheap.name)) == (
        500,
        {"alone": "APPLIED", "small": "EXCLUDED"},
    )
    assert (await shop.total(dear.name), await shop.explain(dear.name)) == (
        9000,
        {"alone": "EXCLUDED", "small": "APPLIED"},
    )


async def test_every_way_of_not_being_given_is_told(shop: Shop, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    soon, past = clock() + timedelta(hours=1), clock() - timedelta(hours=1)
    await shop.promotion("paused", paused=True, **TENTH)
    await shop.promotion("later", start_time=timestamp(soon), **TENTH)
    await shop.promotion("over", start_time=timestamp(past - timedelta(hours=1)), end_time=timestamp(past), **TENTH)
    await shop.promotion("locked", needs_coupon=True, **TENTH)
    await shop.promotion("dollars", **amount(100, "USD"))
    await shop.promotion("rich", condition="cart.subtotal.units > 1000", **TENTH)
    await shop.promotion("broken", condition="cart.lines[7].quantity > 0", **TENTH)
    await shop.promotion("hats", line_condition='"hats" in line.tags', **TENTH)
    await shop.promotion("once", customer_redemption_limit=1, **TENTH)
    await shop.promotion("all", priority=-1, **percent(100))
    await shop.promotion("nothing", priority=-2, **TENTH)
    told = {
        "paused": "PAUSED",
        "later": "OUT_OF_TIME",
        "over": "OUT_OF_TIME",
        "locked": "COUPON_MISSING",
        "dollars": "OTHER_CURRENCY",
        "rich": "CONDITION_FALSE",
        "broken": "CONDITION_FAILED",
        "hats": "NO_LINES",
        "once": "APPLIED",
        "all": "APPLIED",
        "nothing": "NOTHING_LEFT",
    }
    assert await shop.explain((await shop.cart((mug, 1))).name) == told
    guest, cart = await shop.guest((mug, 1))
    assert await guest.explain(cart.name) == {**told, "once": "CUSTOMER_LIMIT_REACHED"}


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ("condition", "cart.subtotl.units > 1"),
        ("condition", "1 +"),
        ("condition", "cart.quantity"),
        ("condition", "line.quantity > 1"),
        ("line_condition", 'line.quantity > "1"'),
    ],
)
async def test_conditions_are_checked_when_they_are_written(shop: Shop, field: str, condition: str) -> None:
    promotion = promotion_pb2.Promotion(display_name="X", **{field: condition}, **TENTH)  # type: ignore[arg-type]
    refusal = await refused(shop.promotions.CreatePromotion(CreatePromotionRequest(promotion=promotion)))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "CONDITION_INVALID")
    assert refusal.fields == [f"promotion.{field}"]


async def test_tiers_rise_in_one_currency(shop: Shop) -> None:
    for second in (money("EUR", 1000), money("USD", 2000)):
        tiers = [
            promotion_pb2.Tier(threshold_amount=money("EUR", 1000), basis_points=1),
            promotion_pb2.Tier(threshold_amount=second, basis_points=2),
        ]
        promotion = promotion_pb2.Promotion(display_name="X", tiered_off=promotion_pb2.TieredOff(tiers=tiers))
        refusal = await refused(shop.promotions.CreatePromotion(CreatePromotionRequest(promotion=promotion)))
        assert (refusal.reason, refusal.fields) == (
            "TIERS_INVALID",
            ["promotion.tiered_off.tiers[1].threshold_amount"],
        )


async def test_a_promotion_is_changed_by_mask_and_keeps_the_rest(shop: Shop) -> None:
    name = await shop.promotion("sale", group="g", **TENTH)
    patch = promotion_pb2.Promotion(name=name, paused=True)
    changed = await shop.promotions.UpdatePromotion(
        UpdatePromotionRequest(promotion=patch, update_mask=FieldMask(paths=["paused"]))
    )
    assert (changed.paused, changed.group, changed.percentage_off.basis_points) == (True, "g", 1000)
    listed = await shop.promotions.ListPromotions(ListPromotionsRequest(filter="group = g"))
    assert [one.name for one in listed.promotions] == [name]
