"""Events of the log, as messages and from them."""

from datetime import datetime

from mesh.events.v1 import event_service_pb2, log_pb2
from services._platform.times import instant, timestamp
from services.events.convert import names
from services.events.domain.events import Draft, Event, Published


def draft(new: event_service_pb2.NewEvent) -> Draft:
    """An event to publish."""
    return Draft(
        id=new.id.lower(),
        topic=new.topic,
        key=new.key,
        payload=new.payload,
        attributes=new.attributes,
        deliver_time=instant(new.deliver_time) if new.HasField("deliver_time") else None,
    )


def published(one: Published) -> event_service_pb2.PublishedEvent:
    """What became of an event."""
    return event_service_pb2.PublishedEvent(
        event=names.EVENT.name(one.id), position=one.position, duplicate=one.duplicate
    )


def event(event: Event) -> log_pb2.Event:
    """An event as a message."""
    message = log_pb2.Event(
        name=f"events/{event.id}",
        topic=event.topic,
        key=event.key,
        payload=event.payload,
        position=event.position,
        publisher=event.publisher,
        publish_time=timestamp(event.publish_time),
    )
    if event.attributes:
        message.attributes.update(event_service_pb2.NewEvent.FromString(event.attributes).attributes)
    return message


def start_time(request: event_service_pb2.ListEventsRequest) -> datetime | None:
    """From when on events are asked for."""
    return instant(request.start_time) if request.HasField("start_time") else None
