"""A guest signs in: the cart goes into the user's, once."""

import asyncio

from mesh.cart.v1 import cart_pb2
from mesh.cart.v1.cart_service_pb2 import GetCartRequest, MergeCartRequest, MergeFate, MergePolicy
from tests.cart.conftest import BOB, Shop, lines
from tests.inventory.conftest import refused


async def test_a_merge_is_made_once_however_often_it_is_asked(shop: Shop) -> None:
    mug, cup = await shop.price("mug", 1000), await shop.price("cup", 500)
    guest, theirs = await shop.guest((mug, 2), (cup, 1))
    mine = await shop.cart((mug, 1))
    signed_in = shop.as_(shop.who, guest.cart_token)
    request = MergeCartRequest(name=mine.name, source_cart=theirs.name)
    answers = await asyncio.gather(*(signed_in.carts.MergeCart(request) for _ in range(10)))
    assert {answer.SerializeToString(deterministic=True) for answer in answers} == {
        answers[0].SerializeToString(deterministic=True)
    }
    assert lines(answers[0].cart) == [(mug, 3), (cup, 1)]
    assert [MergeFate.Name(line.fate) for line in answers[0].lines] == ["MERGE_FATE_SUMMED", "MERGE_FATE_ADDED"]
    closed = await guest.carts.GetCart(GetCartRequest(name=theirs.name))
    assert (closed.state, closed.merged_cart) == (cart_pb2.CART_STATE_MERGED, mine.name)
    assert (await refused(guest.add(theirs.name, mug, 1))).reason == "CART_CLOSED"


async def test_only_who_holds_both_merges(shop: Shop) -> None:
    guest, theirs = await shop.guest()
    mine = await shop.cart()
    request = MergeCartRequest(name=mine.name, source_cart=theirs.name, policy=MergePolicy.MERGE_POLICY_MAX)
    for stranger in (shop, shop.as_(BOB, guest.cart_token)):
        assert (await refused(stranger.carts.MergeCart(request))).reason == "CART_NOT_FOUND"


async def test_a_cart_goes_into_one_other(shop: Shop) -> None:
    guest, theirs = await shop.guest()
    first, second = await shop.cart(), await shop.cart()
    signed_in = shop.as_(shop.who, guest.cart_token)
    await signed_in.carts.MergeCart(MergeCartRequest(name=first.name, source_cart=theirs.name))
    again = MergeCartRequest(name=second.name, source_cart=theirs.name)
    assert (await refused(signed_in.carts.MergeCart(again))).reason == "CART_CLOSED"


async def test_currencies_are_refused_clearly(shop: Shop) -> None:
    guest, theirs = await shop.guest(currency="USD")
    mine = await shop.cart()
    signed_in = shop.as_(shop.who, guest.cart_token)
    refusal = await refused(signed_in.carts.MergeCart(MergeCartRequest(name=mine.name, source_cart=theirs.name)))
    assert (refusal.reason, refusal.metadata["currency"], refusal.metadata["other"]) == (
        "CURRENCY_MISMATCH",
        "EUR",
        "USD",
    )
