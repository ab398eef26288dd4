"""The RPCs of API keys."""

import secrets
from datetime import datetime, timedelta

import uuid_utils
from google.protobuf.empty_pb2 import Empty

from mesh.identity.v1 import api_key_pb2, api_key_service_pb2
from mesh.identity.v1.api_key_service_servicer import ApiKeyServiceServicer
from services._platform.call import Call
from services._platform.paging import Pager
from services.identity.convert import api_keys, names
from services.identity.domain.api_keys import ApiKey, Value, Values, check_grant
from services.identity.domain.users import User
from services.identity.servicer.callers import asked_user, nothing, origin, own_id, restricted_to
from services.identity.store import ApiKeys as Store

_OVERLAP = timedelta(days=1)


class ApiKeys(ApiKeyServiceServicer[Call]):
    """`mesh.identity.v1.ApiKeyService`. The values of keys are not in what is remembered of an answer: they are made
    again of the id in it and the request's own key."""

    def __init__(self, store: Store, values: Values, pager: Pager) -> None:
        self._store = store
        self._values = values
        self._pager = pager

    async def CreateApiKey(
        self, request: api_key_service_pb2.CreateApiKeyRequest, call: Call, /
    ) -> api_key_service_pb2.CreateApiKeyResponse:
        id_, salt = str(uuid_utils.uuid7()), _salt(call)

        def make(owner: User, now: datetime) -> tuple[ApiKey, Value]:
            key = api_keys.to_api_key(id_, request.api_key, owner, now)
            check_grant(key, owner, call.principal.permissions)
            return key, self._values.value(id_, salt)

        once = call.once(api_key_service_pb2.CreateApiKeyResponse, _created)
        answer = await self._store.create(own_id(call), make, origin(call), once)
        value = self._values.value(names.API_KEY.id(answer.api_key.name), salt)
        answer.key, answer.signing_secret = value.text, self._values.signing_secret(value).decode()
        return answer

    async def GetApiKey(self, request: api_key_service_pb2.GetApiKeyRequest, call: Call, /) -> api_key_pb2.ApiKey:
        return api_keys.api_key(await self._store.get(names.API_KEY.id(request.name), restricted_to(call)))

    async def ListApiKeys(
        self, request: api_key_service_pb2.ListApiKeysRequest, call: Call, /
    ) -> api_key_service_pb2.ListApiKeysResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(asked_user(call, request.user), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda key: (key.id,))
        return api_key_service_pb2.ListApiKeysResponse(api_keys=map(api_keys.api_key, shown), next_page_token=token)

    async def RotateApiKey(
        self, request: api_key_service_pb2.RotateApiKeyRequest, call: Call, /
    ) -> api_key_service_pb2.RotateApiKeyResponse:
        value = self._values.value(names.API_KEY.id(request.name), _salt(call))
        overlap = request.overlap.ToTimedelta() if request.HasField("overlap") else _OVERLAP
        once = call.once(api_key_service_pb2.RotateApiKeyResponse, _rotated)
        answer = await self._store.rotate(value, restricted_to(call), overlap, origin(call), once)
        answer.key, answer.signing_secret = value.text, self._values.signing_secret(value).decode()
        return answer

    async def DeleteApiKey(self, request: api_key_service_pb2.DeleteApiKeyRequest, call: Call, /) -> Empty:
        once = call.once(Empty, nothing(Empty))
        return await self._store.revoke(names.API_KEY.id(request.name), restricted_to(call), origin(call), once)


def _created(key: ApiKey) -> api_key_service_pb2.CreateApiKeyResponse:
    return api_key_service_pb2.CreateApiKeyResponse(api_key=api_keys.api_key(key))


def _rotated(key: ApiKey) -> api_key_service_pb2.RotateApiKeyResponse:
    return api_key_service_pb2.RotateApiKeyResponse(api_key=api_keys.api_key(key))


def _salt(call: Call) -> str:
    """What a replay of the call has too; without a request id, what nothing else has."""
    return f"{call.method.name} {call.idempotency_key or secrets.token_hex(16)}"
