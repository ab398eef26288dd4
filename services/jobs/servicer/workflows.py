"""The RPCs of workflows."""

from uuid import UUID

import uuid_utils

from mesh.jobs.v1 import job_pb2, workflow_pb2, workflow_service_pb2
from mesh.jobs.v1.workflow_service_servicer import WorkflowServiceServicer
from services._platform import jobs
from services._platform.call import Call
from services.jobs.convert import names
from services.jobs.domain import graph
from services.jobs.domain.refusals import StepRepeated
from services.jobs.store.workflows import Workflows as Store


class Workflows(WorkflowServiceServicer[Call]):
    """`mesh.jobs.v1.WorkflowService`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def CreateWorkflow(
        self, request: workflow_service_pb2.CreateWorkflowRequest, call: Call, /
    ) -> workflow_pb2.Workflow:
        new = UUID(str(uuid_utils.uuid7()))
        workflow, requests = _planned(request.workflow, new, call)
        return await self._store.create(new, workflow, requests, call.once(workflow_pb2.Workflow, _same))

    async def GetWorkflow(
        self, request: workflow_service_pb2.GetWorkflowRequest, call: Call, /
    ) -> workflow_pb2.Workflow:
        return await self._store.get(UUID(names.WORKFLOW.id(request.name)))

    async def CancelWorkflow(
        self, request: workflow_service_pb2.CancelWorkflowRequest, call: Call, /
    ) -> workflow_pb2.Workflow:
        once = call.once(workflow_pb2.Workflow, _same)
        return await self._store.cancel(UUID(names.WORKFLOW.id(request.name)), once)


def _planned(asked: workflow_pb2.Workflow, id: UUID, call: Call) -> tuple[workflow_pb2.Workflow, list[jobs.Request]]:
    """The workflow with the names of its jobs, and the jobs. Refuses what does not hang together."""
    waits_for = {step.step_id: [one.on for one in step.spec.dependencies if "/" not in one.on] for step in asked.steps}
    if len(waits_for) < len(asked.steps):
        ids = [step.step_id for step in asked.steps]
        raise StepRepeated(next(one for one in ids if ids.count(one) > 1))
    graph.check(waits_for)
    workflow = workflow_pb2.Workflow()
    workflow.CopyFrom(asked)
    workflow.name = names.WORKFLOW.name(str(id))
    workflow.open_count = len(workflow.steps)
    ids_of = {step.step_id: UUID(str(uuid_utils.uuid7())) for step in workflow.steps}
    requests = []
    for step in workflow.steps:
        for one in step.spec.dependencies:
            if "/" not in one.on:
                one.on = names.JOB.name(str(ids_of[one.on]))
        requests.append(jobs.request(step.spec, call.principal, ids_of[step.step_id]))
        step.job = requests[-1].name
        step.state = job_pb2.JOB_STATE_WAITING if step.spec.dependencies else job_pb2.JOB_STATE_READY
    return workflow, requests


def _same(workflow: workflow_pb2.Workflow) -> workflow_pb2.Workflow:
    return workflow
