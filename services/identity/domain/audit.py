"""What is written down of what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something, from where, by which request."""

    actor: str
    address: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log. It holds no secret. The id and the time are the store's."""

    action: str
    origin: Origin
    subject: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    create_time: datetime | None = None
