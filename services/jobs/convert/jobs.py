"""Jobs, runs and dead letters, as messages."""

from datetime import datetime
from typing import Any

from mesh.jobs.v1 import job_pb2, job_service_pb2
from services._platform.times import timestamp
from services.jobs.convert import names, specs
from services.jobs.domain.jobs import State


def job(row: Any, now: datetime) -> job_pb2.Job:
    """A job with all that is stored of it, as seen at an instant."""
    spec = job_pb2.JobSpec.FromString(row["spec"])
    made = job_pb2.Job(
        name=names.JOB.name(str(row["job_id"])),
        spec=spec,
        state=job_pb2.JobState.ValueType(state(row, spec, now).value),
        run=max(row["run"], row["claim_run"] or 0),
        worker=row["worker"] or "",
        failure=failure(row) if row["kind"] else None,
        result=row["content"] or b"",
        create_time=timestamp(row["create_time"]),
        ready_time=timestamp(row["next_time"] or row["ready_time"] or row["create_time"]),
        start_time=timestamp(row["start_time"]),
    )
    if State(made.state).final:
        made.end_time.FromDatetime(row["end_time"])
    return made


def state(row: Any, spec: job_pb2.JobSpec, now: datetime) -> State:
    """Where a job stands, by its newest version, claim, end and failure."""
    run = row["run"]
    if row["end_run"] is not None and row["end_run"] >= run:
        return State(row["end_state"])
    claimed, failed = row["claim_run"] or 0, row["failed_run"] or 0
    if claimed > max(run, failed):
        return State.RUNNING
    if failed >= max(run, 1) and row["next_time"] is not None:
        return State.RETRYING if row["next_time"] > now else State.READY
    if row["ready_time"] is not None and row["ready_time"] > now:
        return State.SCHEDULED
    # Whether those that it waits for have ended is known to the dispatcher, which says so by a claim.
    return State.WAITING if spec.dependencies and not claimed else State.READY


def failure(row: Any) -> job_pb2.Failure:
    """Why a run failed, as it is stored."""
    message = job_pb2.Failure(code=row["code"], message=row["message"], fingerprint=row["fingerprint"])
    setattr(message, "class", row["kind"])
    return message


def run(row: Any) -> job_pb2.JobRun:
    """A run."""
    return job_pb2.JobRun(
        run=row["run"],
        worker=row["worker"],
        start_time=timestamp(row["start_time"]),
        end_time=timestamp(row["end_time"]),
        failure=failure(row) if row["kind"] else None,
    )


def group(row: Any) -> job_service_pb2.DeadLetterGroup:
    """Dead jobs that died of the same thing."""
    return job_service_pb2.DeadLetterGroup(
        fingerprint=row["fingerprint"],
        queue=names.QUEUE.name(row["queue"]),
        task=row["task"],
        failure=failure(row),
        count=row["count"],
        first_time=timestamp(row["first_time"]),
        last_time=timestamp(row["last_time"]),
        sample_jobs=[names.JOB.name(str(job_id)) for job_id in row["sample"]],
    )


def columns(spec: job_pb2.JobSpec) -> tuple[str, str, str, str, int]:
    """What stands beside a spec in its row: queue, tenant, key, task, priority."""
    priority = spec.priority or job_pb2.JOB_PRIORITY_NORMAL
    return specs.queue(spec), spec.tenant, spec.key, specs.task(spec), priority
