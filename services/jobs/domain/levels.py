"""Who is next in one priority: a fair turn for every tenant, and within a tenant for every key.

Deficit round robin (Shreedhar and Varghese, 1995) with a job as the unit. In its turn a tenant gets as many jobs as its
weight, one from each of its keys after another. So between two turns of a tenant at most the sum of the others' weights
is handed out, however many jobs or keys they have: the bound that `tests/jobs/domain/test_lanes.py` holds it to.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.jobs.domain.gate import Gate
from services.jobs.domain.jobs import Job, State

AGEING = 30.0
"""Seconds after which a job that waits rises by one level."""
_TRIES = 64
"""How many keys of a tenant are looked at for a job that fits."""

Fits = Callable[[Job], bool]


@dataclass(slots=True, eq=False)
class KeyLane:
    """The jobs of one key, oldest first. Those without one stand with others that take up the same of a worker."""

    key: str
    jobs: deque[Job] = field(default_factory=deque)
    queued: bool = False
    """Whether it stands in its tenant's round; a key at its limit does not."""


@dataclass(slots=True, eq=False)
class TenantLane:
    """The keys of one tenant."""

    tenant: str
    keys: dict[str, KeyLane] = field(default_factory=dict)
    round: deque[KeyLane] = field(default_factory=deque)
    credit: int = 0
    queued: bool = False


class Level:
    """One priority class."""

    def __init__(self, gate: Gate) -> None:
        self.round: deque[TenantLane] = deque()
        """The tenants that have something, in turn."""
        self._gate = gate
        self._tenants: dict[str, TenantLane] = {}

    def add(self, job: Job, *, front: bool) -> None:
        """Puts a job in: last of its key, or first when it was there before."""
        tenant = self._tenants.get(job.tenant)
        if tenant is None:
            tenant = self._tenants[job.tenant] = TenantLane(job.tenant)
        name = job.key or job.policy.shape
        lane = tenant.keys.get(name)
        if lane is None:
            lane = tenant.keys[name] = KeyLane(name)
        if front:
            lane.jobs.appendleft(job)
        else:
            lane.jobs.append(job)
        if not lane.queued:
            self._queue(tenant, lane)

    def wake(self, tenant: str, key: str) -> None:
        """Looks again at what a limit had held back."""
        held = self._tenants.get(tenant)
        if held is None:
            return
        lane = held.keys.get(key)
        if lane is not None and lane.jobs and not lane.queued:
            self._queue(held, lane)
        elif held.round and not held.queued:
            self._queue_tenant(held)

    def wake_all(self) -> None:
        """Looks again at everything, after limits changed."""
        for tenant in self._tenants.values():
            for lane in tenant.keys.values():
                if lane.jobs and not lane.queued:
                    self._queue(tenant, lane)
            if tenant.round and not tenant.queued:
                self._queue_tenant(tenant)

    def next(self, fits: Fits | None) -> Job | None:
        """Takes out the job whose turn it is; with `fits`, the first in turn that it accepts."""
        gate, tenants = self._gate, self.round
        for _ in range(len(tenants)):
            tenant = tenants[0]
            if (gate.per_tenant or gate.paused) and not gate.tenant_open(tenant.tenant):
                tenants.popleft().queued = False
                continue
            if tenant.credit <= 0:
                tenant.credit = gate.weights.get(tenant.tenant, 1)
            job = self._next_of(tenant, fits)
            if job is None or tenant.credit <= 1 or not tenant.round:
                tenant.credit = 0
                tenants.popleft()
                if tenant.round:
                    tenants.append(tenant)
                else:
                    tenant.queued = False
                    if not tenant.keys:
                        del self._tenants[tenant.tenant]
            else:
                tenant.credit -= 1
            if job is not None:
                return job
        return None

    def rise(self, now: float, place: int) -> Iterator[Job]:
        """Takes out what has waited long enough to leave this level, the place of which is given."""
        for tenant in self._tenants.values():
            for lane in tenant.keys.values():
                while lane.jobs and now - lane.jobs[0].since >= AGEING * (lane.jobs[0].priority - place):
                    yield lane.jobs.popleft()

    def oldest(self) -> float | None:
        """Since when the job has waited that has waited longest; the heads of the keys tell."""
        heads = (lane.jobs[0] for tenant in self._tenants.values() for lane in tenant.keys.values() if lane.jobs)
        return min((job.since for job in heads if job.state is State.READY), default=None)

    def _queue(self, tenant: TenantLane, lane: KeyLane) -> None:
        lane.queued = True
        tenant.round.append(lane)
        if not tenant.queued:
            self._queue_tenant(tenant)

    def _queue_tenant(self, tenant: TenantLane) -> None:
        tenant.queued = True
        tenant.credit = 0
        self.round.append(tenant)

    def _next_of(self, tenant: TenantLane, fits: Fits | None) -> Job | None:
        gate, ready = self._gate, State.READY
        for _ in range(min(len(tenant.round), _TRIES) if fits else len(tenant.round)):
            lane = tenant.round.popleft()
            jobs = lane.jobs
            while jobs and jobs[0].state is not ready:
                jobs.popleft()
            if not jobs:
                lane.queued = False
                del tenant.keys[lane.key]
                continue
            job = jobs[0]
            if gate.per_key and not (job.holds_key or gate.key_open(tenant.tenant, lane.key)):
                lane.queued = False
                continue
            if fits is not None and job.policy.resources and not fits(job):
                tenant.round.append(lane)
                continue
            jobs.popleft()
            if jobs:
                tenant.round.append(lane)
            else:
                lane.queued = False
                del tenant.keys[lane.key]
            return job
        return None
