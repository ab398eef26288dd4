"""A checkout comes to exactly one order that is paid, or to nothing."""

import asyncio
import uuid
from collections import Counter

import pytest

from mesh.cart.v1 import cart_pb2, checkout_pb2, promotion_pb2
from mesh.cart.v1.cart_service_pb2 import GetCartRequest
from mesh.cart.v1.checkout_service_pb2 import CheckoutCartRequest
from mesh.orders.v1 import order_pb2
from mesh.orders.v1.order_service_pb2 import GetOrderRequest
from mesh.saga.v1 import saga_pb2
from mesh.saga.v1.saga_service_pb2 import GetSagaRequest, WatchSagaRequest
from tests.cart.conftest import ADA, BOB, cents
from tests.checkout.conftest import Market
from tests.inventory.conftest import refused

State = checkout_pb2.CheckoutState.Name


async def stands(market: Market, cart: str) -> str:
    """Where a cart stands."""
    found = await market.shop.carts.GetCart(GetCartRequest(name=cart))
    return cart_pb2.CartState.Name(found.state).removeprefix("CART_STATE_")


async def assert_nothing_happened(market: Market, mug: str) -> None:
    """Nothing is sold or held, nothing is paid, nobody has an order."""
    _, reserved, _ = await market.inventory.totals(mug)
    assert reserved == 0
    assert await market.placed() == []
    assert not any((await market.payments.balances()).values())
    await market.inventory.assert_balanced()


async def test_what_is_in_the_cart_becomes_one_order_that_is_paid(market: Market) -> None:
    mug, post = await market.stocked("mug", 10, 1000), await market.shop.price("post", 500)
    promotion = await market.shop.promotion(
        "tenth", needs_coupon=True, percentage_off=promotion_pb2.PercentageOff(basis_points=1000)
    )
    cart = await market.shop.cart((mug, 3), shipping_product=post)
    await market.shop.apply(cart.name, await market.shop.coupon("TENTH", promotion))
    checkout = await market.checkout(cart.name)
    assert State(checkout.state) == "CHECKOUT_STATE_COMPLETED", checkout.error
    [order] = await market.placed()
    assert order.name == checkout.order
    assert (order_pb2.OrderState.Name(order.state), cents(order.total_amount)) == ("ORDER_STATE_PAID", 3200)
    assert (order.customer, order.origin) == (ADA, cart.name)
    assert await market.inventory.totals(mug) == (7, 0, 7)
    assert await market.used(promotion) == 1
    assert await market.payments.state(f"payments/{checkout.name.partition('/')[2]}") == "CAPTURED"
    assert await stands(market, cart.name) == "ORDERED"
    saga = await market.sagas.GetSaga(GetSagaRequest(name=checkout.saga))
    assert {run.state for run in saga.steps} == {saga_pb2.SAGA_STEP_STATE_SUCCEEDED}
    assert b"tok_approve" not in saga.SerializeToString()
    await market.inventory.assert_balanced()


async def test_a_declined_card_leaves_nothing_and_another_one_buys(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    promotion = await market.shop.promotion(
        "once", redemption_limit=1, percentage_off=promotion_pb2.PercentageOff(basis_points=1000)
    )
    cart = await market.shop.cart((mug, 3))
    declined = await market.checkout(cart.name, "tok_decline")
    assert State(declined.state) == "CHECKOUT_STATE_FAILED"
    assert "PAYMENT_DECLINED" in str(declined.error)
    await assert_nothing_happened(market, mug)
    assert (await market.used(promotion), await stands(market, cart.name)) == (0, "OPEN")
    bought = await market.checkout(cart.name)
    assert State(bought.state) == "CHECKOUT_STATE_COMPLETED", bought.error
    assert [order.name for order in await market.placed()] == [bought.order]
    assert (await market.used(promotion), await market.inventory.totals(mug)) == (1, (7, 0, 7))


async def test_what_is_not_there_is_not_sold_and_not_charged(market: Market) -> None:
    mug = await market.stocked("mug", 2, 1000)
    cart = await market.shop.cart((mug, 3))
    failed = await market.checkout(cart.name)
    assert State(failed.state) == "CHECKOUT_STATE_FAILED"
    assert "OUT_OF_STOCK" in str(failed.error)
    await assert_nothing_happened(market, mug)
    assert await stands(market, cart.name) == "OPEN"


@pytest.mark.parametrize(
    ("method", "comes_to"),
    [
        ("tok_timeout_then_approve", "COMPLETED"),
        ("tok_timeout_then_decline", "FAILED"),
        ("tok_capture_timeout", "COMPLETED"),
        ("tok_capture_refused", "FAILED"),
        ("tok_webhook_first", "COMPLETED"),
        ("tok_webhook_duplicate", "COMPLETED"),
        ("tok_error_500", "COMPLETED"),
        ("tok_error_500_after", "COMPLETED"),
    ],
)
async def test_whatever_the_provider_does_the_books_balance(market: Market, method: str, comes_to: str) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await market.shop.cart((mug, 1))
    checkout = await market.checkout(cart.name, method)
    assert State(checkout.state) == f"CHECKOUT_STATE_{comes_to}", checkout.error
    if comes_to == "FAILED":
        await assert_nothing_happened(market, mug)
        return
    [order] = await market.placed()
    assert order.state == order_pb2.ORDER_STATE_PAID
    assert await market.inventory.totals(mug) == (9, 0, 9)
    assert 1000 in {abs(balance) for balance in (await market.payments.balances()).values()}
    await market.inventory.assert_balanced()


async def test_the_same_request_is_the_same_checkout(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await market.shop.cart((mug, 1))
    quote = (await market.shop.quote(cart.name)).cart.quote
    request = CheckoutCartRequest(
        name=cart.name, quote_id=quote.quote_id, payment_method="tok_approve", request_id=str(uuid.uuid4())
    )
    request.wait.seconds = 30
    answers = await asyncio.gather(*(market.checkouts().CheckoutCart(request, timeout=35) for _ in range(5)))
    answers.append(await market.checkouts().CheckoutCart(request, timeout=35))
    assert {(answer.name, State(answer.state)) for answer in answers} == {(answers[0].name, "CHECKOUT_STATE_COMPLETED")}
    assert len(await market.placed()) == 1


async def test_a_request_id_of_another_checkout_is_refused(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await market.shop.cart((mug, 1))
    request_id = str(uuid.uuid4())
    await market.checkout(cart.name, request_id=request_id)
    other = CheckoutCartRequest(
        name=cart.name, quote_id=str(uuid.uuid4()), payment_method="tok_approve", request_id=request_id
    )
    error = await refused(market.checkouts().CheckoutCart(other, timeout=10))
    assert (error.code, error.reason) == ("ABORTED", "REQUEST_ID_REUSED")
    assert error.metadata["requestId"] == request_id


async def test_two_tabs_buy_once(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await market.shop.cart((mug, 1))
    quote = (await market.shop.quote(cart.name)).cart.quote
    request = CheckoutCartRequest(name=cart.name, quote_id=quote.quote_id, payment_method="tok_approve")
    request.wait.seconds = 30
    tabs = (market.checkouts().CheckoutCart(request, timeout=35) for _ in range(5))
    answers = await asyncio.gather(*tabs, return_exceptions=True)
    told = Counter(
        State(answer.state) if isinstance(answer, checkout_pb2.Checkout) else "refused" for answer in answers
    )
    assert told["CHECKOUT_STATE_COMPLETED"] == 1
    assert len(await market.placed()) == 1
    assert await market.inventory.totals(mug) == (9, 0, 9)


async def test_it_answers_at_once_and_is_watched(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await market.shop.cart((mug, 1))
    checkout = await market.checkout(cart.name, "tok_timeout_then_approve", wait=0)
    assert State(checkout.state) == "CHECKOUT_STATE_RUNNING"
    seen = [answer.saga.state async for answer in market.sagas.WatchSaga(WatchSagaRequest(name=checkout.saga))]
    assert (seen[0], seen[-1]) == (saga_pb2.SAGA_STATE_RUNNING, saga_pb2.SAGA_STATE_COMPLETED)
    assert (await market.orders.GetOrder(GetOrderRequest(name=checkout.order))).state == order_pb2.ORDER_STATE_PAID


async def test_only_the_quote_that_was_accepted_is_bought(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    cart = await market.shop.cart((mug, 1))
    old = (await market.shop.quote(cart.name)).cart.quote
    request = CheckoutCartRequest(name=cart.name, quote_id=old.quote_id, payment_method="tok_approve")
    assert (await refused(market.checkouts(BOB).CheckoutCart(request))).reason == "CART_NOT_FOUND"
    await market.shop.add(cart.name, mug, 1)
    assert (await refused(market.checkouts().CheckoutCart(request))).reason == "QUOTE_OUTDATED"


async def test_nothing_is_held_that_is_never_held_and_nothing_charged_that_costs_nothing(market: Market) -> None:
    ebook = await market.shop.price("ebook", 0)
    cart = await market.shop.cart((ebook, 1), stock_hold=cart_pb2.STOCK_HOLD_NONE)
    checkout = await market.checkout(cart.name)
    assert State(checkout.state) == "CHECKOUT_STATE_COMPLETED", checkout.error
    assert len(await market.placed()) == 1
    assert not any((await market.payments.balances()).values())


async def test_a_race_for_few_units_and_fewer_coupons(market: Market) -> None:
    mug = await market.stocked("mug", 10, 1000)
    promotion = await market.shop.promotion(
        "few", needs_coupon=True, percentage_off=promotion_pb2.PercentageOff(basis_points=1000)
    )
    coupon = await market.shop.coupon("FEW", promotion, redemption_limit=4)

    async def buy(number: int) -> str:
        who = f"users/0198c0de-0000-7000-8000-{number:012d}"
        shop = market.shop.as_(who)
        cart = await shop.cart((mug, 1))
        if number % 2:
            await shop.apply(cart.name, coupon)
        checkout = await market.checkout(cart.name, who=who, wait=60)
        return State(checkout.state)

    told = Counter(await asyncio.gather(*map(buy, range(40))))
    orders = await market.placed()
    redeemed = [order for order in orders if cents(order.total_amount) == 900]
    assert told["CHECKOUT_STATE_COMPLETED"] == len(orders)
    assert told["CHECKOUT_STATE_COMPLETED"] + told["CHECKOUT_STATE_FAILED"] == 40
    assert len(orders) <= 10
    assert await market.inventory.totals(mug) == (10 - len(orders), 0, 10 - len(orders))
    assert await market.used(promotion) == len(redeemed) <= 4
    await market.inventory.assert_balanced()
