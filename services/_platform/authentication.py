"""Who calls: the access token in `authorization: Bearer ...`. Without a way to verify one, nobody is known."""

from clients import contract
from services._platform import jwks
from services._platform.access_token import AccessTokens
from services._platform.call import Call, Principal
from services._platform.clock import system_clock
from services._platform.errors import Unauthenticated
from services._platform.interceptors import Authenticator
from services._platform.jwks import FetchedKeys, FixedKeys, Keys
from services._platform.settings import Settings


def authenticator(settings: Settings) -> Authenticator:
    """How a server finds out who calls."""
    return bearer(AccessTokens(_keys(settings), contract.roles(), system_clock))


def bearer(tokens: AccessTokens) -> Authenticator:
    """Knows callers by their access tokens."""

    async def authenticate(call: Call) -> Principal | None:
        found = credentials(call)
        if found is None:
            return None
        scheme, token = found
        if scheme != "bearer":
            raise Unauthenticated("the authorization header is not `Bearer` and an access token")
        return await tokens.principal(token)

    return authenticate


def credentials(call: Call) -> tuple[str, str] | None:
    """The scheme of the authorization header, in lower case, and what follows it; None when there is no header."""
    header = call.metadata.get("authorization")
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    return scheme.lower(), value.strip()


def _keys(settings: Settings) -> Keys:
    if settings.jwks:
        return FixedKeys(jwks.read(settings.jwks))
    return FetchedKeys(jwks.from_identity(settings.identity)) if settings.identity else FixedKeys({})
