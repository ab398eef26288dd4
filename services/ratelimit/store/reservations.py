"""Reservations: estimates that are replaced by what a call came to."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from services.ratelimit.domain.decision import Decision
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.refusals import ReservationNotFound, ReservationSettled
from services.ratelimit.store.asks import Wish
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.limiter import Limiter

_MOST_LOCAL = 100_000


@dataclass(frozen=True, slots=True)
class Reserved:
    """What was decided, and until when it can be settled."""

    decision: Decision
    expire_time: datetime


class Reservations:
    """Those of the ledger, and those that this replica let through while the ledger was away."""

    def __init__(self, limiter: Limiter, ledger: Ledger) -> None:
        self._limiter = limiter
        self._ledger = ledger
        self._local: OrderedDict[str, tuple[Descriptor, ...]] = OrderedDict()

    async def reserve(self, descriptors: tuple[Descriptor, ...], wish: Wish) -> Reserved:
        """Charges an estimate, if the limits allow it."""
        decision = await self._limiter.decide(descriptors, wish)
        if decision.allowed and not decision.at:
            self._local[wish.reservation] = descriptors
            if len(self._local) > _MOST_LOCAL:
                self._local.popitem(last=False)
        expires = datetime.fromtimestamp(((decision.at or self._limiter.now) + wish.hold) / 1e6, UTC)
        return Reserved(decision, expires)

    async def settle(self, reservation: str, units: int | None) -> None:
        """Replaces an estimate by `units`, or gives it back. Refuses what is unknown or was settled otherwise.

        An estimate that was let through while the ledger was away stands, and a call under way is over.
        """
        if (local := self._local.pop(reservation, None)) is not None:
            self._limiter.release(local)
            return
        match await self._ledger.settle(reservation, units):
            case 0:
                raise ReservationNotFound(reservation)
            case 2:
                raise ReservationSettled(reservation)
