"""One commit, once: replays, races between replicas, refusals, retries and deadlines on a real Postgres."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services._platform.call import Once, current_call
from services._platform.doorbell import Doorbell
from services._platform.errors import (
    AlreadyExists,
    DeadlineExceeded,
    OutOfRange,
    Refusal,
    RequestIdReused,
    ResourceExhausted,
)
from services._platform.postgres import open_pool, transaction
from services._platform.unit_of_work import Unit, UnitOfWork
from tests.conftest import Clock, Database
from tests.platform.conftest import NewCall, waiting_for_a_lock

Owner = asyncpg.Connection


def once(key: str, body: str = "body", caller: str = "users/ada", method: str = "/m") -> Once[str, StringValue]:
    return Once(key, method, caller, body.encode(), StringValue, lambda value: StringValue(value=value))


def adding(effect: str, answer: str = "") -> Callable[[Unit], Awaitable[str]]:
    """Work that leaves one row and one event."""

    async def work(unit: Unit) -> str:
        await unit.connection.execute("INSERT INTO effect VALUES ($1)", effect)
        unit.emit(effect, StringValue(value=effect))
        return answer or effect

    return work


async def nothing(_unit: Unit) -> None:
    """Work that leaves nothing."""


async def effects(owner: Owner) -> list[str]:
    return [row["key"] for row in await owner.fetch("SELECT key FROM effect ORDER BY key")]


async def counts(owner: Owner) -> tuple[int, int, int]:
    """Effects, events and remembered replies."""
    row = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM effect), (SELECT count(*) FROM outbox), (SELECT count(*) FROM remembered_reply)"
    )
    assert row is not None
    return tuple(row)


async def test_a_replay_gets_the_first_answer_and_does_nothing(units: UnitOfWork, owner: Owner, bell: Doorbell) -> None:
    first = await units.run(once("k"), adding("a"))
    again = await units.run(once("k"), adding("b"))
    assert first == again == StringValue(value="a")
    assert await counts(owner) == (1, 1, 1)
    assert bell.rings == 1


async def test_without_a_key_nothing_is_remembered(units: UnitOfWork, owner: Owner) -> None:
    assert [(await units.run(once(""), adding(name))).value for name in "ab"] == ["a", "b"]
    assert await counts(owner) == (2, 2, 0)


async def test_the_same_key_with_another_body_is_refused(units: UnitOfWork, owner: Owner) -> None:
    await units.run(once("k"), adding("a"))
    with pytest.raises(RequestIdReused) as refused:
        await units.run(once("k", body="other"), adding("b"))
    assert refused.value.metadata == {"requestId": "k"}
    assert await effects(owner) == ["a"]


async def test_a_key_belongs_to_one_caller_and_one_method(units: UnitOfWork, owner: Owner) -> None:
    for other in (once("k"), once("k", caller="users/bob"), once("k", method="/n")):
        await units.run(other, adding("x"))
    assert await counts(owner) == (3, 3, 3)


async def test_a_refusal_writes_nothing_and_is_not_remembered(units: UnitOfWork, owner: Owner, bell: Doorbell) -> None:
    async def refuse(unit: Unit) -> str:
        await adding("a")(unit)
        raise OutOfRange("no", reason="NO")

    with pytest.raises(OutOfRange):
        await units.run(once("k"), refuse)
    assert await counts(owner) == (0, 0, 0)
    assert bell.rings == 0
    assert (await units.run(once("k"), adding("b"))).value == "b"


async def test_one_key_in_two_replicas_at_once_has_one_effect(
    units: UnitOfWork, owner: Owner, database: Database, bell: Doorbell, clock: Clock
) -> None:
    async with open_pool(database.dsn("inventory"), 8, "other") as pool:
        other = UnitOfWork(pool, bell, clock)
        for key in map(str, range(10)):
            answers = await asyncio.gather(
                *(replica.run(once(key), adding(key, f"{n}")) for n, replica in enumerate((units, other) * 2))
            )
            assert all(answer == answers[0] for answer in answers)
    assert await effects(owner) == sorted(map(str, range(10)))


async def test_a_twin_that_is_refused_for_what_the_first_did_gets_the_first_answer(
    units: UnitOfWork, owner: Owner
) -> None:
    """The second waits for a row that the first inserts, and would be told that it exists already."""
    await owner.execute("CREATE UNIQUE INDEX effect_once ON effect (key)")
    began, go_on = asyncio.Event(), asyncio.Event()

    async def first(unit: Unit) -> str:
        value = await adding("a", "first")(unit)
        began.set()
        await go_on.wait()
        return value

    async def second(unit: Unit) -> str:
        try:
            return await adding("a", "second")(unit)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyExists("there already", reason="EXISTS") from error

    winner = asyncio.create_task(units.run(once("k"), first))
    await began.wait()
    twin = asyncio.create_task(units.run(once("k"), second))
    await waiting_for_a_lock(owner)
    go_on.set()
    assert (await winner).value == (await twin).value == "first"
    with pytest.raises(AlreadyExists):  # who is not its twin is told
        await units.run(once("other"), second)


async def test_a_batch_whose_item_was_carried_out_elsewhere_meanwhile(units: UnitOfWork, owner: Owner) -> None:
    async def overtaken(unit: Unit, places: Sequence[int]) -> Sequence[str | Refusal]:
        await units.run(once("k"), adding("elsewhere"))
        return [OutOfRange("none left", reason="NO") for _ in places]

    taken, refused = await units.run_many([once("k"), once("l")], overtaken)
    assert taken == StringValue(value="elsewhere")
    assert isinstance(refused, OutOfRange)


async def test_duplicates_within_one_batch(units: UnitOfWork, owner: Owner) -> None:
    async def work(unit: Unit, places: Sequence[int]) -> Sequence[str | Refusal]:
        assert places == [0, 1, 4]
        for place in places:
            await unit.connection.execute("INSERT INTO effect VALUES ($1)", str(place))
        return ["zero", OutOfRange("no", reason="NO"), "four"]

    batch = [once("k"), once("r"), once("k"), once("k", body="other"), once(""), once("r")]
    first, refused, twin, reused, keyless, refused_twin = await units.run_many(batch, work)
    assert first == twin == StringValue(value="zero")
    assert isinstance(refused, OutOfRange)
    assert refused_twin is refused
    assert isinstance(reused, RequestIdReused)
    assert keyless == StringValue(value="four")
    assert (await counts(owner))[2] == 1


async def test_a_batch_that_was_all_done_before_does_no_work(units: UnitOfWork, owner: Owner) -> None:
    await units.run(once("k"), adding("a"))

    async def never(_unit: Unit, _places: Sequence[int]) -> Sequence[str | Refusal]:
        raise AssertionError("nothing is left to do")

    assert await units.run_many([once("k"), once("k")], never) == [StringValue(value="a")] * 2


async def test_a_deadlock_is_tried_again(units: UnitOfWork, owner: Owner, database: Database) -> None:
    await owner.execute("INSERT INTO effect VALUES ('a'), ('b')")
    await owner.execute(f"ALTER ROLE inventory IN DATABASE {database.name} SET deadlock_timeout = '10ms'")
    both = asyncio.Barrier(2)
    tries: list[str] = []

    def touching(*keys: str) -> Callable[[Unit], Awaitable[str]]:
        async def work(unit: Unit) -> str:
            tries.append(keys[0])
            await unit.connection.execute("UPDATE effect SET key = key WHERE key = $1", keys[0])
            if len(tries) <= 2:
                await both.wait()
            await unit.connection.execute("UPDATE effect SET key = key WHERE key = $1", keys[1])
            unit.emit(keys[0], StringValue())
            return keys[0]

        return work

    answers = await asyncio.gather(units.run(once("1"), touching("a", "b")), units.run(once("2"), touching("b", "a")))
    assert [one.value for one in answers] == ["a", "b"]
    assert len(tries) > 2
    assert (await counts(owner))[1:] == (2, 2)


async def test_a_serialization_failure_is_tried_again(units: UnitOfWork, owner: Owner) -> None:
    await owner.execute("INSERT INTO effect VALUES ('a')")
    tries = 0

    async def work(unit: Unit) -> str:
        nonlocal tries
        tries += 1
        await unit.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await unit.connection.fetchval("SELECT count(*) FROM effect")
        if tries == 1:
            await owner.execute("UPDATE effect SET key = 'b'")
        await unit.connection.execute("UPDATE effect SET key = key || '!'")
        unit.emit("a", StringValue())
        return "done"

    assert await units.commit(work) == "done"
    assert tries == 2
    assert await effects(owner) == ["b!"]
    assert (await counts(owner))[1] == 1


async def test_whoever_loses_every_race_is_told_to_come_back(
    units: UnitOfWork, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(_unit: Unit) -> str:
        raise asyncpg.SerializationError("lost")

    monkeypatch.setattr("services._platform.unit_of_work.random.uniform", lambda low, high: 0)
    with pytest.raises(ResourceExhausted) as refused:
        await units.run(once("k"), lose)
    assert (refused.value.reason, refused.value.retry_after) == ("OVERLOADED", 1)


async def test_a_commit_that_fails_announces_nothing(units: UnitOfWork, owner: Owner, bell: Doorbell) -> None:
    await owner.execute("ALTER TABLE effect ADD UNIQUE (key) DEFERRABLE INITIALLY DEFERRED")
    await units.run(once("1"), adding("a"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await units.run(once("2"), adding("a"))  # found out only by COMMIT
    assert await counts(owner) == (1, 1, 1)
    assert bell.rings == 1


async def test_what_comes_afterwards_comes_after_a_commit_that_succeeds(
    units: UnitOfWork, owner: Owner, bell: Doorbell
) -> None:
    seen: list[list[str]] = []

    async def look() -> None:
        seen.append(await effects(owner))

    async def work(unit: Unit) -> str:
        unit.afterwards.append(look)
        return await adding("one")(unit)

    await units.run(once("key"), work)
    await units.run(once("key"), work)  # a replay does nothing, so nothing comes after it
    assert seen == [["one"]]

    async def failing(unit: Unit) -> str:
        await work(unit)
        raise OutOfRange("no", reason="NO")

    with pytest.raises(OutOfRange):
        await units.run(once("other"), failing)
    assert seen == [["one"]]


async def test_statements_stop_at_the_deadline_of_the_call(units: UnitOfWork, owner: Owner, new_call: NewCall) -> None:
    timeouts: list[str] = []

    async def work(unit: Unit) -> str:
        timeouts.append(await unit.connection.fetchval("SHOW statement_timeout"))
        await unit.connection.execute("SELECT pg_sleep(30)")
        return ""

    await units.commit(nothing)  # connected before the clock starts

    async def calling() -> None:
        current_call.set(new_call(seconds=0.5))
        await units.run(once("k"), work)

    with pytest.raises(DeadlineExceeded):
        await asyncio.create_task(calling())
    [timeout] = timeouts
    assert 1 <= int(timeout.removesuffix("ms")) <= 501
    assert await counts(owner) == (0, 0, 0)


async def test_after_the_deadline_nothing_is_begun(units: UnitOfWork, owner: Owner, new_call: NewCall) -> None:
    async def calling() -> None:
        current_call.set(new_call(seconds=-1))
        await units.run(once("k"), adding("a"))

    with pytest.raises(DeadlineExceeded):
        await asyncio.create_task(calling())
    assert await counts(owner) == (0, 0, 0)


async def test_a_call_cut_off_at_any_moment_leaves_no_transaction_behind(
    database: Database, owner: Owner, bell: Doorbell, clock: Clock
) -> None:
    """A connection goes back to the pool clean or not at all, also when the cleaning itself is cut off."""
    async with open_pool(database.dsn("inventory"), 1, "cut") as pool:
        units = UnitOfWork(pool, bell, clock)
        for turns in range(40):
            caller = asyncio.create_task(units.run(once(f"k{turns}"), adding("a")))
            for _ in range(turns):
                await asyncio.sleep(0)
            caller.cancel()
            await asyncio.sleep(0)
            caller.cancel()
            await asyncio.gather(caller, return_exceptions=True)
            async with transaction(pool) as connection:
                assert not await connection.fetchval("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    effects, events, replies = await counts(owner)
    assert effects == events == replies
