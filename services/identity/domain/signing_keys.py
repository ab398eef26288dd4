r"""When signing keys sign and are published.

made ---- lead ----> signs ---- until the next one signs ----> published yet ---- a token's lifetime ----> gone
\_________________________ published _________________________________________________________________/
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that tokens are signed with. `private` are the 32 bytes of Ed25519, sealed."""

    kid: str
    private: bytes = field(repr=False)
    create_time: datetime
    activate_time: datetime


def signing(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The key that signs; `keys` are newest first."""
    return next((key for key in keys if key.activate_time <= now), None)


def published(keys: Sequence[SigningKey], now: datetime, token_lifetime: timedelta) -> list[SigningKey]:
    """The keys that tokens may be signed with, newest first."""
    successors: list[SigningKey | None] = [None, *keys[:-1]] if keys else []
    return [
        key
        for key, next_ in zip(keys, successors, strict=True)
        if next_ is None or now < next_.activate_time + token_lifetime
    ]


def due(keys: Sequence[SigningKey], now: datetime, lifetime: timedelta) -> bool:
    """Whether it is time to make the next key."""
    return not keys or now >= keys[0].activate_time + lifetime
