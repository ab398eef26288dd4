"""Access rules, as messages."""

from ipaddress import ip_network

from mesh.ratelimit.v1 import access_rule_pb2 as pb
from services._platform.times import instant, timestamp
from services.ratelimit.convert import names
from services.ratelimit.domain.access import AccessRule, Effect


def access_rule(rule: AccessRule) -> pb.AccessRule:
    """A rule as a message."""
    return pb.AccessRule(
        name=rule.name,
        effect=pb.AccessRule.Effect.ValueType(rule.effect.value),
        cidr=rule.cidr,
        key=rule.key,
        subject=rule.subject,
        reason=rule.reason,
        expire_time=timestamp(rule.expire_time),
        penalty_rate_limit=names.RATE_LIMIT.name(rule.penalty_limit) if rule.penalty_limit else "",
        etag=str(rule.version),
        create_time=timestamp(rule.create_time),
        update_time=timestamp(rule.update_time),
    )


def to_access_rule(id: str, message: pb.AccessRule, penalty_limit: str = "") -> AccessRule:
    """A rule from what a caller may say of it. An address without a length is a prefix of its full length."""
    return AccessRule(
        id=id,
        effect=Effect(message.effect),
        reason=message.reason,
        cidr=str(ip_network(message.cidr)) if message.cidr else "",
        key=message.key,
        subject=message.subject,
        expire_time=instant(message.expire_time) if message.HasField("expire_time") else None,
        penalty_limit=penalty_limit,
    )
