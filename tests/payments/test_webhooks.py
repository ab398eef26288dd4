"""Webhooks are taken from the provider alone, of now, once each."""

import json
from datetime import timedelta
from typing import Any

import pytest

from mesh.payments.v1 import ledger_service_pb2
from services._platform.webhook_signature import signed
from tests.conftest import Clock, Database
from tests.payments.conftest import WEBHOOK_SECRET, Payments, new_id, receive, refused

Kind = ledger_service_pb2.SettlementDifferenceKind.Name
SECRET = WEBHOOK_SECRET.encode()


def notice(key: str, **more: Any) -> bytes:
    """A body as the provider sends it."""
    told = {
        "key": key,
        "kind": "authorize",
        "status": "succeeded",
        "charge": "ch_1",
        "amount": 1000,
        "currency": "EUR",
        "failure_code": "",
        "time": "2026-01-01T00:00:00+00:00",
    }
    return json.dumps({"type": "operation.settled", "data": told | more}).encode()


async def test_a_webhook_of_another_hand_is_refused(payments: Payments) -> None:
    body = notice(new_id())
    forged = signed(b"x" * 32, "msg_1", body, payments.clock())
    assert await _reason(payments, forged, body) == ("UNAUTHENTICATED", "WEBHOOK_SIGNATURE_INVALID")
    genuine = signed(SECRET, "msg_1", body, payments.clock())
    assert (await _reason(payments, genuine, body + b" "))[1] == "WEBHOOK_SIGNATURE_INVALID"
    assert (await _reason(payments, {**genuine, "webhook-id": "msg_2"}, body))[1] == "WEBHOOK_SIGNATURE_INVALID"
    assert (await _reason(payments, {}, body))[1] == "WEBHOOK_SIGNATURE_INVALID"


@pytest.mark.parametrize("away", [timedelta(minutes=6), timedelta(minutes=-6)])
async def test_a_webhook_of_another_time_is_refused(payments: Payments, away: timedelta) -> None:
    body = notice(new_id())
    headers = signed(SECRET, "msg_1", body, payments.clock() + away)
    assert await _reason(payments, headers, body) == ("UNAUTHENTICATED", "WEBHOOK_TIMESTAMP_INVALID")


@pytest.mark.parametrize("body", [b"", b"{}", b"not json", notice("no-uuid"), notice(new_id(), status="maybe")])
async def test_a_webhook_that_says_nothing_is_refused(payments: Payments, body: bytes) -> None:
    headers = signed(SECRET, "msg_1", body, payments.clock())
    assert await _reason(payments, headers, body) == ("INVALID_ARGUMENT", "WEBHOOK_UNREADABLE")


async def test_a_webhook_of_what_is_not_ours_is_taken_and_changes_nothing(payments: Payments) -> None:
    body = notice(new_id())
    await receive(payments.channel, signed(SECRET, "msg_1", body, payments.clock()), body)
    assert await payments.balances() == {}


async def test_a_replayed_webhook_changes_nothing(hasty: Payments, database: Database, clock: Clock) -> None:
    hasty.mail.held = True
    await refused(hasty.authorize("tok_error_500_after", payment_id=(id_ := new_id())))
    [webhook] = hasty.mail.kept
    for _ in range(3):
        assert await hasty.mail.hand_over(*webhook)
    assert await hasty.state(f"payments/{id_}") == "AUTHORIZED"
    async with database.connect("payments") as sql:
        assert await sql.fetchval("SELECT count(*) FROM ledger_entry") == 1
        assert await sql.fetchval("SELECT count(*) FROM webhook_receipt") == 1
        assert await sql.fetchval("SELECT count(*) FROM outbox") == 1
    clock.advance(minutes=6)
    assert not await hasty.mail.hand_over(*webhook)


async def test_what_was_settled_otherwise_is_not_unsettled_by_a_webhook(payments: Payments) -> None:
    held = await payments.authorize("tok_webhook_never")
    body = notice(held.operations[0].id, status="failed", failure_code="card_declined")
    await receive(payments.channel, signed(SECRET, "msg_late", body, payments.clock()), body)
    assert await payments.state(held.name) == "AUTHORIZED"
    [difference] = (await payments.report()).differences
    assert Kind(difference.kind) == "SETTLEMENT_DIFFERENCE_KIND_OUTCOME_CONTRADICTED"
    assert (difference.operation, difference.payment) == (held.operations[0].id, held.name)
    assert (difference.ledger_amount.units, difference.HasField("provider_amount")) == (10, False)


async def test_what_the_provider_confirms_is_no_contradiction(payments: Payments) -> None:
    held = await payments.authorize("tok_webhook_never")
    await payments.capture(held.name)
    body = notice(held.operations[0].id)
    await receive(payments.channel, signed(SECRET, "msg_late", body, payments.clock()), body)
    assert list((await payments.report()).differences) == []


async def _reason(payments: Payments, headers: dict[str, str], body: bytes) -> tuple[str, str]:
    refusal = await refused(receive(payments.channel, headers, body))
    return refusal.code, refusal.reason
