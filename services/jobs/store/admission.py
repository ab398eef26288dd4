"""Admission: what stands against jobs that are to be enqueued. Queues that take none, parents that nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mesh.jobs.v1 import job_pb2
from services._platform import sql
from services._platform.errors import Refusal
from services._platform.jobs import Request
from services._platform.postgres import Connection
from services.jobs.convert import specs
from services.jobs.domain.refusals import ParentNotFound, QueueFull

Q = sql.load(__package__, "jobs")


@dataclass(frozen=True, slots=True)
class Admission:
    """What is known of the queues and parents of some jobs."""

    closed: Mapping[str, Any]
    """Queues that take no jobs, or not all."""
    children: frozenset[UUID]
    """The jobs that wait for others."""
    known: frozenset[UUID]
    """The jobs that may be waited for."""

    def refusal(self, requests: Sequence[Request]) -> Refusal | None:
        """Why these jobs, all of them or none, are not enqueued; None when they are."""
        if self.closed:
            for request in requests:
                queue = specs.queue(request.spec)
                if queue in self.closed and _closed_to(request.spec, self.closed[queue]):
                    return QueueFull(queue)
        if self.children:
            for request in requests:
                for one in request.spec.dependencies if request.id in self.children else ():
                    if specs.parent(one.on) not in self.known:
                        return ParentNotFound(one.on)
        return None


async def admission(connection: Connection, requests: Sequence[Request]) -> Admission:
    """What is known of the queues and parents of these jobs."""
    queues = {specs.queue_id(name) for name in {one.spec.queue for one in requests}}
    closed = await connection.fetch(Q["closed_queues"], list(queues))
    children = [one for one in requests if one.spec.dependencies]
    known = {one.id for one in requests} if children else set()
    wanted = {specs.parent(one.on) for child in children for one in child.spec.dependencies} - known
    if wanted:
        known |= {row["job_id"] for row in await connection.fetch(Q["known_jobs"], list(wanted))}
    return Admission({row["queue_id"]: row for row in closed}, frozenset(one.id for one in children), frozenset(known))


def _closed_to(spec: job_pb2.JobSpec, queue: Any) -> bool:
    """Whether a queue that takes not all jobs takes not this one."""
    return queue["is_closed"] or specs.task(spec) in queue["drained_tasks"] or spec.tenant in queue["drained_tenants"]
