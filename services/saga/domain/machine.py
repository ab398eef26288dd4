"""The state machine of a saga: each transition, then whatever follows from it by itself.

Nothing here waits or asks; a saga is what its transitions make of it, in whichever process they are read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from services.saga.domain import effects
from services.saga.domain.definition import Action, Definition, Step
from services.saga.domain.retries import Failure
from services.saga.domain.run import DONE, ENDED, GONE, Kind, Run, Saga, State, StepState, Transition

Runs = dict[str, Run]


def begin(definition: Definition, saga: Saga) -> Saga:
    """A saga as its start leaves it: the first steps run."""
    runs = dict.fromkeys(definition.steps, Run())
    return _advanced(definition, saga, runs, 1, saga.create_time, aborting=False, failure=None)


def replay(definition: Definition, saga: Saga, transitions: Iterable[Transition]) -> Saga:
    """A saga as its transitions have made it."""
    saga = begin(definition, saga)
    for transition in transitions:
        saga = apply(definition, saga, transition)
    return saga


def apply(definition: Definition, saga: Saga, transition: Transition) -> Saga:
    """The saga after a transition. Raises `ValueError` for one that is not the next."""
    if transition.sequence != saga.sequence + 1 or saga.ended:
        raise ValueError(f"{saga.id}: {transition.kind.name} {transition.sequence} does not follow {saga.sequence}")
    runs: Runs = dict(saga.runs)
    if transition.kind is Kind.RECOVERED:
        runs = {step: effects.abandoned(definition.steps[step], run, transition) for step, run in runs.items()}
    elif transition.step:
        step = definition.steps[transition.step]
        runs[step.id] = effects.EFFECTS[transition.kind](step, runs[step.id], transition)
    aborting, failure = saga.aborting, saga.failure
    if transition.kind in (Kind.CANCELLED, Kind.EXPIRED) and not aborting:
        aborting, failure = True, transition.failure
    return _advanced(definition, saga, runs, transition.sequence, transition.time, aborting=aborting, failure=failure)


def _advanced(
    definition: Definition,
    saga: Saga,
    runs: Runs,
    sequence: int,
    time: datetime,
    *,
    aborting: bool,
    failure: Failure | None,
) -> Saga:
    if not aborting:
        _do(definition, runs, saga.expire_time, time)
        failed = next((run for run in runs.values() if run.state is StepState.FAILED), None)
        aborting, failure = (True, failed.failure) if failed else (aborting, failure)
    if aborting:
        _undo(definition, runs)
    state = _state(runs, aborting=aborting)
    return replace(
        saga,
        runs=runs,
        sequence=sequence,
        update_time=time,
        state=state,
        aborting=aborting,
        failure=failure,
        end_time=time if state in ENDED else None,
    )


def _do(definition: Definition, runs: Runs, expire_time: datetime, time: datetime) -> None:
    """Begins the steps that wait for nothing any more. One that finds its signal there is done at once."""
    done = True
    while done:
        done = False
        for step in definition.steps.values():
            if runs[step.id].state is StepState.PENDING and all(runs[other].state in DONE for other in step.after):
                runs[step.id] = _begun(step, runs[step.id], expire_time, time)
                done |= runs[step.id].state in DONE


def _begun(step: Step, run: Run, expire_time: datetime, time: datetime) -> Run:
    match step.action:
        case Action.TIMER:
            wake = None if step.wait is None else time + step.wait
            return replace(run, state=StepState.RUNNING, begun=time, wake=wake)
        case Action.SIGNAL:
            wake = time + step.wait if step.wait else expire_time
            begun = replace(run, state=StepState.RUNNING, begun=time, wake=wake)
            return effects.answered(begun, run.signal) if run.signal else begun
        case Action.CALL | Action.CHILD:
            return Run(StepState.RUNNING, begun=time)


def _undo(definition: Definition, runs: Runs) -> None:
    """Leaves out what has not begun or only waits, and undoes what is done once nothing done rests on it.

    A call that is under way goes on until its outcome is known.
    """
    for step in definition.steps.values():
        run = runs[step.id]
        waits = run.state is StepState.RUNNING and step.action in (Action.TIMER, Action.SIGNAL)
        if waits or run.state is StepState.PENDING:
            runs[step.id] = replace(run, state=StepState.SKIPPED, wake=None)
    undone = True
    while undone:
        undone = False
        for step in definition.steps.values():
            run = runs[step.id]
            if run.state is StepState.SUCCEEDED and all(
                runs[other].state in GONE for other in definition.dependents[step.id]
            ):
                undone = True
                state = StepState.COMPENSATING if step.undoable else StepState.COMPENSATED
                runs[step.id] = Run(
                    state,
                    undoing=step.undoable,
                    begun=run.begun,
                    reply=run.reply,
                    edits=run.edits,
                    signal=run.signal,
                    resolution=run.resolution,
                )


def _state(runs: Mapping[str, Run], *, aborting: bool) -> State:
    states = {run.state for run in runs.values()}
    if StepState.STUCK in states:
        return State.NEEDS_ATTENTION
    if aborting:
        return State.COMPENSATED if states <= GONE else State.COMPENSATING
    return State.COMPLETED if states <= DONE else State.RUNNING
