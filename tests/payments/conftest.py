"""Payments over the wire, with a real sandbox provider beside it, and a small vocabulary for its tests."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody

from mesh.payments.v1 import (
    ledger_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2_grpc,
    webhook_service_pb2_grpc,
)
from mesh.payments.v1.ledger_service_pb2 import (
    GetTrialBalanceRequest,
    ReportSettlementRequest,
    ReportSettlementResponse,
)
from mesh.payments.v1.payment_service_pb2 import (
    AuthorizePaymentRequest,
    CapturePaymentRequest,
    GetPaymentRequest,
    RefundPaymentRequest,
    SettlePaymentRequest,
    VoidPaymentRequest,
)
from mesh.payments.v1.webhook_service_pb2 import ReceiveWebhookRequest
from services._local import ports
from services._platform.money import money
from services._platform.times import instant
from services.payments.__main__ import compose
from services.payments.sandbox.server import open_sandbox
from services.payments.sandbox.settings import SandboxSettings
from services.payments.settings import PaymentsSettings
from tests.callers import AuthorizedChannel, token
from tests.conftest import Clock, Database, eventually, serving, settings
from tests.inventory.conftest import refusal_of, refused

__all__ = ["refusal_of", "refused"]

ADA = "users/0198c0de-0000-7000-8000-0000000000ad"
API_KEY, WEBHOOK_SECRET = secrets.token_hex(16), secrets.token_hex(32)
State = payment_pb2.PaymentState.Name


@dataclass
class Mail:
    """The way of webhooks from the sandbox to payments. While `held`, they are kept for the test to deliver."""

    channel: grpc.aio.Channel | None = None
    held: bool = False
    kept: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)

    async def deliver(self, headers: Mapping[str, str], body: bytes) -> bool:
        """What the sandbox's sender calls."""
        if self.held:
            self.kept.append((headers, body))
            return True
        return await self.hand_over(headers, body)

    async def hand_over(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Calls payments as the edge does."""
        assert self.channel is not None
        try:
            await receive(self.channel, headers, body)
        except grpc.aio.AioRpcError:
            return False
        self.delivered.append(headers["webhook-id"])
        return True


def receive(channel: grpc.aio.Channel, headers: Mapping[str, str], body: bytes) -> Any:
    """One webhook over the wire."""
    stub = webhook_service_pb2_grpc.WebhookServiceStub(channel)
    event = HttpBody(content_type="application/json", data=body)
    return stub.ReceiveWebhook(ReceiveWebhookRequest(event=event), metadata=tuple(headers.items()))


@dataclass(frozen=True)
class Payments:
    """Stubs of a running payments."""

    plain: grpc.aio.Channel
    clock: Clock
    mail: Mail
    access_token: str = field(default_factory=token)

    def by(self, user: str) -> "Payments":
        """The same, called by a customer."""
        return replace(self, access_token=token(user, ["customer"]))

    @property
    def channel(self) -> grpc.aio.Channel:
        return cast("grpc.aio.Channel", AuthorizedChannel(self.plain, self.access_token))

    @property
    def stub(self) -> "payment_service_pb2_grpc.PaymentServiceAsyncStub":
        return payment_service_pb2_grpc.PaymentServiceStub(self.channel)

    @property
    def ledger(self) -> "ledger_service_pb2_grpc.LedgerServiceAsyncStub":
        return ledger_service_pb2_grpc.LedgerServiceStub(self.channel)

    async def authorize(self, method: str = "tok_approve", amount: int = 1000, **more: Any) -> payment_pb2.Payment:
        """Holds euro cents of Ada's."""
        fields = {"customer": ADA, "amount": money("EUR", amount), "payment_method": method, **more}
        return await self.stub.AuthorizePayment(AuthorizePaymentRequest(**fields))

    async def capture(self, name: str, amount: int | None = None, **more: Any) -> payment_pb2.Payment:
        return await self.stub.CapturePayment(CapturePaymentRequest(name=name, amount=_euros(amount), **more))

    async def void(self, name: str, **more: Any) -> payment_pb2.Payment:
        return await self.stub.VoidPayment(VoidPaymentRequest(name=name, **more))

    async def refund(self, name: str, amount: int | None = None, **more: Any) -> payment_pb2.Payment:
        return await self.stub.RefundPayment(RefundPaymentRequest(name=name, amount=_euros(amount), **more))

    async def settle(self, name: str) -> payment_pb2.Payment:
        return await self.stub.SettlePayment(SettlePaymentRequest(name=name))

    async def get(self, name: str) -> payment_pb2.Payment:
        return await self.stub.GetPayment(GetPaymentRequest(name=name))

    async def state(self, name: str) -> str:
        """Where a payment stands, without the enum's prefix."""
        return State((await self.get(name)).state).removeprefix("PAYMENT_STATE_")

    async def balances(self) -> dict[int, int]:
        """Cents on each account; fails when they do not sum to zero."""
        found = (await self.ledger.GetTrialBalance(GetTrialBalanceRequest())).balances
        sums = {one.account: one.balance.units * 100 + one.balance.nanos // 10_000_000 for one in found}
        assert sum(sums.values()) == 0
        return {int(account): amount for account, amount in sums.items()}

    async def report(self) -> ReportSettlementResponse:
        """Provider and ledger, side by side, of the last day."""
        request = ReportSettlementRequest()
        request.start_time.FromDatetime(self.clock.now.replace(tzinfo=None))
        request.end_time.FromDatetime(self.clock.now.replace(tzinfo=None))
        request.start_time.seconds -= 86_400
        request.end_time.seconds += 60
        assert instant(request.start_time) < self.clock.now
        return await self.ledger.ReportSettlement(request)


def new_id() -> str:
    """A UUID."""
    return str(uuid.uuid4())


def _euros(cents: int | None) -> Any:
    return None if cents is None else money("EUR", cents)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str
    file: Path
    mail: Mail


@asynccontextmanager
async def sandboxed(folder: Path, clock: Clock, **more: Any) -> AsyncIterator[Sandbox]:
    """A sandbox on a port of its own, whose webhooks go the way of `Mail`."""
    port = ports.choose(["sandbox"], {}, edge=None, seed=str(folder))["sandbox"]
    values = {
        "listen": f"127.0.0.1:{port}",
        "api_key": API_KEY,
        "webhook_url": "http://127.0.0.1/",
        "webhook_secret": WEBHOOK_SECRET,
        "file": folder / "sandbox.sqlite",
        "hang_seconds": 1.5,
        "slow_seconds": 0.1,
        **more,
    }
    mail = Mail()
    own = SandboxSettings.model_validate(values)
    async with open_sandbox(own, clock, mail.deliver) as server:
        running = asyncio.create_task(server.serve())
        try:
            await eventually(lambda: asyncio.sleep(0, server.started))
            yield Sandbox(f"http://127.0.0.1:{port}", own.file, mail)
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def running(database: Database, sandbox: Sandbox, clock: Clock, **more: Any) -> AsyncIterator[Payments]:
    """One replica of payments."""
    own = PaymentsSettings.model_validate(
        {
            "provider_url": sandbox.url,
            "provider_key": API_KEY,
            "webhook_secrets": [WEBHOOK_SECRET],
            "provider_timeout": 0.5,
            **more,
        }
    )
    async with serving(
        partial(compose, own=own, clock=clock), settings(database, "payments"), access_token=""
    ) as channel:
        sandbox.mail.channel = channel
        yield Payments(channel, clock, sandbox.mail)


@pytest.fixture
async def sandbox(tmp_path: Path, clock: Clock) -> AsyncIterator[Sandbox]:
    """A sandbox provider."""
    async with sandboxed(tmp_path, clock) as sandbox:
        yield sandbox


@pytest.fixture
async def payments(database: Database, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Payments]:
    """A running payments, on a database of its own, with a sandbox."""
    async with running(database, sandbox, clock) as payments:
        yield payments


@pytest.fixture
async def hasty(database: Database, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Payments]:
    """One that asks the provider once a call: what is not answered at once stays unknown."""
    async with running(database, sandbox, clock, provider_tries=1) as payments:
        yield payments
