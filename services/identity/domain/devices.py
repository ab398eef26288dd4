"""Known devices: after a sign-in a device holds a token that only it has, so that a storm of wrong passwords from
elsewhere can be held up without holding up its owner (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

import base64
import struct
import uuid
from dataclasses import dataclass

from services.identity.domain.derivation import Secret, same

PREFIX = "md_"
_MAC_BYTES = 24
_LAYOUT = struct.Struct(f">16s16s{_MAC_BYTES}s")


@dataclass(frozen=True, slots=True)
class Device:
    """A device on which a user has signed in."""

    id: str
    user: str

    def token(self, secret: Secret) -> str:
        """What the device keeps."""
        raw = _LAYOUT.pack(uuid.UUID(self.id).bytes, uuid.UUID(self.user).bytes, self._mac(secret))
        return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str, secret: Secret) -> "Device | None":
        """The device of a token; None when it is none of ours."""
        try:
            device, user, mac = _LAYOUT.unpack(base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "=="))
        except (ValueError, struct.error):
            return None
        found = cls(str(uuid.UUID(bytes=device)), str(uuid.UUID(bytes=user)))
        return found if same(mac, found._mac(secret)) else None

    def _mac(self, secret: Secret) -> bytes:
        return secret.code(b"device", self.id.encode(), self.user.encode())[:_MAC_BYTES]
