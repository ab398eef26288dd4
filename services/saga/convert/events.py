"""What sagas announce."""

from google.protobuf.message import Message

from mesh.saga.v1 import event_pb2
from services.saga.convert import sagas
from services.saga.domain.run import Kind, Saga, State, StepState, Transition

_RESOLUTIONS = frozenset({Kind.STEP_RETRIED, Kind.STEP_EDITED, Kind.STEP_FORCED})


def started(saga: Saga) -> Message:
    """A saga was started."""
    return event_pb2.SagaStarted(saga=sagas.summary(saga, past_pivot=False))


def of(before: Saga, after: Saga, transition: Transition, *, past_pivot: bool) -> tuple[Message, ...]:
    """What a transition announces."""
    announced: list[Message] = []
    by_operator = transition.kind in _RESOLUTIONS or (transition.kind is Kind.STEP_SKIPPED and transition.actor)
    if by_operator:
        shown = sagas.summary(after, past_pivot=past_pivot)
        # What an operator sent is in the timeline; an event goes to more people.
        resolution = sagas.transition(transition)
        resolution.ClearField("payload")
        announced.append(event_pb2.SagaStepResolved(saga=shown, resolution=resolution))
    if transition.step and after.runs[transition.step].state is StepState.STUCK:
        shown = sagas.summary(after, past_pivot=past_pivot)
        announced.append(event_pb2.SagaNeedsAttention(saga=shown, step=transition.step))
    if after.state in (State.COMPLETED, State.COMPENSATED) and before.state is not after.state:
        announced.append(event_pb2.SagaEnded(saga=sagas.summary(after, past_pivot=past_pivot)))
    return tuple(announced)
