"""Who calls. Until a mesh has an identity service, only a local mesh knows its callers: they are its operator."""

from services._platform.call import Call, Principal
from services._platform.interceptors import Authenticator
from services._platform.settings import Settings

_OPERATOR = Principal("operator", operator=True)


def authenticator(settings: Settings) -> Authenticator:
    """How this server finds out who calls. By default nobody is known, so that only public RPCs can be called."""
    return _trusting if settings.trust_local else _knowing_nobody


async def _trusting(call: Call) -> Principal | None:
    return _OPERATOR


async def _knowing_nobody(call: Call) -> Principal | None:
    return None
