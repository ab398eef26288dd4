"""From the outboxes of services into the log, and from there into what other services do."""

import asyncio

import asyncpg
import pytest

from clients.subscriber import Subscriber
from mesh.events.v1.event_service_pb2 import ListEventsRequest
from mesh.events.v1.log_pb2 import Event
from mesh.inventory.v1.event_pb2 import ProductChanged
from services._platform import inbox
from services._platform.outbox import Event as Announced
from services._platform.outbox import append
from services._platform.postgres import open_pool, transaction
from tests.conftest import Clock, Database, eventually
from tests.events.conftest import STOCK_CHANGED, Events, available, changed, running
from tests.inventory.conftest import running as inventory_running


def _product(key: str, name: str) -> Announced:
    message = ProductChanged()
    message.product.name = name
    return Announced(key, message)


async def _told(events: Events, topic: str) -> list[Event]:
    return list((await events.log.ListEvents(ListEventsRequest(topic=topic, page_size=250))).events)


async def test_what_a_service_commits_comes_into_the_log_once_and_in_order(database: Database, clock: Clock) -> None:
    async with inventory_running(database, clock) as inventory:
        mug, main = await inventory.stocked("mug", "main", 10)
        async with running(database, clock) as events, running(database, clock) as other:
            for _ in range(5):
                await inventory.reserve((mug, 1))

            async def arrived() -> bool:
                return len(await _told(events, "mesh.inventory.v1.ReservationCreated")) == 5

            await eventually(arrived)
            stock = await _told(other, STOCK_CHANGED)
            assert [available(one) for one in stock] == [10, 9, 8, 7, 6, 5]
            assert {(one.publisher, one.key) for one in stock} == {("services/inventory", f"{mug}/levels/{main[11:]}")}
    async with database.connect() as sql:
        announced = await sql.fetchval("SELECT count(*) FROM inventory.outbox")
        relayed = "SELECT count(*) FROM events.event WHERE publisher = 'services/inventory'"
        assert await sql.fetchval(relayed) == announced


async def test_what_commits_late_is_neither_missed_nor_overtaken(events: Events, database: Database) -> None:
    topic = ProductChanged.DESCRIPTOR.full_name
    async with database.connect("inventory") as slow, database.connect("inventory") as fast:
        held = slow.transaction()
        await held.start()
        await append(slow, [_product("products/a", "first")])
        await append(fast, [_product("products/a", "second")])
        async with fast.transaction():
            await append(fast, [_product("products/b", "other")])
        await events.publish(changed())
        assert await _told(events, topic) == []
        await held.commit()

    async def arrived() -> bool:
        return len(await _told(events, topic)) == 3

    await eventually(arrived)
    told = [ProductChanged.FromString(one.payload).product.name for one in await _told(events, topic)]
    assert told == ["first", "second", "other"]


async def test_events_reads_what_a_service_announces_and_nothing_else(database: Database) -> None:
    async with database.connect("events") as sql:
        assert await sql.fetch("SELECT * FROM inventory.read_outbox('0', 0, 10)") == []
        for statement in (
            "SELECT * FROM inventory.outbox",
            "SELECT * FROM inventory.product",
            "DELETE FROM inventory.outbox",
            "CREATE TABLE mine (n int)",
            "DROP TABLE event",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sql.execute(statement)
    async with database.connect("inventory") as sql:
        nothing = ", ".join(["'{}'"] * 7)
        for statement in ("SELECT * FROM events.event", f"SELECT events.append(now(), {nothing})"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sql.execute(statement)


async def test_a_service_acts_once_on_an_event_that_comes_more_than_once(events: Events, database: Database) -> None:
    name = await events.subscribe("counting")
    await events.publish(*(changed(key=f"k{n}", available=n) for n in range(20)))
    seen: list[int] = []
    async with database.connect() as sql:
        await sql.execute("CREATE TABLE inventory.effect (n int); GRANT ALL ON inventory.effect TO inventory")
    async with open_pool(database.dsn("inventory"), 4, "test") as pool:

        async def act(event: Event) -> None:
            async with transaction(pool) as connection:
                if await inbox.accept(connection, "counting", event.name.removeprefix("events/")):
                    await connection.execute("INSERT INTO effect (n) VALUES ($1)", available(event))
            seen.append(available(event))
            if seen.count(available(event)) < 3:
                raise RuntimeError("after the commit, before the event is settled")

        subscriber = Subscriber(events.channel, name, act, at_once=8)
        consuming = asyncio.create_task(subscriber.run())
        try:

            async def thrice() -> bool:
                events.clock.advance(seconds=60)
                return all(seen.count(n) >= 3 for n in range(20))

            await eventually(thrice, 20)
        finally:
            consuming.cancel()
            await asyncio.gather(consuming, return_exceptions=True)
    async with database.connect() as sql:
        assert [row["n"] for row in await sql.fetch("SELECT n FROM inventory.effect ORDER BY n")] == list(range(20))
