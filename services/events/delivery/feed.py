"""What a group reads of the log: the events of its topics that its filter wants."""

from asyncio import get_running_loop
from collections.abc import Iterator, Sequence

from services._platform.doorbell import Doorbell
from services.events.delivery.charter import Charter
from services.events.delivery.filters import FilterFailed
from services.events.domain.events import Event
from services.events.domain.group import Group
from services.events.domain.items import Standing
from services.events.domain.topics import as_like
from services.events.store.log import Log

LOOK_EVERY = 1.0
"""Seconds between looks at the log when nobody rang."""
_CHUNK = 1000
_MOST_WAITING = 1000
_MOST_OPEN = 5000


class Feed:
    """Reads on from where the group stands, whenever there is something to read and room for it."""

    def __init__(self, charter: Charter, log: Log, doorbell: Doorbell) -> None:
        self._filter = charter.filter
        self._patterns = as_like(charter.patterns)
        self._log = log
        self._doorbell = doorbell
        self._rings = -1
        self._looked = get_running_loop().time()
        self._more = True

    async def left(self, standing: Standing) -> Sequence[Event]:
        """The events that another owner left unsettled."""
        found = await self._log.runs(standing.runs, self._patterns) if standing.runs else []
        return [event for event, error in self._wanted(found) if not error]

    async def dropped(self, standing: Standing) -> bool:
        """Whether events are gone by now that the group had still to read."""
        return 0 < standing.tail < await self._log.horizon()

    def due(self, group: Group) -> bool:
        """Whether to read on now."""
        if group.waiting_count >= _MOST_WAITING or group.open_count >= _MOST_OPEN:
            return False
        time = get_running_loop().time()
        if not self._more and self._doorbell.rings == self._rings and time - self._looked < LOOK_EVERY:
            return False
        self._rings, self._looked = self._doorbell.rings, time
        return True

    async def feed(self, group: Group) -> bool:
        """Reads on, and has the group take in what is wanted; whether there was anything, or may be more."""
        chunk = await self._log.chunk(group.read_through, self._patterns, _CHUNK)
        group.arrive(self._wanted(chunk.events), chunk.through)
        self._more = chunk.more
        return bool(chunk.events or chunk.more)

    def _wanted(self, events: Sequence[Event]) -> Iterator[tuple[Event, str]]:
        """The events that are wanted, and those of which the filter cannot tell, with why."""
        for event in events:
            try:
                if self._filter.wants(event):
                    yield event, ""
            except FilterFailed as failed:
                yield event, str(failed)[:1000]
