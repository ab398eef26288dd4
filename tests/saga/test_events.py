"""Every change is announced in the commit that makes it, and nothing else is."""

from google.protobuf import symbol_database

from mesh.saga.v1 import event_pb2
from tests.conftest import Database
from tests.saga.conftest import ORDERLY, World, state
from tests.saga.party import Party


async def test_each_change_announces_what_it_did(world: World, party: Party, database: Database) -> None:
    heard: set[str] = set()

    async def news() -> list[str]:
        """What was announced since the last look, by message name."""
        async with database.connect("saga") as sql:
            rows = await sql.fetch("DELETE FROM outbox RETURNING topic, id, key, payload")
        for row in rows:
            message = symbol_database.Default().GetSymbol(row["topic"]).FromString(row["payload"])
            [(_, subject), *_] = message.ListFields()
            assert row["key"] == subject.name
        names = [row["topic"].rpartition(".")[2] for row in sorted(rows, key=lambda row: row["id"])]
        heard.update(names)
        return names

    async with world.replica() as sagas:
        await sagas.register(ORDERLY)
        assert await news() == ["SagaRegistered"]
        await sagas.register(ORDERLY)
        assert await news() == []
        await sagas.run("well", key="well")
        assert await news() == ["SagaStarted", "SagaEnded"]
        await sagas.start("well", key="well")
        assert await news() == []
        party.then("ship", "refuse INVALID_ARGUMENT")
        saga = await sagas.run("badly")
        assert await news() == ["SagaStarted", "SagaNeedsAttention"]
        await sagas.resolve(saga, "ship", "RETRY")
        assert state(await sagas.end(saga)) == "COMPLETED"
        assert await news() == ["SagaStepResolved", "SagaEnded"]
    assert heard == set(event_pb2.DESCRIPTOR.message_types_by_name)
