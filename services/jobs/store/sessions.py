"""A worker's session with the dispatcher: what it said and was not heard yet, and what it is to be told."""

import asyncio
from collections.abc import Callable, Sequence

from mesh.jobs.v1 import work_service_pb2
from services._platform.errors import Moved, Refusal
from services.jobs.domain.workers import Worker


class Session:
    """One open stream of a worker."""

    def __init__(self, name: str, stir: Callable[[], None]) -> None:
        self.name = name
        self.worker: Worker | None = None
        """Its place on the board, once the dispatcher has seen it."""
        self.closed = False
        self.finished = False
        """Whether the worker has said all that it has to say."""
        self._stir = stir
        self._said: list[work_service_pb2.WorkRequest] = []
        self._told: asyncio.Queue[work_service_pb2.WorkResponse | None] = asyncio.Queue()
        self._end: Refusal | None = None

    def say(self, message: work_service_pb2.WorkRequest) -> None:
        """What the worker says; the dispatcher hears it in its next turn."""
        self._said.append(message)
        self._stir()

    def heard(self) -> Sequence[work_service_pb2.WorkRequest]:
        """What was said since the dispatcher last listened."""
        said, self._said = self._said, []
        return said

    def tell(self, message: work_service_pb2.WorkResponse) -> None:
        """What the worker is told."""
        self._told.put_nowait(message)

    async def next(self) -> work_service_pb2.WorkResponse | None:
        """The next that the worker is told; None when all is answered that a worker has said that says no more.

        Refuses when the session ended otherwise, as when the dispatcher is here no more: the worker asks again.
        """
        message = await self._told.get()
        if message is None and self._end is not None:
            raise self._end
        return message

    def finish(self) -> None:
        """The worker says no more. Once that is heard, and answered, the session ends."""
        self.finished = True
        self._stir()

    def close(self) -> None:
        """Ends the session from the worker's side."""
        self.closed = True
        self._stir()

    def end(self, why: Refusal | None = None) -> None:
        """Ends the session, after what it was told so far; for nothing but that all is answered, unless told why."""
        self._end = why
        self._told.put_nowait(None)


def moved() -> Refusal:
    """The dispatcher is not here, or not any more."""
    return Moved("the dispatcher")
