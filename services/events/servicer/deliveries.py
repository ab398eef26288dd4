"""The RPCs by which consumers get events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress

import uuid_utils

from mesh.events.v1 import delivery_service_pb2
from mesh.events.v1.delivery_service_servicer import DeliveryServiceServicer
from services._platform.call import Call
from services._platform.errors import Refusal
from services._platform.replicas import Replicas
from services.events.convert import deliveries
from services.events.delivery.owners import Owners
from services.events.delivery.session import Said, Session
from services.events.domain.items import Told
from services.events.domain.refusals import SubscriptionMissing

_MOST = 1000
_SHORTEST_WAIT = 0.05
"""Seconds in which a turn finds what is there already."""
_SPARE = 0.5
"""Seconds before its deadline in which a call that waited in vain is answered."""
_TOGETHER = 500
"""Deliveries in one message at most: a message has a greatest size."""


class Deliveries(DeliveryServiceServicer[Call]):
    """`mesh.events.v1.DeliveryService`. Calls for a group that another replica owns are passed on to it."""

    def __init__(self, owners: Owners, replicas: Replicas) -> None:
        self._owners = owners
        self._replicas = replicas

    async def Subscribe(
        self, requests: AsyncIterator[delivery_service_pb2.SubscribeRequest], call: Call, /
    ) -> AsyncGenerator[delivery_service_pb2.SubscribeResponse, None]:
        first = await anext(requests, None)
        if first is None or not first.subscription:
            raise SubscriptionMissing.of("[0].subscription", "must be in the first message")
        owner = await self._owners.find(first.subscription)
        said = _again(first, requests)
        if isinstance(owner, str):
            async with aclosing(self._replicas.stream(owner, call, said)) as replies:
                async for reply in replies:
                    yield reply
            return
        session = owner.open(f"{call.principal.name} {uuid_utils.uuid7()}")
        hearing = asyncio.create_task(_hear(said, session))
        try:
            async for told in session.told():
                for part in _responses(told):
                    yield part
        finally:
            session.leave()
            hearing.cancel()
            with suppress(asyncio.CancelledError, Refusal):
                await hearing

    async def Pull(self, request: delivery_service_pb2.PullRequest, call: Call, /) -> delivery_service_pb2.PullResponse:
        owner = await self._owners.find(request.subscription)
        if isinstance(owner, str):
            reply: delivery_service_pb2.PullResponse = await self._replicas.ask(owner, call, request)
            return reply
        session = owner.open(f"{call.principal.name} {uuid_utils.uuid7()}")
        try:
            session.say(Said(credits=min(request.max_events or 100, _MOST)))
            wait = min(deliveries.seconds(request.wait), call.remaining - _SPARE)
            told = await session.next(max(wait, _SHORTEST_WAIT))
        finally:
            session.leave(keeping=True)
        answer = delivery_service_pb2.PullResponse()
        for part in told:
            deliveries.deliver(part.deliveries, answer.deliveries)
        return answer

    async def Acknowledge(
        self, request: delivery_service_pb2.AcknowledgeRequest, call: Call, /
    ) -> delivery_service_pb2.AcknowledgeResponse:
        owner = await self._owners.find(request.subscription)
        if isinstance(owner, str):
            reply: delivery_service_pb2.AcknowledgeResponse = await self._replicas.ask(owner, call, request)
            return reply
        session = owner.open(f"{call.principal.name} {uuid_utils.uuid7()}")
        answer = delivery_service_pb2.AcknowledgeResponse()
        said = _said(request)
        try:
            session.say(said)
            asked = len(said.acknowledged) + len(said.rejected) + len(said.extended)
            while len(answer.settled) + len(answer.stale) < asked:
                for told in await session.next():
                    answer.settled.extend(told.settled)
                    answer.stale.extend(told.stale)
        finally:
            session.leave(keeping=True)
        return answer


async def _hear(requests: AsyncIterator[delivery_service_pb2.SubscribeRequest], session: Session) -> None:
    """Passes on what a consumer says, until it has nothing more to say; what is not valid ends the session."""
    try:
        async for request in requests:
            session.say(_said(request))
    except Refusal as refusal:
        session.end(refusal)


async def _again(
    first: delivery_service_pb2.SubscribeRequest, rest: AsyncIterator[delivery_service_pb2.SubscribeRequest]
) -> AsyncIterator[delivery_service_pb2.SubscribeRequest]:
    yield first
    async for request in rest:
        yield request


def _said(request: delivery_service_pb2.SubscribeRequest | delivery_service_pb2.AcknowledgeRequest) -> Said:
    return Said(
        credits=request.credits if isinstance(request, delivery_service_pb2.SubscribeRequest) else 0,
        acknowledged=list(request.acknowledged),
        rejected=[deliveries.rejected(one) for one in request.rejected],
        extended=[deliveries.extended(one) for one in request.extended],
    )


def _responses(told: Told) -> Sequence[delivery_service_pb2.SubscribeResponse]:
    found = [delivery_service_pb2.SubscribeResponse(settled=told.settled, stale=told.stale)]
    for at in range(0, len(told.deliveries), _TOGETHER):
        if at:
            found.append(delivery_service_pb2.SubscribeResponse())
        deliveries.deliver(told.deliveries[at : at + _TOGETHER], found[-1].deliveries)
    return found
