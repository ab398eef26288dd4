"""The RPCs that hold, take and give back money."""

from uuid import UUID, uuid5

import uuid_utils
from google.type.money_pb2 import Money

from mesh.payments.v1 import payment_pb2, payment_service_pb2
from mesh.payments.v1.payment_service_servicer import PaymentServiceServicer
from services._platform import filters
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services._platform.filters import EQUALITY
from services._platform.money import minor
from services._platform.paging import Pager
from services.payments.convert import names, payments
from services.payments.domain.moves import Kind
from services.payments.domain.operations import Ask
from services.payments.domain.payments import Payment
from services.payments.settling import Desk
from services.payments.store import Payments as Store
from services.payments.store import Reads

_FIELDS = dict.fromkeys(("customer", "state", "reference"), EQUALITY)
_PAYMENTS = UUID("5c1b2f0e-8a52-4d6a-9f0f-6d7061796d74")


class Payments(PaymentServiceServicer[Call]):
    """`mesh.payments.v1.PaymentService`."""

    def __init__(self, store: Store, reads: Reads, desk: Desk, pager: Pager, clock: Clock) -> None:
        self._store = store
        self._reads = reads
        self._desk = desk
        self._pager = pager
        self._clock = clock

    async def AuthorizePayment(
        self, request: payment_service_pb2.AuthorizePaymentRequest, call: Call, /
    ) -> payment_pb2.Payment:
        amount, now = minor(request.amount, "amount", least=1), self._clock()
        payment = Payment(
            id=request.payment_id.lower() or _new_id(call),
            customer=request.customer,
            reference=request.reference,
            currency=amount.currency,
            amount=amount.amount,
            method=request.payment_method,
            create_time=now,
            update_time=now,
        )
        begun = await self._store.open(payment, _ask(Kind.AUTHORIZE, call))
        return await self._desk.carry_out(begun, _once(call))

    async def CapturePayment(
        self, request: payment_service_pb2.CapturePaymentRequest, call: Call, /
    ) -> payment_pb2.Payment:
        ask = _ask(Kind.CAPTURE, call, request.amount if request.HasField("amount") else None)
        return await self._desk.carry_out(await self._store.begin(names.PAYMENT.id(request.name), ask), _once(call))

    async def VoidPayment(self, request: payment_service_pb2.VoidPaymentRequest, call: Call, /) -> payment_pb2.Payment:
        begin = self._store.begin_or_abandon if request.allow_missing else self._store.begin
        begun = await begin(names.PAYMENT.id(request.name), _ask(Kind.VOID, call, reason=request.reason))
        return await self._desk.carry_out(begun, _once(call))

    async def RefundPayment(
        self, request: payment_service_pb2.RefundPaymentRequest, call: Call, /
    ) -> payment_pb2.Payment:
        ask = _ask(Kind.REFUND, call, request.amount if request.HasField("amount") else None, request.reason)
        return await self._desk.carry_out(await self._store.begin(names.PAYMENT.id(request.name), ask), _once(call))

    async def SettlePayment(
        self, request: payment_service_pb2.SettlePaymentRequest, call: Call, /
    ) -> payment_pb2.Payment:
        payment = await self._reads.get(names.PAYMENT.id(request.name))
        return await self._desk.carry_out((await self._desk.settle(payment), None), _once(call))

    async def GetPayment(self, request: payment_service_pb2.GetPaymentRequest, call: Call, /) -> payment_pb2.Payment:
        return payments.payment(await self._reads.get(names.PAYMENT.id(request.name), _owner(call)))

    async def ListPayments(
        self, request: payment_service_pb2.ListPaymentsRequest, call: Call, /
    ) -> payment_service_pb2.ListPaymentsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._reads.page(filters.parse(request.filter, _FIELDS), _owner(call), page.after, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda one: (one.create_time.isoformat(), one.id))
        return payment_service_pb2.ListPaymentsResponse(payments=map(payments.payment, shown), next_page_token=token)


def _ask(kind: Kind, call: Call, amount: Money | None = None, reason: str = "") -> Ask:
    return payments.ask(kind, call.principal.name, call.idempotency_key, amount, reason)


def _new_id(call: Call) -> str:
    """The same for the same call, so that its repetition finds the payment that it began."""
    if not call.idempotency_key:
        return str(uuid_utils.uuid7())
    return str(uuid5(_PAYMENTS, f"{call.principal.name} {call.idempotency_key}"))


def _owner(call: Call) -> str:
    """Whose payments the caller may see: their own, or everybody's (empty)."""
    return "" if call.principal.may("payments.manage") else call.principal.name


def _once(call: Call) -> Once[Payment, payment_pb2.Payment]:
    return call.once(payment_pb2.Payment, payments.payment)
