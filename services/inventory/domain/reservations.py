"""Reservations: stock that is held for an order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from services.inventory.domain.levels import Key
from services.inventory.domain.refusals import ReservationClosed, ReservationExceeded, ReservationExpired


class ReservationState(Enum):
    """Where a reservation stands. The values are those of `mesh.inventory.v1.ReservationState`."""

    HELD = 1
    CONFIRMED = 2
    CANCELLED = 3
    EXPIRED = 4


MOVES: Mapping[str, Mapping[ReservationState, ReservationState]] = {
    "extend": {ReservationState.HELD: ReservationState.HELD},
    "confirm": {ReservationState.HELD: ReservationState.CONFIRMED},
    "cancel": {
        ReservationState.HELD: ReservationState.CANCELLED,
        # Giving back what is given back already changes nothing.
        ReservationState.CANCELLED: ReservationState.CANCELLED,
        ReservationState.EXPIRED: ReservationState.EXPIRED,
    },
    "expire": {ReservationState.HELD: ReservationState.EXPIRED},
}
"""The state machine: for each event, from which states to which. Every other move is refused."""


@dataclass(frozen=True, slots=True)
class Want:
    """What a caller wants held, or confirmed; without a warehouse, from wherever there is stock."""

    product: str
    quantity: int
    warehouse: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Units of a product that are held in a warehouse. A line that is not open holds nothing any more."""

    product: str
    warehouse: str
    quantity: int
    confirmed: int = 0
    open: bool = True

    @property
    def key(self) -> Key:
        """Product and warehouse."""
        return self.product, self.warehouse


@dataclass(frozen=True, slots=True)
class Reservation:
    """All of an order's stock."""

    id: str
    order: str
    lines: tuple[Line, ...]
    state: ReservationState
    expire_time: datetime
    create_time: datetime
    update_time: datetime

    def state_at(self, now: datetime) -> ReservationState:
        """The state as seen at an instant: a hold is void from its expire time on, whether or not it was tidied.

        Once another replica, whose clock is ahead, has given a line back, the hold is void for all.
        """
        void = self.expire_time <= now or not all(line.open for line in self.lines)
        return ReservationState.EXPIRED if self.state is ReservationState.HELD and void else self.state

    def moved(self, event: str, now: datetime) -> "Reservation":
        """The reservation after an event. Refuses a move that the state machine does not have."""
        state = self.state if event == "expire" else self.state_at(now)
        allowed = MOVES[event]
        if state not in allowed:
            if state is ReservationState.EXPIRED:
                raise ReservationExpired(self.id, self.expire_time)
            raise ReservationClosed(self.id, state.name, ",".join(one.name for one in allowed))
        if allowed[state] is self.state:
            return self
        return replace(self, state=allowed[state], update_time=now)

    def shares(self, wants: tuple[Want, ...]) -> dict[Key, int]:
        """How many units of each line a partial confirmation takes; no wants take everything."""
        if not wants:
            return {line.key: line.quantity for line in self.lines}
        shares = {line.key: 0 for line in self.lines}
        # Those that name a warehouse choose first, so that those that do not cannot take their share.
        for want in sorted(wants, key=lambda want: want.warehouse == ""):
            left = want.quantity
            fitting = [x for x in self.lines if x.product == want.product and want.warehouse in ("", x.warehouse)]
            for line in fitting:
                taken = min(left, line.quantity - shares[line.key])
                shares[line.key] += taken
                left -= taken
            if left:
                held = sum(line.quantity for line in fitting)
                raise ReservationExceeded(self.id, want.product, want.quantity, held)
        return shares


def summed(wants: tuple[Want, ...]) -> tuple[Want, ...]:
    """The wants with those of the same product and warehouse added up, in the order of product and warehouse."""
    totals: dict[Key, int] = {}
    for want in wants:
        key = (want.product, want.warehouse)
        totals[key] = totals.get(key, 0) + want.quantity
    return tuple(Want(product, quantity, warehouse) for (product, warehouse), quantity in sorted(totals.items()))
