"""The resource names of events."""

from services._platform.names import Pattern

EVENT = Pattern("events/{event}")
TOPIC = Pattern("topics/{topic}")
SUBSCRIPTION = Pattern("subscriptions/{subscription}")
WEBHOOK = Pattern("webhooks/{webhook}")


def dead_letter(parent: str, number: int) -> str:
    """The name of a dead letter of a subscription or a webhook."""
    return f"{parent}/deadLetters/{number}"


def dead_letter_number(name: str) -> int:
    """The number in the name of a dead letter."""
    return int(name.rpartition("/")[2])
