"""What a worker is told, as a message."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration

from mesh.jobs.v1 import work_service_pb2
from services.jobs.domain.jobs import DEFAULT_TIMEOUT, Job
from services.jobs.domain.turn import Told

_DEFAULT_TIMEOUT = Duration(seconds=int(DEFAULT_TIMEOUT))


def response(told: Told) -> work_service_pb2.WorkResponse:
    """What a turn has for a worker."""
    return work_service_pb2.WorkResponse(
        items=_items(told.items), cancelled=told.cancelled, stale=told.stale, recorded=told.recorded
    )


def _items(jobs: Iterable[Job]) -> list[work_service_pb2.WorkItem]:
    return [
        work_service_pb2.WorkItem(
            ticket=job.ticket,
            job=f"jobs/{job.id}",
            run=job.run,
            task=job.task,
            payload=job.payload,
            timeout=_DEFAULT_TIMEOUT if job.policy.timeout == DEFAULT_TIMEOUT else _duration(job.policy.timeout),
        )
        for job in jobs
    ]


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration
