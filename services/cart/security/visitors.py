"""Who comes to a cart: a user by an access token, a guest by the token of the cart."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from services._platform.call import Call
from services._platform.errors import PermissionDenied
from services._platform.interceptors import Authenticator

HEADER = "cart-token"
_PERMISSION = "cart.use"


class CartTokens:
    """The tokens of guests' carts, derived from the carts' ids by a key (HMAC, RFC 2104): none is ever stored."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, person=b"cart-token").digest()

    def of(self, cart: str) -> str:
        """The token of a guest's cart, by its id."""
        digest = hmac.digest(self._key, cart.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who calls. `user` is empty for a guest; a user may hold the token of a guest's cart as well."""

    user: str
    cart_token: str
    tokens: CartTokens

    def may(self, cart: str, owner: str) -> bool:
        """Whether a cart of this id and owner may be used."""
        if owner:
            return owner == self.user
        return hmac.compare_digest(self.tokens.of(cart).encode(), self.cart_token.encode())


class Visitors:
    """Finds out who comes. RPCs of carts are open to anyone, so no interceptor has asked."""

    def __init__(self, tokens: CartTokens, authenticate: Authenticator) -> None:
        self._tokens = tokens
        self._authenticate = authenticate

    async def of(self, call: Call) -> Visitor:
        """Who calls; the call knows it from then on. Refuses credentials that do not hold, or do not allow it."""
        principal = await self._authenticate(call)
        if principal is not None:
            if not principal.may(_PERMISSION):
                raise PermissionDenied(
                    f"this call needs the permission {_PERMISSION}", metadata={"permission": _PERMISSION}
                )
            call.principal = principal
        return Visitor(principal.name if principal else "", call.metadata.get(HEADER, ""), self._tokens)
