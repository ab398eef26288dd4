"""What is asked of the ledger for a call."""

from dataclasses import dataclass
from math import inf

from services.ratelimit.domain.limits import SECOND
from services.ratelimit.domain.rules import Claim
from services.ratelimit.domain.terms import Terms
from services.ratelimit.store import wire
from services.ratelimit.store.ledger import once_key, reservation_key
from services.ratelimit.store.plans import Plan
from services.ratelimit.store.wire import Ask, What


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What is special about a call. Spans in microseconds; `once` is the request id that its answer is kept under.

    Equal only to itself, so that it is quick to look up by.
    """

    what: What = What.TAKE
    patience: float = inf
    once: str = ""
    digest: bytes = b""
    reservation: str = ""
    hold: int = 0

    @property
    def noted(self) -> bool:
        """Whether the ledger keeps something of the call, counted or not."""
        return bool(self.once or self.hold)


PLAIN = Wish()
EDGE = Wish(patience=0.1 * SECOND)
"""How long a call waits for its turn at a leaky bucket: Envoy gives up on the answer a little later."""
_STANDING = (PLAIN, EDGE)


def ask(plan: Plan, wish: Wish, version: int) -> Ask:
    """How the ledger is asked to decide; `version` is that of the book."""
    kept = plan.asks.get(wish)
    if kept is None:
        kept = _ask(plan, wish, version)
        if wish in _STANDING:  # of the others, hardly one comes twice
            plan.asks[wish] = kept
    return kept


def _ask(plan: Plan, wish: Wish, version: int) -> Ask:
    head = wire.head(
        wish.what,
        len(plan.claims),
        patience=wish.patience,
        once=bool(wish.once),
        hold=wish.hold,
        from_=bool(plan.address),
    )
    once = [once_key(wish.once)] if wish.once else []
    reservation = [reservation_key(wish.reservation)] if wish.hold else []
    texts = [wire.once(wish.digest, version)] * bool(wish.once) + [wish.reservation.encode()] * bool(wish.hold)
    texts += [plan.address] * bool(plan.address)
    return Ask(head + plan.lines, len(plan.claims), [*once, *reservation, *plan.keys], texts)


def charge(key: bytes, claim: Claim, units: int, now: int) -> Ask:
    """What charges a limit for units that were let through elsewhere."""
    head = wire.head(What.CHARGE, 1, patience=inf, once=False, hold=0, from_=False)
    owed = claim._replace(units=units)
    return Ask(head + wire.line(owed, Terms.of(claim.limit, units, claim.priority, now)), 1, [key])
