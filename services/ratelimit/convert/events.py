"""What the rate limiter announces."""

from mesh.ratelimit.v1 import event_pb2, rate_limit_pb2
from services._platform.outbox import Event
from services.ratelimit.convert import access_rules
from services.ratelimit.domain.access import AccessRule


def rate_limit_changed(change: rate_limit_pb2.RateLimitVersion) -> Event:
    """A limit was written."""
    return Event(change.rate_limit.name, event_pb2.RateLimitChanged(change=change))


def access_rule_changed(rule: AccessRule) -> Event:
    """A rule was written."""
    return Event(rule.name, event_pb2.AccessRuleChanged(access_rule=access_rules.access_rule(rule)))


def access_rule_deleted(rule: AccessRule) -> Event:
    """A rule was deleted."""
    return Event(rule.name, event_pb2.AccessRuleDeleted(access_rule=access_rules.access_rule(rule)))
