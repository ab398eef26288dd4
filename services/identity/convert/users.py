"""Users, as messages and back."""

from mesh.identity.v1 import role_pb2, user_pb2
from services._platform.times import timestamp
from services.identity.convert import names
from services.identity.domain.users import User, normalised

_ROLE, _TIER = "ROLE_", "TIER_"


def user(user: User) -> user_pb2.User:
    """A user as a message."""
    return user_pb2.User(
        name=names.USER.name(user.id),
        email=user.email,
        display_name=user.display_name,
        roles=[role_pb2.Role.Value(_ROLE + role.upper()) for role in user.roles],
        tier=tier(user.tier),
        disabled=user.disabled,
        email_verified=user.email_verified,
        etag=str(user.version),
        create_time=timestamp(user.create_time),
        update_time=timestamp(user.update_time),
    )


def to_user(id: str, message: user_pb2.User) -> User:
    """A user from what a caller may say of it."""
    return User(
        id=id,
        email=normalised(message.email),
        display_name=message.display_name,
        roles=tuple(sorted(role_pb2.Role.Name(role).removeprefix(_ROLE).lower() for role in message.roles)),
        tier=to_tier(message.tier) or "free",
        disabled=message.disabled,
        email_verified=message.email_verified,
    )


def tier(tier: str) -> user_pb2.Tier.ValueType:
    """A tier as a value of the contract."""
    return user_pb2.Tier.Value(_TIER + tier.upper())


def to_tier(value: user_pb2.Tier.ValueType) -> str:
    """A tier's name; empty when none is said."""
    return user_pb2.Tier.Name(value).removeprefix(_TIER).lower() if value else ""
