"""The token that a service calls others with: got from identity by the service's secret, renewed before it expires."""

import asyncio
import base64
from collections.abc import Mapping
from datetime import datetime, timedelta

from clients.channel import connect
from clients.errors import MeshError, typed_errors
from mesh.identity.v1 import key_service_pb2, key_service_pb2_grpc
from services._platform.clock import Clock
from services._platform.errors import Unavailable
from services._platform.settings import Settings
from services._platform.times import instant

_TIMEOUT = 2.0
_RENEW_BEFORE = timedelta(minutes=3)


class ServiceToken:
    """The token of one service. `area` is its name, `inventory`."""

    def __init__(self, settings: Settings, area: str, clock: Clock) -> None:
        secret = settings.service_secret.get_secret_value()
        self._target = settings.identity
        self._proof = "Basic " + base64.b64encode(f"{area}:{secret}".encode()).decode()
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._expire_time: datetime | None = None

    async def headers(self) -> Mapping[str, str]:
        """What onward calls carry: `connect(target, token.headers)`.

        Raises `Unavailable` when there is no token that holds, and none to be had.
        """
        if self._left() <= _RENEW_BEFORE:
            async with self._lock:
                if self._left() <= _RENEW_BEFORE:
                    await self._renew()
        return {"authorization": f"Bearer {self._token}"}

    async def _renew(self) -> None:
        try:
            async with connect(self._target) as channel:
                stub: key_service_pb2_grpc.KeyServiceAsyncStub = key_service_pb2_grpc.KeyServiceStub(channel)
                proof = (("authorization", self._proof),)
                request = key_service_pb2.IssueServiceTokenRequest()
                with typed_errors():
                    answer = await stub.IssueServiceToken(request, timeout=_TIMEOUT, metadata=proof)
        except MeshError as error:
            if self._left() <= timedelta(0):
                refused = Unavailable("identity gives no token", metadata={"dependency": "identity"}, retry_after=1)
                raise refused from error
            return  # the one at hand still holds
        self._token, self._expire_time = answer.access_token, instant(answer.expire_time)

    def _left(self) -> timedelta:
        return timedelta(0) if self._expire_time is None else self._expire_time - self._clock()
