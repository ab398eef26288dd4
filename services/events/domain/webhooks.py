"""The rules of webhooks: what counts as delivered, when one is disabled, and how a message is signed."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GONE = 410
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to post an event. `status` is 0 when nothing was answered; `event` is empty for a test."""

    event: str
    topic: str
    attempt: int
    time: datetime
    seconds: float
    status: int
    error: str
    excerpt: str

    @property
    def delivered(self) -> bool:
        """Whether it counts: any answer of the 200s."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a webhook's address works: since when it fails, and why it is disabled, if it is."""

    failing_since: datetime | None = None
    disabled: str = ""

    def after(self, attempts: Sequence[Attempt], patience: timedelta) -> "Health":
        """The health after some more attempts. One success makes it well; failing for too long disables it."""
        since = self.failing_since
        for attempt in attempts:
            if attempt.delivered:
                since = None
                continue
            since = since or attempt.time
            if attempt.status == GONE:
                return Health(since, "the address answered 410 Gone")
            if attempt.time - since >= patience:
                return Health(since, f"every attempt has failed since {since.isoformat(timespec='seconds')}")
        return Health(since)


def shown(secret: bytes) -> str:
    """A secret as its owner is told it."""
    return _PREFIX + base64.b64encode(secret).decode()


def signatures(secrets: Sequence[bytes], id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a message: one signature a secret (Standard Webhooks 1.0, symmetric)."""
    content = f"{id}.{timestamp}.".encode() + body
    signed = (hmac.digest(secret, content, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signed)
