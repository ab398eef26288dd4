"""API keys, as messages and back."""

from datetime import datetime, timedelta

from mesh.identity.v1 import api_key_pb2
from services._platform.errors import InvalidArgument
from services._platform.times import instant, timestamp
from services.identity.convert import names, users
from services.identity.domain.api_keys import ApiKey
from services.identity.domain.users import User

_DEFAULT_LIFETIME = timedelta(days=365)
_LONGEST_LIFETIME = timedelta(days=2 * 365)


def api_key(key: ApiKey) -> api_key_pb2.ApiKey:
    """A key as a message, without its value."""
    return api_key_pb2.ApiKey(
        name=names.API_KEY.name(key.id),
        user=names.USER.name(key.user),
        display_name=key.display_name,
        scopes=key.scopes,
        tier=users.tier(key.tier),
        signature_required=key.signature_required,
        prefix=key.prefix,
        expire_time=timestamp(key.expire_time),
        create_time=timestamp(key.create_time),
        last_use_time=timestamp(key.last_use_time),
        previous_expire_time=timestamp(key.previous_expire_time),
    )


def to_api_key(id: str, message: api_key_pb2.ApiKey, owner: User, now: datetime) -> ApiKey:
    """A key from what its user may say of it. Refuses an expiry that is past or too far ahead."""
    expiry = instant(message.expire_time) if message.HasField("expire_time") else now + _DEFAULT_LIFETIME
    if not now < expiry <= now + _LONGEST_LIFETIME:
        raise InvalidArgument.of("api_key.expire_time", "must be in the next two years")
    return ApiKey(
        id=id,
        user=owner.id,
        display_name=message.display_name,
        scopes=tuple(sorted(message.scopes)),
        tier=users.to_tier(message.tier) or owner.tier,
        signature_required=message.signature_required,
        expire_time=expiry,
    )
