"""The callers of the mesh that the tests start: each with a real token from identity, got anew before it expires."""

import base64
import time
from dataclasses import dataclass, field
from typing import Any

import grpc
import jwt

from mesh.identity.v1 import check_pb2
from services._local.credentials import Credentials
from tests.contract.callers import OPERATOR, PROVIDER, SERVICES, Callers, bearer
from tests.contract.faces import GrpcFace
from tests.contract.outcome import Metadata
from tests.contract.seeds import Api, identity
from tests.contract.subject import Subject

CHECK = "/envoy.service.auth.v3.Authorization/Check"
_SPARE = 60
"""Seconds that a token holds at least when it is handed out."""


@dataclass(frozen=True)
class People:
    """Gets tokens from an identity, beginning with its administrator's."""

    subject: Subject
    channel: grpc.Channel
    email: str
    password: str
    credentials: Credentials
    """By which identity knows services, and payments its provider."""
    _tokens: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    """API keys by their scope: a user has only so many, and tokens are got anew from one."""

    @property
    def callers(self) -> Callers:
        """As the laws know them."""
        return Callers(self.token)

    def token(self, who: str) -> str | None:
        """An access token of somebody, of the provider what it signs with; None for who cannot be."""
        if who == PROVIDER:
            return self.credentials.webhook_secret
        known = self._tokens.get(who)
        if known is None or _left(known) < _SPARE:
            made = self._new(who)
            if made is None:
                return None
            self._tokens[who] = known = made
        return known

    def operator(self, package: str, channel: grpc.Channel) -> Api:
        """Calls another server as the operator."""
        metadata = bearer(self.token(OPERATOR) or "")
        return Api(package, self.subject, GrpcFace(channel), lambda _: metadata, None, {})

    def _new(self, who: str) -> str | None:
        kind, _, name = who.partition(":")
        if who == OPERATOR:
            return self._user("ROLE_ADMIN")
        if kind == "scope":
            return self._scoped(name)
        return self._service(name) if who in SERVICES else self._user(f"ROLE_{name.upper()}")

    def _user(self, role: str) -> str:
        return str(identity.member(self._administrator(), role)["tokens"]["access_token"])

    def _service(self, role: str) -> str | None:
        """The token of a service that is this in the mesh."""
        tokens = (self._of_area(area) for area in self.credentials.services)
        return next((token for token in tokens if role in _claims(token)["roles"]), None)

    def _of_area(self, area: str) -> str:
        basic = base64.b64encode(f"{area}:{self.credentials.services[area]}".encode()).decode()
        api = self._api((("authorization", f"Basic {basic}"),))
        return str(api("KeyService/IssueServiceToken")["access_token"])

    def _scoped(self, permission: str) -> str:
        """What the edge makes of an API key with this scope."""
        if permission not in self._keys:
            wanted = {"display_name": permission, "scopes": [permission]}
            self._keys[permission] = self._administrator()("ApiKeyService/CreateApiKey", api_key=wanted)["key"]
        asked = check_pb2.CheckRequest()
        asked.attributes.request.http.headers["x-api-key"] = self._keys[permission]
        answer: Any = self.channel.unary_unary(
            CHECK, check_pb2.CheckRequest.SerializeToString, check_pb2.CheckResponse.FromString
        )(asked, timeout=10)
        return str(answer.ok_response.headers[0].header.value).removeprefix("Bearer ")

    def _administrator(self) -> Api:
        known = self._tokens.get("")
        if known is None or _left(known) < _SPARE:
            signed_in = identity.sign_in(self._api(()), self.email, self.password)
            self._tokens[""] = known = str(signed_in["tokens"]["access_token"])
        return self._api((("authorization", f"Bearer {known}"),))

    def _api(self, metadata: Metadata) -> Api:
        return Api(identity.PACKAGE, self.subject, GrpcFace(self.channel), lambda _: metadata, None, {})


def _left(token: str) -> float:
    """The seconds that a token still holds."""
    return float(_claims(token)["exp"]) - time.time()


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims
