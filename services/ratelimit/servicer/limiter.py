"""The RPCs that decide."""

from math import inf

import uuid_utils

from mesh.ratelimit.v1 import limiter_service_pb2 as pb
from mesh.ratelimit.v1.limiter_service_servicer import LimiterServiceServicer
from services._platform.call import Call
from services._platform.clock import Clock
from services._platform.times import timestamp
from services._platform.unit_of_work import Unit, UnitOfWork
from services.ratelimit.convert import decisions as convert
from services.ratelimit.convert.decisions import to_descriptors
from services.ratelimit.convert.spans import microseconds
from services.ratelimit.store.asks import Wish
from services.ratelimit.store.limiter import Limiter
from services.ratelimit.store.outcomes import Outcomes
from services.ratelimit.store.reservations import Reservations
from services.ratelimit.store.wire import What

_DEFAULT_TTL = 60_000_000


class Decisions(LimiterServiceServicer[Call]):
    """`mesh.ratelimit.v1.LimiterService`."""

    def __init__(
        self, limiter: Limiter, reservations: Reservations, outcomes: Outcomes, units: UnitOfWork, clock: Clock
    ) -> None:
        self._limiter = limiter
        self._units = units
        self._reservations = reservations
        self._outcomes = outcomes
        self._clock = clock

    async def Check(self, request: pb.CheckRequest, call: Call, /) -> pb.CheckResponse:
        patience = microseconds(request.max_delay) if request.HasField("max_delay") else inf
        wish = Wish(patience=patience, once=_once(call), digest=call.digest)
        decision = await self._limiter.decide(to_descriptors(request.descriptors), wish)
        return pb.CheckResponse(decision=convert.decision(decision))

    async def Peek(self, request: pb.PeekRequest, call: Call, /) -> pb.PeekResponse:
        decision = await self._limiter.decide(to_descriptors(request.descriptors), Wish(What.PEEK))
        return pb.PeekResponse(decision=convert.decision(decision))

    async def Reserve(self, request: pb.ReserveRequest, call: Call, /) -> pb.ReserveResponse:
        hold = microseconds(request.ttl) if request.HasField("ttl") else _DEFAULT_TTL
        id_ = request.request_id or str(uuid_utils.uuid7())
        wish = Wish(once=_once(call), digest=call.digest, reservation=id_, hold=hold)
        reserved = await self._reservations.reserve(to_descriptors(request.descriptors), wish)
        if not reserved.decision.allowed:
            raise convert.refusal(reserved.decision, self._clock())
        return pb.ReserveResponse(
            reservation_id=id_,
            expire_time=timestamp(reserved.expire_time),
            decision=convert.decision(reserved.decision),
        )

    async def Commit(self, request: pb.CommitRequest, call: Call, /) -> pb.CommitResponse:
        await self._reservations.settle(request.reservation_id, request.units)
        return pb.CommitResponse()

    async def Cancel(self, request: pb.CancelRequest, call: Call, /) -> pb.CancelResponse:
        await self._reservations.settle(request.reservation_id, None)
        return pb.CancelResponse()

    async def Reset(self, request: pb.ResetRequest, call: Call, /) -> pb.ResetResponse:
        async def forget(_: Unit) -> int:
            return await self._limiter.forget(to_descriptors(request.descriptors))

        def answer(counters: int) -> pb.ResetResponse:
            return pb.ResetResponse(counters=counters)

        return await self._units.run(call.once(pb.ResetResponse, answer), forget)

    async def ReportOutcomes(self, request: pb.ReportOutcomesRequest, call: Call, /) -> pb.ReportOutcomesResponse:
        once = _once(call)
        await self._limiter.note(Wish(once=once, digest=call.digest))
        for place, outcome in enumerate(request.outcomes):
            [descriptor] = to_descriptors([outcome.descriptor])
            measured = (outcome.calls, outcome.failed_calls, microseconds(outcome.total_latency))
            await self._outcomes.note(descriptor, measured, once and f"{once}:{place}")
        return pb.ReportOutcomesResponse()


def _once(call: Call) -> str:
    """Under what the answer is remembered: of one caller and method. Empty when the caller gave no key."""
    return f"{call.method.name}:{call.principal.name}:{call.idempotency_key}" if call.idempotency_key else ""
