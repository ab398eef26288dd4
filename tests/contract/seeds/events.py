"""Seeds of events."""

import base64
from typing import Any

from tests.contract.outcome import Json
from tests.contract.seeds.api import Api

PACKAGE = "mesh.events.v1"

_TOPIC = "mesh.inventory.v1.StockChanged"
_RARE = "mesh.saga.v1.SagaNeedsAttention"
_KEY = "seeds"
_PAYLOAD = base64.b64encode(b"").decode()
_SOME = 3
_NOWHERE = "http://127.0.0.1:1/"
"""Where nobody listens: an attempt is over at once."""


def new_event(api: Api) -> Json:
    return {"topic": _TOPIC, "key": api.unique(_KEY), "payload": _PAYLOAD}


def publish(api: Api, **fields: Any) -> str:
    """Publishes an event about `key`, or about something new; returns its name."""
    return str(api("EventService/PublishEvents", events=[{**new_event(api), **fields}])["events"][0]["event"])


def topic(api: Api) -> str:
    """One that exists: topics are the contract's, and are not made."""
    return str(api("TopicService/ListTopics", page_size=1)["topics"][0]["name"])


def new_subscription(api: Api) -> Json:
    """One of our own events only, of which one that nobody settles holds up no other."""
    return {"display_name": "Billing", "topics": [_TOPIC], "filter": f"key.startsWith('{_KEY}')", "unordered": True}


def subscription(api: Api, **more: Any) -> str:
    wanted = {**new_subscription(api), **more}
    return str(api("SubscriptionService/CreateSubscription", subscription=wanted)["name"])


def busy(api: Api) -> str:
    """A subscription that soon delivers again what nobody settles: laws that wait for events do not wait long."""
    name = subscription(api, ack_deadline="1s", min_backoff="0s", max_attempts=100)
    for _ in range(_SOME):
        publish(api)
    return name


def consumed(api: Api) -> str:
    """A subscription whose events are delivered, the same each time: each has an owner at work."""
    return str(api.kept("consumed", subscription))


def quiet(api: Api) -> str:
    """A subscription of what never happens, so that a repeat gets what was got before: nothing."""
    return str(api.kept("quiet", lambda api: subscription(api, filter="key == ''")))


def pull(api: Api, name: str) -> Json:
    """What a subscription delivers; an event is published for it."""
    publish(api)
    return api("DeliveryService/Pull", subscription=name, max_events=1, wait="10s")["deliveries"][0]  # type: ignore[no-any-return]


def dead_letter(api: Api) -> str:
    name = consumed(api)
    rejected = {"ticket": pull(api, name)["ticket"], "error": "cannot be handled", "permanent": True}
    api("DeliveryService/Acknowledge", subscription=name, rejected=[rejected])
    letters = api("DeadLetterService/ListDeadLetters", parent=name, page_size=250)["dead_letters"]
    return str(letters[-1]["name"])


def parent_of_letter(api: Api) -> str:
    return dead_letter(api).rsplit("/", 2)[0]


def held(api: Api) -> Json:
    """What holds a delivery longer, as often as it is said; what is acknowledged would be stale the second time."""
    ticket = pull(api, consumed(api))["ticket"]
    return {"subscription": consumed(api), "extended": [{"ticket": ticket, "duration": "30s"}], "acknowledged": [1]}


def new_webhook(api: Api) -> Json:
    """One that is disabled, and has next to nothing to send should a law enable it."""
    return {"display_name": "Partner", "topics": [_RARE], "url": _NOWHERE, "state": "WEBHOOK_STATE_DISABLED"}


def webhook(api: Api) -> str:
    return str(api("WebhookService/CreateWebhook", webhook=new_webhook(api))["name"])


def quieten(api: Api) -> None:
    """Disables the webhooks that laws enabled: what they post, and note of it, would be taken for a call's effect."""
    for hook in api.pages("WebhookService/ListWebhooks", "webhooks"):
        if hook["state"] != "WEBHOOK_STATE_DISABLED":
            still = {"name": hook["name"], "state": "WEBHOOK_STATE_DISABLED"}
            api("WebhookService/UpdateWebhook", webhook=still, update_mask="state")


def more_events(api: Api, request: Json) -> None:
    """One more event of the key that is asked for."""
    publish(api, key=request["key"])


def attempt(api: Api, request: Json) -> None:
    """One more attempt of the webhook that is asked for."""
    api("WebhookService/TestWebhook", name=request["parent"])


def delivered(api: Api, request: Json) -> None:
    """One more event for whoever listens."""
    publish(api)


RESOURCES = {
    "mesh/DeadLetter": dead_letter,
    "mesh/Event": publish,
    "mesh/Subscription": busy,
    "mesh/Topic": topic,
    "mesh/Webhook": webhook,
}

REQUESTS = {
    "DeadLetterService/ListDeadLetters": {"parent": parent_of_letter},
    "DeadLetterService/RedriveDeadLetters": {"parent": parent_of_letter},
    "DeadLetterService/DiscardDeadLetters": {"parent": parent_of_letter},
    "DeliveryService/Subscribe": [{"subscription": consumed, "credits": 1}],
    "DeliveryService/Pull": {"subscription": quiet},
    "DeliveryService/Acknowledge": held,
    "EventService/PublishEvents": {"events": [new_event, new_event]},
    "EventService/ListEvents": {"key": lambda api: api.unique(_KEY)},
    "SubscriptionService/CreateSubscription": {"subscription": new_subscription},
    "SubscriptionService/GetSubscription": {"name": subscription},
    "SubscriptionService/ListSubscriptions": {},
    "SubscriptionService/UpdateSubscription": {"subscription": {"name": subscription, "display_name": "Invoices"}},
    "SubscriptionService/DeleteSubscription": {"name": subscription},
    "SubscriptionService/SeekSubscription": {"name": subscription, "to": {"latest": True}},
    "SubscriptionService/GetSubscriptionLag": {"name": subscription},
    "TopicService/GetTopic": {"name": topic},
    "TopicService/ListTopics": {},
    "TopicService/UpdateTopic": {"topic": {"name": topic, "compacted": True}},
    "WebhookService/CreateWebhook": {"webhook": new_webhook},
    "WebhookService/GetWebhook": {"name": webhook},
    "WebhookService/ListWebhooks": {},
    "WebhookService/UpdateWebhook": {"webhook": {"name": webhook, "display_name": "Another"}},
    "WebhookService/DeleteWebhook": {"name": webhook},
    "WebhookService/GetWebhookSecret": {"name": webhook},
    "WebhookService/RotateWebhookSecret": {"name": webhook},
    "WebhookService/TestWebhook": {"name": webhook},
    "WebhookService/ReplayWebhook": {"name": webhook, "from": {"earliest": True}},
    "WebhookService/ListWebhookAttempts": {"parent": webhook},
}

MORE = {
    "DeliveryService/Subscribe": delivered,
    "EventService/ListEvents": more_events,
    "WebhookService/ListWebhookAttempts": attempt,
}

AFTER = {"WebhookService/CreateWebhook": quieten, "WebhookService/UpdateWebhook": quieten}
