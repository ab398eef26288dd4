"""Who calls identity itself: by an access token as everywhere, or, for services that come to get one, by a secret."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence

from services._platform.access_token import AccessTokens
from services._platform.authentication import bearer, credentials
from services._platform.call import Call, Principal
from services._platform.errors import Unauthenticated
from services._platform.interceptors import Authenticator
from services.identity.convert import names
from services.identity.domain.derivation import same


def authenticator(tokens: AccessTokens, secrets: Mapping[str, Sequence[str]]) -> Authenticator:
    """Knows users and services by tokens, and services by secrets, of which the SHA-256 is known by area."""
    by_token = bearer(tokens)

    async def authenticate(call: Call) -> Principal | None:
        found = credentials(call)
        if found is not None and found[0] == "basic":
            return _service(found[1], secrets)
        return await by_token(call)

    return authenticate


def _service(encoded: str, secrets: Mapping[str, Sequence[str]]) -> Principal:
    try:
        area, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated("the Basic credentials cannot be read") from error
    sent = hashlib.sha256(secret.encode()).hexdigest().encode()
    if not any([same(sent, known.encode()) for known in secrets.get(area, ())]):  # noqa: C419  none is skipped
        raise Unauthenticated("this is no secret of a service")
    return Principal(names.SERVICE.name(area))
