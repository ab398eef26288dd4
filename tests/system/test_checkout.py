"""Checkouts through the JSON edge, on real processes: exact results, whoever races and whatever dies."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.system.mesh import Mesh, run
from tests.system.shoppers import Shoppers

SHOPPERS, UNITS, REDEMPTIONS = 200, 50, 20
CENTS = 1000
VICTIMS = ("saga", "cart", "payments", "inventory", "orders", "postgres", "sandbox")
METHODS = ("tok_approve", "tok_decline", "tok_timeout_then_approve")


@pytest.fixture
async def shoppers(mesh: Mesh) -> AsyncIterator[Shoppers]:
    """Shoppers of the running mesh."""
    limits = httpx.Limits(max_connections=SHOPPERS)
    async with httpx.AsyncClient(
        base_url=mesh.edge, headers=mesh.headers(), timeout=90, limits=limits, trust_env=False
    ) as http:
        yield Shoppers(http)


async def test_200_checkouts_racing_for_50_units_and_20_redemptions(shoppers: Shoppers) -> None:
    taken = await shoppers.taken()
    product = await shoppers.stocked("contested", UNITS, CENTS)
    half = {"displayName": "Half", "needsCoupon": True, "percentageOff": {"basisPoints": 5000}}
    await shoppers.post("/v1/promotions?promotionId=half", half)
    limit = {"promotion": "promotions/half", "redemptionLimit": REDEMPTIONS}
    await shoppers.post("/v1/coupons?couponId=HALF", limit)
    carts = await asyncio.gather(*(shoppers.filled(product, "coupons/HALF") for _ in range(SHOPPERS)))

    async def race(carts: list[str], price: str) -> dict[str, dict[str, Any]]:
        quotes = await asyncio.gather(*map(shoppers.quoted, carts))
        assert {quote["total"]["units"] for quote in quotes} == {price}
        asked = (shoppers.checked_out(*each, "tok_approve") for each in zip(carts, quotes, strict=True))
        return dict(zip(carts, await asyncio.gather(*asked), strict=True))

    first = await race(carts, "5")
    assert Counter(map(_told, first.values())) == {
        "COMPLETED": REDEMPTIONS,
        "REDEMPTION_LIMIT_REACHED": SHOPPERS - REDEMPTIONS,
    }
    # The others are shown that it costs more now, accept that, and race for what is left.
    second = await race([cart for cart, checkout in first.items() if _told(checkout) != "COMPLETED"], "10")
    assert Counter(map(_told, second.values())) == {
        "COMPLETED": UNITS - REDEMPTIONS,
        "OUT_OF_STOCK": SHOPPERS - UNITS,
    }
    bought = [checkout for checkout in (first | second).values() if _told(checkout) == "COMPLETED"]
    orders = await asyncio.gather(*(shoppers.get(f"/v1/{checkout['order']}") for checkout in bought))
    assert {order["state"] for order in orders} == {"ORDER_STATE_PAID"}
    assert len({order["name"] for order in orders}) == UNITS
    assert await shoppers.stock(product) == (0, 0)
    assert (await shoppers.get("/v1/coupons/HALF"))["redemptionCount"] == REDEMPTIONS
    paid = await shoppers.taken() - taken
    assert paid == REDEMPTIONS * CENTS // 2 + (UNITS - REDEMPTIONS) * CENTS


async def test_whatever_dies_each_checkout_is_one_order_or_nothing(mesh: Mesh, shoppers: Shoppers) -> None:
    """A sample: each part that takes part is killed once, at an instant of its own, while checkouts are under way."""
    taken, units = await shoppers.taken(), 1000
    product = await shoppers.stocked("perilous", units, CENTS)
    dice, bought, started = random.Random(6), 0, 0  # noqa: S311
    for victim in VICTIMS:
        carts = await asyncio.gather(*(shoppers.filled(product) for _ in METHODS))
        quotes = await asyncio.gather(*map(shoppers.quoted, carts))
        asked = [
            asyncio.ensure_future(shoppers.checked_out(cart, quote, method, wait="0s"))
            for cart, quote, method in zip(carts, quotes, METHODS, strict=True)
        ]
        await asyncio.sleep(dice.uniform(0, 0.3))  # anywhere in what takes about as long
        mesh.kill(next(name for name in mesh.parts if name in (victim, f"{victim}-1")))
        checkouts = await asyncio.gather(*asked)
        await asyncio.to_thread(mesh.settle, 60.0)
        ended = await asyncio.gather(*map(shoppers.ended, checkouts))
        assert dict(zip(METHODS, ended, strict=True)) == {
            "tok_approve": "COMPLETED",
            "tok_decline": "COMPENSATED",
            "tok_timeout_then_approve": "COMPLETED",
        }, victim
        bought += ended.count("COMPLETED")
        started += len(ended)
        assert await shoppers.stock(product) == (units - bought, 0), victim
        assert await shoppers.taken() - taken == bought * CENTS, victim
    assert (bought, started) == (2 * len(VICTIMS), 3 * len(VICTIMS))


def test_the_story_of_a_shopper(mesh: Mesh) -> None:
    told = run(mesh.layout, "demo")
    assert told.returncode == 0, told.stderr
    states = [line.split(" -> ")[1].split()[0] for line in told.stdout.splitlines() if " -> " in line]
    assert states == ["FAILED", "COMPLETED", "COMPLETED"], told.stdout


def _told(checkout: dict[str, Any]) -> str:
    state = str(checkout["state"]).removeprefix("CHECKOUT_STATE_")
    if state != "FAILED":
        return state
    return next(str(detail["reason"]) for detail in checkout["error"]["details"] if "reason" in detail)
