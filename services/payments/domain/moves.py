"""The state machine of payments, in one place."""

from collections.abc import Mapping
from enum import Enum


class State(Enum):
    """Where a payment stands. The values are those of `mesh.payments.v1.PaymentState`."""

    PENDING = 1
    AUTHORIZED = 2
    DECLINED = 3
    VOIDED = 4
    CAPTURED = 5
    PARTIALLY_REFUNDED = 6
    REFUNDED = 7


class Kind(Enum):
    """What is asked of a provider. The values are those of `mesh.payments.v1.PaymentOperationKind`."""

    AUTHORIZE = 1
    CAPTURE = 2
    VOID = 3
    REFUND = 4


class Event(Enum):
    """What a provider's answer means to a payment."""

    APPROVED = 1
    DECLINED = 2
    CAPTURED = 3
    VOIDED = 4
    REFUNDED_PART = 5
    REFUNDED_REST = 6


_REFUNDS = {Event.REFUNDED_PART: State.PARTIALLY_REFUNDED, Event.REFUNDED_REST: State.REFUNDED}

MOVES: Mapping[State, Mapping[Event, State]] = {
    State.PENDING: {Event.APPROVED: State.AUTHORIZED, Event.DECLINED: State.DECLINED},
    State.AUTHORIZED: {Event.CAPTURED: State.CAPTURED, Event.VOIDED: State.VOIDED},
    State.DECLINED: {},
    State.VOIDED: {},
    State.CAPTURED: _REFUNDS,
    State.PARTIALLY_REFUNDED: _REFUNDS,
    State.REFUNDED: {},
}
"""Where each answer of the provider's leads."""

ALLOWED: Mapping[State, tuple[Kind, ...]] = {
    # A void waits for the authorisation to be settled.
    State.PENDING: (Kind.VOID,),
    State.AUTHORIZED: (Kind.CAPTURE, Kind.VOID),
    # Nothing is held: to void it again changes nothing.
    State.DECLINED: (Kind.VOID,),
    State.VOIDED: (Kind.VOID,),
    State.CAPTURED: (Kind.REFUND,),
    State.PARTIALLY_REFUNDED: (Kind.REFUND,),
    State.REFUNDED: (),
}
"""What may be asked, by where a payment stands."""
