"""A group of consumers: decides who gets which event, and when. Pure; time is a parameter, in seconds.

Events of one key are delivered one by one: the next when the one before is settled, so that no failure reorders them.
Keys are hashed to slots, and a slot is in the hands of one consumer for as long as that has anything of it, so that a
consumer may keep what it knows of a key between events. A key that waits for a retry holds back nobody else.
"""

import heapq
import random
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count

from services.events.domain.events import Event
from services.events.domain.items import Cause, Delivery, Item, Rejected, Standing, Terms, Turn

_FENCE_SHIFT = 40


class Group:
    """What one owner knows of a group, from when it took over under a fence on."""

    def __init__(self, terms: Terms, fence: int, tail: int, chance: random.Random) -> None:
        self.terms = terms
        self.turn = Turn()
        self.read_through = tail
        """The log has been read up to here."""
        self._chance = chance
        self._tickets = count((fence << _FENCE_SHIFT) + 1)
        self._ordinals = count()
        self._furthest = -1
        self._furthest_position = tail
        self._items: dict[int, Item] = {}
        self._keys: dict[str, deque[Item]] = {}
        self._ready: deque[Item] = deque()
        self._later: list[tuple[float, int, Item]] = []
        self._order = count()
        self._out: dict[int, Delivery] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._credits: dict[str, int] = {}
        self._hands: dict[int, tuple[str, int]] = {}
        self._parked: dict[int, deque[Item]] = {}

    # ---- What there is ----

    @property
    def open_count(self) -> int:
        """Events that were read and are not settled."""
        return len(self._items)

    @property
    def waiting_count(self) -> int:
        """Of those, how many were not delivered yet."""
        return len(self._items) - len(self._out)

    @property
    def oldest(self) -> Event | None:
        """The event that was read first of all that are not settled."""
        return next((item.event for item in self._items.values() if not item.letter), None)

    @property
    def next_instant(self) -> float | None:
        """When there is something to do by itself."""
        instants = [heap[0][0] for heap in (self._later, self._deadlines) if heap]
        return min(instants, default=None)

    def holds_letter(self, number: int) -> bool:
        """Whether a dead letter is on its way already."""
        return -number in self._items

    def arrive(self, events: Iterable[tuple[Event, str]], through: int) -> None:
        """Takes in what was read of the log, up to a position; with each event why its filter failed, if it did."""
        for event, error in events:
            item = Item(event, next(self._ordinals), error=error)
            self._items[event.position] = item
            if error:
                self._furthest, self._furthest_position = item.ordinal, event.position
                self._give_up(item, Cause.FILTER_FAILED)
            else:
                self._queue(item)
        self.read_through = max(self.read_through, through)

    def resume(self, events: Sequence[Event], standing: Standing) -> None:
        """Takes in what another owner left unsettled."""
        failed = {position: (failures, ready) for position, failures, ready in standing.failed}
        ends = iter([last for _, last in standing.runs])
        end = -1
        for event in events:
            while event.position > end:
                end = next(ends)
                next(self._ordinals)  # what lies between two runs is settled: they must not grow into one
            failures, ready = failed.get(event.position, (0, 0.0))
            item = Item(event, next(self._ordinals), failures=failures, ready=ready)
            self._items[event.position] = item
            self._furthest = item.ordinal
            self._queue(item)
        self._furthest = next(self._ordinals)

    def redrive(self, number: int, event: Event, attempts: int) -> None:
        """Takes in a dead letter again: it has all of its attempts anew."""
        item = Item(event, -1, letter=number)
        item.error = f"redriven after {attempts} attempts"
        self._items[-number] = item
        self._queue(item)

    # ---- Consumers ----

    def grant(self, consumer: str, credits: int) -> None:
        """A consumer may have so many more events."""
        self._credits[consumer] = self._credits.get(consumer, 0) + credits
        for slot, (holder, _) in self._hands.items():
            if holder == consumer and slot in self._parked:
                self._unpark(slot)

    def withdraw(self, consumer: str) -> None:
        """A consumer takes no more; what it has stays with it until its deadline."""
        self._credits.pop(consumer, None)

    def leave(self, consumer: str, now: float) -> None:
        """A consumer is gone: what it had is for others."""
        self.withdraw(consumer)
        for delivery in [one for one in self._out.values() if one.consumer == consumer]:
            self._fail(delivery, now, 0.0, "the consumer went away")

    def acknowledge(self, consumer: str, tickets: Iterable[int]) -> None:
        """Events are done."""
        told = self.turn.to(consumer)
        for ticket in tickets:
            delivery = self._out.get(ticket)
            if delivery is None:
                told.stale.append(ticket)
                continue
            self._release(delivery)
            self._settle(delivery.item)
            if delivery.item.letter:
                self.turn.done_letters.append(delivery.item.letter)
            told.settled.append(ticket)

    def reject(self, consumer: str, rejected: Iterable[Rejected], now: float) -> None:
        """Events could not be handled."""
        told = self.turn.to(consumer)
        for one in rejected:
            delivery = self._out.get(one.ticket)
            if delivery is None:
                told.stale.append(one.ticket)
                continue
            told.settled.append(one.ticket)
            if one.permanent:
                self._release(delivery)
                delivery.item.failures = delivery.attempt
                delivery.item.error, delivery.item.consumer = one.error, delivery.consumer
                self._give_up(delivery.item, Cause.REJECTED)
            else:
                self._fail(delivery, now, one.delay, one.error)

    def extend(self, consumer: str, extended: Iterable[tuple[int, float]], now: float) -> None:
        """Consumers need longer: tickets, and how many seconds from now."""
        told = self.turn.to(consumer)
        for ticket, seconds in extended:
            delivery = self._out.get(ticket)
            if delivery is None:
                told.stale.append(ticket)
                continue
            delivery.expires = now + seconds
            heapq.heappush(self._deadlines, (delivery.expires, ticket))
            told.settled.append(ticket)

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """Deliveries that did not reach their consumer: as if they had not been made."""
        for delivery in deliveries:
            if delivery.ticket in self._out:
                self._release(delivery)
                self._ready.appendleft(delivery.item)

    # ---- Time ----

    def pass_time(self, now: float) -> None:
        """What is overdue is taken back; what waited long enough is ready."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, ticket = heapq.heappop(self._deadlines)
            delivery = self._out.get(ticket)
            if delivery is not None and delivery.expires <= now:
                self._fail(delivery, now, None, "not settled in time")
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[2])

    def assign(self, now: float) -> None:
        """Gives what is ready to those who have credits, in turns."""
        if self.terms.paused:
            return
        takers = deque(consumer for consumer, left in self._credits.items() if left > 0)
        while self._ready and takers:
            item = self._ready[0]
            slot = item.slot if self.terms.ordered else None
            held = self._hands.get(slot) if slot is not None else None
            if held is not None and self._credits.get(held[0], 0) <= 0:
                self._ready.popleft()
                self._parked.setdefault(slot or 0, deque()).append(item)
                continue
            consumer = held[0] if held else takers[0]
            self._ready.popleft()
            self._deliver(item, consumer, slot, now)
            if self._credits[consumer] <= 0:
                takers.remove(consumer)
            elif not held:
                takers.rotate(-1)

    # ---- Where it stands ----

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

    # ---- Moves ----

    def _queue(self, item: Item) -> None:
        key = item.event.key
        if not key or not self.terms.ordered:
            self._line_up(item)
            return
        line = self._keys.setdefault(key, deque())
        line.append(item)
        if len(line) == 1:
            self._line_up(item)

    def _line_up(self, item: Item) -> None:
        if item.ready:
            heapq.heappush(self._later, (item.ready, next(self._order), item))
        else:
            self._ready.append(item)

    def _deliver(self, item: Item, consumer: str, slot: int | None, now: float) -> None:
        ticket = next(self._tickets)
        expires = now + self.terms.ack_deadline
        delivery = Delivery(ticket, item, consumer, expires, item.failures + 1)
        self._out[ticket] = delivery
        heapq.heappush(self._deadlines, (expires, ticket))
        self._credits[consumer] -= 1
        if slot is not None:
            self._hands[slot] = (consumer, self._hands.get(slot, (consumer, 0))[1] + 1)
        if item.ordinal > self._furthest:
            self._furthest, self._furthest_position = item.ordinal, item.event.position
        self.turn.to(consumer).deliveries.append(delivery)

    def _release(self, delivery: Delivery) -> None:
        del self._out[delivery.ticket]
        slot = delivery.item.slot
        if slot is None or slot not in self._hands:
            return
        consumer, held = self._hands[slot]
        if held > 1:
            self._hands[slot] = (consumer, held - 1)
            return
        del self._hands[slot]
        if slot in self._parked:
            self._unpark(slot)

    def _unpark(self, slot: int) -> None:
        self._ready.extendleft(reversed(self._parked.pop(slot)))

    def _settle(self, item: Item) -> None:
        del self._items[-item.letter if item.letter else item.event.position]
        self.turn.moved = True
        line = self._keys.get(item.event.key)
        if not line or line[0] is not item:
            return
        line.popleft()
        if line:
            self._line_up(line[0])
        else:
            del self._keys[item.event.key]

    def _fail(self, delivery: Delivery, now: float, delay: float | None, error: str) -> None:
        self._release(delivery)
        item = delivery.item
        item.failures = delivery.attempt
        item.error, item.consumer = error, delivery.consumer
        wait = self.terms.retries.wait(item.failures, self._chance)
        if wait is None:
            self._give_up(item, Cause.ATTEMPTS_EXHAUSTED)
            return
        item.ready = now + (wait if delay is None else delay)
        self.turn.moved = True
        self._line_up(item)

    def _give_up(self, item: Item, cause: Cause) -> None:
        self._settle(item)
        self.turn.dead.append((item, cause))
