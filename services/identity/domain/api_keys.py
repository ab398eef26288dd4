"""API keys: what they may do, and how they are written.

`mk_`, 54 letters and digits for the key's id and secret, 6 for their CRC-32: a mistyped key is known without a look-up,
and a leaked one is found by a scanner. The secret has 192 bits, so one round of SHA-256 keeps it.
"""

import hashlib
import string
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import datetime

from services.identity.domain.derivation import Secret, same
from services.identity.domain.refusals import ScopeNotHeld, TierNotHeld
from services.identity.domain.users import TIERS, User

PREFIX = "mk_"
SHOWN = 10
MOST = 100
"""How many one user may have."""
_SECRET_BYTES = 24
_BODY, _SUM = 54, 6
_DIGITS = string.digits + string.ascii_letters
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a user's, without its value."""

    id: str
    user: str
    display_name: str
    scopes: tuple[str, ...]
    tier: str
    signature_required: bool
    expire_time: datetime
    prefix: str = ""
    secret_hash: bytes = field(default=b"", repr=False)
    previous_hash: bytes = field(default=b"", repr=False)
    previous_expire_time: datetime | None = None
    create_time: datetime | None = None
    last_use_time: datetime | None = None

    def opens_with(self, value: "Value", now: datetime) -> bool:
        """Whether a value is the key's present one, or the one before while both work."""
        if now >= self.expire_time:
            return False
        overlapping = self.previous_expire_time is not None and now < self.previous_expire_time
        return same(value.hashed, self.secret_hash) or (overlapping and same(value.hashed, self.previous_hash))


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a key, apart."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """As it goes into `x-api-key`."""
        body = _base62(int.from_bytes(uuid.UUID(self.id).bytes + self.secret), _BODY)
        return f"{PREFIX}{body}{_checksum(body)}"

    @property
    def hashed(self) -> bytes:
        """As it is stored."""
        return hashlib.sha256(self.secret).digest()

    @classmethod
    def parse(cls, text: str) -> "Value | None":
        """Reads a key; None when it is not written as one of ours, or mistyped."""
        body, checksum = text[len(PREFIX) : -_SUM], text[-_SUM:]
        if not text.startswith(PREFIX) or len(body) != _BODY or not _VALUES.keys() >= set(body):
            return None
        if checksum != _checksum(body):
            return None
        number = 0
        for digit in body:
            number = number * 62 + _VALUES[digit]
        try:
            raw = number.to_bytes(16 + _SECRET_BYTES)
        except OverflowError:
            return None
        return cls(str(uuid.UUID(bytes=raw[:16])), raw[16:])


@dataclass(frozen=True, slots=True)
class Values:
    """Makes the values of keys. A value is derived, so that a replayed request is answered with it again."""

    secret: Secret

    def value(self, key: str, salt: str) -> Value:
        """A value of a key; `salt` is what the request that makes it is known by."""
        return Value(key, self.secret.derive("value").code(key.encode(), salt.encode())[:_SECRET_BYTES])

    def signing_secret(self, value: Value) -> bytes:
        """What requests with a value are signed by."""
        return self.secret.derive("signing").code(value.id.encode(), value.hashed).hex().encode()


def check_grant(key: ApiKey, user: User, permissions: frozenset[str]) -> None:
    """Refuses a key that could do more than its user."""
    for scope in key.scopes:
        if scope not in permissions:
            raise ScopeNotHeld(scope)
    if TIERS.index(key.tier) > TIERS.index(user.tier):
        raise TierNotHeld(key.tier, user.tier)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, value = divmod(number, 62)
        digits.append(_DIGITS[value])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _SUM)
