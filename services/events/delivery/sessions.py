"""The consumers that are connected to an owner: what they say goes to the group, what is decided of them goes back."""

import asyncio
from collections.abc import Iterable

from services.events.delivery.session import Said, Session, moved
from services.events.domain.group import Group
from services.events.domain.items import Told, Turn


class Sessions:
    """One session a consumer."""

    def __init__(self) -> None:
        self.stirred = asyncio.Event()
        """Somebody has said something."""
        self._open: dict[str, Session] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    def open(self, consumer: str) -> Session:
        """A session for a consumer; one that it had before ends."""
        before = self._open.pop(consumer, None)
        if before is not None:
            before.end(moved())
        session = self._open[consumer] = Session(consumer, self.stirred.set)
        return session

    def end(self) -> None:
        """Ends all sessions: the owner is here no more."""
        for session in self._open.values():
            session.end(moved())

    def listen(self, group: Group, now: float) -> bool:
        """Tells the group what was said; whether anything was."""
        heard = False
        for session in list(self._open.values()):
            said = session.heard()
            _pass_on(group, session.consumer, said, now)
            if session.left:
                if session.keeps:
                    group.withdraw(session.consumer)
                else:
                    group.leave(session.consumer, now)
                self._open.pop(session.consumer, None)
            heard = heard or bool(said) or session.left
        return heard

    def tell(self, group: Group, turn: Turn) -> None:
        """Tells consumers what a turn has for them; only once it is committed."""
        for consumer, told in turn.told.items():
            session = self._open.get(consumer)
            if session is None or session.left:
                group.give_back(told.deliveries)
            elif told != Told():
                session.tell(told)


def _pass_on(group: Group, consumer: str, said: Iterable[Said], now: float) -> None:
    for one in said:
        group.acknowledge(consumer, one.acknowledged)
        group.reject(consumer, one.rejected, now)
        group.extend(consumer, one.extended, now)
        group.grant(consumer, one.credits)
