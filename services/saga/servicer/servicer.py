"""`mesh.saga.v1.SagaService`."""

import hashlib
from asyncio import get_running_loop, timeout
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime

from mesh.saga.v1 import saga_definition_pb2, saga_pb2, saga_service_pb2
from mesh.saga.v1.saga_service_servicer import SagaServiceServicer
from services._platform import filters
from services._platform.call import Call, Principal
from services._platform.doorbell import Doorbell
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.saga.convert import definitions, names, sagas
from services.saga.domain import decisions, machine
from services.saga.domain.definition import Action
from services.saga.domain.refusals import InputInvalid, SagaNotFound, SignalInvalid, StepNotFound
from services.saga.domain.retries import Failure
from services.saga.domain.run import Kind, Saga, Transition
from services.saga.execution.actor import Decide
from services.saga.execution.executor import Executor
from services.saga.execution.wanted import Wanted
from services.saga.plan.compiler import APPROVAL
from services.saga.plan.plan import Plan, packed
from services.saga.servicer import access
from services.saga.servicer.payloads import unpacked
from services.saga.servicer.resolutions import ACTIONS, resolution
from services.saga.servicer.views import Views
from services.saga.store.definitions import Definitions
from services.saga.store.rows import Record

_FIELDS = {"definition": EQUALITY, "key": EQUALITY, "owner": EQUALITY, "state": EQUALITY}
_WAIT, _HEARTBEAT, _LOOK_EVERY = 30.0, 15.0, 1.0


class Servicer(SagaServiceServicer[Call]):
    """`mesh.saga.v1.SagaService`."""

    def __init__(self, executor: Executor, store: Definitions, views: Views, pager: Pager, doorbell: Doorbell) -> None:
        self._executor = executor
        self._definitions = store
        self._views = views
        self._pager = pager
        self._doorbell = doorbell

    async def RegisterSaga(
        self, request: saga_service_pb2.RegisterSagaRequest, call: Call, /
    ) -> saga_definition_pb2.SagaDefinition:
        await self._executor.plans.compile(request.saga_definition_id, request.saga_definition)
        once = call.once(saga_definition_pb2.SagaDefinition, definitions.definition)
        return await self._definitions.register(
            request.saga_definition_id, request.saga_definition, call.principal.name, once
        )

    async def GetSagaDefinition(
        self, request: saga_service_pb2.GetSagaDefinitionRequest, call: Call, /
    ) -> saga_definition_pb2.SagaDefinition:
        found = await self._definitions.get(names.DEFINITION.id(request.name), request.version)
        return definitions.definition(found)

    async def ListSagaDefinitions(
        self, request: saga_service_pb2.ListSagaDefinitionsRequest, call: Call, /
    ) -> saga_service_pb2.ListSagaDefinitionsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._definitions.page(page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda kept: (kept.id,))
        return saga_service_pb2.ListSagaDefinitionsResponse(
            saga_definitions=map(definitions.definition, shown), next_page_token=token
        )

    async def StartSaga(self, request: saga_service_pb2.StartSagaRequest, call: Call, /) -> saga_pb2.Saga:
        plan = await self._executor.plans.newest(names.DEFINITION.id(request.definition))
        access.check_start(plan, call.principal)
        message = unpacked(request.input, plan.input, "input", InputInvalid)
        owner = access.owner(request.owner, call.principal)
        body = message.SerializeToString(deterministic=True)
        digest = hashlib.blake2b(repr((plan.id, request.key, owner, body)).encode(), digest_size=16).digest()
        request_key = f"{call.principal.name}/{call.idempotency_key}" if call.idempotency_key else ""
        wanted = Wanted(message, request.key, owner, call.principal.name, request_key, digest)
        started = await self._executor.start(plan, wanted)
        if request.HasField("wait"):
            settled = await self._settled(started, request.wait.ToTimedelta().total_seconds(), call)
            if settled:
                plan = await self._executor.plans.version(settled.definition, settled.version)
                return sagas.summary(settled, past_pivot=settled.past_pivot(plan.order))
        return await self._summary(started)

    async def GetSaga(self, request: saga_service_pb2.GetSagaRequest, call: Call, /) -> saga_pb2.Saga:
        record = await self._seen(names.SAGA.id(request.name), call.principal)
        return await self._full(record, after=0)

    async def ListSagas(
        self, request: saga_service_pb2.ListSagasRequest, call: Call, /
    ) -> saga_service_pb2.ListSagasResponse:
        page = self._pager.page(request, default=50, most=250)
        owner = None if access.sees_all(call.principal) else call.principal.name
        wanted = filters.parse(request.filter, _FIELDS)
        found = await self._executor.sagas.page(wanted, owner, page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda record: (record.start.id,))
        listed = (sagas.summary(record.start, past_pivot=record.past_pivot) for record in shown)
        return saga_service_pb2.ListSagasResponse(sagas=listed, next_page_token=token)

    async def WatchSaga(
        self, request: saga_service_pb2.WatchSagaRequest, call: Call, /
    ) -> AsyncGenerator[saga_service_pb2.WatchSagaResponse, None]:
        seen, clock = request.after_sequence, get_running_loop().time
        told = clock()
        while True:
            rings = self._doorbell.rings
            record = await self._seen(names.SAGA.id(request.name), call.principal)
            if record.sequence > seen or record.start.ended:
                yield saga_service_pb2.WatchSagaResponse(saga=await self._full(record, after=seen))
                seen, told = record.sequence, clock()
            if record.start.ended:
                return
            if clock() - told >= _HEARTBEAT:
                yield saga_service_pb2.WatchSagaResponse()
                told = clock()
            await self._doorbell.wait(rings, _LOOK_EVERY)

    async def AwaitSaga(self, request: saga_service_pb2.AwaitSagaRequest, call: Call, /) -> saga_pb2.Saga:
        saga = names.SAGA.id(request.name)
        await self._seen(saga, call.principal)
        seconds = request.wait.ToTimedelta().total_seconds() if request.HasField("wait") else _WAIT
        await self._settled(saga, seconds, call)
        return await self._full(await self._executor.sagas.get(saga), after=None)

    async def CancelSaga(self, request: saga_service_pb2.CancelSagaRequest, call: Call, /) -> saga_pb2.Saga:
        plan = await self._plan(await self._seen(names.SAGA.id(request.name), call.principal))

        def decide(saga: Saga, now: datetime) -> Transition | None:
            return decisions.cancelled(plan.order, saga, call.principal.name, request.reason, now)

        return await self._commanded(request.name, plan, decide)

    async def SignalSaga(self, request: saga_service_pb2.SignalSagaRequest, call: Call, /) -> saga_pb2.Saga:
        plan = await self._plan(await self._seen(names.SAGA.id(request.name), call.principal))
        step = plan.steps.get(request.step)
        if step is None or step.step.action is not Action.SIGNAL:
            raise StepNotFound(names.SAGA.id(request.name), request.step)
        if step.signal_permission and not call.principal.may(step.signal_permission):
            raise access.lacking(step.signal_permission)
        payload = unpacked(request.payload, step.reply, "payload", SignalInvalid)
        denied = payload.DESCRIPTOR.full_name == APPROVAL and not getattr(payload, "approved")  # noqa: B009
        denial = Failure("FAILED_PRECONDITION", "APPROVAL_DENIED", "somebody did not approve") if denied else None
        body, actor = packed(payload), call.principal.name

        def decide(saga: Saga, now: datetime) -> Transition | None:
            signal = saga.runs[step.step.id].signal
            if signal and (signal.payload, signal.actor) == (body, actor):
                return None  # a replay
            return decisions.signalled(saga, step.step.id, body, denial, actor, now)

        return await self._commanded(request.name, plan, decide)

    async def ResolveStep(self, request: saga_service_pb2.ResolveStepRequest, call: Call, /) -> saga_pb2.Saga:
        record = await self._seen(names.SAGA.id(request.name), call.principal)
        plan, kind = await self._plan(record), ACTIONS[request.action]
        payload = resolution(plan, machine.replay(plan.order, record.start, record.transitions), request, kind)

        def decide(saga: Saga, now: datetime) -> Transition | None:
            actor, reason = call.principal.name, request.reason
            return decisions.resolved(saga, request.step, kind, payload, actor, reason, now)

        return await self._commanded(request.name, plan, decide)

    async def _commanded(self, name: str, plan: Plan, decide: Decide) -> saga_pb2.Saga:
        return self._views.full(plan, await self._executor.command(names.SAGA.id(name), decide))

    async def _settled(self, id: str, seconds: float, call: Call) -> Saga | None:
        """A saga when it has ended or needs attention; None when that takes longer."""
        # Some of the deadline is left for the answer.
        with suppress(TimeoutError):
            async with timeout(min(seconds, max(0.0, call.remaining - 0.5))):
                return await self._executor.settled(id)
        return None

    async def _summary(self, id: str) -> saga_pb2.Saga:
        if actor := self._executor.actors.get(id):
            return sagas.summary(actor.saga, past_pivot=actor.saga.past_pivot(actor.plan.order))
        record = await self._executor.sagas.get(id)
        return sagas.summary(record.start, past_pivot=record.past_pivot)

    async def _seen(self, id: str, principal: Principal) -> Record:
        record = await self._executor.sagas.get(id)
        if not access.sees_all(principal) and record.start.owner != principal.name:
            raise SagaNotFound(id)
        return record

    async def _plan(self, record: Record) -> Plan:
        return await self._executor.plans.version(record.start.definition, record.start.version)

    async def _full(self, record: Record, after: int | None) -> saga_pb2.Saga:
        """A saga with its timeline after a number; without one for None."""
        plan = await self._plan(record)
        saga = machine.replay(plan.order, record.start, record.transitions)
        start = Transition(1, Kind.STARTED, saga.create_time, actor=saga.actor)
        happened = [] if after is None else [t for t in (start, *record.transitions) if t.sequence > after]
        return self._views.full(plan, saga, happened)
