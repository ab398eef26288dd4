"""A link to Redis: commands go out as they come, and answers come back in that order.

Nobody waits for a connection or for somebody else's answer, and a command costs a quarter of what it does through
redis-py's client. That still opens the connection, for it knows all the ways to.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import hiredis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services._platform.errors import Unavailable

TIMEOUT = 0.15
"""Seconds. Whoever waits for a verdict is kept waiting for no longer than that, Redis being away or slow."""

_LATE = 0.01
_MORE = 0.05
_TIMES = 10
_NOTHING = object()

Part = str | bytes | int | float
Told = Callable[[Any], None]
"""What is done with an answer; what would be raised is an answer too."""


async def open_link(redis: Redis) -> "Link":
    """A link to where a client goes. Raises `Unavailable` when Redis does not let it in."""
    connection = redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
    try:
        await connection.connect()
    except (RedisError, OSError, TimeoutError) as error:
        raise away() from error
    return Link(connection)


class ScriptMissing(Exception):
    """Redis was not told the text of a script since it started, or was told to forget it."""


class Link(asyncio.Protocol):
    """An open connection. When an answer is overdue, or the connection is lost, all calls raise `Unavailable`."""

    def __init__(self, connection: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers = hiredis.Reader(notEnoughData=_NOTHING)
        self._waiting: deque[tuple[float, Told]] = deque()
        self._watching = False
        # Whose transport this is from now on; it closes that when nobody holds it any more.
        self._connection = connection
        self._transport = cast("asyncio.Transport", connection._writer.transport)
        self._transport.set_protocol(self)

    @property
    def open(self) -> bool:
        """Whether it can be called."""
        return not self._transport.is_closing()

    def call(self, *command: Part) -> asyncio.Future[Any]:
        """The answer to a command. When that is an error, raises `ScriptMissing` or `Unavailable`."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self.ask(partial(settle, answer), command)
        return answer

    def ask(self, told: Told, command: Sequence[Part]) -> None:
        """Asks without waiting: hands the answer over as it comes, or what `call` would raise."""
        if not self.open:
            told(away())
            return
        now = self._loop.time()
        self._waiting.append((now, told))
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]  # of any length
        if not self._watching:
            self._watch(now + TIMEOUT)

    async def close(self) -> None:
        """Ends it."""
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """Hands over answers."""
        self._answers.feed(data)
        while (answer := self._answers.gets()) is not _NOTHING:
            if isinstance(answer, hiredis.PushNotification):
                continue
            _, told = self._waiting.popleft()
            told(_refusal(answer) if isinstance(answer, hiredis.ReplyError) else answer)

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing will be answered any more."""
        self._give_up(error)

    def _watch(self, due: float, left: int = _TIMES) -> None:
        self._watching = True
        self._loop.call_at(due, self._look, due, left)

    def _look(self, due: float, left: int) -> None:
        """Gives up when an answer is overdue, but not for time that this process itself was away.

        On a machine with too much to do, a process is stopped for tens of milliseconds at a time. An answer may have
        come meanwhile that nobody has read yet; who gives up then lets through by shares what the counters refuse.
        """
        self._watching = False
        if not self._waiting:
            return
        now, (asked, _) = self._loop.time(), self._waiting[0]
        if asked + TIMEOUT > now:
            self._watch(asked + TIMEOUT)
        elif left and now - due > _LATE:
            self._watch(now + _MORE, left - 1)
        else:
            self._transport.abort()
            self._give_up(TimeoutError("an answer is overdue"))

    def _give_up(self, error: Exception | None) -> None:
        waiting, self._waiting = self._waiting, deque()
        for _, told in waiting:
            told(away(error))


def settle(waiting: asyncio.Future[Any], answer: Any) -> None:
    """Ends a wait by an answer, or by what is to be raised; unless whoever waited has gone."""
    if waiting.done():
        return
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)


def away(why: BaseException | None = None) -> Unavailable:
    """What is said while Redis cannot be asked."""
    refusal = Unavailable("redis is away", metadata={"dependency": "redis"}, retry_after=1)
    refusal.__cause__ = why
    return refusal


def _refusal(answer: hiredis.ReplyError) -> Exception:
    return ScriptMissing() if str(answer).startswith("NOSCRIPT") else away(answer)
