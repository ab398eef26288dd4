"""A group of consumers: decides who gets which event, and when. Pure; time is a parameter, in seconds.

Events of one key are delivered one by one: the next when the one before is settled, so that no failure reorders them.
"""

import random
from collections import deque
from collections.abc import Iterable, Sequence

from services.events.domain.events import Event
from services.events.domain.hands import Hands
from services.events.domain.items import Cause, Delivery, Item, Rejected, Standing, Terms, Turn
from services.events.domain.lines import Lines
from services.events.domain.unsettled import Unsettled


class Group:
    """What one owner knows of a group, from when it took over under a fence on."""

    def __init__(self, terms: Terms, fence: int, tail: int, chance: random.Random) -> None:
        self.terms = terms
        self.turn = Turn()
        self._chance = chance
        self._unsettled = Unsettled(tail)
        self._lines = Lines(ordered=terms.ordered)
        self._hands = Hands(terms, fence)

    # ---- What there is ----

    @property
    def read_through(self) -> int:
        """The log has been read up to here."""
        return self._unsettled.read_through

    @property
    def open_count(self) -> int:
        """Events that were read and are not settled."""
        return len(self._unsettled)

    @property
    def waiting_count(self) -> int:
        """Of those, how many were not delivered yet."""
        return len(self._unsettled) - len(self._hands.out)

    @property
    def next_instant(self) -> float | None:
        """When there is something to do by itself."""
        instants = (self._lines.next_instant, self._hands.next_instant)
        return min((instant for instant in instants if instant is not None), default=None)

    def holds_letter(self, number: int) -> bool:
        """Whether a dead letter is on its way already."""
        return self._unsettled.holds_letter(number)

    def standing(self) -> Standing:
        """Where the group stands, for whoever takes over."""
        return self._unsettled.standing()

    # ---- The log ----

    def arrive(self, events: Iterable[tuple[Event, str]], through: int) -> None:
        """Takes in what was read of the log, up to a position; with each event why its filter failed, if it did."""
        for event, error in events:
            item = self._unsettled.add(event, error=error)
            if error:
                self._unsettled.reach(item)
                self._give_up(item, Cause.FILTER_FAILED)
            else:
                self._lines.join(item)
        self._unsettled.read_through = max(self._unsettled.read_through, through)

    def resume(self, events: Sequence[Event], standing: Standing) -> None:
        """Takes in what another owner left unsettled."""
        for item in self._unsettled.resume(iter(events), standing):
            self._lines.join(item)

    def redrive(self, number: int, event: Event, attempts: int) -> None:
        """Takes in a dead letter again: it has all of its attempts anew."""
        item = self._unsettled.add_letter(number, event)
        item.error = f"redriven after {attempts} attempts"
        self._lines.join(item)

    # ---- Consumers ----

    def grant(self, consumer: str, credits: int) -> None:
        """A consumer may have so many more events."""
        self._lines.first(self._hands.grant(consumer, credits))

    def withdraw(self, consumer: str) -> None:
        """A consumer takes no more; what it has stays with it until its deadline."""
        self._hands.credits.pop(consumer, None)

    def leave(self, consumer: str, now: float) -> None:
        """A consumer is gone: what it had is for others."""
        self.withdraw(consumer)
        for delivery in [one for one in self._hands.out.values() if one.consumer == consumer]:
            self._fail(delivery, now, 0.0, "the consumer went away")

    def acknowledge(self, consumer: str, tickets: Iterable[int]) -> None:
        """Events are done."""
        for delivery in self._settled(consumer, tickets):
            self._release(delivery)
            self._settle(delivery.item)
            if delivery.item.letter:
                self.turn.done_letters.append(delivery.item.letter)

    def reject(self, consumer: str, rejected: Iterable[Rejected], now: float) -> None:
        """Events could not be handled."""
        for one in rejected:
            for delivery in self._settled(consumer, (one.ticket,)):
                if one.permanent:
                    self._release(delivery)
                    delivery.item.failed(delivery, one.error)
                    self._give_up(delivery.item, Cause.REJECTED)
                else:
                    self._fail(delivery, now, one.delay, one.error)

    def extend(self, consumer: str, extended: Iterable[tuple[int, float]], now: float) -> None:
        """Consumers need longer: tickets, and how many seconds from now."""
        for ticket, seconds in extended:
            for delivery in self._settled(consumer, (ticket,)):
                self._hands.extend(delivery, now + seconds)

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """Deliveries that did not reach their consumer: as if they had not been made."""
        for delivery in deliveries:
            if delivery.ticket in self._hands.out:
                self._release(delivery)
                self._lines.first([delivery.item])

    # ---- Time ----

    def pass_time(self, now: float) -> None:
        """What is overdue is taken back; what waited long enough is ready."""
        for delivery in self._hands.overdue(now):
            self._fail(delivery, now, None, "not settled in time")
        self._lines.pass_time(now)

    def assign(self, now: float) -> None:
        """Gives what is ready to those who have credits, in turns."""
        if self.terms.paused:
            return
        ready, hands = self._lines.ready, self._hands
        takers = deque(consumer for consumer, left in hands.credits.items() if left > 0)
        while ready and takers:
            item = ready.popleft()
            holder = hands.taker(item)
            if holder is not None and hands.credits.get(holder, 0) <= 0:
                hands.park(item)
                continue
            consumer = holder or takers[0]
            self.turn.to(consumer).deliveries.append(hands.give(item, consumer, now))
            self._unsettled.reach(item)
            if hands.credits[consumer] <= 0:
                takers.remove(consumer)
            elif holder is None:
                takers.rotate(-1)

    # ---- Moves ----

    def _settled(self, consumer: str, tickets: Iterable[int]) -> Iterable[Delivery]:
        """The deliveries that a consumer speaks of; it is told which, and of which others it may not speak any more."""
        told, out = self.turn.to(consumer), self._hands.out
        for ticket in tickets:
            delivery = out.get(ticket)
            if delivery is None:
                told.stale.append(ticket)
                continue
            told.settled.append(ticket)
            yield delivery

    def _release(self, delivery: Delivery) -> None:
        if waited := self._hands.release(delivery):
            self._lines.first(waited)

    def _settle(self, item: Item) -> None:
        self._unsettled.settle(item)
        self._lines.settle(item)
        self.turn.moved = True

    def _fail(self, delivery: Delivery, now: float, delay: float | None, error: str) -> None:
        self._release(delivery)
        item = delivery.item
        item.failed(delivery, error)
        wait = self.terms.retries.wait(item.failures, self._chance)
        if wait is None:
            self._give_up(item, Cause.ATTEMPTS_EXHAUSTED)
            return
        item.ready = now + (wait if delay is None else delay)
        self.turn.moved = True
        self._lines.line_up(item)

    def _give_up(self, item: Item, cause: Cause) -> None:
        self._settle(item)
        self.turn.dead.append((item, cause))
