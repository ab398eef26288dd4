"""API keys that were checked lately. What is revoked or changed leaves at once, told by the doorbell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from mesh.identity.v1 import check_pb2, event_pb2
from services._platform import outbox
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.log import logger
from services._platform.postgres import Pool, reading
from services._platform.tasks import end

_MOST = 10_000
_PAGE = 500
_LOOK_EVERY = 1.0
_TOPICS = {
    event_pb2.ApiKeyChanged.DESCRIPTOR.full_name,
    event_pb2.ApiKeyRevoked.DESCRIPTOR.full_name,
    event_pb2.UserChanged.DESCRIPTOR.full_name,
}
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """A key that holds: the names of it and of its user, and what Envoy is answered."""

    key: str
    user: str
    until: datetime
    signature_required: bool
    signing_secret: bytes = field(repr=False)
    answer: check_pb2.CheckResponse = field(repr=False)


class KeyCache:
    """Checked keys by what callers send."""

    def __init__(self, pool: Pool, doorbell: Doorbell) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._checked: dict[str, Checked] = {}
        self._changes = 0

    @property
    def changes(self) -> int:
        """Counts what was told to change: what was read before a change is not to be kept after it."""
        return self._changes

    def get(self, text: str, now: datetime) -> Checked | None:
        """What is remembered of a key."""
        found = self._checked.get(text)
        return found if found is not None and now < found.until else None

    def put(self, text: str, checked: Checked, changes: int) -> None:
        """Remembers a key that was read when `changes` were known."""
        if changes != self._changes:
            return
        if len(self._checked) >= _MOST:
            self._checked.pop(next(iter(self._checked)))
        self._checked[text] = checked

    def drop(self, name: str) -> None:
        """Forgets a key, or all keys of a user."""
        self._changes += 1
        self._checked = {text: one for text, one in self._checked.items() if name not in (one.key, one.user)}

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Hears of changes until the block ends."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            await end(task)

    async def _follow(self) -> None:
        after: dict[str, outbox.Position] = {}
        while True:
            rings = self._doorbell.rings
            try:
                async with reading(self._pool) as connection:
                    if not after:
                        end = await outbox.end(connection)
                        after = dict.fromkeys(_TOPICS, end)
                    for topic in _TOPICS:
                        for entry in await outbox.read(connection, topic, after[topic], _PAGE):
                            after[topic] = entry.position
                            self.drop(entry.key)
            except Refusal:
                _log.warning("postgres is away: checked API keys are kept for their time")
            await self._doorbell.wait(rings, _LOOK_EVERY)
