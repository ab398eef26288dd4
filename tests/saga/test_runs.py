"""A saga ends with all of its steps done, or with none."""

from tests.saga.conftest import LOOK, Sagas, World, act, definition, happened, pivot, retriable, state, states
from tests.saga.party import Party


async def test_all_steps_are_done_each_once(sagas: Sagas, party: Party) -> None:
    saga = await sagas.run("one")
    assert state(saga) == "COMPLETED"
    assert await party.done("one") == ["hold", "pay", "place", "ship"]
    assert happened(saga) == ["STARTED", *(f"STEP_SUCCEEDED {step}" for step in ("hold", "pay", "place", "ship"))]


async def test_a_step_that_fails_undoes_what_was_done(sagas: Sagas, party: Party) -> None:
    party.then("place", "refuse FAILED_PRECONDITION")
    saga = await sagas.run("two")
    assert state(saga) == "COMPENSATED"
    assert saga.error.message == "place is refused"
    assert await party.done("two") == ["hold", "pay"]
    assert await party.standing("two") == []
    assert states(saga) == {"hold": "COMPENSATED", "pay": "COMPENSATED", "place": "FAILED", "ship": "SKIPPED"}
    assert happened(saga)[-3:] == ["STEP_FAILED place", "STEP_COMPENSATED pay", "STEP_COMPENSATED hold"]


async def test_replies_feed_later_steps(sagas: Sagas, party: Party) -> None:
    look = {"id": "look", "call": {"method": LOOK, "request": {"order": "input.order"}}}
    call = {"method": "mesh.party.v1.PartyService/Act"}
    request = {
        "what": "'paid ' + steps.look.what",
        "order": "input.order",
        "amount": "steps.look.amount * 6",
        "detail.note": "input.tags.size() > 1 ? input.tags[1] : ''",
    }
    await sagas.register(definition(look, pivot("pay", "look", call={**call, "request": request})), "fed")
    saga = await sagas.run("fed", id="fed", fields={"tags": ["a", "b"]})
    assert state(saga) == "COMPLETED"
    assert await party.done("fed") == ["paid fed"]
    assert await party.pool.fetchval("SELECT amount FROM party.effect") == 42


async def test_independent_steps_run_in_parallel_and_are_undone_in_parallel(sagas: Sagas, party: Party) -> None:
    await sagas.register(definition(act("left"), act("right"), pivot("place", "left", "right")), "wide")
    for what in ("left", "right"):
        party.then(what, "hold")
    saga = await sagas.start("wide", "wide")
    while len(party.calls) < 2:
        saga = await sagas.get(saga)
    assert states(saga) == {"left": "RUNNING", "right": "RUNNING", "place": "PENDING"}
    party.then("place", "refuse INVALID_ARGUMENT")
    party.release.set()
    assert state(await sagas.end(saga)) == "COMPENSATED"
    assert await party.standing("wide") == []


async def test_compensation_follows_the_order_backwards(sagas: Sagas, party: Party) -> None:
    steps = (act("base"), act("left", "base"), act("right", "base"), pivot("place", "left", "right"))
    await sagas.register(definition(*steps), "diamond")
    party.then("place", "refuse NOT_FOUND")
    await sagas.run("diamond", id="diamond")
    undone = [what for what, _ in party.calls if what.startswith("undo")]
    assert set(undone[:2]) == {"undo left", "undo right"}
    assert undone[2:] == ["undo base"]


async def test_a_step_whose_condition_is_false_is_left_out(sagas: Sagas, party: Party) -> None:
    coupon = act("coupon", when="input.coupon")
    note = act("note", "coupon", when="steps.coupon.name == ''")
    await sagas.register(definition(coupon, note, pivot("place", "note")), "coupons")
    without = await sagas.run("without", id="coupons")
    assert states(without) == {"coupon": "SKIPPED", "note": "SUCCEEDED", "place": "SUCCEEDED"}
    with_one = await sagas.run("with", id="coupons", fields={"coupon": True})
    assert states(with_one) == {"coupon": "SUCCEEDED", "note": "SKIPPED", "place": "SUCCEEDED"}
    assert await party.done("with") == ["coupon", "place"]


async def test_an_expression_without_a_value_fails_its_step(sagas: Sagas, party: Party) -> None:
    request = {"what": "input.tags[0]", "order": "input.order"}
    tagged = act("tagged", "base", call={"method": "mesh.party.v1.PartyService/Act", "request": request})
    await sagas.register(definition(act("base"), tagged), "tags")
    saga = await sagas.run("tags", id="tags")
    assert (state(saga), states(saga)["tagged"]) == ("COMPENSATED", "FAILED")
    assert await party.standing("tags") == []


async def test_try_confirm_cancel(sagas: Sagas, party: Party) -> None:
    def each(what: str) -> dict[str, object]:
        return act(what, confirm=act(f"{what}!")["call"])

    await sagas.register(definition(each("stock"), each("money"), kind="SAGA_KIND_TCC"), "tcc")
    saga = await sagas.run("confirmed", id="tcc")
    assert state(saga) == "COMPLETED"
    assert await party.standing("confirmed") == ["money", "money!", "stock", "stock!"]
    party.then("money", "refuse FAILED_PRECONDITION")
    saga = await sagas.run("cancelled", id="tcc")
    assert state(saga) == "COMPENSATED"
    assert await party.done("cancelled") in (["stock"], [])
    assert await party.standing("cancelled") == []


async def test_a_running_saga_finishes_on_its_version(sagas: Sagas, party: Party) -> None:
    party.then("hold", "hold")
    saga = await sagas.start("old")
    assert (await sagas.register(definition(pivot("other")))).version == 2
    party.release.set()
    ended = await sagas.end(saga)
    assert (ended.version, state(ended)) == (1, "COMPLETED")
    assert await party.done("old") == ["hold", "pay", "place", "ship"]
    newer = await sagas.run("new")
    assert newer.version == 2
    assert await party.done("new") == ["other"]


async def test_a_version_that_another_replica_registered_is_run(world: World, sagas: Sagas, party: Party) -> None:
    assert (await sagas.run("first")).version == 1
    async with world.replica() as other:
        await other.register(definition(retriable("other")))
    assert (await sagas.run("second")).version == 2
    assert await party.done("second") == ["other"]
