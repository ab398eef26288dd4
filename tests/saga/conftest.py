"""Sagas over the wire, a participant to try them on, and a small vocabulary for their tests."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import grpc
import pytest
from google.protobuf import any_pb2, json_format

from mesh.saga.v1 import saga_pb2, saga_service_pb2, saga_service_pb2_grpc
from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from services._platform.clock import Clock as Now
from services._platform.faults import Fault, no_fault
from services.identity.__main__ import compose as compose_identity
from services.saga.__main__ import compose
from services.saga.plan.contract import Contract
from tests.callers import AuthorizedChannel
from tests.conftest import Clock, Database, serving, serving_port, settings
from tests.identity.conftest import own
from tests.saga.party import Party, party_contract, serving_party

SECRET = "a secret of the orchestrator's"  # noqa: S105
ACT, UNDO, LOOK = (f"mesh.party.v1.PartyService/{name}" for name in ("Act", "Undo", "Look"))


def act(what: str, *after: str, **more: Any) -> dict[str, Any]:
    """A step that does a thing for the order, and undoes it; `more` adds to the step or replaces."""
    request = {"what": f"'{what}'", "order": "input.order", "amount": "input.amount", "card": "input.card"}
    compensation = {"method": UNDO, "request": {"name": f"steps.{what}.name"}}
    step = {"id": what, "after": after, "call": {"method": ACT, "request": request}, "compensation": compensation}
    return {key: value for key, value in {**step, **more}.items() if value is not None}


def pivot(what: str, *after: str, **more: Any) -> dict[str, Any]:
    """A step that decides."""
    return act(what, *after, step_class="SAGA_STEP_CLASS_PIVOT", compensation=None, **more)


def retriable(what: str, *after: str, **more: Any) -> dict[str, Any]:
    """A step that cannot fail."""
    return act(what, *after, step_class="SAGA_STEP_CLASS_RETRIABLE", compensation=None, **more)


def definition(*steps: dict[str, Any], **more: Any) -> SagaDefinition:
    """A definition on the plan of a party."""
    return json_format.ParseDict({"input_type": "mesh.party.v1.Plan", "steps": steps, **more}, SagaDefinition())


ORDERLY = definition(act("hold"), act("pay", "hold"), pivot("place", "pay"), retriable("ship", "place"))
"""Two steps that can be undone, one that decides, one that cannot fail."""


@dataclass(frozen=True)
class Sagas:
    """A running orchestrator, as one caller."""

    channel: grpc.aio.Channel
    contract: Contract
    clock: Now

    def by(self, access_token: str) -> "Sagas":
        """The same orchestrator, called with an access token."""
        return replace(self, channel=cast("grpc.aio.Channel", AuthorizedChannel(self.channel, access_token)))

    @property
    def stub(self) -> "saga_service_pb2_grpc.SagaServiceAsyncStub":
        return saga_service_pb2_grpc.SagaServiceStub(self.channel)

    async def register(self, what: SagaDefinition, id: str = "orderly", **more: Any) -> SagaDefinition:
        """Registers a definition."""
        request = saga_service_pb2.RegisterSagaRequest(saga_definition_id=id, saga_definition=what, **more)
        return await self.stub.RegisterSaga(request)

    async def start(self, order: str, id: str = "orderly", fields: Any = None, **more: Any) -> saga_pb2.Saga:
        """Starts a saga for an order."""
        plan = {"order": order, "amount": 5, "card": "4111", **(fields or {})}
        taken = self.contract.message("mesh.party.v1.Plan")(**plan)
        return await self.stub.StartSaga(
            saga_service_pb2.StartSagaRequest(definition=f"sagaDefinitions/{id}", input=packed(taken), **more)
        )

    async def end(self, saga: saga_pb2.Saga, seconds: float = 30) -> saga_pb2.Saga:
        """Waits until a saga has ended or needs attention; returns it with its timeline."""
        request = saga_service_pb2.AwaitSagaRequest(name=saga.name)
        request.wait.FromTimedelta(timedelta(seconds=seconds))
        ended = await self.stub.AwaitSaga(request)
        assert ended.state not in (saga_pb2.SAGA_STATE_RUNNING, saga_pb2.SAGA_STATE_COMPENSATING), ended
        return await self.get(saga)

    async def get(self, saga: saga_pb2.Saga) -> saga_pb2.Saga:
        """A saga with its timeline."""
        return await self.stub.GetSaga(saga_service_pb2.GetSagaRequest(name=saga.name))

    async def run(self, order: str, *, id: str = "orderly", **more: Any) -> saga_pb2.Saga:
        """Starts a saga and waits for its end."""
        return await self.end(await self.start(order, id, **more))

    async def cancel(self, saga: saga_pb2.Saga, reason: str = "") -> saga_pb2.Saga:
        """Cancels a saga."""
        return await self.stub.CancelSaga(saga_service_pb2.CancelSagaRequest(name=saga.name, reason=reason))

    async def signal(self, saga: saga_pb2.Saga, step: str, payload: Any) -> saga_pb2.Saga:
        """Sends a signal."""
        request = saga_service_pb2.SignalSagaRequest(name=saga.name, step=step, payload=packed(payload))
        return await self.stub.SignalSaga(request)

    async def resolve(self, saga: saga_pb2.Saga, step: str, action: str, payload: Any = None) -> saga_pb2.Saga:
        """Decides about a step that is stuck, as an operator."""
        return await self.stub.ResolveStep(
            saga_service_pb2.ResolveStepRequest(
                name=saga.name,
                step=step,
                action=saga_service_pb2.ResolveAction.Value(f"RESOLVE_ACTION_{action}"),
                payload=packed(payload) if payload is not None else None,
                reason="a test says so",
            )
        )


def packed(message: Any) -> any_pb2.Any:
    """A message with its type."""
    made = any_pb2.Any()
    made.Pack(message)
    return made


def state(saga: saga_pb2.Saga) -> str:
    """Where a saga stands, in short."""
    return saga_pb2.SagaState.Name(saga.state).removeprefix("SAGA_STATE_")


def states(saga: saga_pb2.Saga) -> dict[str, str]:
    """Where its steps stand, in short."""
    name = saga_pb2.SagaStepState.Name
    return {run.step: name(run.state).removeprefix("SAGA_STEP_STATE_") for run in saga.steps}


def happened(saga: saga_pb2.Saga) -> list[str]:
    """What happened to a saga, in short."""
    name = saga_pb2.SagaTransitionType.Name
    return [f"{name(t.type).removeprefix('SAGA_TRANSITION_TYPE_')} {t.step}".strip() for t in saga.timeline]


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The mesh's contract with the participant's."""
    return party_contract(tmp_path_factory.mktemp("party"))


@dataclass(frozen=True)
class World:
    """What an orchestrator needs around it: a database, identity, a participant. Replicas are started on it."""

    database: Database
    contract: Contract
    party: Party
    told: dict[str, Any]

    @asynccontextmanager
    async def replica(self, clock: Now | None = None, fault: Fault = no_fault) -> AsyncIterator[Sagas]:
        """One replica of the orchestrator."""
        clock = clock or _now
        made = partial(compose, clock=clock, known=self.contract, fault=fault)
        async with serving(made, settings(self.database, "saga", **self.told)) as channel:
            yield Sagas(channel, self.contract, clock)


@pytest.fixture
async def world(database: Database, contract: Contract) -> AsyncIterator[World]:
    """A world without an orchestrator yet."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    made = partial(compose_identity, own=own(service_secrets={"saga": [digest]}), clock=clock)
    async with (
        serving_port(made, settings(database, "identity")) as identity,
        serving_party(contract, database.dsn()) as (party, target),
    ):
        told = {"identity": f"ipv4:127.0.0.1:{identity}", "service_secret": SECRET, "services": {"party": target}}
        yield World(database, contract, party, told)


@pytest.fixture
async def sagas(world: World) -> AsyncIterator[Sagas]:
    """A running orchestrator that knows the definition `orderly`."""
    async with world.replica() as sagas:
        await sagas.register(ORDERLY)
        yield sagas


@pytest.fixture
def party(world: World) -> Party:
    """The participant."""
    return world.party


def _now() -> datetime:
    return datetime.now(UTC)
