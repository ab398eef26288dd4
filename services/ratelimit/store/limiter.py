"""The limiter: decides calls by the book, the ledger, and what stands in for the ledger while it is away."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from itertools import chain
from time import monotonic_ns

from services._platform.clock import Clock
from services._platform.errors import RequestIdReused, Unavailable
from services.ratelimit.domain import penalties
from services.ratelimit.domain.access import AccessRule, Effect
from services.ratelimit.domain.book import Book
from services.ratelimit.domain.decision import Decision
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.limits import SECOND
from services.ratelimit.domain.standby import Standby
from services.ratelimit.domain.usage import Usage
from services.ratelimit.store import asks
from services.ratelimit.store.asks import PLAIN, Wish
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.plans import Plan, Plans
from services.ratelimit.store.verdicts import Verdicts, placed
from services.ratelimit.store.wire import Answer, Outcome, What

_TAKE = What.TAKE  # looked up once: to find a member of an enum takes as long as to make a decision of what was said


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

    def decide(self, descriptors: tuple[Descriptor, ...], wish: Wish = PLAIN) -> Awaitable[Decision]:
        """Decides a call. Refuses a request id that was used with another body."""
        if self.book.access:
            access = self.book.access.verdict(descriptors, self._clock())
            if access is not None:
                return self._decided_by(access, len(descriptors), wish)
        return self._decided(self.plan(descriptors), wish)

    def note(self, wish: Wish) -> Awaitable[Decision]:
        """Notes a call that no limit decides: its request id and its reservation, for every replica to know.

        Refuses a request id that was used with another body.
        """
        return self._decided(self.plan(()), wish)

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

    async def _decided_by(self, access: AccessRule, descriptors: int, wish: Wish) -> Decision:
        passes = access.effect is Effect.ALLOW
        noted = await self.note(wish if passes else replace(wish, what=What.REFUSE))
        allowed = noted.allowed if noted.replayed else passes
        return noted._replace(allowed=allowed, verdicts=[()] * descriptors, access=access, degraded=False)

    async def _decided(self, plan: Plan, wish: Wish) -> Decision:
        if not plan.claims and not wish.noted:
            return Decision(True, [()] * len(plan.places), version=self.book.version)
        if not self.away:
            try:
                answer = await self._ledger.decide(asks.ask(plan, wish, self.book.version))
            except Unavailable:
                self.away = True
            else:
                return self._by_ledger(plan, wish, answer)
        return self._by_standby(plan, wish)

    def _by_ledger(self, plan: Plan, wish: Wish, answer: Answer) -> Decision:
        now, ordinary = answer.now, answer.ordinary
        if answer.told is not None:
            return _replay(plan, answer, answer.told)
        if not ordinary and answer.outcome == Outcome.REUSED:
            raise RequestIdReused(wish.once)
        if now != self._seen:  # once a batch
            self._seen, self._skew = now, now - _ticks()
        admitted = ordinary or answer.outcome == Outcome.ADMITTED
        decision = Decision(admitted, Verdicts(plan, answer), None, False, self.book.version, now)
        if wish.what is not _TAKE or not plan.claims:
            return decision
        if ordinary:
            self.usage.note_ordinary(now // SECOND, plan)
        else:
            self.usage.note(now // SECOND, plan, decision)
            self._block(decision)
        return decision

    def _by_standby(self, plan: Plan, wish: Wish) -> Decision:
        claims = dict(zip(plan.keys, plan.claims, strict=True))
        charge = wish.what is not What.PEEK
        allowed, verdicts = self.standby.decide(claims, plan.terms, self.now, patience=wish.patience, charge=charge)
        decision = Decision(allowed, placed(plan, verdicts), degraded=True, version=self.book.version)
        if wish.what is _TAKE and plan.claims:
            self.usage.note(self.now // SECOND, plan, decision)
        return decision

    def _block(self, decision: Decision) -> None:
        for verdict in chain.from_iterable(decision.verdicts):
            if verdict.penalised:
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


def _replay(plan: Plan, answer: Answer, version: int) -> Decision:
    """The first answer. When limits have come or gone since, what they said is told without them."""
    same = len(plan.claims) == len(answer.lines)
    verdicts = Verdicts(plan, answer) if same else [()] * len(plan.places)
    return Decision(answer.outcome == Outcome.ADMITTED, verdicts, None, False, version, answer.now, replayed=True)
