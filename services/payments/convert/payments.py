"""Payments, as messages and back."""

from google.type.money_pb2 import Money

from mesh.payments.v1 import payment_pb2
from services._platform.money import minor, money
from services._platform.times import timestamp
from services.payments.convert import names
from services.payments.domain.moves import Kind
from services.payments.domain.operations import Ask, Operation
from services.payments.domain.payments import Payment


def ask(kind: Kind, actor: str, key: str, amount: Money | None = None, reason: str = "") -> Ask:
    """What a request wants done; without an amount, all that can be."""
    if amount is None:
        return Ask(kind, actor, key, reason=reason)
    read = minor(amount, "amount", least=1)
    return Ask(kind, actor, key, read.amount, read.currency, reason)


def payment(payment: Payment) -> payment_pb2.Payment:
    """A payment as a message. The means of payment is not shown."""

    def amount(value: int) -> Money | None:
        return money(payment.currency, value) if payment.currency else None

    return payment_pb2.Payment(
        name=names.PAYMENT.name(payment.id),
        customer=payment.customer,
        reference=payment.reference,
        state=payment_pb2.PaymentState.ValueType(payment.state.value),
        amount=amount(payment.amount),
        captured_amount=amount(payment.captured),
        refunded_amount=amount(payment.refunded),
        decline_code=payment.decline_code,
        operations=[operation(one, payment.currency) for one in payment.operations],
        create_time=timestamp(payment.create_time),
        update_time=timestamp(payment.update_time),
    )


def operation(operation: Operation, currency: str) -> payment_pb2.PaymentOperation:
    """An operation as a message."""
    return payment_pb2.PaymentOperation(
        id=operation.id,
        kind=payment_pb2.PaymentOperationKind.ValueType(operation.kind.value),
        amount=money(currency, operation.amount),
        state=payment_pb2.PaymentOperationState.ValueType(operation.stage.value),
        failure_code=operation.failure_code,
        provider_reference=operation.provider_reference,
        reason=operation.reason,
        actor=operation.actor,
        create_time=timestamp(operation.create_time),
        settle_time=timestamp(operation.settle_time),
    )
