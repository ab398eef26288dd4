"""Events of the log, as messages and from them."""

from collections.abc import Sequence
from datetime import datetime

from mesh.events.v1 import event_service_pb2, log_pb2
from services._platform.times import instant, put
from services.events.domain.events import Draft, Event, Published


def draft(new: event_service_pb2.NewEvent) -> Draft:
    """An event to publish."""
    return Draft(
        new.id.lower(),
        new.topic,
        new.key,
        new.payload,
        dict(new.attributes) if new.attributes else {},
        instant(new.deliver_time) if new.HasField("deliver_time") else None,
    )


def published(done: Sequence[Published]) -> event_service_pb2.PublishEventsResponse:
    """What became of the events of a call."""
    answer = event_service_pb2.PublishEventsResponse()
    add = answer.events.add
    for one in done:
        message = add()
        message.event = f"events/{one.id}"
        message.position = one.position
        message.duplicate = one.duplicate
    return answer


def event(event: Event) -> log_pb2.Event:
    """An event as a message."""
    message = log_pb2.Event()
    fill(message, event)
    return message


def fill(message: log_pb2.Event, event: Event) -> None:
    """Writes an event into its place in a message: what is made apart and then taken in is copied."""
    message.name = f"events/{event.id}"
    message.topic = event.topic
    message.key = event.key
    message.payload = event.payload
    message.position = event.position
    message.publisher = event.publisher
    put(message.publish_time, event.publish_time)
    if event.attributes:
        message.attributes.update(event_service_pb2.NewEvent.FromString(event.attributes).attributes)


def start_time(request: event_service_pb2.ListEventsRequest) -> datetime | None:
    """From when on events are asked for."""
    return instant(request.start_time) if request.HasField("start_time") else None
