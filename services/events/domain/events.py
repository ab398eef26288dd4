"""Events, before and after they are in the log. They are tuples: thousands are made a second."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple


class Draft(NamedTuple):
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
        parts = [self.payload, self.topic.encode(), self.key.encode()]
        for name in sorted(self.attributes):
            parts += (name.encode(), self.attributes[name].encode())
        parts.append(str(self.deliver_time or "").encode())
        content = hashlib.blake2b(digest_size=16)
        for part in parts:
            content.update(len(part).to_bytes(4, "big") + part)
        return content.digest()


class Event(NamedTuple):
    """An event of the log. `attributes` are as they are stored: a serialized map."""

    position: int
    id: str
    topic: str
    key: str
    payload: bytes
    attributes: bytes
    publisher: str
    publish_time: datetime


class Published(NamedTuple):
    """What became of a draft. The position is 0 for an event that comes later."""

    id: str
    position: int
    duplicate: bool
