"""What is not known is settled, and never assumed."""

from tests.saga.conftest import Sagas, act, definition, happened, pivot, state, states
from tests.saga.party import Party


def ids(party: Party, what: str) -> list[str]:
    """The request ids of the calls for a thing."""
    return [call for called, call in party.calls if called == what]


async def test_a_lost_answer_is_asked_for_again_by_the_same_call(sagas: Sagas, party: Party) -> None:
    party.then("pay", "lose", "lose")
    saga = await sagas.run("lost")
    assert state(saga) == "COMPLETED"
    assert await party.done("lost") == ["hold", "pay", "place", "ship"]
    assert len(set(ids(party, "pay"))) == 1
    assert len(ids(party, "pay")) >= 2


async def test_a_refusal_that_follows_a_lost_answer_is_believed_when_nothing_can_arrive_any_more(
    sagas: Sagas, party: Party
) -> None:
    party.then("pay", *["late 0.6"], *["refuse FAILED_PRECONDITION"])
    saga = await sagas.run("late")
    assert "OUTCOME_UNKNOWN pay" in happened(saga)
    assert "ATTEMPT_REFUSED pay" in happened(saga)
    # The first call arrived after the second one was refused; it counts, and nothing is done twice.
    assert state(saga) == "COMPLETED"
    assert await party.done("late") == ["hold", "pay", "place", "ship"]


async def test_a_call_that_never_arrived_is_compensated_once_that_is_known(sagas: Sagas, party: Party) -> None:
    refusals = ["refuse FAILED_PRECONDITION"] * 3
    party.then("pay", "late 9", *refusals)
    saga = await sagas.run("gone")
    assert (state(saga), states(saga)["pay"]) == ("COMPENSATED", "FAILED")
    assert await party.standing("gone") == []


async def test_what_is_refused_for_now_is_tried_again(sagas: Sagas, party: Party) -> None:
    party.then("hold", "refuse ABORTED", "refuse RESOURCE_EXHAUSTED")
    saga = await sagas.run("busy")
    assert state(saga) == "COMPLETED"
    assert happened(saga)[:3] == ["STARTED", "ATTEMPT_REFUSED hold", "ATTEMPT_REFUSED hold"]
    assert len(set(ids(party, "hold"))) == 1


async def test_a_policy_by_code_says_how_often(sagas: Sagas, party: Party) -> None:
    retries = [{"codes": ["NOT_FOUND"], "attempts": 3, "initial_delay": "0.01s"}, {"codes": ["ABORTED"], "attempts": 1}]
    await sagas.register(definition(act("hold", retries=retries), pivot("place", "hold")), "policy")
    party.then("hold", "refuse NOT_FOUND", "refuse NOT_FOUND")
    assert state(await sagas.run("found", id="policy")) == "COMPLETED"
    party.then("hold", "refuse ABORTED")
    assert state(await sagas.run("aborted", id="policy")) == "COMPENSATED"


async def test_a_compensation_is_tried_until_it_is_done(sagas: Sagas, party: Party) -> None:
    party.then("place", "refuse FAILED_PRECONDITION")
    party.then("undo pay", "drop", "lose", "refuse ABORTED")
    saga = await sagas.run("stubborn")
    assert state(saga) == "COMPENSATED"
    assert await party.standing("stubborn") == []
    assert len(set(ids(party, "undo pay"))) == 1


async def test_a_step_past_its_deadline_has_failed_once_its_outcome_is_known(sagas: Sagas, party: Party) -> None:
    await sagas.register(definition(act("hold", deadline="0.05s"), pivot("place", "hold")), "strict")
    party.then("hold", *["refuse ABORTED"] * 4)
    saga = await sagas.run("slow", id="strict")
    assert states(saga)["hold"] == "FAILED"
    party.script.clear()
    party.then("hold", "lose", "lose")
    saga = await sagas.run("unknown", id="strict")
    assert state(saga) == "COMPLETED"  # it was done in time, only the answer came late
