"""What a worker is told, as a message."""

from mesh.jobs.v1 import work_service_pb2
from services.jobs.domain.turn import Told


def response(told: Told) -> work_service_pb2.WorkResponse:
    """What a turn has for a worker."""
    made = work_service_pb2.WorkResponse(cancelled=told.cancelled, stale=told.stale, recorded=told.recorded)
    add = made.items.add
    for job in told.items:
        # Filled in place: a message that is made and then taken into another is copied.
        item, timeout = add(), job.policy.timeout
        item.ticket = job.ticket
        item.job = f"jobs/{job.id}"
        item.run = job.run
        item.task = job.task
        item.payload = job.payload
        item.timeout.seconds = int(timeout)
        if timeout % 1:
            item.timeout.nanos = int(timeout % 1 * 1e9)
    return made
