"""The owner of a group: the one process, under a fenced lease, that knows what is delivered to whom.

It works in turns. A turn takes in what consumers said, lets the group decide, commits what was decided in one
statement, and only then tells the consumers. While a turn commits, what is said gathers for the next, so the batch
grows with the load. When anything goes wrong the owner is over: what is stored is the truth, and another begins there.
"""

import asyncio
import random
from asyncio import get_running_loop
from contextlib import suppress

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.lease import Lease
from services._platform.log import logger
from services._platform.tasks import end
from services.events.delivery.charter import Charter
from services.events.delivery.feed import LOOK_EVERY, Feed
from services.events.delivery.session import Session, moved
from services.events.delivery.sessions import Sessions
from services.events.domain.group import Group
from services.events.domain.items import Standing, Turn
from services.events.store.journal import Journal, LostLease
from services.events.store.log import Log

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
        self._lease = lease
        self._fence = fence
        self._journal = journal
        self._feed = Feed(charter, log, doorbell)
        self._doorbell = doorbell
        self._clock = clock
        self._chance = random.Random()  # noqa: S311  jitter
        self._group = Group(charter.terms, fence, 0, self._chance)
        self._number = 0
        self._sessions = Sessions()
        self._stopping = False
        self._news_rings = -1
        self._heard_news = self._saved = self._used = self._renewed = get_running_loop().time()
        self._saved_tail = 0

    def open(self, consumer: str) -> Session:
        """A session for a consumer; one that it had before ends."""
        if self.over:
            raise moved()
        return self._sessions.open(consumer)

    def stop(self) -> None:
        """Ends it after the turn that runs."""
        self._stopping = True
        self._sessions.stirred.set()

    async def load(self) -> None:
        """Takes over where the last owner stood."""
        self._number, standing = await self._journal.latest(self.charter.uid)
        if await self._feed.dropped(standing):
            _log.warning("events were dropped before they were delivered", group=self.charter.name)
        self._group = Group(self.charter.terms, self._fence, standing.tail, self._chance)
        self._saved_tail = standing.tail
        self._group.resume(await self._feed.left(standing), standing)

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
            self._sessions.end()
            with suppress(Refusal):
                await self._lease.give_up()

    async def _turn(self) -> bool:
        """One turn; whether there was anything to do."""
        group, now = self._group, self._clock().timestamp()
        self._sessions.stirred.clear()
        heard = self._sessions.listen(group, now)
        group.pass_time(now)
        await self._take_in_news()
        group.assign(now)
        turn, group.turn = group.turn, Turn()
        if get_running_loop().time() - self._saved >= _SAVE_EVERY and group.read_through != self._saved_tail:
            turn.moved = True
        # Where it stands by this turn: what is read while it is committed is for the next.
        committing = asyncio.ensure_future(self._commit(turn, group.standing() if turn.decides else None))
        try:
            fed = await self._feed.feed(group) if self._feed.due(group) else False
            await committing
        finally:
            await end(committing)
        self._sessions.tell(group, turn)
        return heard or turn.decides or fed

    async def _commit(self, turn: Turn, standing: Standing | None) -> None:
        if standing is None:
            return
        self._number += 1
        self._saved, self._saved_tail = get_running_loop().time(), standing.tail
        await self._journal.commit(
            self._lease, self._fence, self.charter.uid, self._number, standing, turn, self._clock()
        )

    async def _take_in_news(self) -> None:
        time = get_running_loop().time()
        if time - self._heard_news < (_NEWS_EVERY if self._may_have_news else LOOK_EVERY):
            return
        self._heard_news, self._news_rings = time, self._doorbell.rings
        news = await self._journal.news(self._lease, self._fence, self.charter.uid)
        if news is None or news.version != self.charter.version:
            # The next owner sees what it is now, or that it is no more.
            self.stop()
            return
        for number, event, attempts in news.letters:
            if not self._group.holds_letter(number):
                self._group.redrive(number, event, attempts)

    @property
    def _may_have_news(self) -> bool:
        return self._doorbell.rings != self._news_rings

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
        wait = min(_NEWS_EVERY if self._may_have_news else LOOK_EVERY, self._lease.ttl.total_seconds() / 3)
        due = self._group.next_instant
        if due is not None:
            wait = min(wait, max(0.001, due - self._clock().timestamp()))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._sessions.stirred.wait()

    async def _listen_to_bell(self) -> None:
        while True:
            await self._doorbell.wait(self._doorbell.rings, LOOK_EVERY)
            self._sessions.stirred.set()
