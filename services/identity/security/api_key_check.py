"""Envoy's external authorization: an API key becomes an access token, on its way in."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from google.protobuf.json_format import MessageToJson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from mesh.identity.v1 import check_pb2
from services._platform import status
from services._platform.clock import Clock
from services._platform.errors import Internal, Refusal, Unauthenticated, Unavailable
from services._platform.log import logger
from services.identity.convert import names
from services.identity.domain.api_keys import Value, Values
from services.identity.domain.signatures import WINDOW, SignedRequest
from services.identity.security.key_cache import Checked, KeyCache
from services.identity.security.tokens import Claims, Mint
from services.identity.store import ApiKeys
from services.identity.store.api_keys import Grant

HEADER = "x-api-key"
_LIFETIME = timedelta(seconds=120)
"""Of the token that a key becomes. It never leaves the mesh."""
_REPLACE = 2
_HTTP = {"UNAUTHENTICATED": 401, "UNAVAILABLE": 503, "INTERNAL": 500}
_log = logger(__name__)


class ApiKeyCheck:
    """Answers `envoy.service.auth.v3.Authorization/Check`."""

    def __init__(
        self,
        *,
        keys: ApiKeys,
        values: Values,
        cache: KeyCache,
        mint: Mint,
        redis: Redis,
        memory: timedelta,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._values = values
        self._cache = cache
        self._mint = mint
        self._redis = redis
        self._memory = memory
        self._clock = clock
        self._uses: dict[str, datetime] = {}

    async def Check(self, request: check_pb2.CheckRequest) -> check_pb2.CheckResponse:
        """Lets a request pass that has no key, or one that holds; a key is replaced by a token."""
        http = request.attributes.request.http
        text = http.headers.get(HEADER)
        if text is None:
            return check_pb2.CheckResponse(status=check_pb2.CheckStatus(code=0))
        try:
            return await self._check(text, http)
        except Refusal as refusal:
            return _denied(refusal)
        except Exception:
            _log.exception("a check of an API key failed by a defect")
            return _denied(Internal("something went wrong on our side"))

    async def note_uses(self) -> bool:
        """Writes down which keys were used since the last time."""
        uses, self._uses = self._uses, {}
        if uses:
            await self._keys.note_uses(uses)
        return False

    async def _check(self, text: str, http: check_pb2.CheckedHttpRequest) -> check_pb2.CheckResponse:
        now = self._clock()
        checked = self._cache.get(text, now)
        if checked is None:
            checked = await self._look_up(text, now)
        if checked.signature_required or "x-signature" in http.headers:
            await self._check_signature(checked, http, now)
        self._uses[names.API_KEY.id(checked.key)] = now
        return checked.answer

    async def _look_up(self, text: str, now: datetime) -> Checked:
        value = Value.parse(text)
        if value is None:
            raise Unauthenticated("the API key is mistyped, or none of ours")
        changes = self._cache.changes
        grant = await self._keys.grant(value.id)
        if grant is None or not grant.key.opens_with(value, now):
            raise Unauthenticated("the API key does not hold")
        name = names.API_KEY.name(value.id)
        claims = Claims(name, f"{value.id}.{time.time_ns()}", grant.roles, grant.key.tier, scopes=grant.key.scopes)
        token, expiry = await self._mint.token(claims, now, _LIFETIME)
        ends = [now + self._memory, grant.key.expire_time]
        if grant.key.previous_expire_time is not None and now < grant.key.previous_expire_time:
            ends.append(grant.key.previous_expire_time)
        checked = Checked(
            key=name,
            user=names.USER.name(grant.key.user),
            until=min(ends),
            signature_required=grant.key.signature_required,
            signing_secret=self._values.signing_secret(value),
            answer=_passed(grant, name, token, expiry),
        )
        self._cache.put(text, checked, changes)
        return checked

    async def _check_signature(self, checked: Checked, http: check_pb2.CheckedHttpRequest, now: datetime) -> None:
        headers: Mapping[str, str] = http.headers
        if "x-signature" not in headers or "x-timestamp" not in headers:
            raise Unauthenticated("calls with this API key are signed: x-signature and x-timestamp")
        signed = SignedRequest(
            timestamp=headers["x-timestamp"],
            method=http.method,
            path=http.path,
            body=http.raw_body or http.body.encode(),
            signature=headers["x-signature"],
        )
        signed.check(checked.signing_secret, now)
        try:
            # Keyed by what was computed here: what was sent may be written in several ways.
            seen = f"identity:signature:{signed.expected(checked.signing_secret)}"
            fresh = await self._redis.set(seen, b"", nx=True, ex=2 * WINDOW + 1)
        except (RedisError, OSError) as error:
            refusal = Unavailable("signatures cannot be checked now", metadata={"dependency": "redis"}, retry_after=1)
            raise refusal from error
        if not fresh:
            raise Unauthenticated("this signed request was sent before")


def _passed(grant: Grant, name: str, token: str, expiry: datetime) -> check_pb2.CheckResponse:
    header = check_pb2.CheckHeader(key="authorization", value=f"Bearer {token}")
    answer = check_pb2.CheckResponse(
        status=check_pb2.CheckStatus(code=0),
        ok_response=check_pb2.CheckPassed(
            headers=[check_pb2.CheckHeaderOption(header=header, append_action=_REPLACE)],
            headers_to_remove=[HEADER, "x-signature", "x-timestamp"],
        ),
    )
    answer.dynamic_metadata.update(
        {"subject": name, "tier": grant.key.tier, "api_key": name, "expires": expiry.timestamp()}
    )
    return answer


def _denied(refusal: Refusal) -> check_pb2.CheckResponse:
    body = MessageToJson(status.status(refusal), indent=None)
    header = check_pb2.CheckHeader(key="content-type", value="application/json")
    return check_pb2.CheckResponse(
        status=check_pb2.CheckStatus(code=status.code(refusal)),
        denied_response=check_pb2.CheckDenied(
            status=check_pb2.CheckHttpStatus(code=_HTTP.get(refusal.code, 500)),
            headers=[check_pb2.CheckHeaderOption(header=header, append_action=_REPLACE)],
            body=body,
        ),
    )
