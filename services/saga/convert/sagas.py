"""Sagas as messages."""

from google.protobuf.any_pb2 import Any

from mesh.saga.v1 import saga_pb2
from services._platform.times import timestamp
from services.saga.convert import failures, names
from services.saga.domain.run import ACTIVE, Run, Saga, Transition


def summary(saga: Saga, *, past_pivot: bool) -> saga_pb2.Saga:
    """A saga without input, steps and timeline."""
    return saga_pb2.Saga(
        name=names.SAGA.name(saga.id),
        definition=names.DEFINITION.name(saga.definition),
        version=saga.version,
        key=saga.key,
        owner=saga.owner,
        state=saga_pb2.SagaState.ValueType(saga.state.value),
        past_pivot=past_pivot,
        error=failures.status(saga.failure) if saga.failure else None,
        parent_saga=names.SAGA.name(saga.parent) if saga.parent else "",
        create_time=timestamp(saga.create_time),
        update_time=timestamp(saga.update_time),
        end_time=timestamp(saga.end_time),
        expire_time=timestamp(saga.expire_time),
    )


def step(id: str, run: Run, request: Any | None, reply: Any | None) -> saga_pb2.SagaStepRun:
    """How a step fares. What was sent and answered is shown as it is given: redacted."""
    return saga_pb2.SagaStepRun(
        step=id,
        state=saga_pb2.SagaStepState.ValueType(run.state.value),
        attempts=run.attempts,
        request=request,
        reply=reply,
        error=failures.status(run.failure) if run.failure else None,
        wake_time=timestamp(run.wake) if run.state in ACTIVE else None,
    )


def transition(happened: Transition, payload: Any | None = None) -> saga_pb2.SagaTransition:
    """Something that happened."""
    return saga_pb2.SagaTransition(
        sequence=happened.sequence,
        transition_time=timestamp(happened.time),
        type=saga_pb2.SagaTransitionType.ValueType(happened.kind.value),
        step=happened.step,
        payload=payload,
        error=failures.status(happened.failure) if happened.failure else None,
        actor=happened.actor,
        reason=happened.reason,
    )
