"""The RPCs of signing keys and service tokens."""

from datetime import timedelta

import uuid_utils

from mesh.identity.v1 import key_service_pb2
from mesh.identity.v1.key_service_servicer import KeyServiceServicer
from services._platform.call import Call
from services._platform.clock import Clock
from services._platform.times import timestamp
from services.identity.domain.signing_keys import SigningKey
from services.identity.security.keyring import Keyring
from services.identity.security.tokens import Claims, Mint
from services.identity.servicer.callers import origin

_TIER = "enterprise"
_ROLE, _ROLES = "service", {"services/jobs": "deputy"}
"""What a service is in the mesh, and which are something else."""


class Keys(KeyServiceServicer[Call]):
    """`mesh.identity.v1.KeyService`."""

    def __init__(self, keyring: Keyring, mint: Mint, lifetime: timedelta, clock: Clock) -> None:
        self._keyring = keyring
        self._mint = mint
        self._lifetime = lifetime
        self._clock = clock

    async def GetJwks(self, request: key_service_pb2.GetJwksRequest, call: Call, /) -> key_service_pb2.GetJwksResponse:
        return key_service_pb2.GetJwksResponse(keys=await self._keyring.public())

    async def RotateSigningKey(
        self, request: key_service_pb2.RotateSigningKeyRequest, call: Call, /
    ) -> key_service_pb2.RotateSigningKeyResponse:
        return await self._keyring.rotate(origin(call), call.once(key_service_pb2.RotateSigningKeyResponse, _rotated))

    async def IssueServiceToken(
        self, request: key_service_pb2.IssueServiceTokenRequest, call: Call, /
    ) -> key_service_pb2.IssueServiceTokenResponse:
        claims = Claims(call.principal.name, str(uuid_utils.uuid7()), [_ROLES.get(call.principal.name, _ROLE)], _TIER)
        token, expiry = await self._mint.token(claims, self._clock(), self._lifetime)
        return key_service_pb2.IssueServiceTokenResponse(access_token=token, expire_time=timestamp(expiry))


def _rotated(key: SigningKey) -> key_service_pb2.RotateSigningKeyResponse:
    return key_service_pb2.RotateSigningKeyResponse(kid=key.kid, activate_time=timestamp(key.activate_time))
