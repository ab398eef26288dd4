"""How far groups are behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Gauge

from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.webhook_pb2 import Webhook
from services._platform.clock import Clock
from services.events.domain.topics import as_like
from services.events.store.dead_letters import DeadLetters
from services.events.store.groups import Groups, Stored
from services.events.store.journal import Journal
from services.events.store.log import Log

MOST = 100_000
_PAGE = 250

UNSETTLED = Gauge("mesh_events_unsettled", "Events of a group's topics that are not settled.", ["group"])
OLDEST = Gauge("mesh_events_oldest_unsettled_seconds", "Age of the oldest of them; 0 when there is none.", ["group"])
DEAD = Gauge("mesh_events_dead_letters", "Dead letters of a group.", ["group"])


@dataclass(frozen=True, slots=True)
class Lag:
    """How far one group is behind: events not settled, counted up to `MOST`, and the age of the oldest."""

    unsettled: int
    oldest_age: timedelta | None
    dead_letters: int


class Lags:
    """Measures the lag of groups from what is stored, wherever their owners are."""

    def __init__(self, journal: Journal, log: Log, letters: DeadLetters, clock: Clock) -> None:
        self._journal = journal
        self._log = log
        self._letters = letters
        self._clock = clock

    async def of(self, group: Stored[Subscription] | Stored[Webhook]) -> Lag:
        """The lag of a group."""
        _, standing = await self._journal.latest(group.uid)
        patterns = as_like(tuple(group.definition.topics))
        left = await self._log.runs(standing.runs, patterns) if standing.runs else []
        after, oldest = await self._log.behind(standing.tail, patterns, MOST)
        oldest = left[0].publish_time if left else oldest
        age = None if oldest is None else max(timedelta(0), self._clock() - oldest)
        return Lag(min(MOST, len(left) + after), age, await self._letters.count(group.uid))

    async def measure(self, groups: Sequence[Groups[Subscription] | Groups[Webhook]]) -> None:
        """Sets the gauges of all groups."""
        for gauge in (UNSETTLED, OLDEST, DEAD):
            gauge.clear()
        for kind in groups:
            after = ""
            while page := await kind.page(after, _PAGE):
                for group in page:
                    lag = await self.of(group)
                    UNSETTLED.labels(group.name).set(lag.unsettled)
                    OLDEST.labels(group.name).set(lag.oldest_age.total_seconds() if lag.oldest_age else 0)
                    DEAD.labels(group.name).set(lag.dead_letters)
                after = page[-1].name
