"""The state machine of orders, in one place.

How far the goods came and how much money went back are told apart: a parcel whose price was lowered afterwards is still
to be delivered. What callers see as the state is made of both.
"""

from collections.abc import Mapping
from enum import Enum


class State(Enum):
    """Where an order stands. The values are those of `mesh.orders.v1.OrderState`."""

    PLACED = 1
    PAID = 2
    FULFILLED = 3
    SHIPPED = 4
    DELIVERED = 5
    CANCELLED = 6
    REFUNDED = 7
    PARTIALLY_REFUNDED = 8


class Action(Enum):
    """What can be done to an order. The values are those of `mesh.orders.v1.OrderAction`."""

    PLACE = 1
    PAY = 2
    FULFILL = 3
    SHIP = 4
    DELIVER = 5
    CANCEL = 6
    REFUND = 7


MOVES: Mapping[State, Mapping[Action, State]] = {
    State.PLACED: {Action.PAY: State.PAID, Action.CANCEL: State.CANCELLED},
    State.PAID: {Action.FULFILL: State.FULFILLED, Action.REFUND: State.PAID},
    State.FULFILLED: {Action.SHIP: State.SHIPPED, Action.REFUND: State.FULFILLED},
    State.SHIPPED: {Action.DELIVER: State.DELIVERED, Action.REFUND: State.SHIPPED},
    State.DELIVERED: {Action.REFUND: State.DELIVERED},
    State.CANCELLED: {},
}
"""Where each action leads, by how far the order came. When all of its money went back, nothing is allowed any more."""


def state(progress: State, refunded: int, total: int) -> State:
    """What callers see."""
    if not refunded:
        return progress
    return State.REFUNDED if refunded == total else State.PARTIALLY_REFUNDED


def allowed(progress: State, refunded: int, total: int) -> Mapping[Action, State]:
    """What can be done now, and where it leads."""
    return {} if state(progress, refunded, total) is State.REFUNDED else MOVES[progress]
