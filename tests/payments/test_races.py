"""Calls that race over the wire: one of each kind wins, and money is never taken or given back twice."""

import asyncio
from collections import Counter
from typing import Any

import grpc

from tests.conftest import Clock, Database
from tests.payments.conftest import Payments, Sandbox, new_id, refusal_of, refused, running


async def outcomes(*calls: Any) -> Counter[str]:
    """How often each answer was given: `ok`, or the reason of a refusal."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(refusal_of(one).reason if isinstance(one, grpc.aio.AioRpcError) else "ok" for one in answers)


async def test_64_captures_take_the_money_once(payments: Payments) -> None:
    held = await payments.authorize()
    counts = await outcomes(*(payments.capture(held.name) for _ in range(64)))
    assert counts["ok"] == 1
    assert set(counts) <= {"ok", "OUTCOME_UNKNOWN", "PAYMENT_MOVE_ILLEGAL"}
    assert (await payments.report()).matched_count == 1


async def test_captures_of_one_call_have_one_effect_and_one_answer(payments: Payments) -> None:
    held = await payments.authorize()
    request = new_id()
    answers = await asyncio.gather(*(payments.capture(held.name, 700, request_id=request) for _ in range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0].operations) == 2


async def test_authorisations_of_one_call_make_one_payment(payments: Payments) -> None:
    request = new_id()
    answers = await asyncio.gather(*(payments.authorize(request_id=request) for _ in range(16)))
    assert len({answer.name for answer in answers}) == 1
    assert (await payments.balances())[2] == 1000


async def test_refunds_racing_never_exceed_what_was_captured(payments: Payments) -> None:
    held = await payments.authorize(amount=1000)
    await payments.capture(held.name)
    counts = await outcomes(*(payments.refund(held.name, 30) for _ in range(64)))
    assert counts == {"ok": 33, "REFUND_EXCEEDED": 31}
    assert (await payments.get(held.name)).refunded_amount.nanos == 900_000_000
    assert (await payments.report()).difference_count == 0


async def test_capture_and_void_racing_do_one_of_both(payments: Payments) -> None:
    for _ in range(8):
        held = await payments.authorize()
        await outcomes(payments.capture(held.name), payments.void(held.name))
        await payments.settle(held.name)
        assert await payments.state(held.name) in ("CAPTURED", "VOIDED")
    assert (await payments.balances())[2] == 0
    assert (await payments.report()).difference_count == 0


async def test_confirmation_and_webhook_meet_on_one_row(database: Database, sandbox: Sandbox, clock: Clock) -> None:
    """Two replicas ask, the provider tells by webhook, in whatever order; each operation is booked once."""
    async with running(database, sandbox, clock) as one, running(database, sandbox, clock) as two:
        one.mail.held = True
        for _ in range(10):
            id_ = new_id()
            await asyncio.gather(
                one.authorize("tok_webhook_duplicate", payment_id=id_, request_id=id_),
                two.authorize("tok_webhook_duplicate", payment_id=id_, request_id=id_),
            )
            name = f"payments/{id_}"
            kept, one.mail.kept = one.mail.kept, []
            await asyncio.gather(
                one.capture(name, request_id=id_),
                two.capture(name, request_id=id_),
                *(one.mail.hand_over(*webhook) for webhook in kept),
                two.settle(name),
            )
            assert await one.state(name) == "CAPTURED"
        assert await one.balances() == {1: -10_000, 2: 0, 3: 10_000}
        assert (await two.report()).matched_count == 10


async def test_a_refund_beyond_the_rest_is_told_the_rest(payments: Payments) -> None:
    held = await payments.authorize()
    await payments.capture(held.name, 600)
    refusal = await refused(payments.refund(held.name, 601))
    assert (refusal.reason, refusal.metadata["refundable"]) == ("REFUND_EXCEEDED", "600")
