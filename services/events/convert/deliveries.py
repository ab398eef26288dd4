"""What consumers say and are told, as messages."""

from collections.abc import Iterable
from typing import Protocol

from google.protobuf.duration_pb2 import Duration

from mesh.events.v1 import delivery_service_pb2
from services.events.convert import log
from services.events.domain.items import Delivery, Rejected


class _Deliveries(Protocol):
    def add(self) -> delivery_service_pb2.Delivery: ...


def deliver(deliveries: Iterable[Delivery], field: _Deliveries) -> None:
    """Adds events in a consumer's hands to the field of a message."""
    for one in deliveries:
        message = field.add()
        message.ticket = one.ticket
        message.attempt = one.attempt
        log.fill(message.event, one.item.event)
        message.expire_time.seconds = int(one.expires)
        message.expire_time.nanos = int(one.expires % 1 * 1e6) * 1000


def rejected(rejection: delivery_service_pb2.Rejection) -> Rejected:
    """An event that could not be handled."""
    delay = seconds(rejection.delay) if rejection.HasField("delay") else None
    return Rejected(rejection.ticket, delay, rejection.error, rejection.permanent)


def extended(extension: delivery_service_pb2.Extension) -> tuple[int, float]:
    """A ticket, and how many seconds longer it is needed."""
    return extension.ticket, seconds(extension.duration)


def seconds(duration: Duration) -> float:
    """A span in seconds."""
    return duration.ToTimedelta().total_seconds()
