"""What was asked for, from message and row to a job on the board."""

import hashlib
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from google.protobuf.duration_pb2 import Duration

from mesh.jobs.v1 import job_pb2
from services.jobs.convert import names
from services.jobs.domain.jobs import DEFAULT_TIMEOUT, Dependency, Failure, FailureClass, Job, Policy
from services.jobs.domain.refusals import ParentNotFound

_PLAIN = Policy()
_POLICY_FIELDS = frozenset(
    ("retry", "timeout", "heartbeat_timeout", "objective", "resources", "keep_result", "result_cache_lifetime")
)
_columns = itemgetter("job_id", "queue", "tenant", "key", "task", "priority", "run", "ready_time", "spec")


def seconds(duration: Duration) -> float:
    """A span in seconds."""
    return duration.seconds + duration.nanos / 1e9


def instant(seconds: float) -> datetime:
    """An instant from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def task(spec: job_pb2.JobSpec) -> str:
    """What workers know it by: the task, or the path of the RPC."""
    return spec.task.task if spec.HasField("task") else spec.rpc.method


def queue(spec: job_pb2.JobSpec) -> str:
    """The id of its queue."""
    return queue_id(spec.queue)


def queue_id(name: str) -> str:
    """The id of a queue; without a name, of the one that jobs are in that ask for none."""
    return names.QUEUE.id(name) if name else names.DEFAULT_QUEUE


def _policy(spec: job_pb2.JobSpec) -> Policy:
    """How it is run, for one that asks for something special."""
    retry = spec.retry
    return Policy(
        max_attempts=retry.max_attempts or _PLAIN.max_attempts,
        initial_delay=seconds(retry.initial_delay) or _PLAIN.initial_delay,
        max_delay=seconds(retry.max_delay) or _PLAIN.max_delay,
        timeout=seconds(spec.timeout) or DEFAULT_TIMEOUT,
        heartbeat_timeout=seconds(spec.heartbeat_timeout),
        max_queue=seconds(spec.objective.max_queue_duration),
        max_run=seconds(spec.objective.max_run_duration),
        keep_result=spec.keep_result,
        cache_lifetime=seconds(spec.result_cache_lifetime),
        resources=dict(spec.resources),
    )


def job(row: Any) -> Job:
    """A job as it is stored. `ready` is 0 when it may run at once, whatever the clock of who enqueued it said."""
    job_id, queue, tenant, key, task, priority, run, ready, content = _columns(row)
    spec = job_pb2.JobSpec.FromString(content)
    asked = {field.name: value for field, value in spec.ListFields()}
    made = Job(
        job_id,
        queue,
        tenant,
        key,
        task,
        priority,
        run,
        ready=ready.timestamp() if ready is not None else 0.0,
        policy=_PLAIN if _POLICY_FIELDS.isdisjoint(asked) else _policy(spec),
        # What the worker gets: of an RPC, the request.
        payload=asked["task"].payload if "task" in asked else spec.rpc.request.value,
    )
    if "expire_time" in asked:
        made.expire = spec.expire_time.seconds + spec.expire_time.nanos / 1e9
    if "unique" in asked:
        made.unique = spec.unique.key
    if "dependencies" in asked:
        made.dependencies = tuple(
            Dependency(parent(one.on), one.condition or job_pb2.DEPENDENCY_CONDITION_ON_SUCCESS)
            for one in spec.dependencies
        )
    return made


def parent(name: str) -> UUID:
    """The id of a job that another waits for. Refuses what is not the name of one."""
    try:
        return UUID(names.JOB.id(name))
    except ValueError as error:
        raise ParentNotFound(name) from error


def failure(message: job_pb2.Failure) -> Failure:
    """Why a run failed, as a worker says it."""
    kind = FailureClass(getattr(message, "class") or job_pb2.FAILURE_CLASS_TRANSIENT)
    return Failure(kind, message.code, message.message, seconds(message.retry_delay))


def digest(task: str, payload: bytes) -> bytes:
    """The same for jobs with the same target and payload."""
    return hashlib.blake2b(
        payload, digest_size=16, key=hashlib.blake2b(task.encode(), digest_size=16).digest()
    ).digest()
