"""Admission: what stands against jobs that are to be enqueued. Queues that take none, parents that nobody knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mesh.jobs.v1 import job_pb2
from services._platform import sql
from services._platform.errors import Refusal
from services._platform.jobs import Request, queue_full
from services._platform.postgres import Connection
from services.jobs.convert import specs
from services.jobs.domain.refusals import ParentNotFound

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
        closed = _closed(requests, self.closed)
        if closed is not None:
            return closed
        if self.children:
            for request in requests:
                for one in request.spec.dependencies if request.id in self.children else ():
                    if specs.parent(one.on) not in self.known:
                        return ParentNotFound(one.on)
        return None


async def admission(connection: Connection, requests: Sequence[Request]) -> Admission:
    """What is known of the queues and parents of these jobs."""
    closed = await _closed_queues(connection, requests)
    children = [one for one in requests if one.spec.dependencies]
    known = {one.id for one in requests} if children else set()
    wanted = {specs.parent(one.on) for child in children for one in child.spec.dependencies} - known
    if wanted:
        known |= {row["job_id"] for row in await connection.fetch(Q["known_jobs"], list(wanted))}
    return Admission(closed, frozenset(one.id for one in children), frozenset(known))


async def closed(connection: Connection, requests: Sequence[Request]) -> Refusal | None:
    """Why the queues of these jobs do not take all of them; None when they do. Of parents nothing is asked."""
    return _closed(requests, await _closed_queues(connection, requests))


async def _closed_queues(connection: Connection, requests: Sequence[Request]) -> Mapping[str, Any]:
    queues = {specs.queue_id(name) for name in {one.spec.queue for one in requests}}
    return {row["queue_id"]: row for row in await connection.fetch(Q["closed_queues"], list(queues))}


def _closed(requests: Sequence[Request], queues: Mapping[str, Any]) -> Refusal | None:
    for request in requests if queues else ():
        queue = specs.queue(request.spec)
        if queue in queues and _closed_to(request.spec, queues[queue]):
            return queue_full(queue)
    return None


def _closed_to(spec: job_pb2.JobSpec, queue: Any) -> bool:
    """Whether a queue that takes not all jobs takes not this one."""
    return queue["is_closed"] or specs.task(spec) in queue["drained_tasks"] or spec.tenant in queue["drained_tenants"]
