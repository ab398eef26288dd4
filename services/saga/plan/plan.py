"""A definition, compiled: its order, and for each step what it sends and what it learns."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from clients.contract import Method
from services.saga.domain.definition import Definition, Step
from services.saga.plan.expressions import Expression, Values


def packed(message: Message) -> bytes:
    """A message with its type, as journals keep it."""
    made = Any()
    made.Pack(message)
    return made.SerializeToString()


def unpacked(kind: type[Message], kept: bytes) -> Message:
    """The message that was packed; an empty one for none."""
    return kind.FromString(Any.FromString(kept).value) if kept else kind()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an RPC."""

    method: Method
    mapping: Expression
    request: type[Message]
    reply: type[Message]

    def message(self, values: Values, request_id: str, edited: bytes = b"") -> Message:
        """The request: the mapped one, or the one that an operator wrote. Raises `EvaluationError`."""
        made: Message = unpacked(self.request, edited) if edited else self.mapping.value(values)
        if "request_id" in made.DESCRIPTOR.fields_by_name:
            setattr(made, "request_id", request_id)  # noqa: B010  not every message has the field
        return made


@dataclass(frozen=True, slots=True)
class Child:
    """Another saga to run."""

    definition: str
    mapping: Expression


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What one step does."""

    step: Step
    reply: type[Message]
    when: Expression | None = None
    call: Call | None = None
    undo: Call | None = None
    until: Expression | None = None
    child: Child | None = None
    signal_permission: str = ""


@dataclass(frozen=True)
class Plan:
    """One version of a definition, ready to run."""

    id: str
    version: int
    input: type[Message]
    order: Definition
    steps: Mapping[str, StepPlan]
    permissions: frozenset[str]
    """What a caller must hold to start it."""
