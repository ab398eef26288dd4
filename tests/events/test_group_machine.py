"""Any sequence of reads, credits, answers, deadlines and takeovers keeps what a group promises, against a model."""

import random
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.events.domain.events import Event
from services.events.domain.group import Group
from services.events.domain.items import Delivery, Rejected, Terms, Turn
from services.events.domain.retries import Backoff

CONSUMERS = ("one", "two", "three")
KEYS = ("a", "b", "c", "")
ATTEMPTS = 3
TERMS = Terms(ordered=True, ack_deadline=10.0, retries=Backoff(1.0, 8.0, ATTEMPTS))


def _event(position: int, key: str) -> Event:
    return Event(position, f"{position}", "topic", key, b"", b"", "", datetime(2026, 1, 1, tzinfo=UTC))


class GroupMachine(RuleBasedStateMachine):
    """The log, what was settled of it, and who holds what, by the model; the group, by what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.fence = 1
        self.now = 1000.0
        self.group = Group(TERMS, self.fence, 0, random.Random(0))  # noqa: S311
        self.stored = self.group.standing()
        self.settled: set[int] = set()
        self.given_up: set[int] = set()
        self.out: dict[int, Delivery] = {}
        self.credits: dict[str, int] = {}
        self.tickets: set[int] = set()

    @rule(keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=6), gap=st.integers(1, 5))
    def read(self, keys: list[str], gap: int) -> None:
        """The log goes on, and the group reads it."""
        start = self.group.read_through
        fresh = [_event(start + gap + n, key) for n, key in enumerate(keys)]
        self.log += fresh
        self.group.arrive([(event, "") for event in fresh], fresh[-1].position + gap)
        self._turn()

    @rule(consumer=st.sampled_from(CONSUMERS), count=st.integers(1, 4))
    def grant(self, consumer: str, count: int) -> None:
        """A consumer may have more."""
        self.credits[consumer] = self.credits.get(consumer, 0) + count
        self.group.grant(consumer, count)
        self._turn()

    @precondition(lambda self: self.out)
    @rule(data=st.data(), consumer=st.sampled_from(CONSUMERS))
    def acknowledge(self, data: st.DataObject, consumer: str) -> None:
        """Something is done; its ticket is good once."""
        ticket = data.draw(st.sampled_from(sorted(self.out)))
        self.group.acknowledge(consumer, [ticket, ticket])
        told = self.group.turn.to(consumer)
        assert (told.settled[-1], told.stale[-1]) == (ticket, ticket)
        self.settled.add(self.out.pop(ticket).item.event.position)
        self._turn()

    @precondition(lambda self: self.out)
    @rule(data=st.data(), permanent=st.booleans())
    def reject(self, data: st.DataObject, permanent: bool) -> None:
        """Something cannot be done."""
        ticket = data.draw(st.sampled_from(sorted(self.out)))
        del self.out[ticket]
        self.group.reject("one", [Rejected(ticket, permanent=permanent)], self.now)
        self._turn()

    @rule(consumer=st.sampled_from(CONSUMERS))
    def leave(self, consumer: str) -> None:
        """A consumer goes away; what it had is taken back."""
        self.credits.pop(consumer, None)
        self.out = {ticket: one for ticket, one in self.out.items() if one.consumer != consumer}
        self.group.leave(consumer, self.now)
        self._turn()

    @rule(seconds=st.sampled_from((0.5, 4.0, 10.0)))
    def pass_time(self, seconds: float) -> None:
        """Time passes; what is overdue is taken back."""
        self.now += seconds
        self.out = {ticket: one for ticket, one in self.out.items() if one.expires > self.now}
        self.group.pass_time(self.now)
        self._turn()

    @rule()
    def take_over(self) -> None:
        """Another owner begins from what was stored last."""
        self.fence += 1
        standing = self.stored
        self.group = Group(TERMS, self.fence, standing.tail, random.Random(0))  # noqa: S311
        left = [one for one in self.log if any(low <= one.position <= high for low, high in standing.runs)]
        self.group.resume(left, standing)
        rest = [one for one in self.log if one.position > standing.tail]
        self.group.arrive([(event, "") for event in rest], max([standing.tail, *(one.position for one in self.log)]))
        self.out, self.credits = {}, {}
        self._turn()

    def _turn(self) -> None:
        self.group.pass_time(self.now)
        self.group.assign(self.now)
        turn, self.group.turn = self.group.turn, Turn()
        self.given_up |= {item.event.position for item, _ in turn.dead}
        for consumer, told in turn.told.items():
            for delivery in told.deliveries:
                assert delivery.ticket not in self.tickets, "a ticket was used before"
                assert delivery.item.event.position not in self.settled | self.given_up
                self.tickets.add(delivery.ticket)
                self.credits[consumer] -= 1
                self.out[delivery.ticket] = delivery
        if turn.decides:
            self.stored = self.group.standing()

    @invariant()
    def nobody_has_more_than_their_credits(self) -> None:
        """Credits are never overdrawn."""
        assert all(left >= 0 for left in self.credits.values())

    @invariant()
    def keys_are_in_order(self) -> None:
        """At most one event of a key is out, and all before it are settled or given up."""
        for delivery in self.out.values():
            event = delivery.item.event
            if event.key:
                before = {one.position for one in self.log if one.key == event.key and one.position < event.position}
                assert before <= self.settled | self.given_up
        keys = [one.item.event.key for one in self.out.values() if one.item.event.key]
        assert len(keys) == len(set(keys))

    @invariant()
    def a_slot_is_in_one_consumers_hands(self) -> None:
        """Events of one slot are with one consumer."""
        hands: dict[int | None, set[str]] = {}
        for delivery in self.out.values():
            hands.setdefault(delivery.item.slot, set()).add(delivery.consumer)
        assert all(len(consumers) == 1 for slot, consumers in hands.items() if slot is not None)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Where the group stands covers exactly what is neither settled nor given up."""
        standing = self.group.standing()
        ends = {one.position for one in self.log}
        covered = {
            position
            for position in ends
            if position > standing.tail or any(low <= position <= high for low, high in standing.runs)
        }
        assert covered == ends - self.settled - self.given_up

    def teardown(self) -> None:
        """With credits, answers and time, everything is settled in the end."""
        for _ in range(300):
            if self.settled | self.given_up == {one.position for one in self.log}:
                return
            for delivery in list(self.out.values()):
                self.acknowledge_one(delivery)
            self.now += 10
            self.out = {ticket: one for ticket, one in self.out.items() if one.expires > self.now}
            self.grant("one", 20)
        raise AssertionError("something is never delivered")

    def acknowledge_one(self, delivery: Delivery) -> None:
        """Settles one that is out."""
        self.group.acknowledge("one", [delivery.ticket])
        self.settled.add(delivery.item.event.position)
        del self.out[delivery.ticket]


TestGroup = GroupMachine.TestCase
TestGroup.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
