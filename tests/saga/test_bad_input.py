"""Every way in which a definition or a call can be wrong: refused with a place and a reason, and nothing is written."""

from typing import Any

import pytest
from google.protobuf import json_format

from mesh.saga.v1 import saga_pb2
from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from mesh.saga.v1.saga_service_pb2 import ListSagasRequest, WatchSagaRequest
from tests import callers
from tests.conftest import Database
from tests.inventory.conftest import refused
from tests.saga.conftest import ACT, ORDERLY, UNDO, Sagas, act, definition, pivot, retriable

PARTY = "mesh.party.v1.PartyService"
CUSTOMER = "users/0198c0de-0000-7000-8000-0000000000cc"


def calling(method: str, **request: str) -> dict[str, Any]:
    """A step that calls a method."""
    return {"id": "it", "call": {"method": method, "request": request}, "compensation": {"method": UNDO}}


def mapped(**request: str) -> dict[str, Any]:
    """A step with a request of its own."""
    return act("it", call={"method": ACT, "request": request})


UNDO_OTHER = {"method": UNDO, "request": {"name": "steps.other.name"}}
TCC = {"kind": "SAGA_KIND_TCC"}

MISTAKES: dict[str, tuple[SagaDefinition, str, str]] = {
    "no such method": (definition(calling(f"{PARTY}/Nothing")), "steps[0].call.method", "no method"),
    "a stream": (definition(calling(f"{PARTY}/Flow")), "steps[0].call.method", "streams"),
    "not repeatable": (definition(calling(f"{PARTY}/Blurt")), "steps[0].call.method", "neither safe nor repeatable"),
    "not for services": (definition(calling(f"{PARTY}/Rule")), "steps[0].call.method", "do not hold identity.manage"),
    "no such input": (definition(act("it"), input_type="mesh.Nothing"), "input_type", "no message mesh.Nothing"),
    "no such field": (definition(mapped(colour="'red'")), 'steps[0].call.request["colour"]', "has no field colour"),
    "another type": (definition(mapped(amount="'five'")), 'steps[0].call.request["amount"]', "is 'int' but provided"),
    "no CEL": (definition(mapped(what="input.order +")), 'steps[0].call.request["what"]', "Syntax error"),
    "no such variable": (definition(mapped(what="x")), 'steps[0].call.request["what"]', "undeclared reference to 'x'"),
    "the id of the call": (definition(mapped(request_id="'1'")), 'steps[0].call.request["request_id"]', "orchestrator"),
    "a step that may come later": (
        definition(act("other"), mapped(what="steps.other.name")),
        'steps[1].call.request["what"]',
        "undeclared reference to 'steps.other.name'",
    ),
    "a compensation without what it needs": (
        definition(act("other"), act("it", compensation=UNDO_OTHER)),
        'steps[1].compensation.request["name"]',
        "undeclared reference to 'steps.other.name'",
    ),
    "a condition that is no bool": (definition(act("it", when="1")), "steps[0].when", "type INT, not BOOL"),
    "an instant that is none": (
        definition({"id": "it", "timer": {"until": "'noon'"}}),
        "steps[0].timer.until",
        "type STRING, not TIMESTAMP",
    ),
    "twice": (definition(act("it"), act("it")), "steps[1].id", "it is there twice"),
    "after nothing": (definition(act("it", "gone")), "steps[0].after", "no step gone"),
    "a cycle": (definition(act("a", "c"), act("b", "a"), act("c", "b")), "steps[0].after", "a > b > c > a"),
    "two pivots": (definition(pivot("a"), pivot("b", "a")), "steps[1].step_class", "a is the pivot already"),
    "compensatable after the pivot": (
        definition(pivot("a"), act("b", "a")),
        "steps[0].after",
        "a (PIVOT) does not wait for b (COMPENSATABLE)",
    ),
    "retriable before the pivot": (
        definition(retriable("a"), pivot("b", "a")),
        "steps[0].after",
        "a (RETRIABLE) does not wait for b (PIVOT)",
    ),
    "nothing undoes it": (definition(act("it", compensation=None)), "steps[0].compensation", "has side effects"),
    "undoing the pivot": (
        definition(pivot("it") | {"compensation": {"method": UNDO}}),
        "steps[0].compensation",
        "only a compensatable step",
    ),
    "a deadline of what cannot fail": (definition(retriable("it", deadline="1s")), "steps[0].deadline", "may fail"),
    "a confirm in a saga": (definition(act("it", confirm=act("it")["call"])), "steps[0].confirm", "only a try"),
    "a try without confirm": (definition(act("it"), **TCC), "steps[0].confirm", "a call with a confirm"),
    "a confirm with a mistake": (
        definition(act("it", confirm={"method": ACT, "request": {"what": "1"}}), **TCC),
        'steps[0].confirm.request["what"]',
        "is 'string' but provided",
    ),
    "no such child": (
        definition({"id": "it", "child": {"definition": "sagaDefinitions/gone"}}),
        "steps[0].child.definition",
        "no definition gone",
    ),
    "no such permission": (definition(act("it"), permissions=["party.throw"]), "permissions", "no role holds"),
    "no such signal": (definition({"id": "it", "signal": {"type": "x.Y"}}), "steps[0].signal.type", "no message x.Y"),
}


@pytest.mark.parametrize("case", MISTAKES)
async def test_a_definition_with_a_mistake_is_refused_at_its_place(sagas: Sagas, database: Database, case: str) -> None:
    wrong, field, said = MISTAKES[case]
    found = await refused(sagas.register(wrong, "wrong"))
    assert (found.code, found.reason) == ("INVALID_ARGUMENT", "SAGA_DEFINITION_INVALID")
    assert f"saga_definition.{field}" in found.fields, found
    assert said in found.message
    async with database.connect("saga") as sql:
        assert await sql.fetchval("SELECT count(*) FROM definition") == 1  # the fixture's


async def test_content_that_is_known_is_no_new_version(sagas: Sagas) -> None:
    assert [(await sagas.register(ORDERLY)).version for _ in range(2)] == [1, 1]
    assert (await sagas.register(definition(act("other")))).version == 2
    assert (await sagas.register(ORDERLY)).version == 3


async def test_a_key_has_one_saga(sagas: Sagas) -> None:
    first = await sagas.start("keyed", key="carts/1")
    assert (await sagas.start("keyed", key="carts/1")).name == first.name
    other = await refused(sagas.start("another", key="carts/1"))
    assert (other.code, other.reason, other.metadata["saga"]) == ("ALREADY_EXISTS", "SAGA_KEY_TAKEN", first.name)
    key = "0198c0de-0000-4000-8000-000000000001"
    once = await sagas.start("once", request_id=key)
    assert (await sagas.start("once", request_id=key)).name == once.name
    assert (await refused(sagas.start("twice", request_id=key))).reason == "REQUEST_ID_REUSED"


async def test_an_input_is_of_the_definitions_type_and_valid(sagas: Sagas) -> None:
    too_long = await refused(sagas.start("x" * 101))
    assert (too_long.reason, too_long.fields) == ("SAGA_INPUT_INVALID", ["input.order"])
    assert (await refused(sagas.start("x", "nothing"))).reason == "SAGA_DEFINITION_NOT_FOUND"


async def test_nobody_has_the_mesh_do_what_they_may_not(sagas: Sagas) -> None:
    customer = sagas.by(callers.token(CUSTOMER, ["customer"]))
    said = await refused(customer.start("mine"))
    assert (said.code, said.metadata) == ("PERMISSION_DENIED", {"permission": "inventory.reserve"})
    assert (await refused(customer.register(ORDERLY))).reason == "PERMISSION_MISSING"
    assert (await refused(sagas.start("theirs", owner=CUSTOMER))).reason == "PERMISSION_MISSING"
    await sagas.register(definition(act("hold"), permissions=["saga.use"]), "open")
    saga = await customer.run("mine", id="open")
    assert saga.owner == CUSTOMER


async def test_others_sagas_are_not_seen(sagas: Sagas) -> None:
    service = sagas.by(callers.token("services/cart", ["service"]))
    theirs = await service.start("theirs", owner=CUSTOMER)
    mine = await sagas.start("mine")
    customer = sagas.by(callers.token(CUSTOMER, ["customer"]))
    assert (await customer.get(theirs)).owner == CUSTOMER
    assert (await refused(customer.get(mine))).reason == "SAGA_NOT_FOUND"
    assert (await refused(customer.cancel(mine))).reason == "SAGA_NOT_FOUND"
    listed = await customer.stub.ListSagas(_list())
    assert [saga.name for saga in listed.sagas] == [theirs.name]
    assert len((await service.stub.ListSagas(_list())).sagas) == 2


async def test_what_is_sensitive_is_not_shown(sagas: Sagas, database: Database) -> None:
    saga = await sagas.run("secret")
    shown = json_format.MessageToJson(saga, descriptor_pool=sagas.contract.pool)
    assert "secret" in shown
    assert "4111" not in shown
    assert "s3cret" not in shown
    assert "[redacted]" in shown
    async with database.connect("saga") as sql:
        for row in await sql.fetch("SELECT payload FROM outbox"):
            assert b"4111" not in row["payload"]


async def test_sagas_are_listed_by_key_and_state(sagas: Sagas) -> None:
    names = [(await sagas.run(f"listed {n}", key=f"carts/{n}")).name for n in range(3)]
    found = await sagas.stub.ListSagas(_list(filter='key = "carts/1" AND state = SAGA_STATE_COMPLETED'))
    assert [saga.name for saga in found.sagas] == names[1:2]
    assert not (await sagas.stub.ListSagas(_list(filter="state = SAGA_STATE_RUNNING"))).sagas
    page = await sagas.stub.ListSagas(_list(page_size=2))
    rest = await sagas.stub.ListSagas(_list(page_size=2, page_token=page.next_page_token))
    assert [saga.name for saga in (*page.sagas, *rest.sagas)] == names[::-1]


async def test_a_watch_tells_each_transition_once_and_ends_with_the_saga(sagas: Sagas) -> None:
    saga = await sagas.start("watched")
    told: list[int] = []
    last = saga_pb2.Saga()
    async for message in sagas.stub.WatchSaga(WatchSagaRequest(name=saga.name)):
        told += [transition.sequence for transition in message.saga.timeline]
        last = message.saga
    assert told == [1, 2, 3, 4, 5]
    assert last.state == saga_pb2.SAGA_STATE_COMPLETED


def _list(**fields: Any) -> Any:
    return ListSagasRequest(**fields)
