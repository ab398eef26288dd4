"""Rows to values and back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from services.saga.convert import failures
from services.saga.domain.run import Kind, Saga, State, Transition


@dataclass(frozen=True, slots=True)
class Record:
    """A saga as it is kept: its row, and what happened to it."""

    start: Saga
    """As its row says: where it stands, but without runs."""
    transitions: tuple[Transition, ...]
    past_pivot: bool

    @property
    def sequence(self) -> int:
        """The number of the last transition; the start is 1."""
        return self.transitions[-1].sequence if self.transitions else 1


@dataclass(frozen=True, slots=True)
class NewSaga:
    """A saga to start. `digest` tells what is asked for from something else under the same key."""

    saga: Saga
    request_key: str
    digest: bytes
    executor: str
    event: Message

    def row(self) -> tuple[Any, ...]:
        """In the order of `start_sagas`."""
        saga = self.saga
        named = (saga.id, saga.definition, saga.version, saga.key, saga.owner, saga.actor, saga.parent or None)
        times = (saga.create_time, saga.expire_time, self.executor)
        announced = (self.event.DESCRIPTOR.full_name, self.event.SerializeToString())
        return (*named, self.request_key, self.digest, saga.input, *times, *announced)


@dataclass(frozen=True, slots=True)
class Head:
    """What changes of a saga's row. `executor` is None when nobody needs to carry it out until `wake`."""

    saga: Saga
    past_pivot: bool
    executor: str | None
    wake: datetime | None

    def row(self) -> tuple[Any, ...]:
        """In the order of `append_transitions`."""
        saga = self.saga
        known = (saga.state.value, self.past_pivot, failures.packed(saga.failure))
        return (saga.id, *known, self.executor, self.wake, saga.update_time, saga.end_time)


@dataclass(frozen=True, slots=True)
class Step:
    """A transition to commit, what it changes of the saga's row, and what it announces."""

    saga: str
    transition: Transition
    head: Head | None
    events: tuple[Message, ...]

    def row(self) -> tuple[Any, ...]:
        """In the order of `append_transitions`."""
        t = self.transition
        what = (t.kind.value, t.time, t.step, t.payload, failures.packed(t.failure))
        return (self.saga, t.sequence, *what, t.wake, t.actor, t.reason)

    def announced(self) -> list[tuple[Any, ...]]:
        """In the order of `append_transitions`."""
        return [(self.saga, event.DESCRIPTOR.full_name, event.SerializeToString()) for event in self.events]


def read_saga(row: Any) -> Saga:
    """A saga as its row says."""
    return Saga(
        id=str(row["saga_id"]),
        definition=row["definition_id"],
        version=row["version"],
        key=row["key"] or "",
        owner=row["owner"],
        input=row["input"],
        create_time=row["create_time"],
        expire_time=row["expire_time"],
        update_time=row["update_time"],
        actor=row["actor"],
        parent=str(row["parent_id"] or ""),
        state=State(row["state"]),
        failure=failures.unpacked(row["failure"]),
        end_time=row["end_time"],
    )


def read_transition(row: Any) -> Transition:
    """Something that happened."""
    return Transition(
        sequence=row["sequence"],
        kind=Kind(row["kind"]),
        time=row["time"],
        step=row["step"],
        payload=row["payload"],
        failure=failures.unpacked(row["failure"]),
        wake=row["wake_time"],
        actor=row["actor"],
        reason=row["reason"],
    )
