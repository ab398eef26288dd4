"""Carries one saga out: what is under way, and the one place where its transitions are decided and committed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from google.protobuf.message import Message

from services._platform.clock import Clock
from services._platform.errors import Unavailable
from services._platform.faults import Fault
from services._platform.log import logger
from services.saga.convert import events
from services.saga.domain import machine
from services.saga.domain.run import ACTIVE, SETTLED, Saga, Transition
from services.saga.plan.expressions import Values
from services.saga.plan.learnt import learnt
from services.saga.plan.plan import Plan
from services.saga.store.journal import Journal, Lost
from services.saga.store.rows import Head, Step

_PARK = timedelta(seconds=60)
"""A saga that only waits, for longer than this, is nobody's until then."""
_TRY_AGAIN = 0.2
_log = logger(__name__)

Key = tuple[str, bool]
"""A step, and whether it is being undone."""
Decide = Callable[[Saga, datetime], Transition | None]
Drive = Callable[["Actor", str, bool], Awaitable[None]]


@dataclass(eq=False)
class Actor:
    """One live saga in this process."""

    plan: Plan
    saga: Saga
    executor: str
    journal: Journal
    clock: Clock
    fault: Fault
    drive: Drive
    """Does what an active step does, until it is not active any more."""
    forget: Callable[["Actor"], None]
    """The saga has ended, waits for long, or is somebody else's."""
    aborting: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """It has ended, needs attention, or is not carried out here any more."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: dict[Key, asyncio.Task[None]] = field(default_factory=dict)
    _known: dict[str, Message] = field(default_factory=dict)
    _gone: bool = False

    def pursue(self) -> None:
        """Has every active step driven, and stops what drives one that is not active any more."""
        active = {(step, run.undoing) for step, run in self.saga.runs.items() if run.state in ACTIVE}
        free: asyncio.Task[None] | None = None
        for key in self._tasks.keys() - active:
            task = self._tasks.pop(key)
            if task is asyncio.current_task():
                free = task
            else:
                task.cancel()
        for key in active - self._tasks.keys():
            # Whoever brought a step to its end goes on with one that comes after it.
            self._tasks[key], free = free or asyncio.create_task(self._driven(key)), None
        if self.saga.aborting:
            self.aborting.set()
        if self.saga.state in SETTLED:
            self.settled.set()
        else:
            self.settled.clear()
        if self.saga.ended:
            self.leave()

    def leave(self) -> None:
        """Nothing of this saga is done here any more."""
        if not self._gone:
            self._gone = True
            for task in self._tasks.values():
                if task is not asyncio.current_task():
                    task.cancel()
            self._tasks.clear()
            self.settled.set()
            self.forget(self)

    async def transit(self, decide: Decide) -> Saga:
        """Decides on the saga as it is, commits, and goes on from there. Raises `Lost` when it is another's."""
        async with self._lock:
            if self._gone:
                raise Lost(f"{self.saga.id} is not carried out here")
            transition = decide(self.saga, self.clock())
            if transition is None:
                return self.saga
            after = machine.apply(self.plan.order, self.saga, transition)
            parked = self._parked(after)
            await self.fault(f"before commit of {transition.kind.name}")
            try:
                await self.journal.append(self._step(after, transition, parked=parked))
            except Lost:
                self.leave()
                raise
            await self.fault(f"after commit of {transition.kind.name}")
            self.saga = after
            self.pursue()
            if parked:
                self.leave()
            return after

    async def settle(self, decide: Decide) -> None:
        """Commits what became of a step, however long the database is away."""
        while True:
            try:
                await self.transit(decide)
                return
            except Unavailable:
                await asyncio.sleep(_TRY_AGAIN)

    async def keep(self) -> None:
        """Raises `Lost` when somebody else carries the saga out."""
        if not await self.journal.is_of(self.saga.id, self.executor):
            self.leave()
            raise Lost(f"{self.saga.id} is carried out elsewhere")

    def values(self) -> Values:
        """What expressions see now."""
        return learnt(self.plan, self.saga, self._known)

    async def _driven(self, first: Key) -> None:
        key: Key | None = first
        this = asyncio.current_task()
        while key is not None:
            step, undoing = key
            try:
                await self.drive(self, step, undoing)
            except Lost:
                return
            except Exception:
                _log.exception("a step cannot be carried out", saga=self.saga.id, step=step)
                self.leave()
            key = next((key for key, task in self._tasks.items() if task is this), None)

    def _parked(self, saga: Saga) -> bool:
        """Whether everything that goes on is a long wait."""
        active = [run for run in saga.runs.values() if run.state in ACTIVE]
        return bool(active) and all(run.wake is not None and run.wake - self.clock() > _PARK for run in active)

    def _step(self, after: Saga, transition: Transition, *, parked: bool) -> Step:
        before, order = self.saga, self.plan.order
        now = (after.state, after.past_pivot(order))
        changed = now != (before.state, before.past_pivot(order)) or parked
        head = None
        if changed:
            waits = [run.wake for run in after.runs.values() if run.state in ACTIVE and run.wake]
            wake = min([*waits, after.expire_time]) if parked else None
            head = Head(after, now[1], None if parked else self.executor, wake)
        return Step(after.id, transition, head, events.of(before, after, transition, past_pivot=now[1]))
