"""Carries out the sagas of one process: starts them, takes over those of processes that died, lets callers in."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from google.protobuf.message import Message

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Aborted, Refusal
from services._platform.faults import Fault
from services._platform.lease import Lease
from services._platform.log import logger
from services.saga.domain import decisions, machine
from services.saga.domain.run import SETTLED, Saga
from services.saga.execution.actor import Actor, Decide
from services.saga.execution.calls import Calls
from services.saga.execution.plans import Plans
from services.saga.execution.steps import Steps
from services.saga.execution.wanted import Wanted, new_saga
from services.saga.plan.plan import Plan, StepPlan
from services.saga.store.journal import Journal, Lost, Superseded
from services.saga.store.rows import Record
from services.saga.store.sagas import Sagas

LEASE = timedelta(seconds=6)
"""How long an executor that says nothing is taken to live."""
_MARGIN = timedelta(seconds=2)
_TOGETHER = 200
_TRIES = 20
_LOOK_EVERY = 1.0
_REST = 0.05
_log = logger(__name__)


@dataclass(eq=False)
class Executor:
    """The sagas of one process, under one lease."""

    journal: Journal
    sagas: Sagas
    plans: Plans
    lease: Lease
    doorbell: Doorbell
    clock: Clock
    calls: Calls
    fault: Fault
    actors: dict[str, Actor] = field(default_factory=dict)
    _fence: int | None = None
    _held_until: float = 0.0
    _missing: set[str] = field(default_factory=set)
    _steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        self._steps = Steps(self.calls, self, self.clock, self._holds, self.fault)

    async def start(self, plan: Plan, wanted: Wanted) -> str:
        """Starts a saga, or finds the one of the same key; returns its id."""
        if not self._holds():
            await self.renew()
        while True:
            new = new_saga(plan, wanted, self.lease.holder, self.clock())
            try:
                await self.fault("before start")
                started = await self.journal.start(new)
                await self.fault("after start")
            except Superseded:
                await self.plans.look_again(plan.id)
                plan = await self.plans.newest(plan.id)
                continue
            if started == new.saga.id:
                self._adopt(plan, machine.begin(plan.order, new.saga))
            return started

    async def command(self, id: str, decide: Decide) -> Saga:
        """Has a caller's wish decided on the saga as it is now, and carried out. Refuses what the decision refuses."""
        for _ in range(_TRIES):
            if actor := self.actors.get(id):
                try:
                    return await actor.transit(decide)
                except Lost:
                    continue
            record = await self.sagas.get(id)
            saga = await self._replayed(record)
            # What changes nothing, or is refused, is so whoever carries the saga out.
            if decide(saga, self.clock()) is None or saga.ended:
                return saga
            if not self._holds():
                await self.renew()
            if await self.journal.seize(self.lease.holder, self.clock(), id):
                await self._take([id])
        raise Aborted("the saga changes all the time; try again", reason="OVERLOADED")

    async def settled(self, id: str) -> Saga:
        """Waits until a saga has ended or needs attention, wherever it is carried out."""
        while True:
            rings = self.doorbell.rings
            if actor := self.actors.get(id):
                await actor.settled.wait()
                if actor.saga.state in SETTLED:
                    return actor.saga
            state, _ = await self.sagas.progress(id)
            if state in SETTLED:
                return await self._replayed(await self.sagas.get(id))
            await self.doorbell.wait(rings, _LOOK_EVERY)
            await asyncio.sleep(_REST)

    async def start_child(self, parent: Saga, plan: StepPlan, input: Message) -> str:
        """Starts a child of a saga, or finds it."""
        assert plan.child is not None, "the step is a child"
        key = f"child/{parent.id}/{plan.step.id}/{parent.runs[plan.step.id].edits}"
        wanted = Wanted(input, "", parent.owner, parent.actor, key, b"", parent.id)
        return await self.start(await self.plans.newest(plan.child.definition), wanted)

    async def ended(self, child: str) -> Saga:
        """Waits for a saga's end."""
        while True:
            saga = await self.settled(child)
            if saga.ended:
                return saga
            await asyncio.sleep(_LOOK_EVERY)

    async def cancel_child(self, child: str, reason: str) -> None:
        """Has a child compensated."""
        definition = (await self.plans.version(*_planned(await self.sagas.get(child)))).order
        await self.command(child, lambda saga, now: decisions.cancelled(definition, saga, "", reason, now))

    async def renew(self) -> None:
        """Keeps the lease. When it ran out meanwhile, others may have taken sagas over: none is held on to."""
        await self.fault("before renewal")
        asked = asyncio.get_running_loop().time()
        fence = await self.lease.take()
        if fence != self._fence:
            self._fence = fence
            self._forget_all()
        self._held_until = asked + (self.lease.ttl - _MARGIN).total_seconds()

    async def take_over(self) -> bool:
        """Takes over sagas that are due and nobody's; returns whether there may be more."""
        await self.renew()
        now = self.clock()
        mine = await self.journal.carried_out_by(self.lease.holder, now)
        missing = mine - self.actors.keys()
        claimed = await self.journal.claim(self.lease.holder, now, _TOGETHER, missing & self._missing)
        self._missing = missing
        await self._take(claimed)
        return len(claimed) == _TOGETHER

    async def expire(self) -> bool:
        """Gives up sagas whose deadline has passed."""
        now = self.clock()
        overdue = [actor for actor in self.actors.values() if actor.saga.expire_time <= now]
        for actor in overdue:
            try:
                await actor.transit(lambda saga, now: decisions.expired(actor.plan.order, saga, now))  # noqa: B023
            except Lost:
                continue
        return False

    async def close(self) -> None:
        """Lets others take over at once."""
        self._forget_all()
        with suppress(Refusal):  # then it runs out
            await self.lease.give_up()

    async def _take(self, ids: Sequence[str]) -> None:
        for record in await self.sagas.all(ids) if ids else ():
            try:
                plan = await self.plans.version(*_planned(record))
                saga = machine.replay(plan.order, record.start, record.transitions)
            except Exception:
                _log.exception("a saga cannot be read any more", saga=record.start.id)
                continue
            if not saga.ended:
                self._adopt(plan, saga)

    async def _replayed(self, record: Record) -> Saga:
        plan = await self.plans.version(*_planned(record))
        return machine.replay(plan.order, record.start, record.transitions)

    def _adopt(self, plan: Plan, saga: Saga) -> None:
        if saga.id in self.actors:
            self.actors[saga.id].leave()
        holder, drive = self.lease.holder, self._steps.drive
        actor = Actor(plan, saga, holder, self.journal, self.clock, self.fault, drive, self._forget)
        self.actors[saga.id] = actor
        actor.pursue()

    def _forget(self, actor: Actor) -> None:
        if self.actors.get(actor.saga.id) is actor:
            del self.actors[actor.saga.id]

    def _forget_all(self) -> None:
        for actor in list(self.actors.values()):
            actor.leave()

    def _holds(self) -> bool:
        return asyncio.get_running_loop().time() < self._held_until


def _planned(record: Record) -> tuple[str, int]:
    return record.start.definition, record.start.version
