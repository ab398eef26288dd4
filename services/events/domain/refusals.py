"""Every refusal of events."""

from services._platform.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
)


class SubscriptionNotFound(NotFound):
    """No such subscription."""

    reason = "SUBSCRIPTION_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"subscription": name})


class SubscriptionMissing(InvalidArgument):
    """The first message of a stream names no subscription."""

    reason = "SUBSCRIPTION_MISSING"


class SubscriptionExists(AlreadyExists):
    """The subscription id is taken."""

    reason = "SUBSCRIPTION_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is there already", metadata={"subscription": name})


class WebhookNotFound(NotFound):
    """No such webhook."""

    reason = "WEBHOOK_NOT_FOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"webhook": name})


class WebhookExists(AlreadyExists):
    """The webhook id is taken."""

    reason = "WEBHOOK_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is there already", metadata={"webhook": name})


class TopicUnknown(InvalidArgument):
    """No topic is called so, or none is under the prefix."""

    reason = "TOPIC_UNKNOWN"

    def __init__(self, topic: str) -> None:
        super().__init__(f"there is no topic {topic}", metadata={"topic": topic})


class TopicForeign(PermissionDenied):
    """A service publishes events of its own area only."""

    reason = "TOPIC_FOREIGN"

    def __init__(self, topic: str, publisher: str) -> None:
        super().__init__(f"{topic} is not announced by {publisher}", metadata={"topic": topic, "publisher": publisher})


class PayloadInvalid(InvalidArgument):
    """The payload is no such message, or breaks a rule of its fields."""

    reason = "PAYLOAD_INVALID"


class EventIdReused(AlreadyExists):
    """An event with this id and another content is there already."""

    reason = "EVENT_ID_REUSED"

    def __init__(self, id: str) -> None:
        super().__init__("this event id was used before with another content", metadata={"event": f"events/{id}"})


class PositionTrimmed(OutOfRange):
    """The log does not go back that far any more."""

    reason = "POSITION_TRIMMED"

    def __init__(self, oldest: int) -> None:
        super().__init__("the log does not go back that far any more", metadata={"oldest": oldest})


class UrlRefused(InvalidArgument):
    """The address may not be posted to."""

    reason = "URL_REFUSED"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"webhook.url: {why}", metadata={"url": url})
