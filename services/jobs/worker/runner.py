"""Runs what needs no worker of its own: RPC jobs, each under the job's own idempotency key, and the built-in tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clients.errors import MeshError, typed_errors
from clients.worker import JobError, Run, Worker
from mesh.jobs.v1 import work_service_pb2
from services._platform import jobs
from services._platform.errors import Refusal
from services._platform.neighbours import Neighbours
from services._platform.tasks import end
from services.jobs.store import Dispatcher, Session
from services.jobs.worker import builtin

CAPACITY = 64
_TRANSIENT = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "UNKNOWN", "INTERNAL"}
_THROTTLED_FOR = 1.0


@asynccontextmanager
async def running_here(dispatcher: Dispatcher, neighbours: Neighbours, holder: str) -> AsyncIterator[None]:
    """Runs RPC jobs and built-in tasks of all queues while the block lasts, where the dispatcher is."""
    caller = _Caller(neighbours)
    rpcs = {path: caller.call for path, method in jobs.methods().items() if jobs.may_be_job(method)}
    name = f"here/{holder}"
    worker = Worker(
        lambda: _LocalStream(dispatcher, name),
        name,
        {**rpcs, **builtin.tasks(neighbours)},
        queues=(),
        capacity=CAPACITY,
        broken=Refusal,
    )
    working = asyncio.create_task(worker.work())
    try:
        yield
    finally:
        await end(working)


class _Caller:
    """Calls any RPC, with bytes that were checked when the job was enqueued, as the jobs service."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def call(self, run: Run) -> bytes:
        """The answer of the RPC of a run. Raises `JobError` with what the refusal means for another try."""
        method = jobs.methods()[run.item.task]
        if method.service not in self._neighbours:
            raise JobError(f"{method.service} is not in this mesh", code="SERVICE_ABSENT")
        seconds = min(run.item.timeout.ToTimedelta().total_seconds(), method.max_deadline)
        channel = self._neighbours.channel(method.service)
        rpc = channel.unary_unary(method.path, request_serializer=_same, response_deserializer=_same)
        key = run.item.job.removeprefix("jobs/")
        try:
            with typed_errors():
                answer: bytes = await rpc(run.payload, timeout=seconds, metadata=(("idempotency-key", key),))
        except MeshError as error:
            raise _job_error(error) from error
        return answer


def _job_error(error: MeshError) -> JobError:
    code = error.reason or error.code.name
    if error.code.name == "RESOURCE_EXHAUSTED":
        return JobError(error.message, code=code, retry_after=error.retry_after or _THROTTLED_FOR)
    return JobError(error.message, code=code, permanent=error.code.name not in _TRANSIENT)


class _LocalStream:
    """A `Work` stream to the dispatcher of this process."""

    def __init__(self, dispatcher: Dispatcher, name: str) -> None:
        self._session: Session = dispatcher.open(name)

    async def write(self, message: work_service_pb2.WorkRequest) -> None:
        """Says something."""
        self._session.say(message)

    def __aiter__(self) -> "_LocalStream":
        return self

    async def __anext__(self) -> work_service_pb2.WorkResponse:
        message = await self._session.next()
        if message is None:
            raise StopAsyncIteration
        return message

    def cancel(self) -> None:
        """Ends the stream."""
        self._session.close()


def _same(content: bytes) -> bytes:
    return content
