"""The public keys that access tokens are verified by: a JWK Set (RFC 7517), given once or fetched from identity."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from clients.channel import connect
from mesh.identity.v1 import key_service_pb2, key_service_pb2_grpc
from services._platform.errors import Unavailable
from services._platform.log import logger

PublicKeys: TypeAlias = Mapping[str, Ed25519PublicKey]
"""By the name that tokens have for them, `kid`."""
Fetch = Callable[[], Awaitable[PublicKeys]]

_FRESH = 300.0
_APART = 1.0
_TIMEOUT = 2.0
_log = logger(__name__)


class Keys(Protocol):
    """Where keys are looked up."""

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The key of this name; None when it is not, or no longer, one of ours."""


class FixedKeys:
    """Keys that never change."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The key of this name."""
        return self._keys.get(kid)


class FetchedKeys:
    """Keys that are fetched when one is asked for that is not known, and again now and then.

    While they cannot be fetched, those that are known go on working. Unknown names, of which anybody can make up as
    many as they like, lead to one fetch a second at most.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: PublicKeys = {}
        self._failed = False
        self._tried = self._fetched = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The key of this name. Raises `Unavailable` when it is not known and identity cannot be asked."""
        now = asyncio.get_running_loop().time()
        if kid not in self._keys:
            await self._refresh(now)
            if kid not in self._keys and self._failed:
                raise Unavailable("identity is away", metadata={"dependency": "identity"}, retry_after=1)
        elif now - self._fetched > _FRESH:
            self._begin(now)  # in the background: what is known is good enough meanwhile
        return self._keys.get(kid)

    async def _refresh(self, now: float) -> None:
        self._begin(now)
        if self._fetching is not None:
            await asyncio.shield(self._fetching)

    def _begin(self, now: float) -> None:
        if self._fetching is None and now - self._tried >= _APART:
            self._tried = now
            self._fetching = asyncio.create_task(self._update())

    async def _update(self) -> None:
        try:
            self._keys = await self._fetch()
            self._fetched = asyncio.get_running_loop().time()
            self._failed = False
        except Exception as error:  # whatever it is, the keys that are known stay
            self._failed = True
            _log.warning("the keys of identity cannot be fetched", error=type(error).__name__)
        finally:
            self._fetching = None


def read(document: str) -> PublicKeys:
    """The Ed25519 keys of a JWK Set in JSON; others are none of ours. Raises `ValueError`."""
    return {key["kid"]: _key(key) for key in json.loads(document)["keys"] if key.get("crv") == "Ed25519"}


def from_identity(target: str) -> Fetch:
    """Asks identity, by its gRPC target. Fetches are rare, so each has a channel of its own."""

    async def fetch() -> PublicKeys:
        async with connect(target) as channel:
            stub: key_service_pb2_grpc.KeyServiceAsyncStub = key_service_pb2_grpc.KeyServiceStub(channel)
            answer = await stub.GetJwks(key_service_pb2.GetJwksRequest(), timeout=_TIMEOUT)
        return {key.kid: _key({"kty": key.kty, "crv": key.crv, "x": key.x}) for key in answer.keys}

    return fetch


def _key(jwk: dict[str, str]) -> Ed25519PublicKey:
    key = OKPAlgorithm.from_jwk(jwk)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not a public Ed25519 key")
    return key
