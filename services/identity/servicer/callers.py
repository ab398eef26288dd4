"""Who calls, as the domain and the stores want to know it."""

from collections.abc import Callable

from services._platform.call import Call, Reply
from services._platform.errors import PermissionDenied
from services.identity.convert import names
from services.identity.domain.audit import Origin
from services.identity.domain.refusals import AccountRequired
from services.identity.domain.users import MANAGE

_EDGE_SAYS = "x-envoy-external-address"


def origin(call: Call) -> Origin:
    """Who calls, from where, by which request."""
    return Origin(call.principal.name, address(call), call.request_id)


def address(call: Call) -> str:
    """The network address of the caller: what the edge says, which strips it from what comes in; else the peer's."""
    if told := call.metadata.get(_EDGE_SAYS):
        return told
    kind, _, rest = call.peer.partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else call.peer


def own_id(call: Call) -> str:
    """The id of the user who calls. Refuses services and API keys: they have no account."""
    try:
        return names.USER.id(call.principal.name)
    except ValueError:
        raise AccountRequired(call.principal.name) from None


def restricted_to(call: Call) -> str | None:
    """Whose things the caller may touch: their own, or, as None, everybody's."""
    return None if call.principal.may(MANAGE) else own_id(call)


def nothing(reply: type[Reply]) -> Callable[[None], Reply]:
    """Renders an answer that says nothing."""
    return lambda _: reply()


def asked_user(call: Call, name: str) -> str:
    """The id of the user that a request names: the caller when it is empty or `users/me`. Refuses strangers' names."""
    if name in ("", "users/me"):
        return own_id(call)
    id_ = names.USER.id(name)
    if not call.principal.may(MANAGE) and id_ != own_id(call):
        raise PermissionDenied(f"this is another user; it needs {MANAGE}", metadata={"permission": MANAGE})
    return id_
