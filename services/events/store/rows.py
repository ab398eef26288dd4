"""Rows of Postgres as values."""

from operator import itemgetter
from typing import Any

from services.events.domain.events import Event

_columns = itemgetter("position", "event_id", "topic", "key", "payload", "attributes", "publisher", "publish_time")


def read_event(row: Any) -> Event:
    """An event, of the log or of a dead letter."""
    position, event_id, *content = _columns(row)
    return Event(position, str(event_id), *content)
