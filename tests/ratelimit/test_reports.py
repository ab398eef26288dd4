"""What is told of the past: usage by hour, top subjects, simulation; and what follows from how calls went."""

import uuid
from datetime import UTC, datetime
from typing import Any

from google.protobuf.duration_pb2 import Duration

from mesh.ratelimit.v1 import rate_limit_pb2
from mesh.ratelimit.v1.limiter_service_pb2 import Outcome, ReportOutcomesRequest
from mesh.ratelimit.v1.rate_limit_service_pb2 import GetReportRequest, GetReportResponse, SimulateRateLimitRequest
from tests.conftest import eventually
from tests.ratelimit.conftest import HOUR, RateLimiter, a_limit, descriptor


async def report(limiter: RateLimiter, calls: int, limit: str = "rateLimits/five") -> GetReportResponse:
    """The report, once so many calls are in it."""
    found = GetReportResponse()

    async def complete() -> bool:
        found.CopyFrom(await limiter.limits.GetReport(GetReportRequest(rate_limit=limit)))
        told = sum(one.allowed_calls + one.blocked_calls + one.shadow_blocked_calls for one in found.hours)
        assert told <= calls
        return told == calls

    await eventually(complete)
    return found


async def test_every_call_is_in_the_report(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5, window=HOUR)
    for user, calls in (("ada", 9), ("bob", 7), ("cyd", 1)):
        await limiter.admitted(calls, user=user)
    found = await report(limiter, 17)
    assert sum(one.allowed_calls for one in found.hours) == 11
    assert sum(one.blocked_calls for one in found.hours) == 6
    assert all(one.start_time.ToDatetime(tzinfo=UTC).minute == 0 for one in found.hours)
    assert [(one.subject, one.calls) for one in found.top_blocked] == [("ada", 4), ("bob", 2)]
    assert {one.subject for one in found.near_limit} == {"ada", "bob"}


async def test_what_a_shadow_limit_would_have_refused_is_in_the_report(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5, window=HOUR, mode=rate_limit_pb2.MODE_SHADOW)
    await limiter.admitted(8, user="ada")
    found = await report(limiter, 8)
    assert [(one.allowed_calls, one.shadow_blocked_calls) for one in found.hours] == [(5, 3)]


async def simulated(limiter: RateLimiter, limit: rate_limit_pb2.RateLimit, calls: int) -> Any:
    """What a limit would have done, once so many calls are recorded."""
    found: list[Any] = []

    async def complete() -> bool:
        found.append(await limiter.limits.SimulateRateLimit(SimulateRateLimitRequest(rate_limit=limit)))
        return bool(found[-1].calls == calls)

    await eventually(complete)
    return found[-1]


async def test_a_change_is_tried_on_recorded_traffic(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5, window=HOUR)
    for user, calls in (("ada", 9), ("bob", 4)):
        await limiter.admitted(calls, user=user)
    stricter = a_limit(2, window=HOUR)
    stricter.name = "rateLimits/five"
    found = await simulated(limiter, stricter, 13)
    assert (found.denied_calls, found.denied_calls_at_present) == (9, 4)
    assert [(one.subject, one.calls) for one in found.subjects] == [("ada", 7), ("bob", 2)]
    assert (await limiter.check(user="cyd")).statuses[0].limits[0].limit == 5, "nothing has changed"


async def test_a_new_limit_is_compared_with_none(limiter: RateLimiter) -> None:
    await limiter.limit("five", 50, window=HOUR)
    await limiter.admitted(6, user="ada", **{"class": "read"})
    await limiter.admitted(6, user="ada", **{"class": "write"})
    found = await simulated(limiter, a_limit(4, keys=None, match={"class": "write"}, window=HOUR), 6)
    assert (found.denied_calls, found.denied_calls_at_present) == (2, 0)


async def outcomes(limiter: RateLimiter, seconds: float, *, failed: int = 0) -> None:
    """Tells of 100 reads that took so long each."""
    latency = Duration()
    latency.FromMilliseconds(int(seconds * 100_000))
    told = Outcome(descriptor=descriptor({"class": "read"}), calls=100, failed_calls=failed, total_latency=latency)
    await limiter.decisions.ReportOutcomes(ReportOutcomesRequest(outcomes=[told], request_id=str(uuid.uuid4())))


async def capacity(limiter: RateLimiter) -> int:
    status = await limiter.check(0, user="ada", **{"class": "read"})
    return status.statuses[0].limits[0].limit


async def adaptive(limiter: RateLimiter) -> None:
    await limiter.limit(
        "reads",
        100,
        match={"class": "read"},
        adaptive={"target_latency": Duration(nanos=100_000_000), "max_error_ratio": 0.1, "min_factor": 0.4},
    )


async def settles(limiter: RateLimiter, wanted: int, seconds: float, *, failed: int = 0) -> None:
    """Tells of outcomes until the limit is at `wanted`: it moves once a second."""

    async def there() -> bool:
        await outcomes(limiter, seconds, failed=failed)
        return await capacity(limiter) == wanted

    await eventually(there, seconds=15)


async def test_a_limit_shrinks_while_calls_are_slow_and_grows_back(limiter: RateLimiter) -> None:
    await adaptive(limiter)
    assert await capacity(limiter) == 100
    await settles(limiter, 70, 0.5)
    await settles(limiter, 49, 0.5)
    await settles(limiter, 54, 0.01)


async def test_a_limit_shrinks_while_calls_fail_but_never_below_its_bound(limiter: RateLimiter) -> None:
    await adaptive(limiter)
    await settles(limiter, 40, 0.01, failed=50)
    before = datetime.now(UTC)
    while (datetime.now(UTC) - before).total_seconds() < 1.5:
        await outcomes(limiter, 0.01, failed=50)
        assert await capacity(limiter) == 40
