"""What consumers say and are told, as messages."""

from datetime import UTC, datetime

from google.protobuf.duration_pb2 import Duration

from mesh.events.v1 import delivery_service_pb2
from services._platform.times import timestamp
from services.events.convert import log
from services.events.domain.items import Delivery, Rejected


def delivery(delivery: Delivery) -> delivery_service_pb2.Delivery:
    """An event in a consumer's hands."""
    return delivery_service_pb2.Delivery(
        ticket=delivery.ticket,
        attempt=delivery.attempt,
        event=log.event(delivery.item.event),
        expire_time=timestamp(datetime.fromtimestamp(delivery.expires, UTC)),
    )


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
