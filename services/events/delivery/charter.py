"""What an owner is told of its group: what to deliver, and how."""

from dataclasses import dataclass

from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.webhook_pb2 import WEBHOOK_STATE_DISABLED, Webhook
from services.events.convert.deliveries import seconds
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
        least=seconds(defined.min_backoff) if defined.HasField("min_backoff") else _LEAST,
        most=seconds(defined.max_backoff) if defined.HasField("max_backoff") else _MOST,
        attempts=defined.max_attempts or _ATTEMPTS,
    )
    ack_deadline = seconds(defined.ack_deadline) if defined.HasField("ack_deadline") else _ACK_DEADLINE
    return Terms(not defined.unordered, ack_deadline, retries, paused=defined.paused)


def _of_webhook(defined: Webhook) -> Terms:
    # A webhook's events may overtake one another: an address that fails for one key must not hold the key for days.
    return Terms(False, _POST_DEADLINE, Schedule(), paused=defined.state == WEBHOOK_STATE_DISABLED)
