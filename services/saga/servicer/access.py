"""Who may start, see and signal what, beyond the permission of the RPC itself."""

from services._platform.call import Principal
from services._platform.errors import PermissionDenied
from services.saga.plan.plan import Plan


def check_start(plan: Plan, principal: Principal) -> None:
    """Whoever starts a saga has the mesh call its RPCs, so they must be allowed to, or to start this very saga."""
    for permission in sorted(plan.permissions):
        if not principal.may(permission):
            raise lacking(permission)


def lacking(permission: str) -> PermissionDenied:
    """The refusal of a caller who does not hold a permission."""
    return PermissionDenied(f"this call needs the permission {permission}", metadata={"permission": permission})


def owner(asked: str, principal: Principal) -> str:
    """For whom a saga runs: the caller, or whom a service names."""
    if asked and asked != principal.name and not principal.is_service:
        raise PermissionDenied("only a service may start a saga for somebody else", metadata={"permission": "service"})
    return asked or principal.name


def sees_all(principal: Principal) -> bool:
    """Whether somebody sees sagas that they do not own."""
    return principal.is_service or principal.may("saga.operate")
