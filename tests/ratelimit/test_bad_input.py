"""One bad limit or rule for each mistake, and what exactly is said of it."""

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.ratelimit.v1 import access_rule_pb2, limiter_service_pb2
from mesh.ratelimit.v1.access_rule_service_pb2 import CreateAccessRuleRequest
from mesh.ratelimit.v1.rate_limit_service_pb2 import CreateRateLimitRequest, GetReportRequest, RollBackRateLimitRequest
from tests.inventory.conftest import refused
from tests.ratelimit.conftest import HOUR, MINUTE, RateLimiter, a_limit

RANGE = "rate_limit.limit: must be greater than or equal to 1 and less than or equal to 1000000000"
BASE = "rate_limit.base: a limit with a base is for either a tier or a subject, and one without is for neither"
TIERS = "rate_limit.tier: value must be one of the defined enum values"
EITHER = "rate_limit.window: either window or calendar is set, not both"
SPAN = "rate_limit.window: must be greater than or equal to 1s and less than or equal to 2678400s"
CALENDAR = "rate_limit.calendar: only ALGORITHM_FIXED_WINDOW follows the calendar"
BURST = "rate_limit.burst: only token buckets and leaky buckets have a burst"
TAKES = "rate_limit.keys: a limit with a base takes match and keys from it"
PENALTY = "rate_limit.penalty.denials: denials or addresses is set"
NAMES = "rate_limit.keys[0]: does not match regex pattern `^[a-z][a-z0-9_]{0,31}$`"
LENT = (
    "rate_limit.enforcement: "
    "shares are lent of a limit that counts all calls as one, by a bucket or a window, and that enforces"
)

FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "a limit of zero": ({"limit": 0}, RANGE),
    "a limit below zero": ({"limit": -5}, RANGE),
    "no algorithm": ({"algorithm": 0}, "rate_limit.algorithm: must not be in list [0]"),
    "an unknown algorithm": ({"algorithm": 99}, "rate_limit.algorithm: value must be one of the defined enum values"),
    "an unknown tier": (
        {"base": "rateLimits/base", "keys": None, "tier": 9},
        TIERS,
    ),
    "no window": ({"window": None}, EITHER),
    "a window and a calendar": (
        {"calendar": 3, "algorithm": 4},
        EITHER,
    ),
    "a window of no time": (
        {"window": Duration(nanos=1)},
        SPAN,
    ),
    "a bucket that follows the calendar": (
        {"calendar": 3, "window": None},
        CALENDAR,
    ),
    "a time zone without a calendar": ({"time_zone": "UTC"}, "rate_limit.time_zone: only a calendar has a time zone"),
    "a time zone that there is not": (
        {"calendar": 3, "window": None, "algorithm": 4, "time_zone": "Mars/Olympus"},
        "rate_limit.time_zone: there is no time zone 'Mars/Olympus'",
    ),
    "a burst of a window": (
        {"burst": 3, "algorithm": 4},
        BURST,
    ),
    "a log too long": (
        {"limit": 10_001, "algorithm": 3},
        "rate_limit.limit: ALGORITHM_SLIDING_LOG and ALGORITHM_CONCURRENCY remember every call: at most 10000",
    ),
    "a tier without a base": ({"tier": 1}, BASE),
    "a base for nobody": (
        {"base": "rateLimits/base", "keys": None},
        BASE,
    ),
    "a base for a tier and a subject": (
        {"base": "rateLimits/base", "keys": None, "tier": 1, "subject": "users/ada"},
        BASE,
    ),
    "a base and keys": (
        {"base": "rateLimits/base", "tier": 1},
        TAKES,
    ),
    "a quota by user": (
        {"enforcement": 2},
        LENT,
    ),
    "a penalty for everybody": (
        {"keys": None, "penalty": {"denials": 3, "window": MINUTE, "block": HOUR}},
        "rate_limit.penalty: only a subject can be blocked: a limit with a penalty has keys or a base",
    ),
    "a penalty for nothing": (
        {"penalty": {"window": MINUTE, "block": HOUR}},
        PENALTY,
    ),
    "shares of more than all": (
        {"reserved": {"critical": 0.6, "normal": 0.6}},
        "rate_limit.reserved.normal: critical and normal leave something for the rest: together at most 0.95",
    ),
    "a factor of nothing": (
        {"adaptive": {"target_latency": {"nanos": 1000}, "min_factor": 0}},
        "rate_limit.adaptive.min_factor: must be greater than or equal to 0.01 and less than or equal to 1",
    ),
    "a key that is no name": (
        {"keys": ["No Name"]},
        NAMES,
    ),
    "a key twice": ({"keys": ["user", "user"]}, "rate_limit.keys: repeated value must contain unique items"),
}


@pytest.mark.parametrize(("fields", "message"), FIELDS.values(), ids=FIELDS)
async def test_a_limit_that_cannot_be(limiter: RateLimiter, fields: dict[str, Any], message: str) -> None:
    limit = a_limit(fields.pop("limit", 5), **fields)
    found = await refused(limiter.limits.CreateRateLimit(CreateRateLimitRequest(rate_limit=limit)))
    assert (found.code, found.reason, found.message) == ("INVALID_ARGUMENT", "FIELD_INVALID", message)


RULES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a base that there is not": (
        {"base": "rateLimits/nothing", "keys": None, "tier": 1},
        "RATE_LIMIT_NOT_FOUND",
        "there is no limit nothing",
    ),
    "a base that replaces another": (
        {"base": "rateLimits/by-user-premium", "keys": None, "tier": 1},
        "RULE_CONTRADICTORY",
        "by-user-premium replaces by-user itself: replace that one",
    ),
    "a second limit for a tier": (
        {"base": "rateLimits/by-user", "keys": None, "tier": 2},
        "RULE_CONTRADICTORY",
        "by-user-premium replaces by-user for tier premium already",
    ),
    "a subject of a limit without keys": (
        {"base": "rateLimits/of-all", "keys": None, "subject": "users/ada"},
        "RULE_UNREACHABLE",
        "of-all counts all calls as one: it has no subject users/ada",
    ),
    "a tier of a limit without keys": (
        {"base": "rateLimits/of-all", "keys": None, "tier": 1},
        "RULE_CONTRADICTORY",
        "of-all counts all tiers as one: it has no limit for tier free",
    ),
    "a subject that is none": (
        {"base": "rateLimits/by-user", "keys": None, "subject": "users/ada|192.0.2.1"},
        "RULE_UNREACHABLE",
        "a subject of by-user is user, so users/ada|192.0.2.1 is none",
    ),
    "a tier whose calls are not counted": (
        {"base": "rateLimits/of-free", "keys": None, "tier": 2},
        "RULE_UNREACHABLE",
        "of-free counts no calls of tier premium",
    ),
    "a looser limit for the same calls": (
        {"keys": ["team"], "limit": 20},
        "RULE_UNREACHABLE",
        "by-team counts the same calls and is at least as strict: it is always first",
    ),
    "a looser limit for some of the same calls": (
        {"keys": ["team"], "limit": 20, "match": {"class": "read"}},
        "RULE_UNREACHABLE",
        "by-team counts the same calls and is at least as strict: it is always first",
    ),
}


@pytest.mark.parametrize(("fields", "reason", "message"), RULES.values(), ids=RULES)
async def test_a_limit_that_makes_no_sense_beside_others(
    limiter: RateLimiter, fields: dict[str, Any], reason: str, message: str
) -> None:
    await limiter.limit("by-user", 10)
    await limiter.limit("by-team", 10, keys=["team"])
    await limiter.limit("of-free", 10, match={"tier": "free"}, keys=["ip"])
    await limiter.limit("of-all", 10, keys=[])
    await limiter.limit("by-user-premium", 20, base="rateLimits/by-user", keys=None, tier=2)
    limit = a_limit(fields.pop("limit", 5), **fields)
    found = await refused(limiter.limits.CreateRateLimit(CreateRateLimitRequest(rate_limit_id="new", rate_limit=limit)))
    assert (found.reason, found.message) == (reason, message)


async def test_a_limit_that_was_given_no_name_is_refused_alike_each_time(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5)
    request = CreateRateLimitRequest(rate_limit=a_limit(6))
    for _ in range(2):
        found = await refused(limiter.limits.CreateRateLimit(request))
        assert (found.reason, found.metadata) == ("RULE_UNREACHABLE", {"other": "rateLimits/five"})


ACCESS: dict[str, tuple[dict[str, Any], str]] = {
    "a bad prefix": ({"cidr": "10.0.0.0/33"}, "access_rule.cidr: cidr is no IP address or prefix"),
    "a prefix with a host": ({"cidr": "10.0.0.1/8"}, "access_rule.cidr: cidr is no IP address or prefix"),
    "a name for an address": ({"cidr": "example.com"}, "access_rule.cidr: cidr is no IP address or prefix"),
    "nobody": ({}, "access_rule.subject: either cidr, or key and subject, are set"),
    "a key without a subject": ({"key": "user"}, "access_rule.subject: either cidr, or key and subject, are set"),
    "an address and a subject": (
        {"cidr": "10.0.0.0/8", "key": "user", "subject": "users/ada"},
        "access_rule.subject: either cidr, or key and subject, are set",
    ),
    "no reason": (
        {"cidr": "10.0.0.0/8", "reason": ""},
        "access_rule.reason: must be at least 1 characters",
    ),
    "no effect": ({"cidr": "10.0.0.0/8", "effect": 0}, "access_rule.effect: must not be in list [0]"),
}


@pytest.mark.parametrize(("fields", "message"), ACCESS.values(), ids=ACCESS)
async def test_an_access_rule_that_cannot_be(limiter: RateLimiter, fields: dict[str, Any], message: str) -> None:
    rule = access_rule_pb2.AccessRule(**{"effect": 2, "reason": "A test.", **fields})
    found = await refused(limiter.rules.CreateAccessRule(CreateAccessRuleRequest(access_rule=rule)))
    assert (found.code, found.message) == ("INVALID_ARGUMENT", message)


async def test_a_check_of_nothing(limiter: RateLimiter) -> None:
    found = await refused(limiter.decisions.Check(limiter_service_pb2.CheckRequest()))
    assert found.fields == ["descriptors"]


async def test_a_check_of_too_much(limiter: RateLimiter) -> None:
    heavy = limiter_service_pb2.Descriptor(units=-1)
    long = limiter_service_pb2.Descriptor(entries={"user": "x" * 401})
    found = await refused(limiter.decisions.Check(limiter_service_pb2.CheckRequest(descriptors=[heavy, long])))
    assert found.fields == ["descriptors[0].units", 'descriptors[1].entries["user"]']


async def test_more_failures_than_calls(limiter: RateLimiter) -> None:
    outcome = limiter_service_pb2.Outcome(descriptor=limiter_service_pb2.Descriptor(), calls=1, failed_calls=2)
    request = limiter_service_pb2.ReportOutcomesRequest(outcomes=[outcome])
    assert (await refused(limiter.decisions.ReportOutcomes(request))).fields == ["outcomes[0].failed_calls"]


async def test_a_report_of_years(limiter: RateLimiter) -> None:
    request = GetReportRequest(start_time=Timestamp(seconds=1), end_time=Timestamp(seconds=10**9))
    assert (await refused(limiter.limits.GetReport(request))).fields == ["end_time"]


async def test_a_version_that_never_was(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5)
    request = RollBackRateLimitRequest(name="rateLimits/five", version=10**6)
    assert (await refused(limiter.limits.RollBackRateLimit(request))).reason == "VERSION_NOT_FOUND"
