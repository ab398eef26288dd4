"""Follows jobs and queues as they change."""

import asyncio
from asyncio import get_running_loop
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from uuid import UUID

from mesh.jobs.v1 import job_pb2, job_service_pb2, queue_pb2, queue_service_pb2
from services._platform.call import Call
from services._platform.replicas import Replicas
from services.jobs.convert import names, queues
from services.jobs.domain.jobs import State
from services.jobs.store.dispatcher import Dispatcher
from services.jobs.store.reads import Reads

HEARTBEAT = 15.0
_LOOK_EVERY = 0.25
_MOST_UNTOLD = 1000


class Watching:
    """Watches at the dispatcher, where it is known at once what workers say."""

    def __init__(self, dispatcher: Dispatcher, replicas: Replicas, reads: Reads) -> None:
        self._dispatcher = dispatcher
        self._replicas = replicas
        self._reads = reads

    async def job(
        self, request: job_service_pb2.WatchRunRequest, call: Call
    ) -> AsyncGenerator[job_service_pb2.WatchRunResponse, None]:
        """A job until it ends: first as it is, then each change and whatever its worker says."""
        if address := await self._dispatcher.elsewhere():
            async with aclosing(self._replicas.stream(address, call, request)) as replies:
                async for reply in replies:
                    yield reply
            return
        job = UUID(names.JOB.id(request.name))
        said: asyncio.Queue[job_pb2.JobProgress] = asyncio.Queue(_MOST_UNTOLD)
        stop = self._dispatcher.watch(job, lambda progress: None if said.full() else said.put_nowait(progress))
        try:
            async for told in self._follow(job, said):
                yield told
        finally:
            stop()

    async def _follow(
        self, id: UUID, said: "asyncio.Queue[job_pb2.JobProgress]"
    ) -> AsyncIterator[job_service_pb2.WatchRunResponse]:
        clock, shown, told = get_running_loop().time, job_pb2.Job(), 0.0
        while True:
            job = await self._reads.job(id)
            while not said.empty():
                told = clock()
                yield job_service_pb2.WatchRunResponse(progress=said.get_nowait())
            if job != shown or clock() - told >= HEARTBEAT:
                told = clock()
                yield job_service_pb2.WatchRunResponse(job=job if job != shown else None)
                shown = job
            if State(job.state).final:
                return
            try:
                # Not `wait_for`, which before Python 3.12 may forget that it is cancelled.
                async with asyncio.timeout(_LOOK_EVERY):
                    progress = await said.get()
            except TimeoutError:
                continue
            yield job_service_pb2.WatchRunResponse(progress=progress)

    async def queue(
        self, request: queue_service_pb2.WatchQueueRequest, call: Call
    ) -> AsyncGenerator[queue_service_pb2.WatchQueueResponse, None]:
        """The numbers of a queue, at most once a second, whenever they have changed."""
        if address := await self._dispatcher.elsewhere():
            async with aclosing(self._replicas.stream(address, call, request)) as replies:
                async for reply in replies:
                    yield reply
            return
        queue = names.QUEUE.id(request.name)
        clock, shown, told = get_running_loop().time, queue_pb2.QueueStatistics(drain_duration=None), 0.0
        first = True
        while True:
            statistics = queues.statistics(self._dispatcher.numbers(queue))
            if first or statistics != shown or clock() - told >= HEARTBEAT:
                first, shown, told = False, statistics, clock()
                yield queue_service_pb2.WatchQueueResponse(statistics=statistics)
            await asyncio.sleep(1)
