"""Verifies access tokens: JSON Web Tokens (RFC 7519, RFC 8725) that identity signed with Ed25519 (RFC 8037).

Verifying costs a signature check; a token that was verified is remembered until it expires, for microseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from services._platform.call import Principal
from services._platform.clock import Clock
from services._platform.errors import Unauthenticated
from services._platform.jwks import Keys

ISSUER = "mesh-identity"
AUDIENCE = "mesh"
ALGORITHM = "EdDSA"
LEEWAY = 5.0
"""Seconds by which the clocks of two machines may differ."""

_MOST_CHARACTERS = 4096
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    expires: float


class AccessTokens:
    """Turns tokens into principals. `roles` says what each role may do; a role that is not there holds nothing."""

    def __init__(
        self, keys: Keys, roles: Mapping[str, frozenset[str]], clock: Clock, *, remembered: int = 10_000
    ) -> None:
        self._keys = keys
        self._roles = roles
        self._clock = clock
        self._most = remembered
        self._verified: dict[str, _Verified] = {}

    async def principal(self, token: str) -> Principal:
        """Whom a token names. Raises `Unauthenticated` when it does not hold."""
        now = self._clock().timestamp()
        known = self._verified.get(token)
        if known is None:
            known = await self._verify(token, now)
            self._remember(token, known)
        if known.expires + LEEWAY <= now:
            self._verified.pop(token, None)
            raise Unauthenticated("the access token has expired")
        return known.principal

    async def _verify(self, token: str, now: float) -> _Verified:
        if len(token) > _MOST_CHARACTERS:
            raise Unauthenticated("the access token is too long to be one of ours")
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.find(str(header.get("kid", "")))
            if key is None:
                raise Unauthenticated("the access token is signed by no key of ours")
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # The instants are judged by the clock that is a parameter.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            expires, begins = float(claims["exp"]), float(claims.get("nbf", claims["iat"]))
            principal = self._principal(claims)
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise Unauthenticated("the access token is not one of ours") from error
        if begins > now + LEEWAY:
            raise Unauthenticated("the access token does not hold yet")
        return _Verified(principal, expires)

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        permissions = frozenset[str]().union(*(self._roles.get(role, ()) for role in _texts(claims.get("roles", []))))
        if "scopes" in claims:
            permissions &= set(_texts(claims["scopes"]))
        return Principal(
            str(claims["sub"]), permissions, tier=str(claims.get("tier", "free")), session=str(claims.get("sid", ""))
        )

    def _remember(self, token: str, verified: _Verified) -> None:
        if len(self._verified) >= self._most:
            self._verified.pop(next(iter(self._verified)))  # the oldest: its time is nearest to be up
        self._verified[token] = verified


def _texts(values: object) -> Iterable[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("not a list of texts")
    return values
