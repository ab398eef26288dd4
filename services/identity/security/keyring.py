"""The signing keys of this process: read from Postgres, opened, and read again when they change."""

import asyncio
import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mesh.identity.v1 import key_service_pb2
from services._platform.access_token import ALGORITHM
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services.identity.domain import signing_keys
from services.identity.domain.audit import Origin
from services.identity.domain.derivation import Secret
from services.identity.domain.signing_keys import SigningKey
from services.identity.settings import IdentitySettings
from services.identity.store import SigningKeys

_NONCE_BYTES = 12
_LOOK_AGAIN = 1.0
_OURSELVES = Origin("services/identity", "", "")
_SPARE = timedelta(seconds=60)
"""A key is published this much longer than its last token lives."""


class Keyring:
    """Signs by the present key and knows the public half of all that tokens may be signed with."""

    def __init__(self, store: SigningKeys, settings: IdentitySettings, seal: Secret, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._seal = AESGCM(seal.value)
        self._clock = clock
        self._keys: Sequence[SigningKey] = ()
        self._opened: dict[str, Ed25519PrivateKey] = {}
        self._looked = float("-inf")
        self._lock = asyncio.Lock()

    async def signer(self) -> tuple[str, Ed25519PrivateKey]:
        """The key that signs now, and its name."""
        now = self._clock()
        key = signing_keys.signing(self._keys, now)
        if key is None:
            await self.refresh()
            key = signing_keys.signing(self._keys, now)
            assert key is not None, "the first key signs at once"
        return key.kid, self._opened[key.kid]

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The public half of a key that tokens may be signed with."""
        loop = asyncio.get_running_loop()
        if kid not in self._opened and loop.time() - self._looked >= _LOOK_AGAIN:
            await self.refresh()
        known = {key.kid for key in self._published()}
        return self._opened[kid].public_key() if kid in known else None

    async def public(self) -> list[key_service_pb2.Jwk]:
        """What verifiers are told, the newest key first."""
        if not self._keys:
            await self.refresh()
        return [self._jwk(key.kid) for key in self._published()]

    async def refresh(self) -> None:
        """Reads the keys, and makes the next one if it is time."""
        async with self._lock:
            self._looked = asyncio.get_running_loop().time()
            since = self._clock() - self._outlived
            keys = await self._store.since(since)
            if signing_keys.due(keys, self._clock(), self._settings.key_lifetime):
                await self._store.add_if_due(self._next_if_due, _OURSELVES)
                keys = await self._store.since(since)
            self._opened = {key.kid: self._opened.get(key.kid) or self._open(key) for key in keys}
            self._keys = keys

    async def rotate(self, origin: Origin, once: Once[SigningKey, Reply]) -> Reply:
        """Makes the next key now."""
        reply = await self._store.add(self._next, origin, once)
        await self.refresh()
        return reply

    @property
    def _outlived(self) -> timedelta:
        """How long a key is published after it signed last."""
        return self._settings.access_lifetime + _SPARE

    def _published(self) -> list[SigningKey]:
        return signing_keys.published(self._keys, self._clock(), self._outlived)

    def _next_if_due(self, keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
        due = signing_keys.due(keys, now, self._settings.key_lifetime)
        return self._next(keys, now) if due else None

    def _next(self, keys: Sequence[SigningKey], now: datetime) -> SigningKey:
        """A new key. The very first one signs at once: there is no verifier yet that would not know it."""
        kid = uuid_utils.uuid7().hex  # of two that begin to sign at one instant, the one made later is the newer
        nonce = secrets.token_bytes(_NONCE_BYTES)
        private = Ed25519PrivateKey.generate().private_bytes_raw()
        sealed = nonce + self._seal.encrypt(nonce, private, kid.encode())
        return SigningKey(kid, sealed, now, now + self._settings.key_lead if keys else now)

    def _open(self, key: SigningKey) -> Ed25519PrivateKey:
        nonce, sealed = key.private[:_NONCE_BYTES], key.private[_NONCE_BYTES:]
        return Ed25519PrivateKey.from_private_bytes(self._seal.decrypt(nonce, sealed, key.kid.encode()))

    def _jwk(self, kid: str) -> key_service_pb2.Jwk:
        raw = self._opened[kid].public_key().public_bytes_raw()
        x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return key_service_pb2.Jwk(kty="OKP", crv="Ed25519", x=x, kid=kid, use="sig", alg=ALGORITHM)
