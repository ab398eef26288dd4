"""Follows what a service announces in its outbox, in commit order: what an RPC that watches answers with."""

from asyncio import get_running_loop
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

from google.protobuf.message import Message

from services._platform import outbox
from services._platform.doorbell import Doorbell
from services._platform.errors import OutOfRange
from services._platform.outbox import Position
from services._platform.postgres import Pool, reading
from services._platform.tokens import PositionTokens

Event = TypeVar("Event", bound=Message)

HEARTBEAT = 15.0
"""Seconds without a change after which a watcher is told that there was none."""
_PAGE = 500
_LOOK_EVERY = 1.0


def _any(_event: Message) -> bool:
    return True


class Changes(Generic[Event]):
    """The events of one type, as they are committed."""

    def __init__(
        self, kind: type[Event], pool: Pool, doorbell: Doorbell, tokens: PositionTokens, heartbeat: float = HEARTBEAT
    ) -> None:
        self._kind = kind
        self._topic = kind.DESCRIPTOR.full_name
        self._pool = pool
        self._doorbell = doorbell
        self._tokens = tokens
        self._heartbeat = heartbeat

    async def follow(
        self, resume_token: str, wanted: Callable[[Event], bool] = _any
    ) -> AsyncGenerator[tuple[Event | None, str], None]:
        """The events that are wanted, each with the token to resume after it, without end: from `resume_token` on, or
        from now on when it is empty.

        None instead of an event comes first, and whenever nothing else did for a heartbeat. Refuses a token after which
        events are no longer kept, and one that was not made here.
        """
        position = await self._start(resume_token)
        yield None, self._tokens.write(position)
        clock = get_running_loop().time
        told = clock()
        while True:
            rings = self._doorbell.rings
            async with reading(self._pool) as connection:
                entries = await outbox.read(connection, self._topic, position, _PAGE)
            for entry in entries:
                position = entry.position
                event = self._kind.FromString(entry.payload)
                if wanted(event):
                    told = clock()
                    yield event, self._tokens.write(position)
            if len(entries) == _PAGE:
                continue
            if clock() - told >= self._heartbeat:
                told = clock()
                yield None, self._tokens.write(position)
            await self._doorbell.wait(rings, _LOOK_EVERY)

    async def _start(self, resume_token: str) -> Position:
        async with reading(self._pool) as connection:
            if not resume_token:
                return await outbox.end(connection)
            position = self._tokens.read(resume_token)
            if not await outbox.kept_since(connection, self._topic, position):
                raise OutOfRange(
                    "the changes after this token are gone: list what there is, then watch from now on",
                    reason="RESUME_TOKEN_EXPIRED",
                )
            return position
