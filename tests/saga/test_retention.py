"""Sagas that ended long ago are forgotten, and nothing else is."""

from datetime import UTC, datetime, timedelta

from mesh.saga.v1.saga_pb2 import Saga
from tests.conftest import Clock, eventually
from tests.inventory.conftest import refused
from tests.saga.conftest import ORDERLY, World, state


async def test_what_ended_long_ago_is_forgotten_with_what_happened_to_it(world: World) -> None:
    async with world.replica() as sagas:
        await sagas.register(ORDERLY)
        old = await sagas.run("old", key="again")
        assert state(await sagas.get(old)) == "COMPLETED"
    later = Clock()
    later.now = datetime.now(UTC) + timedelta(days=31)
    async with world.replica(clock=later) as sagas:
        await eventually(lambda: _forgotten(world, old))
        assert (await refused(sagas.get(old))).reason == "SAGA_NOT_FOUND"
        recent = await sagas.run("new", key="again")
        assert (recent.name != old.name, state(recent)) == (True, "COMPLETED")
    async with world.replica(clock=later) as sagas:
        assert state(await sagas.get(recent)) == "COMPLETED"
    async with world.database.connect("saga") as sql:
        kept = await sql.fetch("SELECT DISTINCT saga_id FROM transition")
    assert [f"sagas/{row['saga_id']}" for row in kept] == [recent.name]


async def _forgotten(world: World, saga: Saga) -> bool:
    async with world.database.connect("saga") as sql:
        return await sql.fetchrow("SELECT FROM saga WHERE saga_id = $1", saga.name.removeprefix("sagas/")) is None
