"""The one commit: a change, its events and the remembered answer are rows of the same transaction."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from google.protobuf.message import Message

from mesh.jobs.v1 import job_pb2
from services._platform import jobs as job_queue
from services._platform import outbox, sql
from services._platform.call import Once, Reply, Value, current_call
from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal, RequestIdReused, ResourceExhausted
from services._platform.faults import Fault, no_fault
from services._platform.postgres import Connection, Pool, reading, retryable, transaction

_QUERIES = sql.load(__package__, "queries")
_TRIES = 10

Result = TypeVar("Result")


@dataclass(slots=True)
class Unit:
    """One transaction, as the code that fills it sees it. `now` is its instant, the same for all of its rows."""

    connection: Connection
    now: datetime
    events: list[outbox.Event] = field(default_factory=list)
    replies: list[outbox.ReplyRow] = field(default_factory=list)
    jobs: list[job_queue.Request] = field(default_factory=list)
    afterwards: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What is done once the commit has succeeded, and may be lost with the process: filling a cache. Never raises."""

    def emit(self, key: str, message: Message) -> None:
        """Announces what this commit does; `key` names the resource, events of one key stay in order."""
        self.events.append(outbox.Event(key, message))

    def remember(self, once: Once[Value, Reply], reply: Reply) -> None:
        """Keeps a reply under the key of its call, if the call has one."""
        if once.key:
            self.replies.append((once.method, once.caller, once.key, once.digest, reply.SerializeToString()))

    def enqueue(self, spec: job_pb2.JobSpec) -> str:
        """Enqueues a job in this commit, checked against the contract; returns its name.

        With a unique key that is taken, the job that is there stays, and the name is of none.
        """
        request = job_queue.request(spec)
        self.jobs.append(request)
        return request.name


class UnitOfWork:
    """Runs writes, each in one transaction, each remembered under its key."""

    def __init__(self, pool: Pool, doorbell: Doorbell, clock: Clock, fault: Fault = no_fault) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._clock = clock
        self._fault = fault

    async def run(self, once: Once[Value, Reply], work: Callable[[Unit], Awaitable[Value]]) -> Reply:
        """Does `work` and returns its reply, or returns the first reply when the key was used before.

        A refusal leaves nothing written. Raises `RequestIdReused` when the key came with another body.
        """

        async def only(unit: Unit, _places: Sequence[int]) -> Sequence[Value | Refusal]:
            return [await work(unit)]

        try:
            [reply] = await self.run_many([once], only)
        except Refusal as refusal:
            [reply] = await self._overtaken([once], [refusal])
        if isinstance(reply, Refusal):
            raise reply
        return reply

    async def recall(self, once: Once[Value, Reply]) -> Reply | None:
        """The reply to an earlier use of the key, or None, for work that is checked before its transaction.

        Raises `RequestIdReused` when the key came with another body.
        """
        async with reading(self._pool) as connection:
            found = (await self._recall(connection, [once])).get(0)
        if isinstance(found, Refusal):
            raise found
        return found

    async def run_many(
        self,
        onces: Sequence[Once[Value, Reply]],
        work: Callable[[Unit, Sequence[int]], Awaitable[Sequence[Value | Refusal]]],
    ) -> Sequence[Reply | Refusal]:
        """Does many writes in one transaction.

        `work` is given the places of those that were not done before and returns one outcome for each; those that
        it refuses must leave nothing written.
        """

        first = _first_of_each(onces)

        async def body(unit: Unit) -> Sequence[Reply | Refusal]:
            verdicts = await self._recall(unit.connection, onces)
            fresh = [place for place in range(len(onces)) if place not in verdicts and first[place] == place]
            for place, outcome in zip(fresh, await work(unit, fresh) if fresh else [], strict=True):
                if isinstance(outcome, Refusal):
                    verdicts[place] = outcome
                else:
                    verdicts[place] = reply = onces[place].render(outcome)
                    unit.remember(onces[place], reply)
            for place, once in enumerate(onces):
                if place not in verdicts:
                    same = once.digest == onces[first[place]].digest
                    verdicts[place] = verdicts[first[place]] if same else RequestIdReused(once.key)
            return [verdicts[place] for place in range(len(onces))]

        return await self._overtaken(onces, await self._commit(body, onces[0].method))

    async def commit(self, body: Callable[[Unit], Awaitable[Result]]) -> Result:
        """Runs `body` in a transaction, again when it lost a race, and rings the doorbell if it announced a thing."""
        call = current_call.get()
        return await self._commit(body, call.method.path if call else "")

    async def _commit(self, body: Callable[[Unit], Awaitable[Result]], method: str) -> Result:
        commit = f"commit of {method.rpartition('/')[2]}"
        for attempt in range(1, _TRIES + 1):
            try:
                async with transaction(self._pool) as connection:
                    unit = Unit(connection, self._clock())
                    result = await body(unit)
                    if unit.events or unit.replies:
                        await outbox.append(connection, unit.events, unit.replies)
                    if unit.jobs:
                        await job_queue.enqueue(connection, unit.now, unit.jobs)
                    await self._fault(f"before {commit}")
            except Exception as error:
                if not retryable(error):
                    raise
                # Full jitter, so that the losers do not meet again.
                await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt))  # noqa: S311
                continue
            await self._fault(f"after {commit}")
            if unit.events:
                self._doorbell.ring()
            if unit.jobs:
                self._doorbell.ring_at(job_queue.CHANNEL)
            for act in unit.afterwards:
                await act()
            return result
        raise ResourceExhausted("too many writes of the same rows at once", retry_after=1)

    async def _overtaken(
        self, onces: Sequence[Once[Value, Reply]], verdicts: Sequence[Reply | Refusal]
    ) -> Sequence[Reply | Refusal]:
        """What a write was refused for may be its own twin, the same request carried out elsewhere meanwhile."""
        refused = [place for place, verdict in enumerate(verdicts) if onces[place].key and isinstance(verdict, Refusal)]
        if not refused:
            return verdicts
        async with reading(self._pool) as connection:
            recalled = await self._recall(connection, [onces[place] for place in refused])
        twins = {refused[place]: reply for place, reply in recalled.items()}
        return [twins.get(place, verdict) for place, verdict in enumerate(verdicts)]

    async def _recall(self, connection: Connection, onces: Sequence[Once[Value, Reply]]) -> dict[int, Reply | Refusal]:
        keyed = [(place, once) for place, once in enumerate(onces) if once.key]
        verdicts: dict[int, Reply | Refusal] = {}
        if not keyed:
            return verdicts
        rows = await connection.fetch(
            _QUERIES["recall_replies"],
            [once.method for _, once in keyed],
            [once.caller for _, once in keyed],
            [once.key for _, once in keyed],
        )
        for row in rows:
            place, once = keyed[row["place"] - 1]
            same = row["digest"] == once.digest
            verdicts[place] = once.reply_type.FromString(row["reply"]) if same else RequestIdReused(once.key)
        return verdicts


def _first_of_each(onces: Sequence[Once[Value, Reply]]) -> list[int]:
    """For each place, the first place with the same key: a replay may overtake its original into one batch."""
    seen: dict[tuple[str, str, str], int] = {}
    return [
        seen.setdefault((once.method, once.caller, once.key), place) if once.key else place
        for place, once in enumerate(onces)
    ]
