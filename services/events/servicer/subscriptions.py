"""The subscriptions' RPCs."""

import uuid_utils
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty

from mesh.events.v1 import subscription_service_pb2
from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.subscription_service_servicer import SubscriptionServiceServicer
from services._platform import masks
from services._platform.call import Call, Once
from services._platform.paging import Pager
from services.events.convert import names
from services.events.convert.shown import kept
from services.events.convert.topics import Topics
from services.events.delivery.filters import Filter
from services.events.delivery.lag import Lags
from services.events.servicer import starts
from services.events.store.groups import Groups, Stored
from services.events.store.kinds import message
from services.events.store.log import Log


class Subscriptions(SubscriptionServiceServicer[Call]):
    """`mesh.events.v1.SubscriptionService`."""

    def __init__(self, store: Groups[Subscription], log: Log, lags: Lags, topics: Topics, pager: Pager) -> None:
        self._store = store
        self._log = log
        self._lags = lags
        self._topics = topics
        self._pager = pager

    async def CreateSubscription(
        self, request: subscription_service_pb2.CreateSubscriptionRequest, call: Call, /
    ) -> Subscription:
        definition = self._checked(kept(request.subscription))
        name = names.SUBSCRIPTION.name(request.subscription_id or str(uuid_utils.uuid7()))
        tail = await starts.position(self._log, request.start)
        return await self._store.create(name, definition, tail, call.once(Subscription, message))

    async def GetSubscription(
        self, request: subscription_service_pb2.GetSubscriptionRequest, call: Call, /
    ) -> Subscription:
        return message(await self._store.get(request.name))

    async def ListSubscriptions(
        self, request: subscription_service_pb2.ListSubscriptionsRequest, call: Call, /
    ) -> subscription_service_pb2.ListSubscriptionsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(page.key or "", page.limit)
        cut, token = self._pager.cut(request, page, found, lambda one: (one.name,))
        return subscription_service_pb2.ListSubscriptionsResponse(
            subscriptions=map(message, cut), next_page_token=token
        )

    async def UpdateSubscription(
        self, request: subscription_service_pb2.UpdateSubscriptionRequest, call: Call, /
    ) -> Subscription:
        def change(before: Stored[Subscription]) -> Subscription:
            patched = masks.changed(message(before), request.subscription, request.update_mask, "subscription")
            return self._checked(kept(patched))

        return await self._store.change(request.subscription.name, change, call.once(Subscription, message))

    async def DeleteSubscription(
        self, request: subscription_service_pb2.DeleteSubscriptionRequest, call: Call, /
    ) -> Empty:
        return await self._store.delete(request.name, call.once(Empty, lambda _: Empty()))

    async def SeekSubscription(
        self, request: subscription_service_pb2.SeekSubscriptionRequest, call: Call, /
    ) -> subscription_service_pb2.SeekSubscriptionResponse:
        position = await starts.position(self._log, request.to)
        once: Once[int, subscription_service_pb2.SeekSubscriptionResponse] = call.once(
            subscription_service_pb2.SeekSubscriptionResponse,
            lambda found: subscription_service_pb2.SeekSubscriptionResponse(position=found),
        )
        return await self._store.seek(request.name, position, once)

    async def GetSubscriptionLag(
        self, request: subscription_service_pb2.GetSubscriptionLagRequest, call: Call, /
    ) -> subscription_service_pb2.GetSubscriptionLagResponse:
        lag = await self._lags.of(await self._store.get(request.name))
        age = None
        if lag.oldest_age is not None:
            age = Duration()
            age.FromTimedelta(lag.oldest_age)
        return subscription_service_pb2.GetSubscriptionLagResponse(
            unsettled_count=lag.unsettled, oldest_age=age, dead_letter_count=lag.dead_letters
        )

    def _checked(self, definition: Subscription) -> Subscription:
        Filter(definition.filter, definition.topics, self._topics, "subscription.filter")
        return definition
