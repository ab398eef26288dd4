"""What one turn of the dispatcher decides: written in one commit, and told only after it."""

from dataclasses import dataclass, field

from services.jobs.domain.jobs import Failure, Job, JobId, State


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that failed, and what follows: another run at `next_time`, or nothing."""

    job: Job
    run: int
    worker: str
    started: float
    failure: Failure
    fingerprint: str
    next_time: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ended in a way that is announced."""

    job: Job
    state: State


@dataclass(frozen=True, slots=True)
class Missed:
    """A promise that was broken, or will be."""

    job: Job
    promise: str
    foreseen: bool


@dataclass(slots=True)
class Told:
    """What a worker is told."""

    items: list[Job] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """The decisions of a turn. The lists of a group run side by side: they become arrays."""

    first_ticket: int = 0
    claimed: list[Job] = field(default_factory=list)
    ended_ids: list[JobId] = field(default_factory=list)
    ended_runs: list[int] = field(default_factory=list)
    ended_states: list[int] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    dead: list[Failed] = field(default_factory=list)
    results: list[tuple[Job, bytes]] = field(default_factory=list)
    released: list[tuple[str, str, JobId]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)

    @property
    def decides(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.claimed or self.ended_ids or self.more)

    @property
    def more(self) -> bool:
        """Whether there is more to write than blocks of claims and ends."""
        return bool(self.failed or self.dead or self.results or self.released or self.ended or self.missed)

    @property
    def announces(self) -> bool:
        """Whether others are to hear of it."""
        return bool(self.ended or self.missed)

    def end(self, job: Job, state: State) -> None:
        """Notes that a job ended."""
        self.ended_ids.append(job.id)
        self.ended_runs.append(job.run)
        self.ended_states.append(state)

    def tell(self, worker: str) -> Told:
        """What a worker is told."""
        told = self.told.get(worker)
        if told is None:
            told = self.told[worker] = Told()
        return told
