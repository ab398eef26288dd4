"""Reads and writes what is set about topics."""

from collections.abc import Callable, Sequence

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork

Q = sql.load(__package__, "topics")


class TopicSettings:
    """Settings of topics in Postgres; those of a topic that has none are the defaults."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def compacted(self, topics: Sequence[str]) -> set[str]:
        """Which of these topics are compacted."""
        async with reading(self._pool) as connection:
            return {row["topic"] for row in await connection.fetch(Q["compacted"], topics)}

    async def change(self, topic: str, change: Callable[[bool], bool], once: Once[bool, Reply]) -> Reply:
        """Sets whether a topic is compacted, by what a pure function makes of whether it was."""

        async def work(unit: Unit) -> bool:
            await unit.connection.execute(Q["add_topic"], topic)
            after = change(await unit.connection.fetchval(Q["lock_topic"], topic))
            await unit.connection.execute(Q["set_compacted"], topic, after)
            return after

        return await self._units.run(once, work)
