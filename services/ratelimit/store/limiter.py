"""The limiter: decides calls by the book, the ledger, and what stands in for the ledger while it is away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic_ns

from services._platform.clock import Clock
from services._platform.errors import RequestIdReused, Unavailable
from services.ratelimit.domain import penalties
from services.ratelimit.domain.access import Effect
from services.ratelimit.domain.book import Book
from services.ratelimit.domain.decision import Decision, Verdict
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.rules import Claim
from services.ratelimit.domain.standby import Standby
from services.ratelimit.domain.terms import Terms
from services.ratelimit.domain.usage import Usage
from services.ratelimit.store import wire
from services.ratelimit.store.ledger import Ledger, once_key, reservation_key
from services.ratelimit.store.plans import Plan, Plans
from services.ratelimit.store.wire import Answer, Ask, Outcome, What


@dataclass(frozen=True, slots=True)
class Wish:
    """What is special about a call. Spans in microseconds; `once` is the request id that its answer is kept under."""

    what: What = What.TAKE
    patience: float = inf
    once: str = ""
    digest: bytes = b""
    reservation: str = ""
    hold: int = 0


PLAIN = Wish()


class Limiter:
    """Decides for one replica."""

    def __init__(self, book: Book, ledger: Ledger, standby: Standby, usage: Usage, clock: Clock) -> None:
        self.book = book
        self.usage = usage
        self.standby = standby
        self._ledger = ledger
        self._clock = clock
        self._plans = Plans(book.rules)
        self._skew = int(clock().timestamp() * 1e6) - _ticks()
        self.away = False
        """The ledger did not answer: it is not asked again before `resume`."""

    @property
    def now(self) -> int:
        """Microseconds since 1970, by Redis's clock as it was last seen."""
        return _ticks() + self._skew

    async def decide(self, descriptors: Sequence[Descriptor], wish: Wish = PLAIN) -> Decision:
        """Decides a call. Refuses a request id that was used with another body."""
        if self.book.access:
            access = self.book.access.verdict(descriptors, self._clock())
            if access is not None:
                nothing = [()] * len(descriptors)
                return Decision(access.effect is Effect.ALLOW, nothing, access, version=self.book.version)
        now = self.now
        plan = self._plan(tuple(descriptors), now)
        if not plan.claims:
            return Decision(True, [()] * len(descriptors), version=self.book.version)
        decision = await self._decided(plan, wish)
        if wish.what is What.TAKE:
            self.usage.note(now // 1_000_000, plan, decision)
        return decision

    def plan(self, descriptors: tuple[Descriptor, ...]) -> Plan:
        """What a call asks of the ledger."""
        return self._plan(descriptors, self.now)

    def _plan(self, descriptors: tuple[Descriptor, ...], now: int) -> Plan:
        if self._plans.rules is not self.book.rules:
            self._plans = Plans(self.book.rules)
        return self._plans.of(descriptors, now)

    async def forget(self, descriptors: Sequence[Descriptor]) -> int:
        """Drops what has been counted of the subjects of a call; returns how many counters there were."""
        return await self._ledger.forget(self.plan(tuple(descriptors)).keys)

    def release(self, descriptors: tuple[Descriptor, ...]) -> None:
        """A call is over that was let through while the ledger was away."""
        plan = self.plan(descriptors)
        self.standby.release(dict(zip(plan.keys, plan.claims, strict=True)), self.now)

    async def _decided(self, plan: Plan, wish: Wish) -> Decision:
        if not self.away:
            try:
                answer = await self._ledger.decide(_ask(plan, wish))
            except Unavailable:
                self.away = True
            else:
                return self._of_ledger(plan, wish, answer)
        claims = dict(zip(plan.keys, plan.claims, strict=True))
        charge = wish.what is not What.PEEK
        allowed, verdicts = self.standby.decide(claims, plan.terms, self.now, patience=wish.patience, charge=charge)
        return Decision(allowed, _placed(plan, verdicts), degraded=True, version=self.book.version)

    def _of_ledger(self, plan: Plan, wish: Wish, answer: Answer) -> Decision:
        self._skew = answer.now - _ticks()
        if answer.outcome == Outcome.REUSED:
            raise RequestIdReused(wish.once)
        verdicts = []
        for (limit, subject, _, _), (flags, capacity, remaining, retry, reset, delay) in zip(
            plan.claims, answer.lines, strict=True
        ):
            penalised = flags >= wire.PENALISED
            allowed = flags & wire.ALLOWED != 0
            verdict = Verdict(limit, subject, allowed, capacity, remaining, retry, reset, delay, penalised)
            verdicts.append(verdict)
            if penalised:
                self._block(verdict)
        admitted = answer.outcome == Outcome.ADMITTED
        return Decision(admitted, _placed(plan, verdicts), None, False, self.book.version)

    def _block(self, verdict: Verdict) -> None:
        root = self.book.rules.limits.get(verdict.limit.root, verdict.limit)
        now = self._clock()
        self.book.impose(penalties.block(verdict, root.keys, now), now)

    async def resume(self) -> None:
        """Charges the ledger for what was let through while it was away, and asks it again from now on.

        Raises `Unavailable` when it still is; what it was not charged for stays noted.
        """
        await self._ledger.ping()
        while admitted := self.standby.drain():
            told = await asyncio.gather(
                *(self._ledger.decide(charge(key, *owed, self.now)) for key, owed in admitted.items()),
                return_exceptions=True,
            )
            untold = [key for key, answer in zip(admitted, told, strict=True) if isinstance(answer, BaseException)]
            if untold:
                self.standby.give_back({key: admitted[key] for key in untold})
                raise Unavailable("redis is away again", metadata={"dependency": "redis"}, retry_after=1)
        self.standby.tidy(self.now)
        self.away = False


def _ticks() -> int:
    return monotonic_ns() // 1000


def _placed(plan: Plan, verdicts: Sequence[Verdict]) -> Sequence[Sequence[Verdict]]:
    if len(plan.places) == 1:
        return (verdicts,)
    return [[verdicts[place] for place in places] for places in plan.places]


def _ask(plan: Plan, wish: Wish) -> Ask:
    if wish is PLAIN and plan.ask is not None:
        return plan.ask
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
    texts = [wish.digest] * bool(wish.once) + [wish.reservation.encode()] * bool(wish.hold)
    return Ask(head + plan.lines, [*once, *reservation, *plan.keys], [*texts, *[plan.address] * bool(plan.address)])


def charge(key: bytes, claim: Claim, units: int, now: int) -> Ask:
    """What charges a limit for units that were let through elsewhere."""
    head = wire.head(What.CHARGE, 1, patience=inf, once=False, hold=0, from_=False)
    owed = claim._replace(units=units)
    return Ask(head + wire.line(owed, Terms.of(claim.limit, units, claim.priority, now)), [key])
