"""What is sent to a user's address to prove that it is theirs. Nothing of it is stored."""

import base64
import struct
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from services.identity.domain.derivation import Secret, same
from services.identity.domain.refusals import MailTokenInvalid

_MAC_BYTES = 24
_LAYOUT = struct.Struct(f">B16sII{_MAC_BYTES}s")


class Purpose(IntEnum):
    """What a token is for."""

    VERIFY_EMAIL = 1
    RESET_PASSWORD = 2


LIFETIMES = {Purpose.VERIFY_EMAIL: timedelta(days=1), Purpose.RESET_PASSWORD: timedelta(minutes=30)}


@dataclass(frozen=True, slots=True)
class MailToken:
    """One token. It is of a password: once another is set, it does not hold any more."""

    purpose: Purpose
    user: str
    password_version: int
    expires: int
    """Seconds since 1970."""

    @classmethod
    def issue(cls, purpose: Purpose, user: str, password_version: int, now: datetime) -> "MailToken":
        """A new token."""
        return cls(purpose, user, password_version, int((now + LIFETIMES[purpose]).timestamp()))

    def text(self, secret: Secret) -> str:
        """As it is sent."""
        fields = (int(self.purpose), uuid.UUID(self.user).bytes, self.password_version, self.expires)
        raw = _LAYOUT.pack(*fields, self._mac(secret))
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, purpose: Purpose, secret: Secret, now: datetime) -> "MailToken":
        """A token that holds for a purpose. Refuses any other."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            number, user, version, expires, mac = _LAYOUT.unpack(raw)
            token = cls(Purpose(number), str(uuid.UUID(bytes=user)), version, expires)
        except (ValueError, struct.error) as error:
            raise MailTokenInvalid from error
        if not same(mac, token._mac(secret)) or token.purpose is not purpose or now.timestamp() >= expires:
            raise MailTokenInvalid
        return token

    def _mac(self, secret: Secret) -> bytes:
        numbers = struct.pack(">BII", self.purpose, self.password_version, self.expires)
        return secret.code(b"mail", self.user.encode(), numbers)[:_MAC_BYTES]
