"""What may be delivered next: the events of one key one after another, and a retry when its time has come."""

import heapq
from collections import deque
from collections.abc import Iterable
from itertools import count

from services.events.domain.items import Item


class Lines:
    """The lines in which events wait. A key that waits for a retry holds back nobody else."""

    def __init__(self, *, ordered: bool) -> None:
        self.ready: deque[Item] = deque()
        self._ordered = ordered
        self._keys: dict[str, deque[Item]] = {}
        self._later: list[tuple[float, int, Item]] = []
        self._order = count()

    @property
    def next_instant(self) -> float | None:
        """When the next retry is due."""
        return self._later[0][0] if self._later else None

    def join(self, item: Item) -> None:
        """An event that was read waits for those of its key before it."""
        key = item.event.key
        if not key or not self._ordered:
            self.line_up(item)
            return
        line = self._keys.setdefault(key, deque())
        line.append(item)
        if len(line) == 1:
            self.line_up(item)

    def line_up(self, item: Item) -> None:
        """An event whose turn it is may be delivered, at once or when it is ready."""
        if item.ready:
            heapq.heappush(self._later, (item.ready, next(self._order), item))
        else:
            self.ready.append(item)

    def first(self, items: Iterable[Item]) -> None:
        """Puts back what was taken out, before all others and in this order."""
        self.ready.extendleft(reversed(list(items)))

    def settle(self, item: Item) -> None:
        """Lets the next of its key go on."""
        line = self._keys.get(item.event.key)
        if not line or line[0] is not item:
            return
        line.popleft()
        if line:
            self.line_up(line[0])
        else:
            del self._keys[item.event.key]

    def pass_time(self, now: float) -> None:
        """What waited long enough is ready."""
        while self._later and self._later[0][0] <= now:
            self.ready.append(heapq.heappop(self._later)[2])
