"""Every way in which jobs says no. The reasons are those of `mesh.jobs.v1.ErrorReason`."""

from services._platform.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound


class JobNotFound(NotFound):
    """No such job, or none any more."""

    reason = "JOB_NOT_FOUND"

    def __init__(self, job: str) -> None:
        super().__init__(f"there is no job {job}", metadata={"job": f"jobs/{job}"})


class JobClosed(FailedPrecondition):
    """The job has ended."""

    reason = "JOB_CLOSED"

    def __init__(self, job: str, state: str) -> None:
        super().__init__(f"job {job} has ended: {state}", metadata={"job": f"jobs/{job}", "state": state})


class JobRunning(FailedPrecondition):
    """A worker has the job."""

    reason = "JOB_RUNNING"

    def __init__(self, job: str) -> None:
        super().__init__(f"job {job} is running", metadata={"job": f"jobs/{job}"})


class JobNotDead(FailedPrecondition):
    """Only dead jobs are redriven."""

    reason = "JOB_NOT_DEAD"

    def __init__(self, job: str) -> None:
        super().__init__(f"job {job} is not dead", metadata={"job": f"jobs/{job}"})


class JobConflict(AlreadyExists):
    """An unfinished job has the unique key."""

    reason = "JOB_CONFLICT"

    def __init__(self, job: str, key: str) -> None:
        super().__init__(f"job {job} has the key {key}", metadata={"job": f"jobs/{job}", "key": key})


class ParentNotFound(InvalidArgument):
    """A job is to wait for one that does not exist."""

    reason = "PARENT_NOT_FOUND"

    def __init__(self, job: str) -> None:
        super().__init__(f"there is no {job} to wait for", metadata={"job": job})


class NotPaused(FailedPrecondition):
    """What is to be resumed is not paused."""

    reason = "NOT_PAUSED"

    def __init__(self, resource: str) -> None:
        super().__init__(f"{resource} is not paused", metadata={"resource": resource})


class ScheduleNotFound(NotFound):
    """No such schedule."""

    reason = "SCHEDULE_NOT_FOUND"

    def __init__(self, schedule: str) -> None:
        super().__init__(f"there is no schedule {schedule}", metadata={"schedule": f"schedules/{schedule}"})


class ScheduleExists(AlreadyExists):
    """The schedule id is taken."""

    reason = "SCHEDULE_EXISTS"

    def __init__(self, schedule: str) -> None:
        super().__init__(f"there is a schedule {schedule} already", metadata={"schedule": f"schedules/{schedule}"})


class ScheduleInvalid(InvalidArgument):
    """The timing cannot be read. `position` counts the fields of a cron expression from 1."""

    reason = "SCHEDULE_INVALID"

    def __init__(self, field: str, position: int, why: str) -> None:
        super().__init__(f"timing: {why}", metadata={"field": field, "position": position})


class BackfillTooLarge(InvalidArgument):
    """The span holds more fires than are backfilled at once."""

    reason = "BACKFILL_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the span holds more than {limit} fires", metadata={"limit": limit})


class Cycle(InvalidArgument):
    """Steps wait for one another in a circle."""

    reason = "CYCLE"

    def __init__(self, cycle: list[str]) -> None:
        path = " -> ".join(cycle)
        super().__init__(f"the steps wait for one another: {path}", metadata={"cycle": path})


class StepUnknown(InvalidArgument):
    """A step waits for one that the workflow does not have."""

    reason = "STEP_UNKNOWN"

    def __init__(self, step: str) -> None:
        super().__init__(f"there is no step {step}", metadata={"step": step})


class StepRepeated(InvalidArgument):
    """Two steps have the same id."""

    reason = "STEP_REPEATED"

    def __init__(self, step: str) -> None:
        super().__init__(f"there are two steps {step}", metadata={"step": step})


class WorkflowNotFound(NotFound):
    """No such workflow."""

    reason = "WORKFLOW_NOT_FOUND"

    def __init__(self, workflow: str) -> None:
        super().__init__(f"there is no workflow {workflow}", metadata={"workflow": f"workflows/{workflow}"})


class HelloMissing(InvalidArgument):
    """The first message of a worker's stream does not say who it is."""

    reason = "HELLO_MISSING"
