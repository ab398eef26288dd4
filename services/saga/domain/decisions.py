"""What becomes of a try, and what callers may ask of a saga: each decided as the transition that it is."""

from datetime import datetime, timedelta

from services.saga.domain.definition import SETTLE, Definition, Step, StepClass
from services.saga.domain.refusals import OutcomeUnknown, PastPivot, SignalNotAwaited, StepNotFound, StepNotStuck
from services.saga.domain.retries import ErrorClass, Failure, error_class, rule
from services.saga.domain.run import Kind, Run, Saga, State, StepState, Transition

EXPIRED = Failure("DEADLINE_EXCEEDED", "SAGA_EXPIRED", "the saga's deadline passed")
SIGNAL_EXPIRED = Failure("FAILED_PRECONDITION", "SIGNAL_EXPIRED", "no signal came in time")


def succeeded(saga: Saga, step: str, payload: bytes, now: datetime) -> Transition:
    """A call was answered, a timer rang, a child has completed."""
    kind = Kind.STEP_COMPENSATED if saga.runs[step].undoing else Kind.STEP_SUCCEEDED
    return Transition(saga.sequence + 1, kind, now, step, payload)


def left_out(saga: Saga, step: str, now: datetime) -> Transition:
    """The condition of a step is false."""
    return Transition(saga.sequence + 1, Kind.STEP_SKIPPED, now, step)


def failed(definition: Definition, saga: Saga, id: str, failure: Failure, now: datetime) -> Transition:
    """A try failed: it is repeated, or the step has failed, or somebody has to look."""
    step, run = definition.steps[id], saga.runs[id]
    kind, wait = _verdict(saga, step, run, failure, now)
    wake = now + wait if wait is not None else None
    return Transition(saga.sequence + 1, kind, now, id, failure=failure, wake=wake)


def _verdict(saga: Saga, step: Step, run: Run, failure: Failure, now: datetime) -> tuple[Kind, timedelta | None]:
    retry, attempts = rule(step.retries, failure), run.attempts + 1
    if error_class(failure) is ErrorClass.UNKNOWN:
        settling = retry.left(attempts) and now - (run.unknown_since or now) < SETTLE
        return (Kind.OUTCOME_UNKNOWN, retry.delay(attempts)) if settling else (Kind.STEP_STUCK, None)
    if run.late_until and now < run.late_until:
        # An earlier try may yet arrive and take effect: this refusal tells nothing about it.
        return Kind.ATTEMPT_REFUSED, run.late_until - now
    overdue = bool(step.deadline and run.begun and now - run.begun >= step.deadline)
    may_end = not run.undoing and (saga.aborting or overdue)
    if retry.left(attempts) and not may_end:
        return Kind.ATTEMPT_REFUSED, retry.delay(attempts)
    must_end_well = run.undoing or step.step_class is StepClass.RETRIABLE
    return Kind.STEP_STUCK if must_end_well else Kind.STEP_FAILED, None


def expired(definition: Definition, saga: Saga, now: datetime) -> Transition | None:
    """The saga's deadline has passed; None while that changes nothing."""
    if now < saga.expire_time or saga.aborting or saga.ended or saga.past_pivot(definition):
        return None
    return Transition(saga.sequence + 1, Kind.EXPIRED, now, failure=EXPIRED)


def recovered(sequence: int, executor: str, now: datetime) -> Transition:
    """Another process goes on with a saga that stood at `sequence`."""
    return Transition(sequence + 1, Kind.RECOVERED, now, actor=executor)


def cancelled(definition: Definition, saga: Saga, actor: str, reason: str, now: datetime) -> Transition | None:
    """Somebody cancels the saga; None when it is compensated anyway. Refuses past the pivot."""
    if saga.aborting:
        return None
    if saga.state is State.COMPLETED or saga.past_pivot(definition):
        raise PastPivot(saga.id, saga.state.name)
    failure = Failure("CANCELLED", "SAGA_CANCELLED", reason or "cancelled")
    return Transition(saga.sequence + 1, Kind.CANCELLED, now, failure=failure, actor=actor, reason=reason)


def signalled(saga: Saga, step: str, payload: bytes, denial: Failure | None, actor: str, now: datetime) -> Transition:
    """A signal came. Refuses a second one, and one that nothing will wait for."""
    run = saga.runs[step]
    if run.signal or saga.aborting or run.state not in (StepState.PENDING, StepState.RUNNING):
        raise SignalNotAwaited(saga.id, step, run.state.name)
    return Transition(saga.sequence + 1, Kind.SIGNALLED, now, step, payload, failure=denial, actor=actor)


def resolved(
    saga: Saga, step: str, kind: Kind, payload: bytes, actor: str, reason: str, now: datetime
) -> Transition | None:
    """An operator decides about a step that is stuck; None when just that is decided and the step is not stuck now."""
    run = saga.runs.get(step)
    if run is None:
        raise StepNotFound(saga.id, step)
    if run.state is not StepState.STUCK:
        last = run.resolution
        if last and (last.kind, last.payload, last.actor, last.reason) == (kind, payload, actor, reason):
            return None  # a replay
        raise StepNotStuck(saga.id, step, run.state.name)
    if kind is Kind.STEP_EDITED and run.unknown_since:
        raise OutcomeUnknown(saga.id, step)
    return Transition(saga.sequence + 1, kind, now, step, payload, actor=actor, reason=reason)
