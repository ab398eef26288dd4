"""Sessions and their refresh tokens: a family of generations, of which one is the newest (RFC 9700, section 4.14).

    state     token of generation   within the grace   answer
    open      newest                                   the next generation, which is the newest from then on
    open      the one before        yes                the newest again: a lost answer, or another tab
    open      the one before        no                 revoked
    open      any older                                revoked
    revoked   any                                      refused
    expired   any                                      refused

Tokens are derived from their session and generation, so that the same one can be told again without being stored.
"""

import base64
import struct
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.identity.domain.derivation import Secret, same
from services.identity.domain.refusals import RefreshRefused

PREFIX = "mr_"
_MAC_BYTES = 24
_LAYOUT = struct.Struct(f">16sI{_MAC_BYTES}s")


@dataclass(frozen=True, slots=True)
class Session:
    """A user signed in on a device. `generation` is that of the newest refresh token, made at `refresh_time`."""

    id: str
    user: str
    device_name: str
    address: str
    seed: bytes = field(repr=False)
    generation: int
    create_time: datetime
    refresh_time: datetime
    expire_time: datetime
    revoke_time: datetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it can be used."""
        return self.revoke_time is None and now < self.expire_time


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions last: unused, in all, and how long the token before the newest may be sent again."""

    idle: timedelta
    whole: timedelta
    grace: timedelta

    def expiry(self, created: datetime, now: datetime) -> datetime:
        """When a session ends that was created and refreshed at these instants."""
        return min(now + self.idle, created + self.whole)


class Reused(Exception):
    """The token was exchanged before: the session must be revoked."""


def rotated(session: Session, generation: int, now: datetime, lifetimes: Lifetimes) -> Session:
    """The session after a refresh with the token of a generation; itself when the refresh is a repeated one.

    Raises `RefreshRefused` when it is over, and `Reused` when the token is an old one.
    """
    if not session.open_at(now) or generation > session.generation:
        raise RefreshRefused
    if generation == session.generation:
        expiry = lifetimes.expiry(session.create_time, now)
        return replace(session, generation=generation + 1, refresh_time=now, expire_time=expiry)
    if generation == session.generation - 1 and now - session.refresh_time <= lifetimes.grace:
        return session
    raise Reused


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token says, before it is known whether it is one of ours."""

    session: str
    generation: int
    mac: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Reads a token. Raises `RefreshRefused`."""
        try:
            raw = base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "=")
            session, generation, mac = _LAYOUT.unpack(raw)
        except (ValueError, struct.error) as error:
            raise RefreshRefused from error
        if not text.startswith(PREFIX):
            raise RefreshRefused
        return cls(str(uuid.UUID(bytes=session)), generation, mac)

    def check(self, session: Session, secret: Secret) -> None:
        """Refuses a token that was not made for the session."""
        if not same(self.mac, _mac(session, self.generation, secret)):
            raise RefreshRefused


def refresh_token(session: Session, secret: Secret) -> str:
    """The newest refresh token of a session."""
    raw = _LAYOUT.pack(uuid.UUID(session.id).bytes, session.generation, _mac(session, session.generation, secret))
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(session: Session, generation: int, secret: Secret) -> bytes:
    return secret.code(session.id.encode(), struct.pack(">I", generation), session.seed)[:_MAC_BYTES]
