"""A consumer's side of a group, while it is connected to the owner."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from services._platform.errors import Moved, Refusal
from services.events.domain.items import Rejected, Told


@dataclass(frozen=True, slots=True)
class Said:
    """What a consumer says: credits, tickets that are done, that failed, and that need so many seconds longer."""

    credits: int = 0
    acknowledged: Sequence[int] = ()
    rejected: Sequence[Rejected] = ()
    extended: Sequence[tuple[int, float]] = ()


def moved() -> Moved:
    """The refusal of a session whose owner is gone."""
    return Moved("the subscription")


class Session:
    """What a consumer says is taken up by the owner's next turn; what it is told gathers until it listens."""

    def __init__(self, consumer: str, stir: Callable[[], None]) -> None:
        self.consumer = consumer
        self.left = False
        self.keeps = False
        """Whether it keeps what it has when it leaves."""
        self._stir = stir
        self._said: list[Said] = []
        self._told: list[Told] = []
        self._news = asyncio.Event()
        self._end: Refusal | None = None

    def say(self, said: Said) -> None:
        """Says something to the owner. Refuses when that is gone."""
        if self._end is not None:
            raise self._end
        self._said.append(said)
        self._stir()

    def leave(self, *, keeping: bool = False) -> None:
        """Ends the session; with `keeping`, what was delivered stays with the consumer until its deadline."""
        self.left, self.keeps = True, keeping
        self._stir()

    async def told(self) -> AsyncIterator[Told]:
        """What the owner tells, until it is gone: then it refuses."""
        while True:
            for one in await self.next():
                yield one

    async def next(self, timeout: float | None = None) -> list[Told]:  # noqa: ASYNC109
        """What gathered, at least one thing; nothing when there is none within `timeout` seconds."""
        if not self._told and self._end is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._news.wait()
        self._news.clear()
        told, self._told = self._told, []
        if not told and self._end is not None:
            raise self._end
        return told

    # ---- For the owner ----

    def heard(self) -> list[Said]:
        """What was said since the last time."""
        said, self._said = self._said, []
        return said

    def tell(self, told: Told) -> None:
        """Tells the consumer something."""
        self._told.append(told)
        self._news.set()

    def end(self, why: Refusal) -> None:
        """Ends the session."""
        self._end = why
        self._news.set()
