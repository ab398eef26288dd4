"""Seeds of jobs. Nobody does their task, so that jobs stay as they are made; those that die call what is not there."""

import uuid
from datetime import UTC, datetime, timedelta

from google.protobuf import any_pb2
from google.protobuf.json_format import MessageToDict

from mesh.inventory.v1.product_service_pb2 import GetProductRequest
from tests.contract.outcome import Json
from tests.contract.seeds.api import Api
from tests.gateway.ports import wait_until

PACKAGE = "mesh.jobs.v1"

_FAR = "2100-01-01T00:00:00Z"
_SPEC = {"task": {"task": "seed.nobody-does"}}
_LATER = {**_SPEC, "ready_time": _FAR}
_HOURLY = {"cron": "0 * * * *", "start_time": _FAR}
_GET_PRODUCT = "/mesh.inventory.v1.ProductService/GetProduct"


def job(api: Api) -> str:
    """A job whose time has not come."""
    return str(api("JobService/CreateJob", spec=_LATER)["name"])


def dead_job(api: Api) -> str:
    """A job that was given up, in a queue of its own, so that it is a group of its own among dead letters."""
    request = any_pb2.Any()
    request.Pack(GetProductRequest(name=f"products/{uuid.uuid4()}"))
    spec = {"queue": new_queue, "rpc": {"method": _GET_PRODUCT, "request": MessageToDict(request)}}
    made = str(api("JobService/CreateJob", spec=spec)["name"])
    _wait_until_dead(api, made)
    return made


def _wait_until_dead(api: Api, name: str, runs: int = 1) -> None:
    def dead() -> bool:
        found = api("JobService/GetJob", name=name)
        return bool(found["state"] == "JOB_STATE_DEAD" and found["run"] >= runs)

    wait_until(dead, f"{name} is dead", seconds=30)


def run_again(api: Api, request: Json) -> None:
    """One more run, which fails, of the job that the request names."""
    name = request["parent"]
    runs = api("JobService/GetJob", name=name)["run"]
    api("JobService/RedriveJobs", jobs=[name])
    _wait_until_dead(api, name, runs + 1)


def change_job(api: Api, request: Json) -> None:
    """One more change of the job that the request names."""
    spec = {"task": {"task": api.unique("seed")}, "ready_time": _FAR}
    api("JobService/UpdateJob", job={"name": request["name"], "spec": spec})


def new_queue(api: Api) -> str:
    return f"queues/{api.unique('seed')}"


def queue(api: Api) -> str:
    return str(api("QueueService/UpdateQueue", queue={"name": new_queue, "max_running": 5})["name"])


def paused_queue(api: Api) -> str:
    return str(api("QueueService/PauseQueue", name=queue)["name"])


def fill_queue(api: Api, request: Json) -> None:
    """One more job in the queue that the request names."""
    api("JobService/CreateJob", spec={**_SPEC, "queue": request["name"]})


def new_schedule(api: Api) -> Json:
    return {"schedule_id": api.unique("seed"), "schedule": {"timing": _HOURLY, "spec": _SPEC}}


def schedule(api: Api) -> str:
    return str(api("ScheduleService/CreateSchedule", **new_schedule(api))["name"])


def past_schedule(api: Api) -> Json:
    """A schedule that could have fired before it was there, and when."""
    timing = {"cron": "0 * * * *", "end_time": "2026-01-03T00:00:00Z"}
    made = api(
        "ScheduleService/CreateSchedule", schedule_id=api.unique("seed"), schedule={"timing": timing, "spec": _SPEC}
    )
    return {"name": made["name"], "start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T06:00:00Z"}


def paused_schedule(api: Api) -> str:
    return str(api("ScheduleService/PauseSchedule", name=schedule)["name"])


def new_workflow(api: Api) -> Json:
    steps = [
        {"step_id": "first", "spec": _LATER},
        {"step_id": "second", "spec": {**_SPEC, "dependencies": [{"on": "first"}]}},
    ]
    return {"display_name": api.unique("Seed"), "steps": steps}


def workflow(api: Api) -> str:
    return str(api("WorkflowService/CreateWorkflow", workflow=new_workflow)["name"])


def hello(api: Api) -> Json:
    """What a worker says first, of a queue that nobody fills."""
    return {"worker": api.unique("seed"), "queues": [new_queue(api)], "tasks": ["seed.nobody-asks"], "capacity": 1}


def quieten(api: Api) -> None:
    """Pauses the schedules that fire soon: what they enqueue would be taken for a call's effect."""
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for one in api.pages("ScheduleService/ListSchedules", "schedules"):
        if not one.get("paused") and one.get("next_fire_time", _FAR) < soon:
            api("ScheduleService/PauseSchedule", name=one["name"])


RESOURCES = {
    "mesh/Job": job,
    "mesh/Queue": queue,
    "mesh/Schedule": schedule,
    "mesh/Workflow": workflow,
}

REQUESTS = {
    "JobService/CreateJob": {"spec": _LATER},
    "JobService/BatchCreateJobs": {"specs": [_LATER, _LATER]},
    "JobService/GetJob": {"name": job},
    "JobService/ListJobs": {},
    "JobService/UpdateJob": {"job": {"name": job, "spec": _LATER}},
    "JobService/CancelJob": {"name": job},
    "JobService/RunJob": {"name": job},
    "JobService/ListJobRuns": {"parent": dead_job},
    "JobService/WatchRun": {"name": job},
    "JobService/ListDeadLetterGroups": {},
    "JobService/RedriveJobs": {"jobs": [dead_job]},
    "QueueService/GetQueue": {"name": queue},
    "QueueService/ListQueues": {},
    "QueueService/UpdateQueue": {"queue": {"name": queue, "max_running": 7}},
    "QueueService/PauseQueue": {"name": queue},
    "QueueService/ResumeQueue": {"name": paused_queue},
    "QueueService/DrainQueue": {"name": queue},
    "QueueService/WatchQueue": {"name": queue},
    "ScheduleService/CreateSchedule": new_schedule,
    "ScheduleService/GetSchedule": {"name": schedule},
    "ScheduleService/ListSchedules": {},
    "ScheduleService/UpdateSchedule": {"schedule": {"name": schedule, "timing": _HOURLY, "spec": _SPEC}},
    "ScheduleService/DeleteSchedule": {"name": schedule},
    "ScheduleService/PauseSchedule": {"name": schedule},
    "ScheduleService/ResumeSchedule": {"name": paused_schedule},
    "ScheduleService/BackfillSchedule": past_schedule,
    "ScheduleService/PreviewSchedule": {"timing": {"cron": "0 * * * *"}, "count": 3},
    # A ticket that is not the worker's is answered as stale.
    "WorkService/Work": [{"hello": hello, "succeeded": ["1"]}],
    "WorkflowService/CreateWorkflow": {"workflow": new_workflow},
    "WorkflowService/GetWorkflow": {"name": workflow},
    "WorkflowService/CancelWorkflow": {"name": workflow},
}

MORE = {
    "JobService/ListDeadLetterGroups": lambda api, _: dead_job(api),
    "JobService/ListJobRuns": run_again,
    "JobService/WatchRun": change_job,
    "QueueService/WatchQueue": fill_queue,
}

AFTER = {"ScheduleService/CreateSchedule": quieten, "ScheduleService/UpdateSchedule": quieten}
