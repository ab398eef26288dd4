"""Every way in which orders says no, but for wrong fields. The reasons are those of `mesh.orders.v1.ErrorReason`."""

from collections.abc import Iterable

from services._platform.errors import AlreadyExists, FailedPrecondition, FieldViolation, InvalidArgument, NotFound
from services.orders.domain.moves import Action, State


class OrderNotFound(NotFound):
    """No such order, or not the caller's."""

    reason = "ORDER_NOT_FOUND"

    def __init__(self, id: str) -> None:
        super().__init__(f"there is no order {id}", metadata={"order": f"orders/{id}"})


class OrderExists(AlreadyExists):
    """The order id is taken."""

    reason = "ORDER_EXISTS"

    def __init__(self, id: str) -> None:
        super().__init__(f"there is an order {id} already", metadata={"order": f"orders/{id}"})


class OrderAbandoned(FailedPrecondition):
    """The order id was cancelled before the order came."""

    reason = "ORDER_ABANDONED"

    def __init__(self, id: str) -> None:
        super().__init__(f"the order {id} was cancelled before it came", metadata={"order": f"orders/{id}"})


class TotalMismatch(InvalidArgument):
    """An amount is not what the others come to."""

    reason = "TOTAL_MISMATCH"

    def __init__(self, field: str, said: int, computed: int, currency: str) -> None:
        message = f"{field} says {said} {currency} in minor units, the others come to {computed}"
        super().__init__(
            message,
            metadata={"field": field, "said": said, "computed": computed, "currency": currency},
            violations=[FieldViolation(field, message)],
        )


class OrderMoveIllegal(FailedPrecondition):
    """The order's state does not allow the action."""

    reason = "ORDER_MOVE_ILLEGAL"

    def __init__(self, id: str, state: State, action: Action, allowed: Iterable[Action]) -> None:
        names = ",".join(one.name for one in allowed)
        super().__init__(
            f"order {id} is {state.name}: it allows {names or 'nothing any more'}, not {action.name}",
            metadata={
                "order": f"orders/{id}",
                "state": f"ORDER_STATE_{state.name}",
                "action": action.name,
                "allowed": names,
            },
        )


class OrderRefundExceeded(FailedPrecondition):
    """More would go back than was paid."""

    reason = "ORDER_REFUND_EXCEEDED"

    def __init__(self, id: str, requested: int, refundable: int, currency: str) -> None:
        super().__init__(
            f"{requested} {currency} in minor units would go back of order {id}, {refundable} can",
            metadata={
                "order": f"orders/{id}",
                "requested": requested,
                "refundable": refundable,
                "currency": currency,
            },
        )


class CurrencyMismatch(InvalidArgument):
    """An amount is not in the currency of the order's total."""

    reason = "CURRENCY_MISMATCH"

    def __init__(self, field: str, requested: str, currency: str) -> None:
        message = f"{field} is in {requested}, the order in {currency}"
        super().__init__(
            message,
            metadata={"field": field, "requested": requested, "currency": currency},
            violations=[FieldViolation(f"{field}.currency_code", message)],
        )
