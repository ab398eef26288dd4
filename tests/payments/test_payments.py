"""Money is held, taken and given back, once each, whatever the provider does."""

import asyncio

import pytest

from mesh.payments.v1 import ledger_pb2
from tests.conftest import Clock, eventually
from tests.payments.conftest import Payments, new_id, refusal_of, refused

CUSTOMERS, HELD, PROVIDER = (
    ledger_pb2.LEDGER_ACCOUNT_CUSTOMERS,
    ledger_pb2.LEDGER_ACCOUNT_HELD,
    ledger_pb2.LEDGER_ACCOUNT_PROVIDER,
)


async def test_money_is_held_taken_in_part_and_given_back_in_parts(payments: Payments) -> None:
    held = await payments.authorize(amount=1000, reference="orders/7")
    assert await payments.state(held.name) == "AUTHORIZED"
    assert await payments.balances() == {CUSTOMERS: -1000, HELD: 1000}
    taken = await payments.capture(held.name, 900)
    assert (taken.captured_amount.units, await payments.state(held.name)) == (9, "CAPTURED")
    assert await payments.balances() == {CUSTOMERS: -900, HELD: 0, PROVIDER: 900}
    await payments.refund(held.name, 300, reason="a scratch")
    assert await payments.state(held.name) == "PARTIALLY_REFUNDED"
    await payments.refund(held.name, 200)
    await payments.refund(held.name)
    assert await payments.state(held.name) == "REFUNDED"
    assert await payments.balances() == {CUSTOMERS: 0, HELD: 0, PROVIDER: 0}
    assert [one.amount.units for one in (await payments.get(held.name)).operations] == [10, 9, 3, 2, 4]


async def test_a_void_holds_no_more_and_may_be_repeated(payments: Payments) -> None:
    held = await payments.authorize()
    await payments.void(held.name)
    assert await payments.state((await payments.void(held.name)).name) == "VOIDED"
    assert await payments.balances() == {CUSTOMERS: 0, HELD: 0}
    refusal = await refused(payments.capture(held.name))
    assert (refusal.reason, refusal.metadata["allowed"]) == ("PAYMENT_MOVE_ILLEGAL", "VOID")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("tok_decline", "card_declined"),
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_timeout_then_decline", "card_declined"),
        ("tok_of_nobody", "unknown_token"),
    ],
)
async def test_a_decline_says_why_holds_nothing_and_is_voided_in_peace(
    payments: Payments, token: str, code: str
) -> None:
    id_, request = new_id(), new_id()
    refusal = await refused(payments.authorize(token, payment_id=id_, request_id=request))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "PAYMENT_DECLINED")
    assert refusal.metadata == {"payment": f"payments/{id_}", "declineCode": code}
    assert await refused(payments.authorize(token, payment_id=id_, request_id=request)) == refusal
    assert await payments.balances() == {}
    await payments.void(f"payments/{id_}")
    assert await payments.state(f"payments/{id_}") == "DECLINED"


@pytest.mark.parametrize(
    "token",
    [
        "tok_timeout_then_approve",
        "tok_webhook_first",
        "tok_webhook_duplicate",
        "tok_webhook_never",
        "tok_slow",
        "tok_error_500",
        "tok_error_500_after",
        "tok_capture_timeout",
        "tok_timeout_silent",
    ],
)
async def test_a_difficult_provider_takes_the_money_once(payments: Payments, token: str) -> None:
    held = await payments.authorize(token)
    await payments.capture(held.name)
    assert await payments.balances() == {CUSTOMERS: -1000, HELD: 0, PROVIDER: 1000}
    report = await payments.report()
    assert (report.matched_count, report.difference_count) == (1, 0)


async def test_webhooks_out_of_order_change_nothing(payments: Payments) -> None:
    held = await payments.authorize("tok_webhook_out_of_order")
    await payments.capture(held.name)
    authorized, captured = (f"msg_{one.id}" for one in (await payments.get(held.name)).operations)
    await eventually(lambda: asyncio.sleep(0, len(payments.mail.delivered) == 2))
    assert payments.mail.delivered == [captured, authorized]
    assert await payments.state(held.name) == "CAPTURED"


async def test_what_the_provider_refuses_can_be_asked_again(payments: Payments) -> None:
    held = await payments.authorize("tok_capture_refused")
    refusal = await refused(payments.capture(held.name))
    assert (refusal.reason, refusal.metadata["failureCode"]) == ("PROVIDER_REFUSED", "charge_expired")
    assert await payments.state(held.name) == "AUTHORIZED"
    await payments.void(held.name)
    held = await payments.authorize("tok_refund_refused")
    await payments.capture(held.name)
    assert (await refused(payments.refund(held.name, 400))).reason == "PROVIDER_REFUSED"
    assert (await refused(payments.refund(held.name, 1000))).reason == "PROVIDER_REFUSED"


async def test_an_unknown_outcome_is_settled_by_the_same_call(hasty: Payments) -> None:
    hasty.mail.held = True
    id_, request = new_id(), new_id()
    unknown = await refused(hasty.authorize("tok_error_500_after", payment_id=id_, request_id=request))
    assert (unknown.code, unknown.reason) == ("UNAVAILABLE", "OUTCOME_UNKNOWN")
    assert await hasty.state(f"payments/{id_}") == "PENDING"
    settled = await hasty.authorize("tok_error_500_after", payment_id=id_, request_id=request)
    assert settled == await hasty.authorize("tok_error_500_after", payment_id=id_, request_id=request)
    assert await hasty.state(settled.name) == "AUTHORIZED"
    assert len(settled.operations) == 1


async def test_an_unknown_outcome_is_settled_by_the_webhook(hasty: Payments) -> None:
    hasty.mail.held = True
    id_ = new_id()
    await refused(hasty.authorize("tok_timeout_then_approve", payment_id=id_))
    [webhook] = hasty.mail.kept
    assert await hasty.mail.hand_over(*webhook)
    assert await hasty.state(f"payments/{id_}") == "AUTHORIZED"


async def test_a_webhook_that_comes_during_the_call_answers_it(hasty: Payments) -> None:
    held = await hasty.authorize("tok_timeout_then_approve")
    assert (await hasty.state(held.name), len(hasty.mail.delivered)) == ("AUTHORIZED", 1)


async def test_an_unknown_outcome_is_settled_by_the_service_itself(hasty: Payments, clock: Clock) -> None:
    id_ = new_id()
    await refused(hasty.authorize("tok_timeout_silent", payment_id=id_))
    assert await hasty.state(f"payments/{id_}") == "PENDING"
    clock.advance(seconds=16)
    await eventually(lambda: _is(hasty, f"payments/{id_}", "AUTHORIZED"))


async def test_a_void_of_an_unknown_authorisation_waits_for_it(hasty: Payments) -> None:
    hasty.mail.held = True
    id_ = new_id()
    await refused(hasty.authorize("tok_error_500", payment_id=id_))
    assert (await refused(hasty.void(f"payments/{id_}"))).reason == "OUTCOME_UNKNOWN"
    await hasty.void(f"payments/{id_}")
    assert await hasty.state(f"payments/{id_}") == "VOIDED"
    assert await hasty.balances() == {CUSTOMERS: 0, HELD: 0}


async def test_a_void_that_overtakes_its_payment_keeps_it_out(payments: Payments) -> None:
    id_ = new_id()
    assert (await refused(payments.void(f"payments/{id_}"))).reason == "PAYMENT_NOT_FOUND"
    for _ in range(2):
        await payments.void(f"payments/{id_}", allow_missing=True)
    refusal = await refused(payments.authorize(payment_id=id_))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "PAYMENT_ABANDONED")
    assert await payments.balances() == {}


async def test_void_in_advance_racing_authorisation_leaves_nothing_held(payments: Payments) -> None:
    ids = [new_id() for _ in range(12)]
    calls = [call for id_ in ids for call in (payments.authorize(payment_id=id_), _voided(payments, id_))]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {refusal_of(one).reason for one in answers if isinstance(one, Exception)} <= {  # type: ignore[arg-type]
        "PAYMENT_ABANDONED",
        "OUTCOME_UNKNOWN",
    }
    for id_ in ids:
        await payments.void(f"payments/{id_}", allow_missing=True)
        assert await payments.state(f"payments/{id_}") == "VOIDED"
    assert sum(abs(amount) for amount in (await payments.balances()).values()) == 0


async def test_a_replay_gets_the_first_answer_and_another_body_is_refused(payments: Payments) -> None:
    held = await payments.authorize()
    request = new_id()
    first = await payments.capture(held.name, 500, request_id=request)
    await payments.refund(held.name, 100)
    assert await payments.capture(held.name, 500, request_id=request) == first
    assert (await refused(payments.capture(held.name, 400, request_id=request))).reason == "REQUEST_ID_REUSED"
    assert (await refused(payments.authorize(payment_id=held.name.partition("/")[2]))).reason == "PAYMENT_EXISTS"


async def _voided(payments: Payments, id_: str) -> None:
    await payments.void(f"payments/{id_}", allow_missing=True)


async def _is(payments: Payments, name: str, state: str) -> bool:
    return await payments.state(name) == state
