"""One queue on the board: its settings, its lanes, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.jobs.domain.gate import Gate
from services.jobs.domain.jobs import Job, State
from services.jobs.domain.lanes import LEVELS, Lanes
from services.jobs.domain.levels import Fits

_SMOOTHING = 0.05


@dataclass(frozen=True, slots=True)
class Settings:
    """How a queue is worked off; 0 sets no limit."""

    max_running: int = 0
    max_running_per_key: int = 0
    max_running_per_tenant: int = 0
    max_starts_per_second: float = 0.0
    tenant_weights: Mapping[str, int] = field(default_factory=dict)
    max_waiting: int = 1_000_000
    paused: bool = False
    paused_tasks: frozenset[str] = frozenset()
    paused_tenants: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a queue. Spans are in seconds; `drain` is None while nothing is done."""

    ready: int
    scheduled: int
    waiting: int
    running: int
    succeeded: int
    failed: int
    dead: int
    workers: int
    oldest_ready: float
    mean_queue: float
    mean_run: float
    drain: float | None


class QueueBoard:
    """The jobs of a queue that are ready, and how many there are of the others."""

    def __init__(self, name: str, now: float) -> None:
        self.name = name
        self.settings = Settings()
        self.gate = Gate()
        self.count = dict.fromkeys(State, 0)
        self.failed = 0
        self.mean_queue = 0.0
        self.mean_run = 0.0
        self.rate = 0.0
        self._promised: list[Job] = []
        self._lanes: dict[str, Lanes] = {}
        self._allowance = 1.0
        self._filled = now
        self._succeeded_before = 0

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self.settings = settings
        self.gate.per_key = settings.max_running_per_key
        self.gate.per_tenant = settings.max_running_per_tenant
        self.gate.weights = settings.tenant_weights
        self.gate.paused = settings.paused_tenants
        for lanes in self._lanes.values():
            lanes.wake_all()

    def move(self, job: Job, state: State) -> None:
        """Counts a job under another state."""
        count = self.count
        count[job.state] -= 1
        count[state] += 1
        job.state = state

    def add(self, job: Job, *, front: bool = False) -> None:
        """Puts a ready job in its lane."""
        lanes = self._lanes.get(job.task)
        if lanes is None:
            lanes = self._lanes[job.task] = Lanes(self.gate)
        lanes.add(job, front=front)
        if job.policy.max_queue:
            self._promised.append(job)

    def start(self, job: Job, now: float) -> None:
        """Counts a job that starts."""
        self.gate.take(job)
        self.move(job, State.RUNNING)
        self.mean_queue += _SMOOTHING * (now - job.since - self.mean_queue)
        self._allowance -= 1

    def stop(self, job: Job, now: float, *, retried: bool = False) -> None:
        """Counts a job that stops, and lets others go on that it held back."""
        keep = retried and self.settings.max_running_per_key == 1
        self.gate.leave(job, keep_key=keep)
        self.mean_run += _SMOOTHING * (now - job.started - self.mean_run)
        if self.gate.per_key or self.gate.per_tenant:
            self.wake(job)

    def wake(self, job: Job) -> None:
        """Looks again at what the job's key and tenant held back."""
        for lanes in self._lanes.values():
            lanes.wake(job.tenant, job.key)

    def room(self, now: float) -> int:
        """How many jobs may start now."""
        settings = self.settings
        if settings.paused:
            return 0
        room = 1 << 30
        if settings.max_running:
            room = settings.max_running - self.count[State.RUNNING]
        if settings.max_starts_per_second:
            burst = max(1.0, settings.max_starts_per_second / 10)
            earned = settings.max_starts_per_second * max(0.0, now - self._filled)
            self._allowance = min(burst, self._allowance + earned)
            room = min(room, int(self._allowance))
        self._filled = now
        return max(0, room)

    def lanes(self, tasks: Mapping[str, object]) -> Sequence[Lanes]:
        """The lanes of those tasks that a worker knows, in turn."""
        paused = self.settings.paused_tasks
        return [lanes for task, lanes in self._lanes.items() if task in tasks and task not in paused]

    def next(self, known: Sequence[Lanes], fits: Fits | None) -> Job | None:
        """Takes out the job that is next in some of the lanes: of the highest level, if one of it fits."""
        if len(known) == 1:
            return known[0].next(fits)
        best, chosen = LEVELS, None
        for lanes in known:
            if (level := lanes.best) < best:
                best, chosen = level, lanes
        if chosen is None:
            return None
        job = chosen.next(fits)
        if job is not None:
            return job
        for lanes in known:
            if lanes is not chosen and (job := lanes.next(fits)) is not None:
                return job
        return None

    def rotate(self) -> None:
        """Lets another task go first among those of the same level."""
        if len(self._lanes) > 1:
            first = next(iter(self._lanes))
            self._lanes[first] = self._lanes.pop(first)

    def promised(self) -> list[Job]:
        """Ready jobs of which a time in the queue is promised."""
        self._promised = [job for job in self._promised if job.state is State.READY]
        return self._promised

    def tick(self, now: float, seconds: float) -> None:
        """Lets jobs age and measures the rate; called now and then."""
        for lanes in self._lanes.values():
            lanes.age(now)
        done = self.count[State.SUCCEEDED] - self._succeeded_before
        self._succeeded_before += done
        self.rate += 0.3 * (done / max(seconds, 1e-3) - self.rate)

    @property
    def waiting_count(self) -> int:
        """How many jobs have not started."""
        count = self.count
        return count[State.READY] + count[State.SCHEDULED] + count[State.WAITING] + count[State.RETRYING]

    def drain_time(self) -> float | None:
        """Seconds until a job that comes last now would start, at the present rate."""
        return self.count[State.READY] / self.rate if self.rate > 0.01 else None

    def numbers(self, now: float, workers: int) -> Numbers:
        """The numbers now."""
        count = self.count
        since = min((at for lanes in self._lanes.values() if (at := lanes.oldest()) is not None), default=None)
        return Numbers(
            ready=count[State.READY],
            scheduled=count[State.SCHEDULED] + count[State.RETRYING],
            waiting=count[State.WAITING],
            running=count[State.RUNNING],
            succeeded=count[State.SUCCEEDED],
            failed=self.failed,
            dead=count[State.DEAD],
            workers=workers,
            oldest_ready=max(0.0, now - since) if since is not None else 0.0,
            mean_queue=self.mean_queue,
            mean_run=self.mean_run,
            drain=self.drain_time(),
        )
