"""Subscriptions and webhooks as they are stored, and as they are shown."""

from datetime import datetime, timedelta
from typing import TypeVar

from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.webhook_pb2 import Webhook, WebhookAttempt
from services._platform.times import timestamp
from services.events.convert import names
from services.events.domain.webhooks import Attempt

Definition = TypeVar("Definition", Subscription, Webhook)

_BY_SERVER = ("name", "etag", "create_time", "update_time")


def kept(definition: Definition) -> Definition:
    """What is stored of a definition; the rest is added when it is shown."""
    result = type(definition)()
    result.CopyFrom(definition)
    for field in _BY_SERVER:
        result.ClearField(field)  # type: ignore[arg-type]
    return result


def shown(definition: Definition, name: str, version: int, create_time: datetime, update_time: datetime) -> Definition:
    """A definition with what the server says of it."""
    result = type(definition)(
        name=name, etag=str(version), create_time=timestamp(create_time), update_time=timestamp(update_time)
    )
    result.MergeFrom(definition)
    return result


def attempt(attempt: Attempt) -> WebhookAttempt:
    """An attempt as a message."""
    message = WebhookAttempt(
        event=names.EVENT.name(attempt.event) if attempt.event else "",
        topic=attempt.topic,
        attempt=attempt.attempt,
        create_time=timestamp(attempt.time),
        status_code=attempt.status,
        error=attempt.error,
        response_excerpt=attempt.excerpt,
    )
    # To the microsecond, as it is stored.
    message.duration.FromTimedelta(timedelta(seconds=attempt.seconds))
    return message
