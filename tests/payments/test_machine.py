"""Payments against a pure model: any sequence of operations, lost answers, webhooks and crashes ends where it says."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mesh.payments.v1 import payment_pb2
from tests.conftest import Backends, Clock, copied_database
from tests.payments.conftest import Payments, new_id, refusal_of, running, sandboxed

DECLINED = {"tok_decline": "card_declined", "tok_insufficient_funds": "insufficient_funds"}
TOKENS = (
    "tok_approve",
    "tok_error_500",
    "tok_error_500_after",
    "tok_webhook_duplicate",
    "tok_webhook_out_of_order",
    "tok_webhook_never",
    "tok_capture_refused",
    *DECLINED,
)
NEVER = frozenset({"INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED"})
UNKNOWN = "OUTCOME_UNKNOWN"
cents = st.integers(1, 500)


@dataclass
class Expected:
    """A payment as it must be."""

    method: str
    amount: int
    state: str
    captured: int = 0
    refunded: int = 0

    @property
    def held(self) -> int:
        return self.amount if self.state == "AUTHORIZED" else 0

    def capture(self, cents: int) -> str:
        if self.state != "AUTHORIZED":
            return "PAYMENT_MOVE_ILLEGAL"
        if cents > self.amount:
            return "CAPTURE_EXCEEDED"
        if self.method == "tok_capture_refused":
            return "PROVIDER_REFUSED"
        self.state, self.captured = "CAPTURED", cents
        return ""

    def void(self) -> str:
        if self.state not in ("AUTHORIZED", "VOIDED", "DECLINED"):
            return "PAYMENT_MOVE_ILLEGAL"
        self.state = "VOIDED" if self.state == "AUTHORIZED" else self.state
        return ""

    def refund(self, cents: int) -> str:
        if self.state not in ("CAPTURED", "PARTIALLY_REFUNDED"):
            return "PAYMENT_MOVE_ILLEGAL"
        if cents > self.captured - self.refunded:
            return "REFUND_EXCEEDED"
        self.refunded += cents
        self.state = "REFUNDED" if self.refunded == self.captured else "PARTIALLY_REFUNDED"
        return ""


class Machine(RuleBasedStateMachine):
    """One payments with a sandbox, asked once a call, restarted by crashes, beside the model."""

    backends: Backends
    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model: dict[str, Expected] = {}
        self.clock = Clock()
        self.stack = AsyncExitStack()
        self.service = AsyncExitStack()

    @initialize()
    def start(self) -> None:
        async def start() -> None:
            folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
            self.database = await self.stack.enter_async_context(copied_database(self.backends))
            self.sandbox = await self.stack.enter_async_context(sandboxed(folder, self.clock))
            self.sandbox.mail.held = True
            await self._serve()

        self.runner.run(start())

    async def _serve(self) -> None:
        serving = running(self.database, self.sandbox, self.clock, provider_tries=1, provider_timeout=3)
        self.one: Payments = await self.service.enter_async_context(serving)

    def teardown(self) -> None:
        async def stop() -> None:
            if self.model:
                report = await self.one.report()
                assert not report.difference_count, report
                taken = sum(one.captured > 0 for one in self.model.values())
                assert report.matched_count >= taken
            await self.service.aclose()
            await self.stack.aclose()

        with self.runner:
            self.runner.run(stop())

    @rule(target=payments, token=st.sampled_from(TOKENS), amount=cents, crash=st.booleans())
    def authorize(self, token: str, amount: int, crash: bool) -> str:
        id_ = new_id()
        name = f"payments/{id_}"
        reason = self._until_known(lambda: self.one.authorize(token, amount, payment_id=id_, request_id=id_), crash)
        assert reason == ("PAYMENT_DECLINED" if token in DECLINED else "")
        self.model[name] = Expected(token, amount, "DECLINED" if token in DECLINED else "AUTHORIZED")
        return name

    @rule(name=payments, amount=cents, crash=st.booleans())
    def capture(self, name: str, amount: int, crash: bool) -> None:
        request = new_id()
        reason = self._until_known(lambda: self.one.capture(name, amount, request_id=request), crash)
        assert reason == self.model[name].capture(amount)

    @rule(name=payments, crash=st.booleans())
    def void(self, name: str, crash: bool) -> None:
        request = new_id()
        reason = self._until_known(lambda: self.one.void(name, request_id=request), crash)
        assert reason == self.model[name].void()

    @rule(name=payments, amount=cents, crash=st.booleans())
    def refund(self, name: str, amount: int, crash: bool) -> None:
        request = new_id()
        reason = self._until_known(lambda: self.one.refund(name, amount, request_id=request), crash)
        assert reason == self.model[name].refund(amount)

    @rule(token=st.sampled_from(["tok_error_500", "tok_error_500_after"]), amount=cents, by=st.booleans())
    def abandon(self, token: str, amount: int, by: bool) -> None:
        """The caller never comes back: the service settles it, or a void that comes later does."""
        id_ = new_id()
        name = f"payments/{id_}"
        assert self._reason(self.one.authorize(token, amount, payment_id=id_)) == UNKNOWN
        self.model[name] = Expected(token, amount, "AUTHORIZED")
        if by:
            assert self._until_known(lambda: self.one.void(name), crash=False) == self.model[name].void()
        else:
            assert self._until_known(lambda: self.one.settle(name), crash=False) == ""

    @rule(random=st.randoms(use_true_random=False), again=st.booleans())
    def deliver(self, random: Any, again: bool) -> None:
        """Webhooks come in any order, some of them twice."""

        async def deliver() -> None:
            kept = list(self.sandbox.mail.kept)
            self.sandbox.mail.kept.clear()
            random.shuffle(kept)
            for webhook in kept + (kept[:2] if again else []):
                assert await self.sandbox.mail.hand_over(*webhook)

        self.runner.run(deliver())

    @invariant()
    def money_is_where_the_model_says(self) -> None:
        async def check() -> None:
            for name, expected in self.model.items():
                payment = await self.one.get(name)
                state = payment_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")
                assert (state, _cents(payment.captured_amount), _cents(payment.refunded_amount)) == (
                    expected.state,
                    expected.captured,
                    expected.refunded,
                )
            balances = await self.one.balances()
            assert balances.get(2, 0) == sum(one.held for one in self.model.values())
            assert balances.get(3, 0) == sum(one.captured - one.refunded for one in self.model.values())

        if self.model:
            self.runner.run(check())

    def _until_known(self, call: Callable[[], Coroutine[Any, Any, Any]], crash: bool) -> str:
        """Repeats a call until it is answered, after a crash in its midst perhaps; the reason of its refusal."""
        if crash:
            self.runner.run(self._crash_amid(call))
        for _ in range(8):
            if (reason := self._reason(call())) != UNKNOWN:
                return reason
        raise AssertionError("the outcome stays unknown")

    async def _crash_amid(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Every session of the service ends wherever it is, as by a kill, once the provider was asked."""
        calling = asyncio.ensure_future(call())
        async with self.database.connect() as sql:
            await sql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'payments' AND datname = current_database()"
            )
        await self.service.aclose()
        await asyncio.gather(calling, return_exceptions=True)
        await self._serve()

    def _reason(self, call: Coroutine[Any, Any, Any]) -> str:
        async def run() -> str:
            try:
                await call
            except grpc.aio.AioRpcError as error:
                refusal = refusal_of(error)
                assert refusal.code not in NEVER, refusal
                return refusal.reason
            return ""

        return self.runner.run(run())


def _cents(amount: Any) -> int:
    return int(amount.units * 100 + amount.nanos // 10_000_000)


def test_payments_are_what_the_model_says(backends: Backends, request: pytest.FixtureRequest) -> None:
    deep = request.config.getoption("--deep")
    Machine.backends = backends
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=100 if deep else 8,
            stateful_step_count=40 if deep else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
