"""Whom no limit holds, who does not pass at all, and how abuse blocks itself."""

import asyncio
from datetime import timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from mesh.ratelimit.v1 import access_rule_pb2
from mesh.ratelimit.v1.access_rule_service_pb2 import (
    DeleteAccessRuleRequest,
    GetAccessRuleRequest,
    ListAccessRulesRequest,
    UpdateAccessRuleRequest,
)
from mesh.ratelimit.v1.limiter_service_pb2 import PeekRequest
from tests.conftest import Clock, Database, eventually
from tests.inventory.conftest import refused
from tests.ratelimit.conftest import HOUR, MINUTE, RateLimiter, descriptor, running

PENALTY: Any = {"window": MINUTE, "block": HOUR}


async def rules(limiter: RateLimiter) -> list[access_rule_pb2.AccessRule]:
    return list((await limiter.rules.ListAccessRules(ListAccessRulesRequest())).access_rules)


async def test_who_is_allowed_is_not_counted(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2)
    await limiter.rule("friend", "ALLOW", key="user", subject="ada")
    assert await limiter.admitted(10, user="ada") == 10
    assert (await limiter.check(user="ada")).access_rule == "accessRules/friend"
    assert await limiter.admitted(10, user="bob") == 2


async def test_who_is_denied_does_not_pass_though_no_limit_is_reached(limiter: RateLimiter) -> None:
    await limiter.rule("crawler", "DENY", cidr="192.0.2.0/24")
    denied = await limiter.check(user="ada", ip="192.0.2.77")
    assert (denied.allowed, denied.access_rule) == (False, "accessRules/crawler")
    assert not denied.statuses[0].allowed
    assert (await limiter.check(user="ada", ip="192.0.3.1")).allowed


async def test_the_nearest_rule_decides(limiter: RateLimiter) -> None:
    await limiter.rule("net", "DENY", cidr="10.0.0.0/8")
    await limiter.rule("office", "ALLOW", cidr="10.1.0.0/16")
    await limiter.rule("desk", "DENY", cidr="10.1.2.3")
    await limiter.rule("ada", "ALLOW", key="user", subject="ada")
    verdicts = {
        "10.9.9.9": False,
        "10.1.9.9": True,
        "10.1.2.3": False,
        "10.1.2.4:4711": True,
        "not an address": True,
    }
    assert {ip: (await limiter.check(ip=ip)).allowed for ip in verdicts} == verdicts
    assert (await limiter.check(ip="10.9.9.9", user="ada")).allowed


async def test_of_two_rules_for_the_same_the_denial_stands(limiter: RateLimiter) -> None:
    for id_, effect in (("z-allow", "ALLOW"), ("a-deny", "DENY"), ("m-allow", "ALLOW")):
        await limiter.rule(id_, effect, cidr="2001:db8::/32")
    assert not (await limiter.check(ip="2001:db8::1")).allowed


async def test_a_rule_ends_when_it_says(database: Database, clock: Clock) -> None:
    async with running(database, clock) as limiter:
        expires = Timestamp()
        expires.FromDatetime(clock() + timedelta(hours=1))
        await limiter.rule("crawler", "DENY", cidr="192.0.2.0/24", expire_time=expires)
        denied = await limiter.check(ip="192.0.2.1")
        assert not denied.allowed
        clock.advance(hours=1)
        assert (await limiter.check(ip="192.0.2.1")).allowed
        assert await rules(limiter) == []


async def test_rules_are_changed_and_deleted(limiter: RateLimiter) -> None:
    created = await limiter.rule("crawler", "DENY", cidr="192.0.2.0/24")
    change = access_rule_pb2.AccessRule(name=created.name, cidr="198.51.100.0/24")
    changed = await limiter.rules.UpdateAccessRule(UpdateAccessRuleRequest(access_rule=change))
    assert changed == await limiter.rules.GetAccessRule(GetAccessRuleRequest(name=created.name))

    async def passes() -> bool:
        return (await limiter.check(ip="192.0.2.1")).allowed and not (await limiter.check(ip="198.51.100.1")).allowed

    await eventually(passes)
    await limiter.rules.DeleteAccessRule(DeleteAccessRuleRequest(name=created.name, etag=changed.etag))
    gone = await refused(limiter.rules.GetAccessRule(GetAccessRuleRequest(name=created.name)))
    assert gone.reason == "ACCESS_RULE_NOT_FOUND"
    await eventually(lambda: _allowed(limiter, ip="198.51.100.1"))


async def test_who_does_not_stop_is_blocked_everywhere_until_it_is_lifted(
    limiter: RateLimiter, database: Database
) -> None:
    await limiter.limit("two", 2, penalty={"denials": 5, **PENALTY})
    async with running(database) as other:
        assert await limiter.admitted(7, user="ada") == 2
        blocked = await limiter.check(user="ada")
        assert blocked.access_rule.startswith("accessRules/penalty-")
        assert not blocked.statuses[0].limits, "no counter was asked"
        await eventually(lambda: _blocked(other, user="ada"))
        assert (await limiter.check(user="bob")).allowed

        async def written() -> list[access_rule_pb2.AccessRule]:
            return await rules(limiter)

        await eventually(written)
        [rule] = await rules(limiter)
        assert (rule.key, rule.subject, rule.penalty_rate_limit) == ("user", "ada", "rateLimits/two")
        assert rule.expire_time.ToDatetime() - rule.create_time.ToDatetime() <= timedelta(hours=1)
        await limiter.rules.DeleteAccessRule(DeleteAccessRuleRequest(name=rule.name))
        for replica in (limiter, other):
            await eventually(lambda replica=replica: _not_blocked(replica, user="ada"))  # type: ignore[misc]


async def test_a_block_ends_by_itself(database: Database, clock: Clock) -> None:
    async with running(database, clock) as limiter:
        await limiter.limit("two", 2, penalty={"denials": 3, **PENALTY})
        await limiter.admitted(5, user="ada")
        assert (await limiter.check(user="ada")).access_rule
        clock.advance(hours=1)
        assert not (await limiter.check(user="ada")).access_rule


async def test_who_comes_from_too_many_addresses_is_blocked(limiter: RateLimiter) -> None:
    await limiter.limit("many", 1000, penalty={"addresses": 3, **PENALTY})
    for _ in range(4):
        for last in (1, 2, 3):
            assert (await limiter.check(user="ada", ip=f"192.0.2.{last}")).allowed
    assert (await limiter.check(user="ada", ip="192.0.2.4")).allowed
    assert not (await limiter.check(user="ada", ip="192.0.2.1")).allowed
    assert (await limiter.check(user="bob", ip="192.0.2.4")).allowed


async def test_an_address_that_does_not_stop_is_blocked_as_an_address(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2, keys=["identity"], penalty={"denials": 3, **PENALTY})
    await asyncio.gather(*(limiter.check(ip=f"2001:db8:0:7::{last}") for last in range(1, 6)))
    await eventually(lambda: _blocked(limiter, ip="2001:db8:0:7::99"))
    assert (await limiter.check(ip="2001:db8:0:8::1")).allowed

    async def written() -> bool:
        return [rule.cidr for rule in await rules(limiter)] == ["2001:db8:0:7::/64"]

    await eventually(written)


async def _allowed(limiter: RateLimiter, **entries: str) -> bool:
    return (await limiter.check(**entries)).allowed


async def _blocked(limiter: RateLimiter, **entries: str) -> bool:
    # A call that is refused while it is not blocked yet would be one more for the penalty.
    request = PeekRequest(descriptors=[descriptor(entries)])
    return bool((await limiter.decisions.Peek(request)).decision.access_rule)


async def _not_blocked(limiter: RateLimiter, **entries: str) -> bool:
    return not await _blocked(limiter, **entries)
