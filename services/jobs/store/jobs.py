"""Enqueues jobs, through one combiner: whatever waits is enqueued in one statement and one commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from google.protobuf.message import Message

from mesh.jobs.v1 import job_pb2
from services._platform import jobs as platform
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.combiner import Combiner
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.jobs import Enqueued, Request
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import jobs as convert
from services.jobs.domain.refusals import JobConflict
from services.jobs.store.admission import admission

Q = sql.load(__package__, "jobs")
_REFUSED = 4
_MANY = 50
_COLUMNS = ("slot", "run", "create_time", "job_id", "queue", "tenant", "key", "task", "priority", "ready_time", "spec")


@dataclass(frozen=True, slots=True)
class _Submission:
    """Jobs that are enqueued together, all or none."""

    requests: Sequence[Request]
    once: Once[Any, Any]
    shown: bool = False
    """Whether it is one job, and answered with it."""

    @property
    def may_conflict(self) -> bool:
        """Whether it can be refused for a key that is taken."""
        return any(one.is_unique and one.spec.unique.on_conflict == _REFUSED for one in self.requests)


class Jobs:
    """Enqueues jobs in Postgres."""

    def __init__(self, units: UnitOfWork, doorbell: Doorbell) -> None:
        self._units = units
        self._doorbell = doorbell
        self._combiner: Combiner[_Submission, Any] = Combiner("enqueue", self._flush, lanes=2)

    async def submit(self, requests: Sequence[Request], once: Once[Sequence[Enqueued], Reply]) -> Reply:
        """Enqueues jobs. Refuses when a queue takes none, a parent is unknown, or a unique key is taken."""
        reply: Reply = await self._submit(_Submission(requests, once))
        return reply

    async def create(self, request: Request, once: Once[job_pb2.Job, Reply]) -> Reply:
        """Enqueues a job, and answers with it as it then stands. Refuses what `submit` does."""
        reply: Reply = await self._submit(_Submission([request], once, shown=True))
        return reply

    async def _submit(self, submission: _Submission) -> Any:
        reply = await self._combiner.submit(submission)
        self._doorbell.ring()
        return reply

    async def _flush(self, submissions: Sequence[_Submission]) -> Sequence[Message | Refusal]:
        async def work(unit: Unit, fresh: Sequence[int]) -> Sequence[Any]:
            asked = [submissions[place] for place in fresh]
            return await _shown(unit, asked, await enqueue_all(unit, asked))

        return await self._units.run_many([one.once for one in submissions], work)


async def enqueue_all(unit: Unit, submissions: Sequence[_Submission]) -> list[Sequence[Enqueued] | Refusal]:
    """Enqueues submissions; one verdict each."""
    known = await admission(unit.connection, [request for one in submissions for request in one.requests])
    verdicts: list[Sequence[Enqueued] | Refusal | None] = [known.refusal(one.requests) for one in submissions]
    together = [place for place, one in enumerate(submissions) if verdicts[place] is None and not one.may_conflict]
    if together:
        requests = [request for place in together for request in submissions[place].requests]
        found = iter(await _enqueue_together(unit, requests))
        for place in together:
            verdicts[place] = list(islice(found, len(submissions[place].requests)))
    return [
        verdict if verdict is not None else await _enqueue_or_refuse(unit, submissions[place].requests)
        for place, verdict in enumerate(verdicts)
    ]


async def _shown(
    unit: Unit, asked: Sequence[_Submission], outcomes: Sequence[Sequence[Enqueued] | Refusal]
) -> Sequence[job_pb2.Job | Sequence[Enqueued] | Refusal]:
    """The outcomes, with the job in the place of those that are answered with it."""
    of = [
        outcome[0].id if one.shown and not isinstance(outcome, Refusal) else None
        for one, outcome in zip(asked, outcomes, strict=True)
    ]
    ids = [job for job in of if job is not None]
    if not ids:
        return outcomes
    rows = await unit.connection.fetch(Q["get_jobs"], ids, min(ids), max(ids))
    jobs = {row["job_id"]: convert.job(row, unit.now) for row in rows}
    return [outcome if job is None else jobs[job] for job, outcome in zip(of, outcomes, strict=True)]


async def enqueue(unit: Unit, requests: Sequence[Request]) -> Sequence[Enqueued]:
    """Enqueues jobs in a transaction of this service. Raises what `Jobs.submit` does."""
    refusal = (await admission(unit.connection, requests)).refusal(requests)
    if refusal is not None:
        raise refusal
    outcome = await _enqueue_or_refuse(unit, requests)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _enqueue_together(unit: Unit, requests: Sequence[Request]) -> Sequence[Enqueued]:
    """Enqueues jobs that no key can refuse. Many are copied, which takes half of the time of what all others do."""
    if len(requests) < _MANY or any(one.is_unique for one in requests):
        return await platform.enqueue(unit.connection, unit.now, requests, admitted=True)
    slot = await unit.connection.fetchval(Q["newest_slot"])
    rows = [(slot, 0, unit.now, *one.row) for one in requests]
    await unit.connection.copy_records_to_table("job", records=rows, columns=_COLUMNS)
    return [Enqueued(one.id) for one in requests]


async def _enqueue_or_refuse(unit: Unit, requests: Sequence[Request]) -> Sequence[Enqueued] | Refusal:
    """Enqueues all of them, or none when a key is taken that may not be."""
    await unit.connection.execute("SAVEPOINT submission")
    outcomes = await platform.enqueue(unit.connection, unit.now, requests, admitted=True)
    for request, outcome in zip(requests, outcomes, strict=True):
        if outcome.outcome == _REFUSED:
            await unit.connection.execute("ROLLBACK TO SAVEPOINT submission")
            return JobConflict(str(outcome.id), request.spec.unique.key)
    await unit.connection.execute("RELEASE SAVEPOINT submission")
    return outcomes
