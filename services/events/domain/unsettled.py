"""The events that were read and are not settled, in the order of the log, and so where a group stands."""

from collections.abc import Iterator
from itertools import count

from services.events.domain.events import Event
from services.events.domain.items import Item, Standing


class Unsettled:
    """What is not settled. Redriven dead letters are among it, but are no part of where the group stands."""

    def __init__(self, tail: int) -> None:
        self.read_through = tail
        """The log has been read up to here."""
        self._items: dict[int, Item] = {}
        self._ordinals = count()
        self._furthest = -1
        self._furthest_position = tail

    def __len__(self) -> int:
        return len(self._items)

    def holds_letter(self, number: int) -> bool:
        """Whether a dead letter is on its way already."""
        return -number in self._items

    def add(self, event: Event, *, error: str = "") -> Item:
        """An event that was read; with why its filter failed, if it did."""
        item = self._items[event.position] = Item(event, next(self._ordinals), error=error)
        return item

    def add_letter(self, number: int, event: Event) -> Item:
        """A dead letter that is driven again."""
        item = self._items[-number] = Item(event, -1, letter=number)
        return item

    def resume(self, events: Iterator[Event], standing: Standing) -> Iterator[Item]:
        """The events that another owner left unsettled."""
        failed = {position: (failures, ready) for position, failures, ready in standing.failed}
        ends = iter([last for _, last in standing.runs])
        end = -1
        for event in events:
            while event.position > end:
                end = next(ends)
                next(self._ordinals)  # what lies between two runs is settled: they must not grow into one
            item = self.add(event)
            item.failures, item.ready = failed.get(event.position, (0, 0.0))
            self._furthest = item.ordinal
            yield item
        self._furthest = next(self._ordinals)

    def reach(self, item: Item) -> None:
        """Something has become of an item: it is no more as if it had not been read."""
        if item.ordinal > self._furthest:
            self._furthest, self._furthest_position = item.ordinal, item.event.position

    def settle(self, item: Item) -> None:
        """An item is settled."""
        del self._items[-item.letter if item.letter else item.event.position]

    def standing(self) -> Standing:
        """Where the group stands, for whoever takes over."""
        runs: list[tuple[int, int]] = []
        failed: list[tuple[int, int, float]] = []
        before = -2
        for position, item in self._items.items():
            if item.letter:
                continue
            if item.ordinal > self._furthest:
                break
            if item.failures:
                failed.append((position, item.failures, item.ready))
            if item.ordinal == before + 1:
                runs[-1] = (runs[-1][0], position)
            else:
                runs.append((position, position))
            before = item.ordinal
        return Standing(self._tail(), tuple(runs), tuple(failed))

    def _tail(self) -> int:
        last = next((item for item in reversed(self._items.values()) if not item.letter), None)
        return self._furthest_position if last is not None and last.ordinal > self._furthest else self.read_through
