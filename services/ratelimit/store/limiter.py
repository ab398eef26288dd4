"""The limiter: decides calls by the book, the ledger, and what stands in for the ledger while it is away."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
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
from services.ratelimit.domain.usage import Usage
from services.ratelimit.store import asks, wire
from services.ratelimit.store.asks import PLAIN, Wish
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.plans import Plan, Plans
from services.ratelimit.store.wire import Answer, Line, Outcome, What


class Limiter:
    """Decides for one replica."""

    def __init__(self, book: Book, ledger: Ledger, standby: Standby, usage: Usage, clock: Clock) -> None:
        self.book = book
        self.usage = usage
        self.standby = standby
        self._ledger = ledger
        self._clock = clock
        self._plans = Plans(book.rules, lambda: self.now)
        self._seen = int(clock().timestamp() * 1e6)
        self._skew = self._seen - _ticks()
        self.away = False
        """The ledger did not answer: it is not asked again before `resume`."""

    @property
    def now(self) -> int:
        """Microseconds since 1970, by Redis's clock as it was last seen."""
        return _ticks() + self._skew

    async def decide(self, descriptors: tuple[Descriptor, ...], wish: Wish = PLAIN) -> Decision:
        """Decides a call. Refuses a request id that was used with another body."""
        if self.book.access:
            access = self.book.access.verdict(descriptors, self._clock())
            if access is not None:
                passes = access.effect is Effect.ALLOW
                noted = await self.note(wish if passes else replace(wish, what=What.REFUSE))
                allowed = noted.allowed if noted.replayed else passes
                return noted._replace(allowed=allowed, verdicts=[()] * len(descriptors), access=access, degraded=False)
        plan = self.plan(descriptors)
        if not plan.claims and not wish.noted:
            return Decision(True, [()] * len(descriptors), version=self.book.version)
        decision = await self._decided(plan, wish)
        if wish.what is What.TAKE and plan.claims and not decision.replayed:
            self.usage.note((decision.at or self.now) // 1_000_000, plan, decision)
        return decision

    async def note(self, wish: Wish) -> Decision:
        """Notes a call that no limit decides: its request id and its reservation, for every replica to know.

        Refuses a request id that was used with another body.
        """
        if not wish.noted:
            return Decision(True, (), version=self.book.version)
        return await self._decided(self.plan(()), wish)

    def plan(self, descriptors: tuple[Descriptor, ...]) -> Plan:
        """What a call asks of the ledger."""
        if self._plans.rules is not self.book.rules:
            self._plans = Plans(self.book.rules, lambda: self.now)
        return self._plans.of(descriptors)

    async def forget(self, descriptors: tuple[Descriptor, ...]) -> int:
        """Drops what has been counted of the subjects of a call; returns how many counters there were."""
        return await self._ledger.forget(self.plan(descriptors).keys)

    def release(self, descriptors: tuple[Descriptor, ...]) -> None:
        """A call is over that was let through while the ledger was away."""
        plan = self.plan(descriptors)
        self.standby.release(dict(zip(plan.keys, plan.claims, strict=True)), self.now)

    async def _decided(self, plan: Plan, wish: Wish) -> Decision:
        if not self.away:
            try:
                answer = await self._ledger.decide(asks.ask(plan, wish, self.book.version))
            except Unavailable:
                self.away = True
            else:
                return self._of_ledger(plan, wish, answer)
        claims = dict(zip(plan.keys, plan.claims, strict=True))
        charge = wish.what is not What.PEEK
        allowed, verdicts = self.standby.decide(claims, plan.terms, self.now, patience=wish.patience, charge=charge)
        return Decision(allowed, _placed(plan, verdicts), degraded=True, version=self.book.version)

    def _of_ledger(self, plan: Plan, wish: Wish, answer: Answer) -> Decision:
        if answer.outcome == Outcome.REUSED:
            raise RequestIdReused(wish.once)
        admitted = answer.outcome == Outcome.ADMITTED
        if answer.told is not None:
            return _replay(plan, admitted, answer, answer.told)
        if answer.now != self._seen:  # once a batch
            self._seen, self._skew = answer.now, answer.now - _ticks()
        verdicts = []
        for claim, line in zip(plan.claims, answer.lines, strict=True):
            verdict = _verdict(claim, line)
            verdicts.append(verdict)
            if verdict.penalised:
                self._block(verdict)
        return Decision(admitted, _placed(plan, verdicts), None, False, self.book.version, answer.now)

    def _block(self, verdict: Verdict) -> None:
        root = self.book.rules.limits.get(verdict.limit.root, verdict.limit)
        now = self._clock()
        self.book.impose(penalties.block(verdict, root.keys, now), now)

    async def resume(self) -> None:
        """If the ledger was away, charges it for what was let through meanwhile, and asks it again from now on.

        Raises `Unavailable` when it still is; what it was not charged for stays noted.
        """
        if not self.away and self._ledger.reached:
            return
        await self._ledger.reach()
        while admitted := self.standby.drain():
            told = await asyncio.gather(
                *(self._ledger.decide(asks.charge(key, *owed, self.now)) for key, owed in admitted.items()),
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


def _verdict(claim: Claim, line: Line) -> Verdict:
    limit, subject, _, _ = claim
    flags, capacity, remaining, retry, reset, delay = line
    allowed = flags & wire.ALLOWED != 0
    return Verdict(limit, subject, allowed, capacity, remaining, retry, reset, delay, flags >= wire.PENALISED)


def _replay(plan: Plan, admitted: bool, answer: Answer, version: int) -> Decision:
    """The first answer. When limits have come or gone since, what they said is told without them."""
    same = len(plan.claims) == len(answer.lines)
    verdicts = [_verdict(claim, line) for claim, line in zip(plan.claims, answer.lines, strict=True)] if same else []
    placed = _placed(plan, verdicts) if same else [()] * len(plan.places)
    return Decision(admitted, placed, None, False, version, answer.now, replayed=True)


def _placed(plan: Plan, verdicts: Sequence[Verdict]) -> Sequence[Sequence[Verdict]]:
    if len(plan.places) == 1:
        return (verdicts,)
    return [[verdicts[place] for place in places] for places in plan.places]
