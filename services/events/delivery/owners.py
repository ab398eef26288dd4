"""The owners at this replica, and where the others are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import uuid_utils

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services.events.delivery.charter import Charter
from services.events.delivery.owner import Owner
from services.events.delivery.session import moved
from services.events.store.journal import Journal
from services.events.store.log import Log

Charters = Callable[[str], Awaitable[Charter]]
"""Finds the charter of a group by its name. Refuses one that does not exist."""


class Owners:
    """Makes this replica the owner of whatever group is asked for here first.

    `address` is where other replicas reach this one; `ttl` is what the crash of an owner costs at most.
    """

    def __init__(
        self,
        journal: Journal,
        log: Log,
        doorbell: Doorbell,
        clock: Clock,
        charters: Charters,
        address: str,
        ttl: timedelta,
    ) -> None:
        self._journal = journal
        self._log = log
        self._doorbell = doorbell
        self._clock = clock
        self._charters = charters
        self._address = address
        self._ttl = ttl
        self._running: dict[str, Owner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._taking = asyncio.Lock()
        self._closed = False

    async def find(self, name: str) -> Owner | str:
        """The owner of a group, or the address of the replica where it is. Refuses a group that does not exist."""
        running = self._running.get(name)
        if running is not None and not running.over:
            return running
        async with self._taking:
            running = self._running.get(name)
            if running is not None and not running.over:
                return running
            return await self._take(await self._charters(name))

    async def here(self, name: str) -> Owner | None:
        """The owner of a group, if this replica is it or can be."""
        found = await self.find(name)
        return found if isinstance(found, Owner) else None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Owners"]:
        """When the block ends, others may take over at once."""
        try:
            yield self
        finally:
            self._closed = True
            for owner in self._running.values():
                owner.stop()
            await asyncio.gather(*self._tasks)

    async def _take(self, charter: Charter) -> Owner | str:
        if self._closed:
            raise moved()
        # A holder of its own for each owner: one that ended badly is not mistaken for its successor.
        lease = self._journal.lease(charter.uid, f"{self._address} {uuid_utils.uuid7()}", self._ttl)
        fence = await lease.take()
        if fence is None:
            address = (await self._journal.holder(lease)).partition(" ")[0]
            if not address or address == self._address:
                raise moved()
            return address
        owner = Owner(charter, lease, fence, self._journal, self._log, self._doorbell, self._clock)
        await owner.load()
        self._running[charter.name] = owner
        task = asyncio.create_task(owner.run(), name=charter.name)
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._over(charter.name, owner, task))
        return owner

    def _over(self, name: str, owner: Owner, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if self._running.get(name) is owner:
            del self._running[name]
