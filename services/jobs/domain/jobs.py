"""A job, its states and its policy. Instants and spans are seconds; instants count from the Unix epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

JobId: TypeAlias = Any
"""A UUID, of whatever class the driver hands out."""

DEFAULT_TIMEOUT = 3600.0


class State(IntEnum):
    """Where a job stands. The numbers are those of the contract."""

    SCHEDULED = 1
    WAITING = 2
    READY = 3
    RUNNING = 4
    RETRYING = 5
    SUCCEEDED = 6
    DEAD = 7
    CANCELLED = 8
    EXPIRED = 9
    SKIPPED = 10

    @property
    def final(self) -> bool:
        """Whether the job has ended."""
        return self >= State.SUCCEEDED


MOVES: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset({State.SCHEDULED, State.READY, State.SKIPPED, State.CANCELLED, State.EXPIRED}),
    State.SCHEDULED: frozenset({State.READY, State.CANCELLED, State.EXPIRED}),
    State.READY: frozenset({State.RUNNING, State.SCHEDULED, State.CANCELLED, State.EXPIRED, State.SUCCEEDED}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.RETRYING, State.DEAD, State.CANCELLED}),
    State.RETRYING: frozenset({State.READY, State.CANCELLED, State.EXPIRED}),
}
"""The moves that there are. A READY job SUCCEEDS without a run when a cached result answers it."""


class FailureClass(IntEnum):
    """What kind of failure it is. The numbers are those of the contract."""

    TRANSIENT = 1
    PERMANENT = 2
    THROTTLED = 3
    TIMEOUT = 4
    LOST = 5


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed."""

    kind: FailureClass
    code: str
    message: str
    retry_delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How a job is run. Most jobs share one."""

    max_attempts: int = 5
    initial_delay: float = 1.0
    max_delay: float = 300.0
    timeout: float = DEFAULT_TIMEOUT
    heartbeat_timeout: float = 0.0
    max_queue: float = 0.0
    max_run: float = 0.0
    keep_result: bool = False
    cache_lifetime: float = 0.0
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def shape(self) -> str:
        """The same for jobs that take up the same of a worker; no key of a caller's."""
        return f"\0{sorted(self.resources.items())}" if self.resources else ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A job that another waits for; `condition` is a number of the contract's."""

    on: JobId
    condition: int

    def met(self, outcome: State) -> bool:
        """Whether a job that ended like this lets the other go on."""
        succeeded = outcome is State.SUCCEEDED
        return {2: not succeeded, 3: True}.get(self.condition, succeeded)


@dataclass(slots=True, eq=False)
class Job:
    """A job that has not ended, as the dispatcher holds it. `payload` is what a worker gets."""

    id: JobId
    queue: str
    tenant: str
    key: str
    task: str
    priority: int
    run: int
    ready: float
    policy: Policy
    payload: Any
    state: State = State.READY
    since: float = 0.0
    """Since when it is ready."""
    expire: float = 0.0
    unique: str = ""
    dependencies: tuple[Dependency, ...] = ()
    open_parents: int = 0
    failures: int = 0
    losses: int = 0
    failure: Failure | None = None
    ticket: int = 0
    worker: str = ""
    started: float = 0.0
    heard: float = 0.0
    cancelling: float = 0.0
    """Since when its run is told to stop."""
    holds_key: bool = False
    told: int = 0
    """Which breaches were announced, as bits."""
    has_children: bool = False
