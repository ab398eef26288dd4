"""Events, before and after they are in the log."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to publish. `id` is a UUID in its usual text, or empty: then the server makes one."""

    id: str
    topic: str
    key: str
    payload: bytes
    attributes: Mapping[str, str]
    deliver_time: datetime | None

    @property
    def digest(self) -> bytes:
        """Tells one content from another, for the same id."""
        told = [self.topic, self.key, *(text for pair in sorted(self.attributes.items()) for text in pair)]
        parts = [self.payload, *(text.encode() for text in told), str(self.deliver_time or "").encode()]
        content = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hashlib.blake2b(content, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the log. `attributes` are as they are stored: a serialized map."""

    position: int
    id: str
    topic: str
    key: str
    payload: bytes
    attributes: bytes
    publisher: str
    publish_time: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a draft. The position is 0 for an event that comes later."""

    id: str
    position: int
    duplicate: bool
