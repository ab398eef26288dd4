"""Makes access tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from services._platform.access_token import ALGORITHM, AUDIENCE, ISSUER
from services.identity.security.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `scopes` narrow what the roles hold; None does not."""

    subject: str
    id: str
    roles: Sequence[str]
    tier: str
    session: str = ""
    scopes: Sequence[str] | None = None


class Mint:
    """Signs tokens."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def token(self, claims: Claims, issued: datetime, lifetime: timedelta) -> tuple[str, datetime]:
        """A token, and when it expires. The same claims at the same instant make the same token."""
        kid, key = await self._keyring.signer()
        begins = int(issued.timestamp())
        payload = {
            "iss": ISSUER,
            "aud": [AUDIENCE],
            "sub": claims.subject,
            "iat": begins,
            "exp": begins + int(lifetime.total_seconds()),
            "jti": claims.id,
            "roles": list(claims.roles),
            "tier": claims.tier,
        }
        if claims.session:
            payload["sid"] = claims.session
        if claims.scopes is not None:
            payload["scopes"] = list(claims.scopes)
        text = jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": kid})
        return text, datetime.fromtimestamp(begins, issued.tzinfo) + lifetime
