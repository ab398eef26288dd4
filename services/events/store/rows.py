"""Rows of Postgres as values."""

from typing import Any

from services.events.domain.events import Event


def read_event(row: Any) -> Event:
    """An event, of the log or of a dead letter."""
    return Event(
        position=row["position"],
        id=str(row["event_id"]),
        topic=row["topic"],
        key=row["key"],
        payload=row["payload"],
        attributes=row["attributes"],
        publisher=row["publisher"],
        publish_time=row["publish_time"],
    )
