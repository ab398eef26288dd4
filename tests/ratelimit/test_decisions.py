"""What is decided, over the wire."""

import asyncio
import uuid

import pytest
from google.protobuf.duration_pb2 import Duration

from mesh.ratelimit.v1 import rate_limit_pb2
from mesh.ratelimit.v1.limiter_service_pb2 import (
    CancelRequest,
    CheckRequest,
    CommitRequest,
    PeekRequest,
    ReserveRequest,
    ResetRequest,
)
from tests.conftest import Database
from tests.inventory.conftest import refused
from tests.ratelimit.conftest import RateLimiter, descriptor, running

EXACT = [rate_limit_pb2.ALGORITHM_SLIDING_LOG, rate_limit_pb2.ALGORITHM_FIXED_WINDOW]
EVERY = [number for number in rate_limit_pb2.Algorithm.values() if number]


async def test_without_a_limit_everything_passes(limiter: RateLimiter) -> None:
    decision = await limiter.check(user="ada")
    assert decision.allowed
    assert not decision.binding_rate_limit


@pytest.mark.parametrize("algorithm", EVERY)
async def test_a_limit_lets_through_so_many_and_no_more(limiter: RateLimiter, algorithm: int) -> None:
    await limiter.limit("five", 5, algorithm=algorithm, window={"seconds": 3600})
    assert await limiter.admitted(8, user="ada") == 5
    assert await limiter.admitted(8, user="bob") == 5
    denied = await limiter.check(user="ada")
    assert denied.binding_rate_limit == "rateLimits/five"
    assert denied.retry_after.ToMilliseconds() > 0


async def test_two_replicas_and_200_callers_get_exactly_the_limit(limiter: RateLimiter, database: Database) -> None:
    await limiter.limit("hundred", 100, algorithm=rate_limit_pb2.ALGORITHM_SLIDING_LOG, window={"seconds": 3600})
    async with running(database) as other:
        await asyncio.gather(limiter.check(user="warm"), other.check(user="warm"))
        replicas = [limiter, other]
        decisions = await asyncio.gather(*(replicas[number % 2].check(user="ada") for number in range(400)))
    assert sum(decision.allowed for decision in decisions) == 100


@pytest.mark.parametrize("algorithm", EVERY)
async def test_200_callers_at_once_never_pass_the_bound(
    limiter: RateLimiter, database: Database, algorithm: int
) -> None:
    await limiter.limit("sixty", 60, algorithm=algorithm, window={"seconds": 3600})
    async with running(database) as other:
        replicas = [limiter, other]
        decisions = await asyncio.gather(*(replicas[number % 2].check(user="ada") for number in range(200)))
    assert sum(decision.allowed for decision in decisions) == 60


async def test_a_heavy_call_weighs_what_it_says(limiter: RateLimiter) -> None:
    await limiter.limit("ten", 10)
    assert (await limiter.check(7, user="ada")).allowed
    heavy = await limiter.check(4, user="ada")
    assert not heavy.allowed
    assert heavy.statuses[0].limits[0].remaining == 3
    assert (await limiter.check(3, user="ada")).allowed


async def test_a_call_heavier_than_the_limit_is_never_told_to_come_back(limiter: RateLimiter) -> None:
    await limiter.limit("ten", 10)
    decision = await limiter.check(11, user="ada")
    assert not decision.allowed
    assert not decision.HasField("retry_after")


async def test_of_several_limits_all_are_charged_or_none(limiter: RateLimiter) -> None:
    await limiter.limit("of-user", 10)
    await limiter.limit("of-address", 3, keys=["ip"])
    await limiter.limit("of-all", 100, keys=[])
    entries = {"user": "ada", "ip": "192.0.2.1"}
    assert await limiter.admitted(5, **entries) == 3
    denied = await limiter.check(**entries)
    left = {limit.rate_limit: limit.remaining for limit in denied.statuses[0].limits}
    assert denied.binding_rate_limit == "rateLimits/of-address"
    assert left == {"rateLimits/of-address": 0, "rateLimits/of-all": 97, "rateLimits/of-user": 7}


async def test_answers_come_in_the_order_of_the_descriptors(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2)
    asked = [descriptor({"user": "ada"}), descriptor({"team": "x"}), descriptor({"user": "bob"}, 3)]
    request = CheckRequest(descriptors=asked)
    decision = (await limiter.decisions.Check(request)).decision
    assert [status.allowed for status in decision.statuses] == [True, True, False]
    assert [[limit.subject for limit in status.limits] for status in decision.statuses] == [["ada"], [], ["bob"]]
    assert not decision.allowed
    assert (await limiter.check(2, user="ada")).allowed, "the call was refused as a whole"


async def test_a_peek_charges_nothing(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2)
    request = PeekRequest(descriptors=[descriptor({"user": "ada"})])
    for _ in range(5):
        assert (await limiter.decisions.Peek(request)).decision.allowed
    assert await limiter.admitted(3, user="ada") == 2


async def test_a_reset_forgets(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2)
    assert await limiter.admitted(3, user="ada") == 2
    reset = await limiter.decisions.Reset(ResetRequest(descriptors=[descriptor({"user": "ada"})]))
    assert reset.counters == 1
    assert await limiter.admitted(3, user="ada") == 2


async def test_an_estimate_is_replaced_by_what_the_call_came_to(limiter: RateLimiter) -> None:
    await limiter.limit("ten", 10, algorithm=rate_limit_pb2.ALGORITHM_SLIDING_LOG)
    reserve = ReserveRequest(descriptors=[descriptor({"user": "ada"}, 8)])
    reserved = await limiter.decisions.Reserve(reserve)
    assert not (await limiter.check(3, user="ada")).allowed
    commit = CommitRequest(reservation_id=reserved.reservation_id, units=2)
    await limiter.decisions.Commit(commit)
    await limiter.decisions.Commit(commit)
    assert await limiter.admitted(10, user="ada") == 8
    commit.units = 3
    assert (await refused(limiter.decisions.Commit(commit))).reason == "RESERVATION_SETTLED"
    cancel = CancelRequest(reservation_id=reserved.reservation_id)
    assert (await refused(limiter.decisions.Cancel(cancel))).reason == "RESERVATION_SETTLED"


async def test_a_call_that_came_to_more_is_charged_for_all_of_it(limiter: RateLimiter) -> None:
    await limiter.limit("ten", 10)
    reserved = await limiter.decisions.Reserve(ReserveRequest(descriptors=[descriptor({"user": "ada"}, 2)]))
    await limiter.decisions.Commit(CommitRequest(reservation_id=reserved.reservation_id, units=15))
    denied = await limiter.check(user="ada")
    assert not denied.allowed
    # 15 were used, 6 must be paid off before there is room for one: at 10 an hour.
    assert 2040 <= denied.retry_after.ToSeconds() <= 2160


async def test_a_cancelled_reservation_leaves_nothing(limiter: RateLimiter) -> None:
    await limiter.limit("ten", 10, algorithm=rate_limit_pb2.ALGORITHM_FIXED_WINDOW, window={"seconds": 3600})
    reserved = await limiter.decisions.Reserve(ReserveRequest(descriptors=[descriptor({"user": "ada"}, 10)]))
    denied = await refused(limiter.decisions.Reserve(ReserveRequest(descriptors=[descriptor({"user": "ada"})])))
    assert (denied.code, denied.reason) == ("RESOURCE_EXHAUSTED", "LIMIT_REACHED")
    assert denied.metadata == {
        "subject": "ada",
        "rateLimit": "rateLimits/ten",
        "limit": "10",
        "remaining": "0",
    }
    await limiter.decisions.Cancel(CancelRequest(reservation_id=reserved.reservation_id))
    assert await limiter.admitted(11, user="ada") == 10


async def test_a_reservation_that_never_was_cannot_be_settled(limiter: RateLimiter) -> None:
    missing = await refused(limiter.decisions.Commit(CommitRequest(reservation_id=str(uuid.uuid4()))))
    assert (missing.code, missing.reason) == ("NOT_FOUND", "RESERVATION_NOT_FOUND")


async def test_calls_under_way_hold_their_place_until_they_are_over(limiter: RateLimiter) -> None:
    await limiter.limit("two", 2, algorithm=rate_limit_pb2.ALGORITHM_CONCURRENCY)
    reserve = ReserveRequest(descriptors=[descriptor({"user": "ada"})])
    first, second = [await limiter.decisions.Reserve(reserve) for _ in range(2)]
    assert (await refused(limiter.decisions.Reserve(reserve))).reason == "LIMIT_REACHED"
    await limiter.decisions.Commit(CommitRequest(reservation_id=first.reservation_id, units=1))
    third = await limiter.decisions.Reserve(reserve)
    assert (await refused(limiter.decisions.Reserve(reserve))).reason == "LIMIT_REACHED"
    for over in (second, third):
        await limiter.decisions.Cancel(CancelRequest(reservation_id=over.reservation_id))
    assert await limiter.admitted(3, user="ada") == 2


async def test_a_leaky_bucket_tells_each_call_its_turn(limiter: RateLimiter) -> None:
    await limiter.limit("queue", 60, burst=3, algorithm=rate_limit_pb2.ALGORITHM_LEAKY_BUCKET)
    decisions = [await limiter.check(user="ada") for _ in range(4)]
    assert [decision.allowed for decision in decisions] == [True, True, True, False]
    delays = [decision.delay.ToTimedelta().total_seconds() for decision in decisions[:3]]
    assert delays == pytest.approx([0, 60, 120], abs=30)


async def test_who_does_not_want_to_wait_is_refused_instead(limiter: RateLimiter) -> None:
    await limiter.limit("queue", 60, burst=3, algorithm=rate_limit_pb2.ALGORITHM_LEAKY_BUCKET)
    request = CheckRequest(descriptors=[descriptor({"user": "ada"})], max_delay=Duration())
    first, second = [(await limiter.decisions.Check(request)).decision for _ in range(2)]
    assert (first.allowed, second.allowed) == (True, False)
    assert 0 < second.retry_after.ToSeconds() <= 60


async def test_a_limit_in_shadow_mode_only_tells(limiter: RateLimiter) -> None:
    await limiter.limit("audit", 2, mode=rate_limit_pb2.MODE_SHADOW)
    decisions = [await limiter.check(user="ada") for _ in range(4)]
    assert all(decision.allowed for decision in decisions)
    told = [limit for decision in decisions for limit in decision.statuses[0].limits]
    assert [limit.allowed for limit in told] == [True, True, False, False]
    assert all(limit.shadow for limit in told)


async def test_the_identity_is_the_key_then_the_user_then_the_address(limiter: RateLimiter) -> None:
    await limiter.limit("one", 1, keys=["identity"])
    calls = [
        {"api_key": "apiKeys/k", "user": "users/ada", "ip": "192.0.2.1"},
        {"user": "users/ada", "ip": "192.0.2.1"},
        {"ip": "192.0.2.1"},
    ]
    for entries in calls:
        assert await limiter.admitted(2, **entries) == 1


async def test_an_ipv6_subscriber_is_one_subject(limiter: RateLimiter) -> None:
    await limiter.limit("three", 3, keys=["ip"])
    addresses = [f"2001:db8:0:7::{number:x}" for number in range(1, 9)]
    admitted = [(await limiter.check(ip=address)).allowed for address in addresses]
    assert sum(admitted) == 3
    assert (await limiter.check(ip="2001:db8:0:8::1")).allowed
    assert (await limiter.check(ip="::ffff:192.0.2.1")).statuses[0].limits[0].subject == "192.0.2.1"


async def test_made_up_subjects_cannot_fill_the_memory(limiter: RateLimiter) -> None:
    """Beyond so many, subjects share one counter; those that were there before keep theirs."""
    await limiter.limit("few", 3, max_subjects=20, window={"seconds": 3600})
    assert await limiter.admitted(1, user="ada") == 1
    decisions = await asyncio.gather(*(limiter.check(user=f"made-up-{number}") for number in range(100)))
    assert sum(decision.allowed for decision in decisions) == 19 + 3
    assert await limiter.admitted(5, user="ada") == 2


async def test_critical_calls_keep_a_reserved_share(limiter: RateLimiter) -> None:
    await limiter.limit("all", 10, keys=[], reserved={"critical": 0.3, "normal": 0.2})
    assert await limiter.admitted(10, priority="bulk") == 5
    assert await limiter.admitted(10, priority="normal") == 2
    assert await limiter.admitted(10) == 0
    assert await limiter.admitted(10, priority="critical") == 3
