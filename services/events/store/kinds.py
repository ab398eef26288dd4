"""The two kinds of groups."""

from mesh.events.v1 import event_pb2
from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.webhook_pb2 import Webhook
from services.events.convert.shown import Definition, shown
from services.events.domain.refusals import SubscriptionExists, SubscriptionNotFound, WebhookExists, WebhookNotFound
from services.events.store.groups import Kind, Stored


def message(stored: Stored[Definition]) -> Definition:
    """A group as it is shown."""
    return shown(stored.definition, stored.name, stored.version, stored.create_time, stored.update_time)


SUBSCRIPTIONS = Kind(
    message=Subscription,
    prefix="subscriptions/",
    missing=SubscriptionNotFound,
    taken=SubscriptionExists,
    changed=lambda stored: event_pb2.SubscriptionChanged(subscription=message(stored)),
    deleted=lambda stored: event_pb2.SubscriptionDeleted(subscription=message(stored)),
)
WEBHOOKS = Kind(
    message=Webhook,
    prefix="webhooks/",
    missing=WebhookNotFound,
    taken=WebhookExists,
    changed=lambda stored: event_pb2.WebhookChanged(webhook=message(stored)),
    deleted=lambda stored: event_pb2.WebhookDeleted(webhook=message(stored)),
)
