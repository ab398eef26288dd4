"""The RPCs of queues."""

from collections.abc import AsyncGenerator, Callable, MutableSequence
from typing import TypeAlias

from mesh.jobs.v1 import queue_pb2, queue_service_pb2
from mesh.jobs.v1.queue_service_servicer import QueueServiceServicer
from services._platform import masks
from services._platform.call import Call
from services._platform.clock import Clock
from services._platform.paging import Pager
from services.jobs.convert import names
from services.jobs.domain.refusals import NotPaused
from services.jobs.servicer.watching import Watching
from services.jobs.store.queues import Queues as Store

Parts: TypeAlias = MutableSequence[queue_pb2.QueuePart]


class Queues(QueueServiceServicer[Call]):
    """`mesh.jobs.v1.QueueService`."""

    def __init__(self, store: Store, watching: Watching, pager: Pager, clock: Clock) -> None:
        self._store = store
        self._watching = watching
        self._pager = pager
        self._clock = clock

    async def GetQueue(self, request: queue_service_pb2.GetQueueRequest, call: Call, /) -> queue_pb2.Queue:
        return await self._store.get(names.QUEUE.id(request.name))

    async def ListQueues(
        self, request: queue_service_pb2.ListQueuesRequest, call: Call, /
    ) -> queue_service_pb2.ListQueuesResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda queue: (names.QUEUE.id(queue.name),))
        return queue_service_pb2.ListQueuesResponse(queues=shown, next_page_token=token)

    async def UpdateQueue(self, request: queue_service_pb2.UpdateQueueRequest, call: Call, /) -> queue_pb2.Queue:
        def change(queue: queue_pb2.Queue) -> queue_pb2.Queue:
            return masks.changed(queue, request.queue, request.update_mask, "queue")

        return await self._change(request.queue.name, change, call)

    async def PauseQueue(self, request: queue_service_pb2.PauseQueueRequest, call: Call, /) -> queue_pb2.Queue:
        def change(queue: queue_pb2.Queue) -> queue_pb2.Queue:
            _put(queue.pauses, self._part(request))
            return queue

        return await self._change(request.name, change, call)

    async def ResumeQueue(self, request: queue_service_pb2.ResumeQueueRequest, call: Call, /) -> queue_pb2.Queue:
        def change(queue: queue_pb2.Queue) -> queue_pb2.Queue:
            paused, drained = _take(queue.pauses, request), _take(queue.drains, request)
            if not (paused or drained):
                raise NotPaused(request.name)
            return queue

        return await self._change(request.name, change, call)

    async def DrainQueue(self, request: queue_service_pb2.DrainQueueRequest, call: Call, /) -> queue_pb2.Queue:
        def change(queue: queue_pb2.Queue) -> queue_pb2.Queue:
            _put(queue.drains, self._part(request))
            return queue

        return await self._change(request.name, change, call)

    def WatchQueue(
        self, request: queue_service_pb2.WatchQueueRequest, call: Call, /
    ) -> AsyncGenerator[queue_service_pb2.WatchQueueResponse, None]:
        return self._watching.queue(request, call)

    async def _change(
        self, name: str, change: Callable[[queue_pb2.Queue], queue_pb2.Queue], call: Call
    ) -> queue_pb2.Queue:
        return await self._store.change(names.QUEUE.id(name), change, call.once(queue_pb2.Queue, lambda queue: queue))

    def _part(
        self, request: queue_service_pb2.PauseQueueRequest | queue_service_pb2.DrainQueueRequest
    ) -> queue_pb2.QueuePart:
        part = queue_pb2.QueuePart(task=request.task, tenant=request.tenant, reason=request.reason)
        part.create_time.FromDatetime(self._clock())
        return part


def _put(parts: Parts, part: queue_pb2.QueuePart) -> None:
    """Adds a part, in the place of the one that is the same."""
    _take(parts, part)
    parts.append(part)


def _take(parts: Parts, part: queue_pb2.QueuePart | queue_service_pb2.ResumeQueueRequest) -> bool:
    """Takes a part out; whether it was there."""
    for place, other in enumerate(parts):
        if (other.task, other.tenant) == (part.task, part.tenant):
            del parts[place]
            return True
    return False
