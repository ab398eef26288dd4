"""What payments announces, as event messages with the name of the resource that each is about."""

from google.protobuf.message import Message

from mesh.payments.v1 import event_pb2, payment_pb2
from services._platform.outbox import Event
from services.payments.convert import payments
from services.payments.domain.moves import Kind
from services.payments.domain.operations import Operation, Stage
from services.payments.domain.payments import Payment


def of_operation(payment: Payment, operation: Operation) -> Event:
    """What became of an operation."""
    message = payments.payment(payment)
    return Event(message.name, _announced(operation, message, payments.operation(operation, payment.currency)))


def _announced(operation: Operation, payment: payment_pb2.Payment, told: payment_pb2.PaymentOperation) -> Message:
    match operation.stage, operation.kind:
        case Stage.FAILED, Kind.AUTHORIZE:
            return event_pb2.PaymentDeclined(payment=payment)
        case Stage.FAILED, _:
            return event_pb2.PaymentOperationFailed(payment=payment, operation=told)
        case _, Kind.AUTHORIZE:
            return event_pb2.PaymentAuthorized(payment=payment)
        case _, Kind.CAPTURE:
            return event_pb2.PaymentCaptured(payment=payment)
        case _, Kind.VOID:
            return event_pb2.PaymentVoided(payment=payment)
    return event_pb2.PaymentRefunded(payment=payment, operation=told)
