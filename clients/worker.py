"""A worker of the mesh: takes jobs over a `Work` stream and runs a function for each.

async def resize(run: Run) -> bytes: ...
async with connect(address) as channel:
    await Worker(WorkServiceStub(channel).Work, "resizer-1", {"images.resize": resize}, queues=["images"]).work()
"""

import asyncio
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from clients.channel import Headers
from mesh.jobs.v1 import job_pb2, work_service_pb2

_HEARTBEAT = 8.0
_MOST_TOGETHER = 1000
_RECONNECT = 0.2


class Stream(Protocol):
    """An open `Work` stream."""

    async def write(self, message: work_service_pb2.WorkRequest, /) -> None: ...

    def __aiter__(self) -> AsyncIterator[work_service_pb2.WorkResponse]: ...

    def cancel(self) -> Any: ...


class JobError(Exception):
    """Fails a run in a certain way: `permanent` is not tried again, `retry_after` (seconds) is when it is throttled."""

    def __init__(self, message: str, *, code: str = "", permanent: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.code, self.permanent, self.retry_after = code, permanent, retry_after


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a job, as its function sees it. `payload` is what the job was enqueued with."""

    item: work_service_pb2.WorkItem
    worker: "Worker"

    @property
    def payload(self) -> bytes:
        """What the job was enqueued with."""
        return self.item.payload

    def progress(self, percent: float = 0.0, message: str = "", *log_lines: str) -> None:
        """Tells those who watch, and counts as a sign of life of the run."""
        said = job_pb2.JobProgress(percent=percent, message=message, log_lines=log_lines)
        self.worker.say_progress(work_service_pb2.RunProgress(ticket=self.item.ticket, progress=said))


Function = Callable[[Run], Awaitable[bytes | None]]


class Worker:
    """Runs the functions of its tasks, at most `capacity` at a time. Outcomes are sent again until they are recorded.

    `opens` opens a `Work` stream, whenever there is none, with `headers` as its metadata; `broken` is what a stream
    raises that breaks.
    """

    def __init__(
        self,
        opens: Callable[..., Stream],
        name: str,
        tasks: Mapping[str, Function],
        *,
        queues: Sequence[str] = ("default",),
        capacity: int = 100,
        resources: Mapping[str, float] | None = None,
        headers: Headers | None = None,
        broken: type[Exception] | tuple[type[Exception], ...] = grpc.aio.AioRpcError,
    ) -> None:
        self._headers = headers
        self._opens = opens
        self._broken = broken if isinstance(broken, tuple) else (broken,)
        self._tasks = tasks
        self._hello = work_service_pb2.Hello(
            worker=name,
            queues=[f"queues/{queue}" for queue in queues],
            tasks=tasks,
            capacity=capacity,
            resources=resources or {},
        )
        self._running: dict[int, asyncio.Task[None]] = {}
        self._done: list[int] = []
        self._outcomes: list[work_service_pb2.Outcome] = []
        self._progress: list[work_service_pb2.RunProgress] = []
        self._unrecorded: dict[int, work_service_pb2.Outcome | None] = {}
        self._stirred = asyncio.Event()
        self._draining = False

    async def work(self) -> None:
        """Works until it is cancelled, or drained; comes back by itself when the stream breaks."""
        try:
            while not (self._draining and not self._running and not self._unrecorded):
                with suppress(*self._broken):
                    await self._session()
                await asyncio.sleep(_RECONNECT)
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _session(self) -> None:
        """One stream, until it breaks or the worker is drained."""
        call = self._opens(metadata=tuple((await self._headers()).items())) if self._headers else self._opens()
        speaking = asyncio.create_task(self._speak(call))
        try:
            async for message in call:
                self._hear(message)
                if self._draining and not self._running and not self._unrecorded:
                    return
        finally:
            call.cancel()
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)

    def drain(self) -> None:
        """Takes no more runs; `work` returns when those that run are done and recorded."""
        self._draining = True
        self._hello.capacity = 0
        self._stirred.set()

    def say_progress(self, progress: work_service_pb2.RunProgress) -> None:
        """Tells how far a run is."""
        self._progress.append(progress)
        self._stirred.set()

    async def _speak(self, call: Stream) -> None:
        # What was said on a stream that broke may not have been heard.
        self._done = [ticket for ticket, outcome in self._unrecorded.items() if outcome is None]
        self._outcomes = [outcome for outcome in self._unrecorded.values() if outcome is not None]
        draining = self._draining
        await call.write(work_service_pb2.WorkRequest(hello=self._hello))
        while True:
            if not (self._done or self._outcomes or self._progress or draining != self._draining):
                # Not `wait_for`, which before Python 3.12 may forget that it is cancelled.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_HEARTBEAT):
                        await self._stirred.wait()
            self._stirred.clear()
            done, self._done = self._done[:_MOST_TOGETHER], self._done[_MOST_TOGETHER:]
            outcomes, self._outcomes = self._outcomes[:_MOST_TOGETHER], self._outcomes[_MOST_TOGETHER:]
            progress, self._progress = self._progress[:_MOST_TOGETHER], self._progress[_MOST_TOGETHER:]
            hello = self._hello if draining != self._draining else None
            draining = self._draining
            await call.write(
                work_service_pb2.WorkRequest(hello=hello, succeeded=done, outcomes=outcomes, progress=progress)
            )

    def _hear(self, message: work_service_pb2.WorkResponse) -> None:
        create, running = get_running_loop().create_task, self._running
        for item in message.items:
            running[item.ticket] = create(self._run(item))
        for ticket in message.cancelled:
            task = running.get(ticket)
            if task is not None:
                task.cancel()
        for ticket in (*message.recorded, *message.stale):
            self._unrecorded.pop(ticket, None)

    async def _run(self, item: work_service_pb2.WorkItem) -> None:
        ticket = item.ticket
        outcome: work_service_pb2.Outcome | None = None
        try:
            result = await self._tasks[item.task](Run(item, self))
            if result:
                outcome = work_service_pb2.Outcome(ticket=ticket, result=result)
        except asyncio.CancelledError:
            outcome = work_service_pb2.Outcome(ticket=ticket, cancelled=True)
        except Exception as error:
            outcome = work_service_pb2.Outcome(ticket=ticket, failure=_failure(error))
        del self._running[ticket]
        self._unrecorded[ticket] = outcome
        if outcome is None:
            self._done.append(ticket)
        else:
            self._outcomes.append(outcome)
        self._stirred.set()


def _failure(error: Exception) -> job_pb2.Failure:
    failure = job_pb2.Failure(code=type(error).__name__[:100], message=str(error)[:2000])
    kind = job_pb2.FAILURE_CLASS_TRANSIENT
    if isinstance(error, JobError):
        failure.code = error.code[:100] or failure.code
        if error.permanent:
            kind = job_pb2.FAILURE_CLASS_PERMANENT
        elif error.retry_after:
            kind = job_pb2.FAILURE_CLASS_THROTTLED
            failure.retry_delay.FromNanoseconds(int(error.retry_after * 1e9))
    setattr(failure, "class", kind)
    return failure
