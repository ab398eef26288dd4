"""Payments through the edge, with the sandbox as a process of its own, killed as nobody should."""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.local.conftest import eventually
from tests.system.mesh import Mesh

ADA = "users/0198c0de-0000-7000-8000-0000000000ad"
OK, UNAUTHORIZED = 200, 401
RETRY = frozenset({429, 503, 504})


def authorize(http: httpx.Client, token: str, id_: str) -> dict[str, Any]:
    """Holds 12.50 EUR, however often it takes."""
    amount = {"currencyCode": "EUR", "units": 12, "nanos": 500_000_000}
    body = {"customer": ADA, "amount": amount, "paymentMethod": token, "paymentId": id_, "requestId": id_}
    return persistently(http, "/v1/payments:authorize", body)


def persistently(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of a call that is repeated while it is not known."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        try:
            answers.append(http.post(path, json=body))
        except httpx.TransportError:
            return False
        return answers[-1].status_code not in RETRY

    eventually(answered, 60)
    assert answers[-1].status_code == OK, answers[-1].text
    return dict(answers[-1].json())


def report(http: httpx.Client) -> dict[str, Any]:
    """Provider and ledger of the last hour, side by side."""
    now = datetime.now(UTC)
    period = {"startTime": (now - timedelta(hours=1)).isoformat(), "endTime": (now + timedelta(hours=1)).isoformat()}
    answer = http.get("/v1/ledger:reportSettlement", params=period)
    assert answer.status_code == OK, answer.text
    return dict(answer.json())


def receipts(mesh: Mesh) -> int:
    """How many of the provider's events were taken."""

    async def count() -> int:
        async with mesh.database.connect() as sql:
            return int(await sql.fetchval("SELECT count(*) FROM payments.webhook_receipt"))

    return asyncio.run(count())


def test_the_sandboxs_webhooks_come_in_by_the_edge(mesh: Mesh, http: httpx.Client) -> None:
    before = receipts(mesh)
    held = authorize(http, "tok_webhook_first", str(uuid.uuid4()))
    assert held["state"] == "PAYMENT_STATE_AUTHORIZED"
    eventually(lambda: receipts(mesh) > before, 10)
    forged = http.post("/v1/payments:webhook", content=b"{}", headers={"webhook-id": "msg_1"})
    assert (forged.status_code, "WEBHOOK_SIGNATURE_INVALID" in forged.text) == (UNAUTHORIZED, True)


def test_a_provider_that_does_not_answer_holds_the_money_once(http: httpx.Client) -> None:
    held = authorize(http, "tok_timeout_then_approve", str(uuid.uuid4()))
    assert (held["state"], len(held["operations"])) == ("PAYMENT_STATE_AUTHORIZED", 1)


def test_killed_services_and_a_killed_provider_take_no_money_twice(mesh: Mesh, http: httpx.Client) -> None:
    """Every payment is captured once, and both sides tell the same, whoever died meanwhile."""
    ids = [str(uuid.uuid4()) for _ in range(40)]

    def paid(id_: str) -> dict[str, Any]:
        name = authorize(http, "tok_approve", id_)["name"]
        return persistently(http, f"/v1/{name}:capture", {"requestId": str(uuid.uuid5(uuid.UUID(id_), "capture"))})

    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(paid, id_) for id_ in ids]
        eventually(lambda: sum(call.done() for call in calls) >= 5, 60)
        mesh.kill("payments-1")
        mesh.kill("sandbox")
        eventually(lambda: sum(call.done() for call in calls) >= 20, 60)
        mesh.kill("payments-1")
        payments = [call.result() for call in calls]
    assert {payment["state"] for payment in payments} == {"PAYMENT_STATE_CAPTURED"}
    found = report(http)
    assert (found["differences"], found["ledgerTotals"]) == ([], found["providerTotals"])
    assert found["matchedCount"] >= len(ids)
    balances = http.get("/v1/ledger:trialBalance").json()["balances"]
    cents = [int(one["balance"]["units"]) * 100 + one["balance"]["nanos"] // 10_000_000 for one in balances]
    assert sum(cents) == 0
