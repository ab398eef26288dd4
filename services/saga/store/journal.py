"""The journal: every transition of every saga, written by whoever carries the saga out, and by nobody else.

Many sagas share a statement, which is a commit by itself: transitions, what they change of sagas, and what they
announce. The number of a transition is the fence: a writer that missed a takeover has missed its transition as well,
and finds the number taken.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from services._platform import sql
from services._platform.combiner import Combiner
from services._platform.doorbell import Doorbell
from services._platform.errors import Aborted, Refusal, RequestIdReused
from services._platform.postgres import Pool, reading
from services.saga.domain.refusals import KeyTaken
from services.saga.store.rows import NewSaga, Step

Q = sql.load(__package__, "sagas")
_PAUSE = 0.008
"""Seconds that transitions gather under load: a commit costs about as much for fifty as for five."""


class Lost(Aborted):
    """Somebody else carries the saga out now."""

    reason = "SAGA_LOST"


class Superseded(Aborted):
    """The definition has a newer version than the one that was planned on."""

    reason = "SAGA_SUPERSEDED"


class Journal:
    """Sagas in Postgres, as their executors write them."""

    def __init__(self, pool: Pool, doorbell: Doorbell) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._starts: Combiner[NewSaga, str] = Combiner("saga-starts", self._start, pause=_PAUSE)
        self._steps: Combiner[Step, None] = Combiner("saga-steps", self._append, pause=_PAUSE)

    async def start(self, wanted: NewSaga) -> str:
        """Starts a saga, or finds the one that was started under the same key; returns its id.

        Raises `Superseded`, and refuses a key that something else was started under.
        """
        return await self._starts.submit(wanted)

    async def append(self, step: Step) -> None:
        """Commits a transition. Raises `Lost`."""
        await self._steps.submit(step)

    async def claim(self, executor: str, now: datetime, limit: int, strays: Collection[str]) -> list[str]:
        """Takes over sagas that are due and nobody's, and those of the executor's own that it lost sight of."""
        async with reading(self._pool) as connection:
            ids = [uuid.UUID(stray) for stray in strays]
            rows = await connection.fetch(Q["claim_sagas"], executor, now, limit, ids)
        return [str(row["saga_id"]) for row in rows]

    async def seize(self, executor: str, now: datetime, saga: str) -> bool:
        """Takes over one saga, whoever carries it out; False when it has ended or was changed at this moment."""
        async with reading(self._pool) as connection:
            return await connection.fetchrow(Q["seize_saga"], executor, now, uuid.UUID(saga)) is not None

    async def carried_out_by(self, executor: str, since: datetime) -> set[str]:
        """The sagas that are an executor's since before an instant."""
        async with reading(self._pool) as connection:
            return {str(row["saga_id"]) for row in await connection.fetch(Q["carried_out_by"], executor, since)}

    async def is_of(self, saga: str, executor: str) -> bool:
        """Whether it is this executor that carries the saga out."""
        async with reading(self._pool) as connection:
            return bool(await connection.fetchval(Q["executor_of"], uuid.UUID(saga)) == executor)

    async def forget(self, before: datetime, limit: int) -> int:
        """Deletes sagas that ended before an instant, at most `limit`; returns how many."""
        async with reading(self._pool) as connection:
            return len(await connection.fetch(Q["forget_sagas"], before, limit))

    async def _start(self, wanted: Sequence[NewSaga]) -> Sequence[str | Refusal]:
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["start_sagas"], *sql.columns([each.row() for each in wanted], 15))
        self._doorbell.ring()
        started = {str(row["saga_id"]) for row in rows}
        missed = [place for place, each in enumerate(wanted) if each.saga.id not in started]
        found = await self._found([wanted[place] for place in missed]) if missed else []
        verdicts: dict[int, str | Refusal] = dict(zip(missed, found, strict=True))
        return [verdicts.get(place, each.saga.id) for place, each in enumerate(wanted)]

    async def _found(self, wanted: Sequence[NewSaga]) -> list[str | Refusal]:
        asked = [(each.saga.definition, each.saga.key or None, each.request_key or None) for each in wanted]
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["find_started"], *sql.columns(asked, 3))
        found = {row["place"] - 1: row for row in rows}
        verdicts: list[str | Refusal] = []
        for place, each in enumerate(wanted):
            row = found.get(place)
            if row is None:
                verdicts.append(Superseded(f"{each.saga.definition} has a newer version than {each.saga.version}"))
            elif row["digest"] == each.digest:
                verdicts.append(str(row["saga_id"]))
            elif row["replayed"]:
                verdicts.append(RequestIdReused(each.request_key.rpartition("/")[2]))
            else:
                verdicts.append(KeyTaken(str(row["saga_id"]), each.saga.key))
        return verdicts

    async def _append(self, steps: Sequence[Step]) -> Sequence[Refusal | None]:
        heads = [step.head.row() for step in steps if step.head]
        announced = [event for step in steps for event in step.announced()]
        transitions = sql.columns([step.row() for step in steps], 10)
        more = (*sql.columns(heads, 8), *sql.columns(announced, 3))
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["append_transitions"], *transitions, *more)
        self._doorbell.ring()
        appended = {str(row["saga_id"]) for row in rows}
        return [None if step.saga in appended else Lost(f"{step.saga} is carried out elsewhere") for step in steps]
