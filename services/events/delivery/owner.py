"""The owner of a group: the one process, under a fenced lease, that knows what is delivered to whom.

It works in turns. A turn takes in what consumers said, lets the group decide, commits what was decided in one
statement, and only then tells the consumers. While a turn commits, what is said gathers for the next, so the batch
grows with the load. When anything goes wrong the owner is over: what is stored is the truth, and another begins there.
"""

import asyncio
import random
from asyncio import get_running_loop
from collections.abc import Sequence
from contextlib import suppress

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.lease import Lease
from services._platform.log import logger
from services.events.delivery.charter import Charter
from services.events.delivery.filters import FilterFailed
from services.events.delivery.session import Session, moved
from services.events.domain.events import Event
from services.events.domain.group import Group
from services.events.domain.items import Told, Turn
from services.events.domain.topics import as_like
from services.events.store.journal import Journal, LostLease
from services.events.store.log import Chunk, Log

_CHUNK = 1000
_MOST_WAITING = 1000
_MOST_OPEN = 5000
_LOOK_EVERY = 1.0
"""Seconds between looks at the log when nobody rang."""
_NEWS_EVERY = 0.25
"""Seconds between looks at what changed about the group, when somebody rang."""
_SAVE_EVERY = 5.0
"""Seconds between commits when nothing was decided but the log went on with what the group does not want."""
_IDLE = 30.0
_log = logger(__name__)


class Owner:
    """One group, from its load to its end. `over` says that it has ended."""

    def __init__(
        self, charter: Charter, lease: Lease, fence: int, journal: Journal, log: Log, doorbell: Doorbell, clock: Clock
    ) -> None:
        self.charter = charter
        self.over = False
        self._version = charter.version
        self._lease = lease
        self._fence = fence
        self._journal = journal
        self._log = log
        self._doorbell = doorbell
        self._clock = clock
        self._patterns = as_like(charter.patterns)
        self._chance = random.Random()  # noqa: S311  jitter
        self._group = Group(charter.terms, fence, 0, self._chance)
        self._number = 0
        self._sessions: dict[str, Session] = {}
        self._stirred = asyncio.Event()
        self._stopping = False
        self._rings = self._news_rings = -1
        self._looked = self._heard_news = self._saved = self._used = get_running_loop().time()
        self._renewed = self._used
        self._saved_tail = 0
        self._more = True

    def open(self, consumer: str) -> Session:
        """A session for a consumer; one that it had before ends."""
        if self.over:
            raise moved()
        before = self._sessions.pop(consumer, None)
        if before is not None:
            before.end(moved())
        session = self._sessions[consumer] = Session(consumer, self._stirred.set)
        return session

    def stop(self) -> None:
        """Ends it after the turn that runs."""
        self._stopping = True
        self._stirred.set()

    async def load(self) -> None:
        """Takes over where the last owner stood."""
        self._number, standing = await self._journal.latest(self.charter.uid)
        if 0 < standing.tail < await self._log.horizon():
            _log.warning("events were dropped before they were delivered", group=self.charter.name)
        self._group = Group(self.charter.terms, self._fence, standing.tail, self._chance)
        self._saved_tail = standing.tail
        left = await self._log.runs(standing.runs, self._patterns) if standing.runs else []
        self._group.resume([event for event, error in self._wanted(left) if not error], standing)

    async def run(self) -> None:
        """Works until it is stopped, idle, or not the owner any more."""
        listening = asyncio.create_task(self._listen_to_bell())
        try:
            while not self._stopping:
                await self._renew()
                if not await self._turn():
                    await self._rest()
        except LostLease:
            _log.info("the group has another owner", group=self.charter.name)
        except Refusal as refusal:
            _log.warning("a store is away; the group is loaded again", group=self.charter.name, why=refusal.message)
        except Exception:
            _log.exception("a turn failed by a defect; the group is loaded again", group=self.charter.name)
        finally:
            self.over = True
            listening.cancel()
            for session in self._sessions.values():
                session.end(moved())
            with suppress(Refusal):
                await self._lease.give_up()

    async def _turn(self) -> bool:
        """One turn; whether there was anything to do."""
        group, now = self._group, self._clock().timestamp()
        self._stirred.clear()
        heard = self._listen(now)
        group.pass_time(now)
        await self._take_in_news()
        group.assign(now)
        turn, group.turn = group.turn, Turn()
        if get_running_loop().time() - self._saved >= _SAVE_EVERY and group.read_through != self._saved_tail:
            turn.moved = True
        chunk = await self._commit_and_read(turn)
        self._tell(turn)
        if chunk is not None:
            group.arrive(self._wanted(chunk.events), chunk.through)
            self._more = chunk.more
        return heard or turn.decides or bool(chunk and (chunk.events or chunk.more))

    async def _commit_and_read(self, turn: Turn) -> Chunk | None:
        reads = self._reads()
        if not turn.decides:
            return await self._log.chunk(self._group.read_through, self._patterns, _CHUNK) if reads else None
        self._number += 1
        standing = self._group.standing()
        self._saved, self._saved_tail = get_running_loop().time(), standing.tail
        commit = self._journal.commit(
            self._lease, self._fence, self.charter.uid, self._number, standing, turn, self._clock()
        )
        if not reads:
            await commit
            return None
        chunk, _ = await asyncio.gather(self._log.chunk(self._group.read_through, self._patterns, _CHUNK), commit)
        return chunk

    def _reads(self) -> bool:
        group, time = self._group, get_running_loop().time()
        if group.waiting_count >= _MOST_WAITING or group.open_count >= _MOST_OPEN:
            return False
        if not self._more and self._doorbell.rings == self._rings and time - self._looked < _LOOK_EVERY:
            return False
        self._rings, self._looked = self._doorbell.rings, time
        return True

    async def _take_in_news(self) -> None:
        time = get_running_loop().time()
        if time - self._heard_news < (_NEWS_EVERY if self._may_have_news else _LOOK_EVERY):
            return
        self._heard_news, self._news_rings = time, self._doorbell.rings
        news = await self._journal.news(self._lease, self._fence, self.charter.uid)
        if news is None or news.version != self._version:
            # The next owner sees what it is now, or that it is no more.
            self.stop()
            return
        for number, event, attempts in news.letters:
            if not self._group.holds_letter(number):
                self._group.redrive(number, event, attempts)

    @property
    def _may_have_news(self) -> bool:
        return self._doorbell.rings != self._news_rings

    def _wanted(self, events: Sequence[Event]) -> list[tuple[Event, str]]:
        wanted: list[tuple[Event, str]] = []
        for event in events:
            try:
                if self.charter.filter.wants(event):
                    wanted.append((event, ""))
            except FilterFailed as failed:
                wanted.append((event, str(failed)[:1000]))
        return wanted

    def _listen(self, now: float) -> bool:
        heard = False
        group = self._group
        for session in list(self._sessions.values()):
            for said in session.heard():
                heard = True
                group.acknowledge(session.consumer, said.acknowledged)
                group.reject(session.consumer, said.rejected, now)
                group.extend(session.consumer, said.extended, now)
                group.grant(session.consumer, said.credits)
            if session.left:
                heard = True
                if session.keeps:
                    group.withdraw(session.consumer)
                else:
                    group.leave(session.consumer, now)
                self._sessions.pop(session.consumer, None)
        return heard

    def _tell(self, turn: Turn) -> None:
        for consumer, told in turn.told.items():
            session = self._sessions.get(consumer)
            if session is None or session.left:
                self._group.give_back(told.deliveries)
            elif told != Told():
                session.tell(told)

    async def _renew(self) -> None:
        time = get_running_loop().time()
        if self._sessions:
            self._used = time
        elif time - self._used > _IDLE:
            self.stop()
        if time - self._renewed < self._lease.ttl.total_seconds() / 3:
            return
        if await self._lease.take() != self._fence:
            raise LostLease(self._lease.name)
        self._renewed = time

    async def _rest(self) -> None:
        """Waits for something to do."""
        # Not past the next renewal: a short lease would be over.
        wait = min(_NEWS_EVERY if self._may_have_news else _LOOK_EVERY, self._lease.ttl.total_seconds() / 3)
        due = self._group.next_instant
        if due is not None:
            wait = min(wait, max(0.001, due - self._clock().timestamp()))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._stirred.wait()

    async def _listen_to_bell(self) -> None:
        while True:
            await self._doorbell.wait(self._doorbell.rings, _LOOK_EVERY)
            self._stirred.set()
