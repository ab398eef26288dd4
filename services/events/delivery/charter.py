"""What an owner is told of its group: what to deliver, and how."""

from dataclasses import dataclass
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.webhook_pb2 import WEBHOOK_STATE_DISABLED, Webhook
from services.events.convert.topics import Topics
from services.events.delivery.filters import Filter
from services.events.domain.items import Terms
from services.events.domain.retries import Backoff, Schedule
from services.events.store.groups import Stored

_ACK_DEADLINE = 30.0
_ATTEMPTS = 10
_LEAST, _MOST = 0.1, 60.0
_POST_DEADLINE = 60.0


@dataclass(frozen=True, slots=True)
class Charter:
    """A group, as its owner needs it."""

    name: str
    uid: str
    version: int
    patterns: tuple[str, ...]
    filter: Filter
    terms: Terms


def charter(group: Stored[Subscription] | Stored[Webhook], topics: Topics) -> Charter:
    """The charter of a subscription or a webhook."""
    defined = group.definition
    patterns = tuple(defined.topics)
    terms = _of_subscription(defined) if isinstance(defined, Subscription) else _of_webhook(defined)
    return Charter(
        name=group.name,
        uid=group.uid,
        version=group.version,
        patterns=patterns,
        filter=Filter(defined.filter, patterns, topics, "filter"),
        terms=terms,
    )


def _of_subscription(defined: Subscription) -> Terms:
    retries = Backoff(
        least=_seconds(defined.min_backoff, _LEAST),
        most=_seconds(defined.max_backoff, _MOST),
        attempts=defined.max_attempts or _ATTEMPTS,
    )
    ack_deadline = _seconds(defined.ack_deadline, _ACK_DEADLINE)
    return Terms(not defined.unordered, ack_deadline, retries, paused=defined.paused)


def _of_webhook(defined: Webhook) -> Terms:
    # A webhook's events may overtake one another: an address that fails for one key must not hold the key for days.
    return Terms(False, _POST_DEADLINE, Schedule(), paused=defined.state == WEBHOOK_STATE_DISABLED)


def _seconds(duration: Duration, default: float) -> float:
    return duration.ToTimedelta() / timedelta(seconds=1) or default
