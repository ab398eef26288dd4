"""What a saga is: where it stands, how each step fares, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from services.saga.domain.definition import Definition
from services.saga.domain.retries import Failure


class State(IntEnum):
    """Where a saga stands. The values are the contract's."""

    RUNNING = 1
    COMPENSATING = 2
    NEEDS_ATTENTION = 3
    COMPLETED = 4
    COMPENSATED = 5


class StepState(IntEnum):
    """Where a step stands. The values are the contract's."""

    PENDING = 1
    RUNNING = 2
    UNKNOWN = 3
    SUCCEEDED = 4
    FAILED = 5
    SKIPPED = 6
    COMPENSATING = 7
    COMPENSATED = 8
    STUCK = 9


ENDED = frozenset({State.COMPLETED, State.COMPENSATED})
SETTLED = ENDED | {State.NEEDS_ATTENTION}
"""Nothing happens any more, or nothing before somebody has looked."""
ACTIVE = frozenset({StepState.RUNNING, StepState.UNKNOWN, StepState.COMPENSATING})
DONE = frozenset({StepState.SUCCEEDED, StepState.SKIPPED})
GONE = frozenset({StepState.PENDING, StepState.FAILED, StepState.SKIPPED, StepState.COMPENSATED})
"""A step of which nothing is left to undo."""


class Kind(IntEnum):
    """What happened. The values are the contract's."""

    STARTED = 1
    STEP_SUCCEEDED = 2
    ATTEMPT_REFUSED = 3
    OUTCOME_UNKNOWN = 4
    STEP_FAILED = 5
    STEP_COMPENSATED = 6
    STEP_STUCK = 7
    CANCELLED = 8
    EXPIRED = 9
    SIGNALLED = 10
    STEP_RETRIED = 11
    STEP_EDITED = 12
    STEP_SKIPPED = 13
    STEP_FORCED = 14
    RECOVERED = 15


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that happened: one commit. `payload` is a packed message; `wake` is when the next try is."""

    sequence: int
    kind: Kind
    time: datetime
    step: str = ""
    payload: bytes = b""
    failure: Failure | None = None
    wake: datetime | None = None
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """How one step fares."""

    state: StepState = StepState.PENDING
    undoing: bool = False
    """Whether it is about undoing the step, where the state does not tell."""
    attempts: int = 0
    """Failed tries of the call, or of its compensation, whichever it is at."""
    begun: datetime | None = None
    unknown_since: datetime | None = None
    """Since when the outcome of a try is not known. None: all tries so far are known to have had no effect."""
    late_until: datetime | None = None
    """Until when a try whose outcome is not known may still take effect."""
    wake: datetime | None = None
    reply: bytes = b""
    edited: bytes = b""
    """The request that an operator wrote in place of the mapped one, packed."""
    edits: int = 0
    """Counts the calls that the step has been, so that each has a request id of its own."""
    signal: "Transition | None" = None
    """A signal that came before it was awaited."""
    resolution: "Transition | None" = None
    """What an operator decided last about it."""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Saga:
    """One saga, as its transitions have made it."""

    id: str
    definition: str
    version: int
    key: str
    owner: str
    input: bytes
    create_time: datetime
    expire_time: datetime
    update_time: datetime
    actor: str = ""
    parent: str = ""
    state: State = State.RUNNING
    sequence: int = 1
    aborting: bool = False
    failure: Failure | None = None
    runs: Mapping[str, Run] = field(default_factory=dict)
    end_time: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in ENDED

    def past_pivot(self, definition: Definition) -> bool:
        """Whether it will not be compensated any more: what decides is done, or may be."""
        return not self.aborting and any(
            self.runs[step].state not in (StepState.PENDING, StepState.FAILED) for step in definition.deciding
        )
