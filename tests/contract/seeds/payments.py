"""Seeds of payments."""

import base64
import json
from datetime import UTC, datetime, timedelta

from services._platform.webhook_signature import signed
from tests.contract.callers import PROVIDER
from tests.contract.outcome import Json, Metadata
from tests.contract.seeds.api import Api, CannotSeed

PACKAGE = "mesh.payments.v1"

_EUROS = {"currency_code": "EUR", "units": 10}
_CENT = {"currency_code": "EUR", "nanos": 10_000_000}
_QUIET = "tok_webhook_never"
"""A token that approves and sends no webhooks: these would write while the laws count what is written."""
_NOTICE = "notice"


def new_payment(api: Api) -> Json:
    return {"customer": "users/ada", "amount": _EUROS, "payment_method": _QUIET, "reference": api.unique("orders/1")}


def authorized(api: Api) -> str:
    return str(api("PaymentService/AuthorizePayment", **new_payment(api))["name"])


def captured(api: Api) -> str:
    return str(api("PaymentService/CapturePayment", name=authorized(api))["name"])


def ledger_entry(api: Api) -> str:
    wanted = f'payment = "{authorized(api)}"'
    return str(api("LedgerService/ListLedgerEntries", filter=wanted)["ledger_entries"][0]["name"])


def entries_of(api: Api) -> str:
    return f'payment = "{captured(api)}"'


def refund_again(api: Api, request: Json) -> None:
    """One more entry of the payment that the request asks for."""
    api("PaymentService/RefundPayment", name=request["filter"].split('"')[1], amount=_CENT)


def just_now(api: Api) -> Json:
    """A period that has ended, so that its report stays the same, with movements in it."""
    captured(api)
    end = datetime.now(UTC)
    return {"start_time": (end - timedelta(minutes=1)).isoformat(), "end_time": end.isoformat()}


def provider(api: Api) -> Metadata:
    """The provider, which signs what it says of an operation: that is kept for the request."""
    secret = api.token(PROVIDER)
    if secret is None:
        raise CannotSeed("what a webhook does: the secret of the provider is not known")
    [operation] = api("PaymentService/AuthorizePayment", **new_payment(api))["operations"]
    told = {
        "key": operation["id"],
        "kind": "authorize",
        "status": "succeeded",
        "charge": operation["provider_reference"],
        "amount": 1_000,
        "currency": "EUR",
        "failure_code": "",
        "time": operation["create_time"],
    }
    body = json.dumps({"type": "operation.settled", "data": told}).encode()
    api.memory[_NOTICE] = base64.b64encode(body).decode()
    return tuple(signed(secret.encode(), api.unique("msg"), body, datetime.now(UTC)).items())


def notice(api: Api) -> Json:
    """What the provider has signed last."""
    return {"content_type": "application/json", "data": api.memory[_NOTICE]}


RESOURCES = {
    "mesh/Payment": authorized,
    "mesh/LedgerEntry": ledger_entry,
}

REQUESTS = {
    "LedgerService/ListLedgerEntries": {"filter": entries_of},
    "LedgerService/GetTrialBalance": {},
    "LedgerService/ReportSettlement": just_now,
    "PaymentService/AuthorizePayment": new_payment,
    "PaymentService/CapturePayment": {"name": authorized, "amount": _CENT},
    "PaymentService/VoidPayment": {"name": authorized, "reason": "out of stock"},
    "PaymentService/RefundPayment": {"name": captured, "amount": _CENT, "reason": "a scratch"},
    "PaymentService/SettlePayment": {"name": authorized},
    "PaymentService/GetPayment": {"name": authorized},
    "PaymentService/ListPayments": {},
    "WebhookService/ReceiveWebhook": {"event": notice},
}

MORE = {"LedgerService/ListLedgerEntries": refund_again}

CALLERS = {"WebhookService/ReceiveWebhook": provider}
