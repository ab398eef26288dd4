"""Callers of the services under test: whoever a test wants, by real tokens of a key that the services are told of."""

import base64
import json
import time
from collections.abc import Sequence
from typing import Any

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY = Ed25519PrivateKey.generate()
KID = "test"
X = base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).decode().rstrip("=")
JWKS = json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": KID, "x": X, "use": "sig", "alg": "EdDSA"}]})


ADMIN = "users/0198c0de-0000-7000-8000-0000000000aa"


def token(sub: str = ADMIN, roles: Sequence[str] = ("admin",), **more: Any) -> str:
    """An access token as identity makes them; `more` adds claims or replaces them, None leaves one out."""
    now = int(time.time())
    claims = {"iss": "mesh-identity", "aud": ["mesh"], "sub": sub, "iat": now, "exp": now + 600, "roles": list(roles)}
    kept = {name: value for name, value in {**claims, **more}.items() if value is not None}
    return jwt.encode(kept, KEY, algorithm="EdDSA", headers={"kid": KID})


def bearer() -> str:
    """The header's value for an administrator, for an hour: benches call for long."""
    return f"Bearer {token(exp=int(time.time()) + 3600)}"


def hidden(error: grpc.aio.AioRpcError) -> bool:
    """Whether what the server said is hidden by a write of the client's own that came after it (grpc/grpc#36066)."""
    return error.details() == "Internal error from Core"


class AuthorizedChannel:
    """A channel whose every call carries an access token."""

    def __init__(self, channel: grpc.Channel | grpc.aio.Channel, access_token: str) -> None:
        self._channel = channel
        self._metadata = (("authorization", f"Bearer {access_token}"),)

    def __getattr__(self, kind: str) -> Any:
        make = getattr(self._channel, kind)
        if not kind.endswith(("_unary", "_stream")):
            return make

        def made(*arguments: Any, **options: Any) -> Any:
            call = make(*arguments, **options)
            return lambda request=None, *, metadata=(), **more: call(
                request, metadata=(*self._metadata, *metadata), **more
            )

        return made
