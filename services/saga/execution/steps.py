"""What each kind of step does while it is active: call, wait, run another saga. Each try ends in a transition."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from services._platform.clock import Clock
from services._platform.errors import Refusal
from services._platform.faults import Fault
from services.saga.convert import sagas
from services.saga.domain import decisions
from services.saga.domain.definition import Action
from services.saga.domain.refusals import PastPivot
from services.saga.domain.retries import Failure
from services.saga.domain.run import ACTIVE, Run, Saga, State, Transition
from services.saga.execution.actor import Actor
from services.saga.execution.calls import Calls
from services.saga.plan.expressions import EvaluationError
from services.saga.plan.learnt import request_id
from services.saga.plan.plan import StepPlan, packed

_NAP = 1.0
"""Seconds after which a wait looks at the clock again, which may have been set."""

Outcome = Message | Failure


class ChildSagas(Protocol):
    """How a step runs another saga."""

    async def start_child(self, parent: Saga, plan: StepPlan, input: Message) -> str:
        """Starts it, or finds it; returns its id."""

    async def ended(self, child: str) -> Saga:
        """Waits for its end."""

    async def cancel_child(self, child: str, reason: str) -> None:
        """Has it compensated. Refuses past its pivot."""


class Steps:
    """Drives active steps."""

    def __init__(
        self, calls: Calls, children: ChildSagas, clock: Clock, holds: Callable[[], bool], fault: Fault
    ) -> None:
        self._calls = calls
        self._children = children
        self._clock = clock
        self._holds = holds
        self._fault = fault

    async def drive(self, actor: Actor, step: str, undoing: bool) -> None:
        """Does what the step does, or its compensation, again and again until it is settled."""
        plan = actor.plan.steps[step]
        while (run := actor.saga.runs[step]).state in ACTIVE and run.undoing == undoing:
            if not undoing and not await self._wanted(actor, plan):
                return
            if undoing or plan.step.action is Action.CALL:
                outcome = await self._call(actor, plan, run)
            elif plan.step.action is Action.CHILD:
                outcome = await self._child(actor, plan)
            else:
                outcome = await self._wait(actor, plan, run)
            await actor.settle(lambda saga, now: _decided(actor, saga, step, outcome, now))  # noqa: B023  awaited here

    async def _wanted(self, actor: Actor, plan: StepPlan) -> bool:
        """Whether the step's condition holds; a step that it does not hold for is left out."""
        if plan.when is None:
            return True
        step = plan.step.id
        try:
            if plan.when.value(actor.values()):
                return True
        except EvaluationError as error:
            failure = _unmapped(error)
            await actor.settle(lambda saga, now: decisions.failed(actor.plan.order, saga, step, failure, now))
            return False
        await actor.settle(lambda saga, now: decisions.left_out(saga, step, now))
        return False

    async def _call(self, actor: Actor, plan: StepPlan, run: Run) -> Outcome:
        call = plan.undo if run.undoing else plan.call
        assert call is not None, "only what can be called is"
        await self._until(run.wake)
        await self._fault(f"before the call of {call.method.name}")
        while not self._holds():  # noqa: ASYNC110  the lease is renewed elsewhere, or lost
            await asyncio.sleep(_NAP)
        if run.attempts:
            # Since the commit before this try, somebody else may have taken the saga over.
            await actor.keep()
        key = request_id(actor.saga.id, plan.step.id, run)
        try:
            request = call.message(actor.values(), key, run.edited)
        except EvaluationError as error:
            return _unmapped(error)
        outcome = await self._calls.make(call, request, key)
        await self._fault(f"after the call of {call.method.name}")
        return outcome

    async def _wait(self, actor: Actor, plan: StepPlan, run: Run) -> Outcome:
        wake = run.wake
        if plan.until is not None:
            try:
                wake = plan.until.value(actor.values())
            except EvaluationError as error:
                return _unmapped(error)
        await self._until(wake)
        return decisions.SIGNAL_EXPIRED if plan.step.action is Action.SIGNAL else plan.reply()

    async def _child(self, actor: Actor, plan: StepPlan) -> Outcome:
        assert plan.child is not None, "the step is a child"
        try:
            taken = plan.child.mapping.value(actor.values())
            child = await self._children.start_child(actor.saga, plan, taken)
        except EvaluationError as error:
            return _unmapped(error)
        except Refusal as refusal:
            return Failure(refusal.code, refusal.reason, refusal.message)
        return await self._ended(actor, child)

    async def _ended(self, actor: Actor, child: str) -> Outcome:
        aborting = asyncio.ensure_future(actor.aborting.wait())
        ending = asyncio.ensure_future(self._children.ended(child))
        try:
            await asyncio.wait((aborting, ending), return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                with suppress(PastPivot):
                    await self._children.cancel_child(child, "the parent is compensated")
            end = await ending
        finally:
            aborting.cancel()
            ending.cancel()
        if end.state is State.COMPLETED:
            return sagas.summary(end, past_pivot=True)
        said = end.failure.message if end.failure else "compensated"
        return Failure("FAILED_PRECONDITION", "CHILD_COMPENSATED", f"the child saga was compensated: {said}")

    async def _until(self, wake: datetime | None) -> None:
        while wake is not None and (left := (wake - self._clock()).total_seconds()) > 0:  # noqa: ASYNC110  may be set
            await asyncio.sleep(min(left, _NAP))


def _decided(actor: Actor, saga: Saga, step: str, outcome: Outcome, now: datetime) -> Transition | None:
    if saga.runs[step].state not in ACTIVE:
        return None  # a signal came, or the saga was given up, while the wait ended
    if isinstance(outcome, Failure):
        return decisions.failed(actor.plan.order, saga, step, outcome, now)
    return decisions.succeeded(saga, step, packed(outcome), now)


def _unmapped(error: EvaluationError) -> Failure:
    return Failure("INVALID_ARGUMENT", "MAPPING_FAILED", str(error))
