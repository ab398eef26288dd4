"""What holds jobs back that are next: limits for each key and tenant, and paused tenants."""

from collections.abc import Mapping

from services.jobs.domain.jobs import Job


class Gate:
    """The limits of a queue, over all of its lanes, and what runs against them."""

    def __init__(self) -> None:
        self.per_key = 0
        self.per_tenant = 0
        self.weights: Mapping[str, int] = {}
        self.paused: frozenset[str] = frozenset()
        self.running_keys: dict[tuple[str, str], int] = {}
        self.running_tenants: dict[str, int] = {}

    def key_open(self, tenant: str, key: str) -> bool:
        """Whether another job of a key may run. Jobs without a key are not held back together."""
        return not (self.per_key and key) or self.running_keys.get((tenant, key), 0) < self.per_key

    def tenant_open(self, tenant: str) -> bool:
        """Whether another job of a tenant may run."""
        if tenant in self.paused:
            return False
        return not self.per_tenant or self.running_tenants.get(tenant, 0) < self.per_tenant

    def take(self, job: Job) -> None:
        """Counts a job that starts. One that is tried again may hold its key already."""
        if job.key:
            self.hold_key(job)
        self.running_tenants[job.tenant] = self.running_tenants.get(job.tenant, 0) + 1

    def leave(self, job: Job, *, keep_key: bool = False) -> None:
        """Counts a job that stops. One that is tried again keeps its key, where keys are served one by one."""
        left = self.running_tenants[job.tenant] - 1
        if left:
            self.running_tenants[job.tenant] = left
        else:
            del self.running_tenants[job.tenant]
        if not keep_key:
            self.drop_key(job)

    def hold_key(self, job: Job) -> None:
        """Takes a key."""
        if job.key and not job.holds_key:
            place = (job.tenant, job.key)
            self.running_keys[place] = self.running_keys.get(place, 0) + 1
            job.holds_key = True

    def drop_key(self, job: Job) -> None:
        """Gives a key back."""
        if job.holds_key:
            place = (job.tenant, job.key)
            job.holds_key = False
            self.running_keys[place] -= 1
            if not self.running_keys[place]:
                del self.running_keys[place]
