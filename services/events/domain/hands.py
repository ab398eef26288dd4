"""What is in consumers' hands: deliveries under tickets and deadlines, and how much more each consumer may have.

Keys are hashed to slots, and a slot is in the hands of one consumer for as long as that has anything of it, so that a
consumer may keep what it knows of a key between events.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count

from services.events.domain.items import Delivery, Item, Terms

_FENCE_SHIFT = 40
"""Bits: a new owner's tickets are above all of those before it."""


class Hands:
    """The deliveries of one owner."""

    def __init__(self, terms: Terms, fence: int) -> None:
        self.out: dict[int, Delivery] = {}
        self.credits: dict[str, int] = {}
        self._terms = terms
        self._tickets = count((fence << _FENCE_SHIFT) + 1)
        self._deadlines: list[tuple[float, int]] = []
        self._slots: dict[int, tuple[str, int]] = {}
        """Whose a slot is, and how many deliveries of it are out."""
        self._parked: dict[int, deque[Item]] = {}
        """What waits for the consumer that has its slot to have credits again."""

    @property
    def next_instant(self) -> float | None:
        """When the next deadline is."""
        return self._deadlines[0][0] if self._deadlines else None

    def grant(self, consumer: str, credits: int) -> Sequence[Item]:
        """A consumer may have so many more; returns what waited for that."""
        self.credits[consumer] = self.credits.get(consumer, 0) + credits
        slots = [slot for slot in self._parked if self._slots[slot][0] == consumer]
        return [item for slot in slots for item in self._parked.pop(slot)]

    def taker(self, item: Item) -> str | None:
        """The consumer that has the slot of an item; None when any may have it."""
        slot = item.slot if self._terms.ordered else None
        held = self._slots.get(slot) if slot is not None else None
        return held[0] if held else None

    def park(self, item: Item) -> None:
        """An item waits for the consumer that has its slot."""
        self._parked.setdefault(item.slot or 0, deque()).append(item)

    def give(self, item: Item, consumer: str, now: float) -> Delivery:
        """Delivers an item."""
        ticket = next(self._tickets)
        delivery = Delivery(ticket, item, consumer, now + self._terms.ack_deadline, item.failures + 1)
        self.out[ticket] = delivery
        heapq.heappush(self._deadlines, (delivery.expires, ticket))
        self.credits[consumer] -= 1
        slot = item.slot if self._terms.ordered else None
        if slot is not None:
            self._slots[slot] = (consumer, self._slots.get(slot, (consumer, 0))[1] + 1)
        return delivery

    def extend(self, delivery: Delivery, expires: float) -> None:
        """Moves a deadline."""
        delivery.expires = expires
        heapq.heappush(self._deadlines, (expires, delivery.ticket))

    def release(self, delivery: Delivery) -> Sequence[Item]:
        """Takes a delivery back; returns what waited for its slot."""
        del self.out[delivery.ticket]
        slot = delivery.item.slot
        if slot is None or slot not in self._slots:
            return ()
        consumer, held = self._slots[slot]
        if held > 1:
            self._slots[slot] = (consumer, held - 1)
            return ()
        del self._slots[slot]
        return self._parked.pop(slot, ())

    def overdue(self, now: float) -> Iterator[Delivery]:
        """What was not settled in time."""
        while self._deadlines and self._deadlines[0][0] <= now:
            delivery = self.out.get(heapq.heappop(self._deadlines)[1])
            if delivery is not None and delivery.expires <= now:
                yield delivery
