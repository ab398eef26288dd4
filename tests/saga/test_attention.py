"""What cannot go on by itself waits for an operator, whose decisions are kept."""

from typing import Any

from mesh.saga.v1 import event_pb2, saga_pb2
from tests import callers
from tests.conftest import Database
from tests.inventory.conftest import refused
from tests.saga.conftest import Sagas, definition, happened, retriable, state, states
from tests.saga.party import Party


async def stuck(sagas: Sagas, party: Party, order: str) -> saga_pb2.Saga:
    """A saga whose compensation of `pay` does not work."""
    party.then("place", "refuse FAILED_PRECONDITION")
    party.then("undo pay", "refuse PERMISSION_DENIED")
    saga = await sagas.run(order)
    assert state(saga) == "NEEDS_ATTENTION"
    assert states(saga) == {"hold": "SUCCEEDED", "pay": "STUCK", "place": "FAILED", "ship": "SKIPPED"}
    return saga


def deed(sagas: Sagas, kind: str, **fields: Any) -> Any:
    """A message of the participant's."""
    return sagas.contract.message(f"mesh.party.v1.{kind}")(**fields)


async def test_a_stuck_compensation_is_announced_and_retried(sagas: Sagas, party: Party, database: Database) -> None:
    saga = await stuck(sagas, party, "again")
    async with database.connect("saga") as sql:
        topic = event_pb2.SagaNeedsAttention.DESCRIPTOR.full_name
        [row] = await sql.fetch("SELECT key, payload FROM outbox WHERE topic = $1", topic)
    assert row["key"] == saga.name
    assert event_pb2.SagaNeedsAttention.FromString(row["payload"]).step == "pay"
    await sagas.resolve(saga, "pay", "RETRY")
    ended = await sagas.end(saga)
    assert state(ended) == "COMPENSATED"
    assert await party.standing("again") == []
    [kept] = [t for t in ended.timeline if t.type == saga_pb2.SAGA_TRANSITION_TYPE_STEP_RETRIED]
    assert (kept.actor, kept.reason, kept.step) == (callers.ADMIN, "a test says so", "pay")


async def test_a_compensation_is_skipped_with_a_reason(sagas: Sagas, party: Party) -> None:
    saga = await stuck(sagas, party, "skipped")
    await sagas.resolve(saga, "pay", "SKIP")
    ended = await sagas.end(saga)
    assert state(ended) == "COMPENSATED"
    assert await party.standing("skipped") == ["pay"]
    assert "STEP_SKIPPED pay" in happened(ended)


async def test_a_decision_is_taken_once_however_often_it_arrives(sagas: Sagas, party: Party) -> None:
    saga = await stuck(sagas, party, "repeated")
    await sagas.resolve(saga, "pay", "SKIP")
    ended = await sagas.end(saga)
    await sagas.resolve(saga, "pay", "SKIP")
    assert await sagas.get(saga) == ended
    assert (await refused(sagas.resolve(saga, "pay", "RETRY"))).reason == "SAGA_STEP_NOT_STUCK"


async def test_a_request_is_edited_and_sent_as_another_call(sagas: Sagas, party: Party) -> None:
    party.then("ship", "refuse INVALID_ARGUMENT")
    saga = await sagas.run("edited")
    assert (state(saga), states(saga)["ship"], saga.past_pivot) == ("NEEDS_ATTENTION", "STUCK", True)
    await sagas.resolve(saga, "ship", "EDIT", deed(sagas, "ActRequest", what="ship by air", order="edited"))
    assert state(await sagas.end(saga)) == "COMPLETED"
    assert await party.done("edited") == ["hold", "pay", "place", "ship by air"]
    first, second = [call for what, call in party.calls if what.startswith("ship")]
    assert first != second


async def test_a_step_is_forced_with_the_reply_that_it_had(sagas: Sagas, party: Party) -> None:
    party.then("ship", "refuse INVALID_ARGUMENT")
    saga = await sagas.run("forced")
    await sagas.resolve(saga, "ship", "FORCE", deed(sagas, "Deed", name="acts/by-hand"))
    ended = await sagas.end(saga)
    assert state(ended) == "COMPLETED"
    assert await party.done("forced") == ["hold", "pay", "place"]


async def test_what_may_have_taken_effect_is_not_edited(sagas: Sagas, party: Party) -> None:
    retries = [{"codes": ["UNAVAILABLE"], "attempts": 1}]
    await sagas.register(definition(retriable("ship", retries=retries)), "hasty")
    party.then("ship", "lose", "lose", "lose", "lose")  # the channel tries four times
    saga = await sagas.run("hasty", id="hasty")
    assert states(saga) == {"ship": "STUCK"}
    said = await refused(sagas.resolve(saga, "ship", "EDIT", deed(sagas, "ActRequest", what="x")))
    assert said.reason == "SAGA_OUTCOME_UNKNOWN"
    party.script.clear()
    await sagas.resolve(saga, "ship", "RETRY")
    assert state(await sagas.end(saga)) == "COMPLETED"
    assert await party.done("hasty") == ["ship"]


async def test_decisions_are_an_operators_and_about_what_is_stuck(sagas: Sagas, party: Party) -> None:
    saga = await stuck(sagas, party, "who")
    manager = sagas.by(callers.token("users/0198c0de-0000-7000-8000-0000000000bb", ["manager"]))
    assert (await refused(manager.resolve(saga, "pay", "SKIP"))).reason == "PERMISSION_MISSING"
    assert (await refused(sagas.resolve(saga, "hold", "SKIP"))).reason == "SAGA_STEP_NOT_STUCK"
    assert (await refused(sagas.resolve(saga, "nothing", "SKIP"))).reason == "SAGA_STEP_NOT_FOUND"
    assert (await refused(sagas.resolve(saga, "pay", "EDIT"))).reason == "SAGA_PAYLOAD_INVALID"
    assert (await refused(sagas.resolve(saga, "pay", "RETRY", deed(sagas, "Deed")))).reason == "SAGA_PAYLOAD_INVALID"
