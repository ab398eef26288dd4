"""The RPC that hands jobs to workers."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from mesh.jobs.v1 import work_service_pb2
from mesh.jobs.v1.work_service_servicer import WorkServiceServicer
from services._platform.call import Call
from services._platform.errors import Refusal
from services._platform.replicas import Replicas
from services.jobs.domain.refusals import HelloMissing
from services.jobs.store.dispatcher import Dispatcher
from services.jobs.store.sessions import Session, moved


class Work(WorkServiceServicer[Call]):
    """`mesh.jobs.v1.WorkService`."""

    def __init__(self, dispatcher: Dispatcher, replicas: Replicas) -> None:
        self._dispatcher = dispatcher
        self._replicas = replicas

    async def Work(
        self, requests: AsyncIterator[work_service_pb2.WorkRequest], call: Call, /
    ) -> AsyncGenerator[work_service_pb2.WorkResponse, None]:
        if address := await self._dispatcher.elsewhere():
            async with aclosing(self._replicas.stream(address, call, requests)) as replies:
                async for reply in replies:
                    yield reply
            return
        first = await anext(requests, None)
        if first is None or not first.HasField("hello"):
            raise HelloMissing.of("[0].hello", "must be in the first message")
        session = self._dispatcher.open(first.hello.worker)
        session.say(first)
        listening = asyncio.create_task(_listen(requests, session))
        try:
            while (told := await session.next()) is not None:
                yield told
        finally:
            listening.cancel()
            session.close()


async def _listen(requests: AsyncIterator[work_service_pb2.WorkRequest], session: Session) -> None:
    """Passes on what a worker says; what is not valid, or a stream that breaks, ends the session."""
    try:
        async for message in requests:
            session.say(message)
    except Refusal as refusal:
        session.end(refusal)
    except BaseException:
        session.end(moved())
        raise
    else:
        session.finish()
