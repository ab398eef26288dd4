"""What jobs announces, with the name of the resource that each event is about."""

from google.protobuf.duration_pb2 import Duration

from mesh.jobs.v1 import event_pb2, job_pb2
from services._platform.outbox import Event
from services.jobs.convert import names
from services.jobs.domain.jobs import Failure
from services.jobs.domain.retries import fingerprint
from services.jobs.domain.turn import Ended, Missed


def ended(end: Ended) -> Event:
    """A job ended."""
    job = end.job
    name = names.JOB.name(str(job.id))
    message = event_pb2.JobEnded(
        job=name,
        queue=names.QUEUE.name(job.queue),
        task=job.task,
        tenant=job.tenant,
        state=job_pb2.JobState.ValueType(end.state.value),
        failure=failure(job.task, job.failure) if job.failure else None,
    )
    return Event(name, message)


def missed(miss: Missed) -> Event:
    """A promise was broken, or will be."""
    name = names.JOB.name(str(miss.job.id))
    queue = names.QUEUE.name(miss.job.queue)
    return Event(name, event_pb2.ObjectiveMissed(job=name, queue=queue, promise=miss.promise, foreseen=miss.foreseen))


def failure(task: str, failure: Failure) -> job_pb2.Failure:
    """Why a run failed."""
    delay = Duration()
    delay.FromNanoseconds(int(failure.retry_delay * 1e9))
    message = job_pb2.Failure(
        code=failure.code,
        message=failure.message,
        retry_delay=delay if failure.retry_delay else None,
        fingerprint=fingerprint(task, failure),
    )
    setattr(message, "class", int(failure.kind))
    return message
