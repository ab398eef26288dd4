"""Definitions, as far as their order goes, from messages."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2

from mesh.saga.v1 import saga_definition_pb2
from mesh.saga.v1.saga_definition_pb2 import SagaDefinition, SagaStep
from services.saga.convert import names
from services.saga.domain.definition import Action, Step, StepClass
from services.saga.domain.retries import Retry

_DEADLINE = timedelta(hours=1)
_DEFAULT = Retry()


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of a definition, as it is kept: what it says is `body`, a serialized `SagaDefinition`."""

    id: str
    version: int
    body: bytes
    registrar: str
    create_time: datetime


def content(message: SagaDefinition) -> tuple[bytes, bytes]:
    """What a definition says, without what the server adds, serialized; and its digest."""
    said = SagaDefinition(
        kind=message.kind,
        input_type=message.input_type,
        steps=message.steps,
        deadline=message.deadline if message.HasField("deadline") else None,
        permissions=message.permissions,
    )
    body = said.SerializeToString(deterministic=True)
    return body, hashlib.blake2b(body, digest_size=16).digest()


def definition(kept: Registered) -> SagaDefinition:
    """A definition as it is shown."""
    shown = SagaDefinition.FromString(kept.body)
    shown.name, shown.version, shown.registrar = names.DEFINITION.name(kept.id), kept.version, kept.registrar
    shown.create_time.FromDatetime(kept.create_time)
    return shown


def deadline(message: SagaDefinition) -> timedelta:
    """How long a saga may take until it has passed its pivot."""
    return message.deadline.ToTimedelta() or _DEADLINE


def expanded(message: SagaDefinition) -> Sequence[SagaStep]:
    """The steps, with the confirms of a try-confirm-cancel as steps of their own, which come after all tries."""
    if message.kind != saga_definition_pb2.SAGA_KIND_TCC:
        return list(message.steps)
    tries = [step.id for step in message.steps]
    confirms = (
        SagaStep(
            id=f"{step.id}_confirm",
            after=tries,
            step_class=saga_definition_pb2.SAGA_STEP_CLASS_RETRIABLE,
            call=step.confirm,
            retries=step.retries,
            when=step.when,
        )
        for step in message.steps
    )
    return [*message.steps, *confirms]


def steps(messages: Iterable[SagaStep]) -> list[Step]:
    """The steps of a definition."""
    return [_step(message) for message in messages]


def _step(message: SagaStep) -> Step:
    action = Action(message.WhichOneof("action"))
    step = Step(
        id=message.id,
        after=tuple(message.after),
        step_class=StepClass(message.step_class or saga_definition_pb2.SAGA_STEP_CLASS_COMPENSATABLE),
        action=action,
        undoable=message.HasField("compensation"),
        retries=tuple(map(_retry, message.retries)),
        deadline=_span(message.deadline),
    )
    if action is Action.TIMER and message.timer.HasField("delay"):
        return replace(step, wait=message.timer.delay.ToTimedelta())
    return replace(step, wait=_span(message.signal.ttl)) if action is Action.SIGNAL else step


def _retry(message: saga_definition_pb2.SagaRetry) -> Retry:
    initial = _span(message.initial_delay) or _DEFAULT.initial_delay
    longest = _span(message.max_delay) or max(initial, _DEFAULT.max_delay)
    return Retry(
        codes=frozenset(code_pb2.Code.Name(code) for code in message.codes),
        reasons=frozenset(message.reasons),
        attempts=message.attempts,
        initial_delay=initial,
        max_delay=longest,
    )


def _span(duration: Duration) -> timedelta | None:
    return duration.ToTimedelta() or None
