"""Workflows in Postgres: all steps of one are enqueued in one commit."""

from collections.abc import Sequence
from uuid import UUID

from mesh.jobs.v1 import workflow_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.doorbell import Doorbell
from services._platform.jobs import Request
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import names
from services.jobs.domain.jobs import State
from services.jobs.domain.refusals import WorkflowNotFound
from services.jobs.store import jobs
from services.jobs.store.reads import Reads
from services.jobs.store.versions import CANCEL

Q = sql.load(__package__, "workflows")


class Workflows:
    """Enqueues and reads workflows."""

    def __init__(self, pool: Pool, units: UnitOfWork, reads: Reads, doorbell: Doorbell) -> None:
        self._pool = pool
        self._units = units
        self._reads = reads
        self._doorbell = doorbell

    async def create(
        self,
        id: UUID,
        workflow: workflow_pb2.Workflow,
        requests: Sequence[Request],
        once: Once[workflow_pb2.Workflow, Reply],
    ) -> Reply:
        """Enqueues the steps of a workflow; `requests` has a job for each."""

        async def work(unit: Unit) -> workflow_pb2.Workflow:
            await jobs.enqueue(unit, requests)
            await unit.connection.execute(Q["insert_workflow"], id, workflow.SerializeToString(), unit.now)
            workflow.create_time.FromDatetime(unit.now)
            return workflow

        reply = await self._units.run(once, work)
        self._doorbell.ring()
        return reply

    async def get(self, id: UUID) -> workflow_pb2.Workflow:
        """A workflow with what became of each step."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["get_workflow"], id)
        if row is None:
            raise WorkflowNotFound(str(id))
        workflow = workflow_pb2.Workflow.FromString(row["definition"])
        workflow.create_time.FromDatetime(row["create_time"])
        found = await self._reads.jobs([UUID(names.JOB.id(step.job)) for step in workflow.steps])
        states = {job.name: job.state for job in found}
        for step in workflow.steps:
            if step.job in states:
                step.state = states[step.job]
        workflow.open_count = sum(not State(state).final for state in states.values())
        return workflow

    async def cancel(self, id: UUID, once: Once[workflow_pb2.Workflow, Reply]) -> Reply:
        """Calls off every step that has not ended."""
        workflow = await self.get(id)
        open_steps = [UUID(names.JOB.id(step.job)) for step in workflow.steps if not State(step.state or 1).final]

        async def work(unit: Unit) -> workflow_pb2.Workflow:
            await unit.connection.execute(Q["ask_all"], CANCEL, open_steps, unit.now)
            return workflow

        reply = await self._units.run(once, work)
        self._doorbell.ring()
        return reply
