"""The topics' RPCs."""

from mesh.events.v1 import topic_pb2, topic_service_pb2
from mesh.events.v1.topic_service_servicer import TopicServiceServicer
from services._platform import masks
from services._platform.call import Call, Once
from services._platform.paging import Pager
from services.events.convert import names
from services.events.convert.topics import Topics as Known
from services.events.domain.refusals import TopicUnknown
from services.events.store.topics import TopicSettings


class Topics(TopicServiceServicer[Call]):
    """`mesh.events.v1.TopicService`."""

    def __init__(self, store: TopicSettings, known: Known, pager: Pager) -> None:
        self._store = store
        self._known = known
        self._pager = pager

    async def ListTopics(
        self, request: topic_service_pb2.ListTopicsRequest, call: Call, /
    ) -> topic_service_pb2.ListTopicsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = [name for name in self._known.names if name > (page.key or "")][: page.limit]
        shown, token = self._pager.cut(request, page, found, lambda name: (name,))
        compacted = await self._store.compacted(shown)
        topics = [_topic(name, name in compacted) for name in shown]
        return topic_service_pb2.ListTopicsResponse(topics=topics, next_page_token=token)

    async def GetTopic(self, request: topic_service_pb2.GetTopicRequest, call: Call, /) -> topic_pb2.Topic:
        topic = self._named(request.name)
        return _topic(topic, topic in await self._store.compacted([topic]))

    async def UpdateTopic(self, request: topic_service_pb2.UpdateTopicRequest, call: Call, /) -> topic_pb2.Topic:
        topic = self._named(request.topic.name)

        def change(compacted: bool) -> bool:
            return masks.changed(_topic(topic, compacted), request.topic, request.update_mask, "topic").compacted

        once: Once[bool, topic_pb2.Topic] = call.once(topic_pb2.Topic, lambda compacted: _topic(topic, compacted))
        return await self._store.change(topic, change, once)

    def _named(self, name: str) -> str:
        topic = names.TOPIC.id(name)
        if topic not in self._known:
            raise TopicUnknown(topic)
        return topic


def _topic(topic: str, compacted: bool) -> topic_pb2.Topic:
    return topic_pb2.Topic(name=names.TOPIC.name(topic), compacted=compacted)
