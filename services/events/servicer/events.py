"""The log's RPCs."""

from collections.abc import Sequence
from datetime import timedelta

from clients.contract import area
from mesh.events.v1 import event_service_pb2
from mesh.events.v1.event_service_servicer import EventServiceServicer
from services._platform.call import Call, Once, Principal
from services._platform.clock import Clock
from services._platform.errors import InvalidArgument
from services._platform.paging import Pager
from services.events.convert import log
from services.events.convert.topics import Topics
from services.events.domain.events import Draft, Published
from services.events.domain.refusals import TopicForeign
from services.events.domain.topics import as_like, matching
from services.events.store.log import Log

_LONGEST_DELAY = timedelta(days=366)


class Events(EventServiceServicer[Call]):
    """`mesh.events.v1.EventService`."""

    def __init__(self, store: Log, topics: Topics, pager: Pager, clock: Clock) -> None:
        self._store = store
        self._topics = topics
        self._pager = pager
        self._clock = clock

    async def PublishEvents(
        self, request: event_service_pb2.PublishEventsRequest, call: Call, /
    ) -> event_service_pb2.PublishEventsResponse:
        drafts = [log.draft(new) for new in request.events]
        for place, draft in enumerate(drafts):
            self._check(place, draft)
        _own(drafts, call.principal)
        once: Once[Sequence[Published], event_service_pb2.PublishEventsResponse] = call.once(
            event_service_pb2.PublishEventsResponse, log.published
        )
        return await self._store.publish(drafts, call.principal.name, once)

    async def ListEvents(
        self, request: event_service_pb2.ListEventsRequest, call: Call, /
    ) -> event_service_pb2.ListEventsResponse:
        page = self._pager.page(request, default=50, most=250)
        pattern = request.topic or "*"
        matching([pattern], self._topics.names)
        [like] = as_like([pattern])
        after = int(page.key or 0)
        found = await self._store.page(like, request.key, log.start_time(request), after, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda event: (str(event.position),))
        return event_service_pb2.ListEventsResponse(events=map(log.event, shown), next_page_token=token)

    def _check(self, place: int, draft: Draft) -> None:
        self._topics.check(place, draft)
        if draft.deliver_time is not None and draft.deliver_time > self._clock() + _LONGEST_DELAY:
            raise InvalidArgument.of(f"events[{place}].deliver_time", "at most a year ahead")


def _own(drafts: Sequence[Draft], publisher: Principal) -> None:
    """Refuses a service that speaks for another area: no token lets anybody announce what another did."""
    if publisher.is_service:
        for topic in {draft.topic for draft in drafts}:
            if publisher.name != f"services/{area(topic)}":
                raise TopicForeign(topic, publisher.name)
