"""Signed requests: who has the signing secret of an API key proves that a request is theirs, whole and new.

x-timestamp   seconds since 1970
x-signature   hex HMAC-SHA256, keyed by the signing secret, of four lines: the timestamp, the verb, the path with
              its query, and the hex SHA-256 of the body
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from services._platform.errors import Unauthenticated

WINDOW = 300
"""Seconds by which a timestamp may be off, either way."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What is signed, and the signature that came with it."""

    timestamp: str
    method: str
    path: str
    body: bytes
    signature: str

    def expected(self, secret: bytes) -> str:
        """The signature that holds."""
        lines = "\n".join((self.timestamp, self.method, self.path, hashlib.sha256(self.body).hexdigest()))
        return hmac.new(secret, lines.encode(), "sha256").hexdigest()

    def check(self, secret: bytes, now: datetime) -> None:
        """Refuses a request that was signed by another secret, or too long ago."""
        try:
            age = abs(now.timestamp() - int(self.timestamp))
        except ValueError:
            raise Unauthenticated("x-timestamp is not in whole seconds") from None
        if age > WINDOW:
            raise Unauthenticated(f"x-timestamp is more than {WINDOW} seconds off")
        if not hmac.compare_digest(self.expected(secret).encode(), self.signature.lower().encode()):
            raise Unauthenticated("x-signature is not that of this request")
