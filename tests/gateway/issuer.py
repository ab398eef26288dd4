"""Who the edge trusts, in these tests: signs access tokens, publishes its keys, and exchanges API keys for tokens.

A real gRPC server on the contract of the identity area, with a table of keys instead of a database.
"""

import base64
import hashlib
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from mesh.identity.v1 import check_pb2, key_service_pb2
from tests.gateway.ports import free_port

Claims = dict[str, Any]


class Issuer:
    """`token(...)` is what a caller sends as `authorization: Bearer`; `keys` are the API keys that hold.

    `signing` is the key that signs, published as `kid`; one of its own by default.
    """

    def __init__(self, signing: Ed25519PrivateKey | None = None, kid: str = "1") -> None:
        self.port = free_port()
        self.signing = signing or Ed25519PrivateKey.generate()
        self.kid = kid
        self.keys: dict[str, Claims] = {}
        self.asked: Counter[str] = Counter()
        """How often each API key was asked about."""
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(4))
        alive = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(alive, self._server)
        keys = grpc.unary_unary_rpc_method_handler(
            self._keys, key_service_pb2.GetJwksRequest.FromString, key_service_pb2.GetJwksResponse.SerializeToString
        )
        check = grpc.unary_unary_rpc_method_handler(
            self._check, check_pb2.CheckRequest.FromString, check_pb2.CheckResponse.SerializeToString
        )
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler("mesh.identity.v1.KeyService", {"GetJwks": keys}),
                grpc.method_handlers_generic_handler("envoy.service.auth.v3.Authorization", {"Check": check}),
            )
        )
        self._server.add_insecure_port(self.address)
        self._server.start()
        for service in ("", *_SERVICES):
            alive.set(service, health_pb2.HealthCheckResponse.SERVING)

    def stop(self) -> None:
        self._server.stop(grace=None).wait()

    def token(self, *roles: str, key: Ed25519PrivateKey | None = None, kid: str = "", **claims: Any) -> str:
        """An access token as identity makes them; `claims` replace or, when None, remove what it says."""
        said = self._claims(*roles) | claims
        present = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(present, key or self.signing, "EdDSA", headers={"kid": kid or self.kid})

    def api_key(self, *roles: str, **claims: object) -> str:
        """A new API key that stands for such tokens."""
        key = f"mk_{uuid.uuid4().hex}"
        self.keys[key] = self._claims(*roles) | {"sub": f"apiKeys/{key[3:9]}"} | claims
        return key

    def _keys(
        self, request: key_service_pb2.GetJwksRequest, context: grpc.ServicerContext
    ) -> key_service_pb2.GetJwksResponse:
        raw = self.signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        key = key_service_pb2.Jwk(kty="OKP", crv="Ed25519", x=x, kid=self.kid, use="sig", alg="EdDSA")
        return key_service_pb2.GetJwksResponse(keys=[key])

    def _claims(self, *roles: str) -> Claims:
        now = int(time.time())
        who: Claims = {"iss": "mesh-identity", "aud": ["mesh"], "sub": f"users/{uuid.uuid4()}", "roles": list(roles)}
        return who | {"tier": "free", "sid": "sessions/1", "iat": now, "exp": now + 600, "jti": str(uuid.uuid4())}

    def _check(self, request: check_pb2.CheckRequest, context: grpc.ServicerContext) -> check_pb2.CheckResponse:
        headers = request.attributes.request.http.headers
        key = headers["x-api-key"]
        self.asked[key] += 1
        if "x-signature" in headers and headers["x-signature"] != sign(request.attributes.request.http.raw_body):
            key = "forged"
        if key not in self.keys:
            denied = check_pb2.CheckDenied(status=check_pb2.CheckHttpStatus(code=401), body="no such key")
            return check_pb2.CheckResponse(status=check_pb2.CheckStatus(code=16), denied_response=denied)
        token = jwt.encode(self.keys[key], self.signing, "EdDSA", headers={"kid": self.kid})
        header = check_pb2.CheckHeader(key="authorization", value=f"Bearer {token}")
        passed = check_pb2.CheckPassed(
            headers=[check_pb2.CheckHeaderOption(header=header, append_action=2)], headers_to_remove=["x-api-key"]
        )
        answer = check_pb2.CheckResponse(status=check_pb2.CheckStatus(code=0), ok_response=passed)
        answer.dynamic_metadata.update({"subject": self.keys[key]["sub"], "api_key": key[3:9]})
        return answer


def sign(body: bytes) -> str:
    """Stands for what a caller makes of a body with its secret."""
    return hashlib.sha256(body).hexdigest()


_SERVICES = tuple(f"mesh.identity.v1.{noun}Service" for noun in ("ApiKey", "AuditEntry", "Key", "Session", "User"))
