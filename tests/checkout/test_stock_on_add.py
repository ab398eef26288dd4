"""Carts that hold stock as soon as it lies in them."""

from mesh.cart.v1 import cart_pb2
from mesh.cart.v1.cart_service_pb2 import (
    GetCartRequest,
    MergeCartRequest,
    RemoveCartLineRequest,
    SetCartLineRequest,
)
from mesh.cart.v1.checkout_pb2 import CHECKOUT_STATE_COMPLETED
from tests.cart.conftest import ADA, Shop
from tests.checkout.conftest import Market
from tests.inventory.conftest import refused


def clerk(market: Market) -> Shop:
    """Ada, who may reserve."""
    return market.shop.as_(ADA, role="manager")


async def test_what_lies_in_a_cart_is_held_where_the_cart_wants_it(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await clerk(market).cart((mug, 3), stock_hold=cart_pb2.STOCK_HOLD_ON_ADD)
    assert await market.inventory.totals(mug) == (10, 3, 7)
    cart = await clerk(market).add(cart.name, mug, 4)
    assert await market.inventory.totals(mug) == (10, 7, 3)
    error = await refused(clerk(market).add(cart.name, mug, 4))
    assert (error.reason, error.metadata) == (
        "OUT_OF_STOCK",
        {"product": mug, "requested": "11", "available": "10"},
    )
    assert await clerk(market).carts.GetCart(GetCartRequest(name=cart.name)) == cart
    cart = await clerk(market).carts.SetCartLine(SetCartLineRequest(name=cart.name, product=mug, quantity=2))
    assert await market.inventory.totals(mug) == (10, 2, 8)
    bought = await market.checkout(cart.name)
    assert bought.state == CHECKOUT_STATE_COMPLETED, bought.error
    assert await market.inventory.totals(mug) == (8, 0, 8)
    await market.inventory.assert_balanced()


async def test_an_emptied_cart_holds_nothing(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await clerk(market).cart((mug, 3), stock_hold=cart_pb2.STOCK_HOLD_ON_ADD)
    cart = await clerk(market).carts.RemoveCartLine(RemoveCartLineRequest(name=cart.name, product=mug))
    assert (cart.reservation, await market.inventory.totals(mug)) == ("", (10, 0, 10))


async def test_a_declined_card_does_not_cost_the_stock_of_a_cart_that_held_it(market: Market) -> None:
    mug = await market.stocked("mug", 3, 1000)
    cart = await clerk(market).cart((mug, 3), stock_hold=cart_pb2.STOCK_HOLD_ON_ADD)
    declined = await market.checkout(cart.name, "tok_decline")
    assert "PAYMENT_DECLINED" in str(declined.error)
    assert await market.inventory.totals(mug) == (3, 0, 3)
    bought = await market.checkout(cart.name)
    assert bought.state == CHECKOUT_STATE_COMPLETED, bought.error
    assert await market.inventory.totals(mug) == (0, 0, 0)


async def test_what_a_merge_brings_is_held_if_it_is_there(market: Market) -> None:
    mug, cup = await market.stocked("mug", 3, 1000), await market.stocked("cup", 1, 1000)
    own = await clerk(market).cart((mug, 1), stock_hold=cart_pb2.STOCK_HOLD_ON_ADD)
    for guest, brought, held in ((mug, 2, 3), (cup, 2, 3)):
        visitor, cart = await market.shop.guest((guest, brought))
        both = market.shop.as_(ADA, visitor.cart_token, role="manager")
        await both.carts.MergeCart(MergeCartRequest(name=own.name, source_cart=cart.name))
        assert (await market.inventory.totals(mug))[1] == held
    assert (await market.inventory.totals(cup))[1] == 0


async def test_who_may_not_reserve_has_no_cart_that_does(market: Market) -> None:
    mug = await market.stocked("mug", 3, 1000)
    error = await refused(market.shop.cart((mug, 1), stock_hold=cart_pb2.STOCK_HOLD_ON_ADD))
    assert (error.code, error.metadata["permission"]) == ("PERMISSION_DENIED", "inventory.reserve")
    assert await market.inventory.totals(mug) == (3, 0, 3)
