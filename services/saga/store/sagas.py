"""Reads sagas."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from mesh.saga.v1 import saga_pb2
from services._platform import sql
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services.saga.domain.refusals import SagaNotFound
from services.saga.domain.run import State, Transition
from services.saga.store.rows import Record, read_saga, read_transition

Q = sql.load(__package__, "sagas")
_STATES = saga_pb2.SagaState.DESCRIPTOR


class Sagas:
    """Sagas in Postgres, as anybody may read them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, id: str) -> Record:
        """A saga with all that happened to it. Refuses one that does not exist."""
        found = await self.all([id])
        if not found:
            raise SagaNotFound(id)
        return found[0]

    async def all(self, ids: Sequence[str]) -> list[Record]:
        """These sagas, in no order, of those that exist."""
        keys = [uuid.UUID(each) for each in ids]
        async with reading(self._pool) as connection, connection.transaction(isolation="repeatable_read"):
            rows = await connection.fetch(Q["get_sagas"], keys)
            journal = await connection.fetch(Q["transitions_of"], keys)
        happened: dict[uuid.UUID, list[Transition]] = defaultdict(list)
        for row in journal:
            happened[row["saga_id"]].append(read_transition(row))
        return [Record(read_saga(row), tuple(happened[row["saga_id"]]), row["past_pivot"]) for row in rows]

    async def progress(self, id: str) -> tuple[State, int]:
        """Where a saga stands, and the number of its last transition. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["progress_of"], uuid.UUID(id))
        if row is None:
            raise SagaNotFound(id)
        return State(row["state"]), row["sequence"]

    async def page(self, filter: Filter, owner: str | None, before: str | None, limit: int) -> list[Record]:
        """Sagas, newest first, before an id; of one owner, unless None."""
        owners = filter.values("owner", "=") + ([owner] if owner else [])
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_sagas"],
                uuid.UUID(before) if before else None,
                limit,
                filter.ids("definition", "="),
                filter.ids("definition", "!="),
                filter.values("key", "="),
                filter.values("key", "!="),
                owners,
                filter.values("owner", "!="),
                filter.numbers("state", "=", _STATES),
                filter.numbers("state", "!=", _STATES),
            )
        return [Record(read_saga(row), (), row["past_pivot"]) for row in rows]
