"""What each transition does to the step that it happened to."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from services.saga.domain.definition import Action, Step
from services.saga.domain.retries import ErrorClass, error_class
from services.saga.domain.run import ACTIVE, Kind, Run, StepState, Transition


def _succeeded(_step: Step, run: Run, transition: Transition) -> Run:
    return Run(
        StepState.SUCCEEDED,
        attempts=run.attempts,
        begun=run.begun,
        reply=transition.payload,
        edited=run.edited,
        edits=run.edits,
        resolution=run.resolution,
    )


def _refused(_step: Step, run: Run, transition: Transition) -> Run:
    settled = run.late_until is None or transition.time >= run.late_until
    refused = replace(run, attempts=run.attempts + 1, failure=transition.failure, wake=transition.wake)
    if not settled:
        return refused
    state = StepState.COMPENSATING if run.undoing else StepState.RUNNING
    return replace(refused, state=state, unknown_since=None, late_until=None)


def _unknown(step: Step, run: Run, transition: Transition) -> Run:
    doubtful = _doubtful(step, run, transition)
    return replace(doubtful, attempts=run.attempts + 1, failure=transition.failure, wake=transition.wake)


def abandoned(step: Step, run: Run, transition: Transition) -> Run:
    """A step whose call another process may have sent just now."""
    called = run.undoing or step.action is Action.CALL
    return _doubtful(step, run, transition) if called and run.state in ACTIVE else run


def _doubtful(step: Step, run: Run, transition: Transition) -> Run:
    late = step.undo_late if run.undoing else step.late
    state = StepState.COMPENSATING if run.undoing else StepState.UNKNOWN
    since = run.unknown_since or transition.time
    return replace(run, state=state, unknown_since=since, late_until=transition.time + late)


def _failed(_step: Step, run: Run, transition: Transition) -> Run:
    return replace(run, state=StepState.FAILED, attempts=run.attempts + 1, failure=transition.failure, wake=None)


def _compensated(_step: Step, run: Run, _transition: Transition) -> Run:
    return replace(run, state=StepState.COMPENSATED, wake=None)


def _stuck(step: Step, run: Run, transition: Transition) -> Run:
    if transition.failure and error_class(transition.failure) is ErrorClass.UNKNOWN:
        run = _doubtful(step, run, transition)
    return replace(run, state=StepState.STUCK, attempts=run.attempts + 1, failure=transition.failure, wake=None)


def _signalled(_step: Step, run: Run, transition: Transition) -> Run:
    kept = replace(run, signal=transition)
    return answered(kept, transition) if run.state is StepState.RUNNING else kept


def answered(run: Run, signal: Transition) -> Run:
    """A step that waited for this signal."""
    state = StepState.FAILED if signal.failure else StepState.SUCCEEDED
    return replace(run, state=state, reply=signal.payload, failure=signal.failure, wake=None)


def _retried(_step: Step, run: Run, transition: Transition) -> Run:
    since = run.unknown_since and transition.time
    state = StepState.UNKNOWN if since else StepState.RUNNING
    state = StepState.COMPENSATING if run.undoing else state
    return replace(run, state=state, attempts=0, unknown_since=since, wake=None, resolution=transition)


def _edited(step: Step, run: Run, transition: Transition) -> Run:
    return replace(_retried(step, run, transition), edited=transition.payload, edits=run.edits + 1)


def _skipped(_step: Step, run: Run, transition: Transition) -> Run:
    state = StepState.COMPENSATED if run.undoing else StepState.SKIPPED
    return replace(run, state=state, wake=None, resolution=transition)


def _forced(_step: Step, run: Run, transition: Transition) -> Run:
    state = StepState.COMPENSATED if run.undoing else StepState.SUCCEEDED
    reply = run.reply if run.undoing else transition.payload
    return replace(run, state=state, reply=reply, wake=None, resolution=transition)


EFFECTS: Mapping[Kind, Callable[[Step, Run, Transition], Run]] = {
    Kind.STEP_SUCCEEDED: _succeeded,
    Kind.ATTEMPT_REFUSED: _refused,
    Kind.OUTCOME_UNKNOWN: _unknown,
    Kind.STEP_FAILED: _failed,
    Kind.STEP_COMPENSATED: _compensated,
    Kind.STEP_STUCK: _stuck,
    Kind.SIGNALLED: _signalled,
    Kind.STEP_RETRIED: _retried,
    Kind.STEP_EDITED: _edited,
    Kind.STEP_SKIPPED: _skipped,
    Kind.STEP_FORCED: _forced,
}
