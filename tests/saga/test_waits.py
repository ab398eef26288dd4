"""Timers, signals, approvals, children, deadlines: what a saga waits for."""

from datetime import timedelta
from typing import Any

from mesh.saga.v1.saga_definition_pb2 import Approval
from tests import callers
from tests.conftest import Clock, eventually
from tests.inventory.conftest import refused
from tests.saga.conftest import Sagas, World, act, definition, happened, pivot, retriable, state, states
from tests.saga.party import Party

CUSTOMER = "users/0198c0de-0000-7000-8000-0000000000cc"


def approval(**more: Any) -> dict[str, Any]:
    """A step that waits for somebody to approve."""
    return {"id": "approve", "after": ["hold"], "signal": more}


async def test_a_timer_rings_at_its_instant_also_when_nobody_carried_the_saga_out_meanwhile(world: World) -> None:
    clock = Clock()
    timer = {"id": "wait", "after": ["hold"], "timer": {"delay": "3600s"}}
    async with world.replica(clock) as sagas:
        await sagas.register(definition(act("hold"), timer, pivot("place", "wait"), deadline="7200s"))
        saga = await sagas.start("timer")

        async def nobodys() -> bool:
            async with world.database.connect("saga") as sql:
                return bool(await sql.fetchval("SELECT executor IS NULL FROM saga"))

        await eventually(nobodys)
        clock.advance(minutes=59)
        assert states(await sagas.get(saga)) == {"hold": "SUCCEEDED", "wait": "RUNNING", "place": "PENDING"}
        clock.advance(minutes=2)
        assert state(await sagas.end(saga)) == "COMPLETED"


async def test_a_timer_runs_until_what_an_expression_says(world: World) -> None:
    clock = Clock()
    timer = {"id": "wait", "timer": {"until": "input.start_time - duration('60s')"}}
    async with world.replica(clock) as sagas:
        await sagas.register(definition(timer, pivot("place", "wait")))
        saga = await sagas.start("until", fields={"start_time": clock() + timedelta(seconds=90)})
        assert states(await sagas.get(saga)) == {"wait": "RUNNING", "place": "PENDING"}
        clock.advance(seconds=31)
        assert state(await sagas.end(saga)) == "COMPLETED"


async def test_an_approval_lets_the_saga_go_on(sagas: Sagas) -> None:
    await sagas.register(definition(act("hold"), approval(), pivot("place", "approve")), "approved")
    saga = await sagas.start("yes", "approved")
    await sagas.signal(saga, "approve", Approval(approved=True, comment="fine"))
    assert state(await sagas.end(saga)) == "COMPLETED"


async def test_a_denial_undoes_the_saga(sagas: Sagas, party: Party) -> None:
    await sagas.register(definition(act("hold"), approval(), pivot("place", "approve")), "approved")
    saga = await sagas.start("no", "approved")
    await sagas.signal(saga, "approve", Approval(comment="too much"))
    ended = await sagas.end(saga)
    assert state(ended) == "COMPENSATED"
    assert await party.standing("no") == []


async def test_an_approval_that_does_not_come_in_time_undoes_the_saga(world: World) -> None:
    clock = Clock()
    async with world.replica(clock) as sagas:
        await sagas.register(definition(act("hold"), approval(ttl="600s"), pivot("place", "approve")))
        saga = await sagas.start("silence")
        await eventually(lambda: _reached(sagas, saga, "approve"))
        clock.advance(seconds=601)
        ended = await sagas.end(saga)
        assert (state(ended), states(ended)["approve"]) == ("COMPENSATED", "FAILED")
        assert await world.party.standing("silence") == []


async def test_a_signal_needs_its_permission_type_and_step(sagas: Sagas) -> None:
    needed = approval(permission="inventory.audit")
    await sagas.register(
        definition(act("hold"), needed, pivot("place", "approve"), permissions=["saga.use"]), "guarded"
    )
    customer = sagas.by(callers.token(CUSTOMER, ["customer"]))
    saga = await customer.start("guarded", "guarded")
    yes = Approval(approved=True)
    assert (await refused(customer.signal(saga, "approve", yes))).metadata == {"permission": "inventory.audit"}
    assert (await refused(sagas.signal(saga, "hold", yes))).reason == "SAGA_STEP_NOT_FOUND"
    wrong = sagas.contract.message("mesh.party.v1.Detail")()
    assert (await refused(sagas.signal(saga, "approve", wrong))).reason == "SAGA_SIGNAL_INVALID"
    await sagas.signal(saga, "approve", yes)
    await sagas.signal(saga, "approve", yes)  # the same again
    denied = await refused(sagas.signal(saga, "approve", Approval()))
    assert denied.reason == "SAGA_SIGNAL_NOT_AWAITED"
    assert state(await sagas.end(saga)) == "COMPLETED"


async def test_a_signal_feeds_later_steps(sagas: Sagas, party: Party) -> None:
    told = {"id": "told", "signal": {"type": "mesh.party.v1.Detail"}}
    call = {"method": "mesh.party.v1.PartyService/Act", "request": {"what": "steps.told.note", "order": "input.order"}}
    await sagas.register(definition(told, pivot("place", "told", call=call)), "told")
    saga = await sagas.start("told", "told")
    await sagas.signal(saga, "told", sagas.contract.message("mesh.party.v1.Detail")(note="as told"))
    assert state(await sagas.end(saga)) == "COMPLETED"
    assert await party.done("told") == ["as told"]


async def test_a_child_saga_is_a_step(sagas: Sagas, party: Party) -> None:
    await sagas.register(definition(act("inner"), pivot("decide", "inner")), "inner")
    fields = {"order": "input.order + '/child'", "amount": "input.amount"}
    child = {"id": "child", "after": ["outer"], "child": {"definition": "sagaDefinitions/inner", "input": fields}}
    await sagas.register(definition(act("outer"), child, retriable("after", "child")), "outer")
    saga = await sagas.run("family", id="outer")
    assert state(saga) == "COMPLETED"
    assert await party.done("family/child") == ["decide", "inner"]
    party.then("decide", "refuse FAILED_PRECONDITION")
    saga = await sagas.run("unhappy", id="outer")
    assert (state(saga), states(saga)["child"]) == ("COMPENSATED", "FAILED")
    assert await party.standing("unhappy") == await party.standing("unhappy/child") == []


async def test_a_saga_that_is_not_past_its_pivot_in_time_is_undone(world: World) -> None:
    clock = Clock()
    told = {"id": "told", "after": ["hold"], "signal": {"type": "mesh.party.v1.Detail", "ttl": "900s"}}
    async with world.replica(clock) as sagas:
        await sagas.register(definition(act("hold"), told, pivot("place", "told"), deadline="60s"))
        saga = await sagas.start("slow")
        await eventually(lambda: _reached(sagas, saga, "told"))
        clock.advance(seconds=61)
        ended = await sagas.end(saga)
        assert (state(ended), ended.error.message) == ("COMPENSATED", "the saga's deadline passed")
        assert "EXPIRED" in happened(ended)
        assert await world.party.standing("slow") == []


async def test_a_cancelled_saga_is_undone_and_its_child_too(sagas: Sagas, party: Party) -> None:
    await sagas.register(_inner(), "inner")
    fields = {"order": "input.order"}
    child = {"id": "child", "after": ["outer"], "child": {"definition": "sagaDefinitions/inner", "input": fields}}
    await sagas.register(definition(act("outer"), child), "outer")
    saga = await sagas.start("both", "outer")

    async def inner_done() -> bool:
        return await party.standing("both") == ["inner", "outer"]

    await eventually(inner_done)
    await sagas.cancel(saga, "changed my mind")
    await sagas.cancel(saga, "changed my mind")
    ended = await sagas.end(saga)
    assert (state(ended), ended.error.message) == ("COMPENSATED", "changed my mind")
    assert await party.standing("both") == []


async def test_past_the_pivot_nothing_is_cancelled(sagas: Sagas, party: Party) -> None:
    party.then("place", "hold")
    saga = await sagas.start("late")
    await eventually(lambda: _reached(sagas, saga, "place"))
    said = await refused(sagas.cancel(saga))
    assert (said.code, said.reason) == ("FAILED_PRECONDITION", "SAGA_PAST_PIVOT")
    party.release.set()
    assert state(await sagas.end(saga)) == "COMPLETED"
    assert (await refused(sagas.cancel(saga))).reason == "SAGA_PAST_PIVOT"


async def test_a_compensation_is_not_cancelled(sagas: Sagas, party: Party) -> None:
    party.then("place", "refuse FAILED_PRECONDITION")
    party.then("undo pay", "hold")
    saga = await sagas.start("undoing")
    await eventually(lambda: _reached(sagas, saga, "pay", "COMPENSATING"))
    await sagas.cancel(saga)
    party.release.set()
    ended = await sagas.end(saga)
    assert (state(ended), ended.error.message) == ("COMPENSATED", "place is refused")


async def _reached(sagas: Sagas, saga: Any, step: str, wanted: str = "RUNNING") -> bool:
    return states(await sagas.get(saga))[step] == wanted


def _inner() -> Any:
    told = {"id": "told", "after": ["inner"], "signal": {"type": "mesh.party.v1.Detail"}}
    return definition(act("inner"), told, pivot("decide", "told"))
