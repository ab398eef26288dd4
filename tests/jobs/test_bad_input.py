"""Every bad input is refused with a status, a reason and a field, and enqueues nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.jobs.v1 import job_pb2, queue_pb2, schedule_pb2, workflow_pb2
from mesh.jobs.v1.job_service_pb2 import (
    BatchCreateJobsRequest,
    CancelJobRequest,
    CreateJobRequest,
    GetJobRequest,
    ListJobsRequest,
    RedriveJobsRequest,
    RunJobRequest,
    UpdateJobRequest,
)
from mesh.jobs.v1.queue_service_pb2 import DrainQueueRequest, PauseQueueRequest, UpdateQueueRequest
from mesh.jobs.v1.schedule_service_pb2 import CreateScheduleRequest, GetScheduleRequest, PreviewScheduleRequest
from mesh.jobs.v1.workflow_service_pb2 import CreateWorkflowRequest, GetWorkflowRequest
from tests.inventory.conftest import refused
from tests.jobs.conftest import Jobs, spec

Call = Callable[[Jobs], Awaitable[Any]]
NOBODY = "0198c0de-0000-7000-8000-000000000000"
INVALID, MISSING = "INVALID_ARGUMENT", "NOT_FOUND"


def _job(**fields: Any) -> Call:
    return lambda jobs: jobs.jobs.CreateJob(CreateJobRequest(spec=spec(**fields)))


def _timing(**fields: Any) -> Call:
    timing = schedule_pb2.Timing(**fields)
    return lambda jobs: jobs.schedules.PreviewSchedule(PreviewScheduleRequest(timing=timing))


def _schedule(**fields: Any) -> Call:
    made = {"timing": schedule_pb2.Timing(cron="* * * * *"), "spec": spec(), **fields}
    request = CreateScheduleRequest(schedule_id="s", schedule=schedule_pb2.Schedule(**made))
    return lambda jobs: jobs.schedules.CreateSchedule(request)


def _workflow(*steps: workflow_pb2.WorkflowStep) -> Call:
    request = CreateWorkflowRequest(workflow=workflow_pb2.Workflow(steps=steps))
    return lambda jobs: jobs.workflows.CreateWorkflow(request)


def _step(name: str, *after: str) -> workflow_pb2.WorkflowStep:
    asked = spec(dependencies=[job_pb2.Dependency(on=one) for one in after])
    return workflow_pb2.WorkflowStep(step_id=name, spec=asked)


def _queue(**fields: Any) -> Call:
    queue = queue_pb2.Queue(**{"name": "queues/q", **fields})
    return lambda jobs: jobs.queues.UpdateQueue(UpdateQueueRequest(queue=queue))


CASES: list[tuple[str, Call, str, str]] = [
    ("no target", lambda jobs: jobs.jobs.CreateJob(CreateJobRequest(spec=job_pb2.JobSpec())), INVALID, "spec.target"),
    ("a task's name", _job(task="No Name"), INVALID, "spec.task.task"),
    ("a large payload", _job(payload=b"x" * 65_537), INVALID, "spec.task.payload"),
    ("a queue's name", _job(queue="queues/UPPER"), INVALID, "spec.queue"),
    ("a long key", _job(key="k" * 201), INVALID, "spec.key"),
    ("a priority that is none", _job(priority=99), INVALID, "spec.priority"),
    ("no timeout", _job(timeout=Duration()), INVALID, "spec.timeout"),
    ("a timeout of years", _job(timeout=Duration(seconds=10**8)), INVALID, "spec.timeout"),
    ("too many tries", _job(retry=job_pb2.RetryPolicy(max_attempts=101)), INVALID, "spec.retry.max_attempts"),
    ("resources below nothing", _job(resources={"cpu": -1.0}), INVALID, "spec.resources"),
    ("resources beyond measure", _job(resources={"cpu": float("inf")}), INVALID, "spec.resources"),
    ("an empty unique key", _job(unique=job_pb2.UniqueKey()), INVALID, "spec.unique.key"),
    ("no jobs", lambda jobs: jobs.jobs.BatchCreateJobs(BatchCreateJobsRequest()), INVALID, "specs"),
    ("a name that is none", lambda jobs: jobs.jobs.GetJob(GetJobRequest(name="jobs/x")), INVALID, "name"),
    ("no such job", lambda jobs: jobs.get(f"jobs/{NOBODY}"), MISSING, "JOB_NOT_FOUND"),
    (
        "nothing to call off",
        lambda jobs: jobs.jobs.CancelJob(CancelJobRequest(name=f"jobs/{NOBODY}")),
        MISSING,
        "JOB_NOT_FOUND",
    ),
    ("nothing to run", lambda jobs: jobs.jobs.RunJob(RunJobRequest(name=f"jobs/{NOBODY}")), MISSING, "JOB_NOT_FOUND"),
    (
        "nothing to edit",
        lambda jobs: jobs.jobs.UpdateJob(UpdateJobRequest(job=job_pb2.Job(name=f"jobs/{NOBODY}", spec=spec()))),
        MISSING,
        "JOB_NOT_FOUND",
    ),
    (
        "nothing to redrive",
        lambda jobs: jobs.jobs.RedriveJobs(RedriveJobsRequest(jobs=[f"jobs/{NOBODY}"])),
        "FAILED_PRECONDITION",
        "JOB_NOT_DEAD",
    ),
    ("an unknown filter", lambda jobs: jobs.jobs.ListJobs(ListJobsRequest(filter="colour = red")), INVALID, "filter"),
    ("a forged page", lambda jobs: jobs.jobs.ListJobs(ListJobsRequest(page_token="x")), INVALID, ""),  # noqa: S106
    ("four fields", _timing(cron="* * * *"), INVALID, "SCHEDULE_INVALID"),
    ("minute 60", _timing(cron="60 * * * *"), INVALID, "SCHEDULE_INVALID"),
    ("the 32nd", _timing(cron="0 0 32 * *"), INVALID, "SCHEDULE_INVALID"),
    ("a zone of no place", _timing(cron="* * * * *", time_zone="Mars/Olympus"), INVALID, "SCHEDULE_INVALID"),
    ("no interval", _timing(interval=Duration()), INVALID, "timing.interval"),
    ("no rule", _timing(), INVALID, "timing.rule"),
    ("a date that is none", _timing(cron="* * * * *", excluded_dates=["xmas"]), INVALID, "timing.excluded_dates"),
    ("the eighth day", _timing(cron="* * * * *", excluded_weekdays=[8]), INVALID, "timing.excluded_weekdays"),
    (
        "a unique key of a schedule's job",
        _schedule(spec=spec(unique=job_pb2.UniqueKey(key="k"))),
        INVALID,
        "schedule.spec.unique",
    ),
    ("an overlap that is none", _schedule(overlap=99), INVALID, "schedule.overlap"),
    (
        "no such schedule",
        lambda jobs: jobs.schedules.GetSchedule(GetScheduleRequest(name="schedules/none")),
        MISSING,
        "SCHEDULE_NOT_FOUND",
    ),
    ("no steps", _workflow(), INVALID, "workflow.steps"),
    ("two steps of a name", _workflow(_step("a"), _step("a")), INVALID, "STEP_REPEATED"),
    ("a long circle", _workflow(_step("a", "c"), _step("b", "a"), _step("c", "b")), INVALID, "CYCLE"),
    ("a step of nothing", _workflow(_step("a", "z")), INVALID, "STEP_UNKNOWN"),
    (
        "no such workflow",
        lambda jobs: jobs.workflows.GetWorkflow(GetWorkflowRequest(name=f"workflows/{NOBODY}")),
        MISSING,
        "WORKFLOW_NOT_FOUND",
    ),
    ("a limit below nothing", _queue(max_running=-1), INVALID, "queue.max_running"),
    ("a rate beyond measure", _queue(max_starts_per_second=float("inf")), INVALID, "queue.max_starts_per_second"),
    ("a weight of nothing", _queue(tenant_weights={"a": 0}), INVALID, "queue.tenant_weights"),
    (
        "a long reason",
        lambda jobs: jobs.queues.PauseQueue(PauseQueueRequest(name="queues/q", reason="r" * 501)),
        INVALID,
        "reason",
    ),
    (
        "a task of a tenant",
        lambda jobs: jobs.queues.DrainQueue(DrainQueueRequest(name="queues/q", task="t", tenant="acme")),
        INVALID,
        "tenant",
    ),
]


async def test_bad_input_is_refused(jobs: Jobs) -> None:
    """One service for the whole table. `told` is the reason, or the field that is at fault."""
    for what, call, code, told in CASES:
        refusal = await refused(call(jobs))
        assert refusal.code == code, (what, refusal)
        named = (refusal.reason, *(field.partition("[")[0] for field in refusal.fields))
        assert not told or told in named, (what, named)
    assert not (await jobs.jobs.ListJobs(ListJobsRequest())).jobs


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("spec.colour", "update_mask"),
        ("state", "update_mask"),
        ("spec.queue", "update_mask"),
        ("spec.task", "job.spec.target"),
    ],
)
async def test_an_edit_that_cannot_be_is_refused_and_changes_nothing(jobs: Jobs, path: str, field: str) -> None:
    name = await jobs.enqueue("edited", ready_time=Timestamp(seconds=4102444800))
    before = await jobs.get(name)
    job = job_pb2.Job(name=name, spec=job_pb2.JobSpec())
    refusal = await refused(jobs.jobs.UpdateJob(UpdateJobRequest(job=job, update_mask=FieldMask(paths=[path]))))
    assert (refusal.code, refusal.fields) == (INVALID, [field])
    assert await jobs.get(name) == before
