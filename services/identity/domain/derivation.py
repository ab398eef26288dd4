"""Keys and codes derived from one secret (HMAC-SHA256, RFC 2104; as in HKDF-Expand, RFC 5869, of one block)."""

import hmac
import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret from which others are derived, each for one purpose: none tells anything of another."""

    value: bytes

    def derive(self, purpose: str) -> "Secret":
        """The secret for a purpose."""
        return Secret(self.code(purpose.encode()))

    def code(self, *parts: bytes) -> bytes:
        """The 32 bytes that only who has the secret can make of the parts. Where a part ends counts."""
        framed = b"".join(struct.pack(">I", len(part)) + part for part in parts)
        return hmac.digest(self.value, framed, "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Whether two codes are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)
