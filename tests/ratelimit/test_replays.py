"""A call that comes again under its request id has one effect and one answer."""

import asyncio
import uuid

import pytest
from google.protobuf.duration_pb2 import Duration
from redis.asyncio import Redis

from mesh.ratelimit.v1.access_rule_service_pb2 import DeleteAccessRuleRequest
from mesh.ratelimit.v1.limiter_service_pb2 import (
    CheckRequest,
    CommitRequest,
    Outcome,
    ReportOutcomesRequest,
    ReserveRequest,
    ResetRequest,
)
from mesh.ratelimit.v1.rate_limit_service_pb2 import SimulateRateLimitRequest
from tests.conftest import Database, eventually
from tests.inventory.conftest import refused
from tests.ratelimit.conftest import HOUR, RateLimiter, a_limit, descriptor, running


def a_check(units: int = 1, /, **entries: str) -> CheckRequest:
    return CheckRequest(descriptors=[descriptor(entries, units)], request_id=str(uuid.uuid4()))


async def test_a_replayed_check_is_charged_once(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2)
    request = a_check(user="ada")
    first, *replays = [await limiter.decisions.Check(request) for _ in range(5)]
    assert all(replay == first for replay in replays)
    assert await limiter.admitted(3, user="ada") == 1
    request.descriptors[0].units = 2
    assert (await refused(limiter.decisions.Check(request))).reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize("effect", ["", "ALLOW", "DENY"])
async def test_a_request_id_is_of_one_call_though_no_limit_counts_it(limiter: RateLimiter, effect: str) -> None:
    if effect:
        await limiter.rule("rule", effect, key="user", subject="ada")
    request = a_check(user="ada")
    first, replay = [await limiter.decisions.Check(request) for _ in range(2)]
    assert replay == first
    assert first.decision.allowed == (effect != "DENY")
    request.descriptors[0].entries["user"] = "bob"
    assert (await refused(limiter.decisions.Check(request))).reason == "REQUEST_ID_REUSED"


async def test_a_replay_is_the_first_answer_though_limits_have_changed_since(limiter: RateLimiter) -> None:
    request = a_check(5, user="ada")
    first = (await limiter.decisions.Check(request)).decision
    await limiter.limit("two", 2)
    assert not (await limiter.check(5, user="ada")).allowed
    replay = (await limiter.decisions.Check(request)).decision
    assert (replay.allowed, replay.version) == (True, first.version)


async def test_who_was_denied_is_denied_again_though_the_rule_is_gone(limiter: RateLimiter) -> None:
    await limiter.rule("rule", "DENY", key="user", subject="ada")
    request = a_check(user="ada")
    assert not (await limiter.decisions.Check(request)).decision.allowed
    await limiter.rules.DeleteAccessRule(DeleteAccessRuleRequest(name="accessRules/rule"))

    async def gone() -> bool:
        return (await limiter.check(user="ada")).allowed

    await eventually(gone)
    assert not (await limiter.decisions.Check(request)).decision.allowed


async def test_a_replayed_reservation_is_the_same_one(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2, window=HOUR)
    request = ReserveRequest(descriptors=[descriptor({"user": "ada"})], request_id=str(uuid.uuid4()))
    first, *replays = await asyncio.gather(*(limiter.decisions.Reserve(request) for _ in range(8)))
    assert all(replay == first for replay in replays)
    assert await limiter.admitted(3, user="ada") == 1


async def test_a_refused_reservation_may_be_asked_for_again(limiter: RateLimiter) -> None:
    await limiter.limit("one", 1, window=HOUR)
    assert (await limiter.check(user="ada")).allowed
    request = ReserveRequest(descriptors=[descriptor({"user": "ada"})], request_id=str(uuid.uuid4()))
    assert (await refused(limiter.decisions.Reserve(request))).reason == "LIMIT_REACHED"
    await limiter.decisions.Reset(ResetRequest(descriptors=request.descriptors))
    assert (await limiter.decisions.Reserve(request)).decision.allowed


@pytest.mark.parametrize("effect", ["", "ALLOW"])
async def test_what_no_limit_counts_is_settled_at_any_replica_and_again(
    limiter: RateLimiter, database: Database, effect: str
) -> None:
    if effect:
        await limiter.rule("rule", effect, key="user", subject="ada")
    reserved = await limiter.decisions.Reserve(ReserveRequest(descriptors=[descriptor({"user": "ada"})]))
    commit = CommitRequest(reservation_id=reserved.reservation_id, units=3)
    async with running(database) as other:
        for replica in (other, limiter, other):
            await replica.decisions.Commit(commit)


async def test_a_replayed_reset_forgets_once(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2, window=HOUR)
    assert await limiter.admitted(3, user="ada") == 2
    request = ResetRequest(descriptors=[descriptor({"user": "ada"})], request_id=str(uuid.uuid4()))
    assert (await limiter.decisions.Reset(request)).counters == 1
    assert await limiter.admitted(3, user="ada") == 2
    assert (await limiter.decisions.Reset(request)).counters == 1
    assert not (await limiter.check(user="ada")).allowed
    request.descriptors[0].entries["user"] = "bob"
    assert (await refused(limiter.decisions.Reset(request))).reason == "REQUEST_ID_REUSED"


async def test_a_request_id_is_of_one_simulation(limiter: RateLimiter) -> None:
    request = SimulateRateLimitRequest(rate_limit=a_limit(2), request_id=str(uuid.uuid4()))
    first, replay = [await limiter.limits.SimulateRateLimit(request) for _ in range(2)]
    assert replay == first
    request.rate_limit.limit = 3
    assert (await refused(limiter.limits.SimulateRateLimit(request))).reason == "REQUEST_ID_REUSED"


async def test_each_outcome_of_a_replayed_report_is_counted_once(limiter: RateLimiter, redis: Redis) -> None:
    aims = {"target_latency": Duration(seconds=60), "max_error_ratio": 1, "min_factor": 0.5}
    await limiter.limit("reads", 100, match={"class": "read"}, adaptive=aims)
    told = [Outcome(descriptor=descriptor({"class": "read"}), calls=calls) for calls in (1, 2)]
    request = ReportOutcomesRequest(outcomes=told, request_id=str(uuid.uuid4()))
    await asyncio.gather(*(limiter.decisions.ReportOutcomes(request) for _ in range(20)))
    # Two outcomes may be of two seconds; then the counters hold those of the later one.
    assert await redis.hget("rl:{mesh}:f:reads", "calls") in (b"3", b"2")
    request.outcomes[0].calls = 4
    assert (await refused(limiter.decisions.ReportOutcomes(request))).reason == "REQUEST_ID_REUSED"
