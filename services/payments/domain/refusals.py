"""Every way in which payments says no, but for wrong fields. The reasons are those of
`mesh.payments.v1.ErrorReason`; amounts are in minor units."""

from services._platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from services.payments.domain.moves import ALLOWED, Kind, State


def _named(id: str, **more: str | int) -> dict[str, str | int]:
    return {"payment": f"payments/{id}", **more}


class PaymentNotFound(NotFound):
    """No such payment, or not the caller's."""

    reason = "PAYMENT_NOT_FOUND"

    def __init__(self, id: str) -> None:
        super().__init__(f"there is no payment {id}", metadata=_named(id))


class PaymentExists(AlreadyExists):
    """The payment id is taken."""

    reason = "PAYMENT_EXISTS"

    def __init__(self, id: str) -> None:
        super().__init__(f"there is a payment {id} already", metadata=_named(id))


class PaymentAbandoned(FailedPrecondition):
    """The payment id was voided before the payment came."""

    reason = "PAYMENT_ABANDONED"

    def __init__(self, id: str) -> None:
        super().__init__(f"the payment {id} was voided before it came", metadata=_named(id))


class PaymentDeclined(FailedPrecondition):
    """The provider does not hold the money."""

    reason = "PAYMENT_DECLINED"

    def __init__(self, id: str, code: str) -> None:
        super().__init__(f"the payment {id} was declined: {code}", metadata=_named(id, declineCode=code))


class PaymentMoveIllegal(FailedPrecondition):
    """The payment's state does not allow the action."""

    reason = "PAYMENT_MOVE_ILLEGAL"

    def __init__(self, id: str, state: State, kind: Kind) -> None:
        names = ",".join(one.name for one in ALLOWED[state])
        super().__init__(
            f"payment {id} is {state.name}: it allows {names or 'nothing any more'}, not {kind.name}",
            metadata=_named(id, state=f"PAYMENT_STATE_{state.name}", action=kind.name, allowed=names),
        )


class CaptureExceeded(FailedPrecondition):
    """More would be captured than is held."""

    reason = "CAPTURE_EXCEEDED"

    def __init__(self, id: str, requested: int, capturable: int, currency: str) -> None:
        super().__init__(
            f"{requested} {currency} of payment {id} would be captured, {capturable} are held",
            metadata=_named(id, requested=requested, capturable=capturable, currency=currency),
        )


class RefundExceeded(FailedPrecondition):
    """More would go back than was captured, less what went back or is about to."""

    reason = "REFUND_EXCEEDED"

    def __init__(self, id: str, requested: int, refundable: int, currency: str) -> None:
        super().__init__(
            f"{requested} {currency} of payment {id} would go back, {refundable} can",
            metadata=_named(id, requested=requested, refundable=refundable, currency=currency),
        )


class CurrencyMismatch(InvalidArgument):
    """The amount is not in the payment's currency."""

    reason = "CURRENCY_MISMATCH"

    def __init__(self, id: str, requested: str, currency: str) -> None:
        super().__init__(
            f"payment {id} is in {currency}, not in {requested}",
            metadata=_named(id, requested=requested, currency=currency),
        )


class ProviderRefused(FailedPrecondition):
    """The provider refused a capture, a void or a refund."""

    reason = "PROVIDER_REFUSED"

    def __init__(self, id: str, code: str) -> None:
        super().__init__(f"the provider refused for payment {id}: {code}", metadata=_named(id, failureCode=code))


class OutcomeUnknown(Unavailable):
    """What the provider did is not known yet."""

    reason = "OUTCOME_UNKNOWN"

    def __init__(self, id: str) -> None:
        super().__init__(f"what the provider did for payment {id} is not known yet", metadata=_named(id), retry_after=1)


class ProviderUnavailable(Unavailable):
    """The provider does not answer."""

    reason = "PROVIDER_UNAVAILABLE"

    def __init__(self, provider: str) -> None:
        super().__init__(f"{provider} does not answer", metadata={"provider": provider}, retry_after=1)


class WebhookSignatureInvalid(Unauthenticated):
    """The webhook is not signed by the provider."""

    reason = "WEBHOOK_SIGNATURE_INVALID"


class WebhookTimestampInvalid(Unauthenticated):
    """The webhook was signed too long ago, or in the future."""

    reason = "WEBHOOK_TIMESTAMP_INVALID"


class WebhookUnreadable(InvalidArgument):
    """The webhook is signed, but is no event that can be read."""

    reason = "WEBHOOK_UNREADABLE"
