"""Limits as resources: versions, history, rollback, events, and how fast a change is live."""

import asyncio
import uuid
from functools import partial
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from mesh.ratelimit.v1 import event_pb2, rate_limit_pb2
from mesh.ratelimit.v1.rate_limit_service_pb2 import (
    CreateRateLimitRequest,
    DeleteRateLimitRequest,
    GetRateLimitRequest,
    ListRateLimitsRequest,
    ListRateLimitVersionsRequest,
    RollBackRateLimitRequest,
    UpdateRateLimitRequest,
    WatchRateLimitsRequest,
)
from tests.conftest import Database, eventually
from tests.inventory.conftest import refused
from tests.ratelimit.conftest import RateLimiter, a_limit, running


async def update(limiter: RateLimiter, *paths: str, **fields: Any) -> rate_limit_pb2.RateLimit:
    """Changes fields of the limit `five`."""
    change = rate_limit_pb2.RateLimit(name="rateLimits/five", **fields)
    request = UpdateRateLimitRequest(rate_limit=change, update_mask=FieldMask(paths=paths))
    return await limiter.limits.UpdateRateLimit(request)


async def test_a_limit_is_what_was_said_with_its_defaults_spelled_out(limiter: RateLimiter) -> None:
    created = await limiter.limit("five", 5, match={"class": "read"})
    assert created == await limiter.limits.GetRateLimit(GetRateLimitRequest(name="rateLimits/five"))
    assert created.mode == rate_limit_pb2.MODE_ENFORCE
    assert created.outage == rate_limit_pb2.OUTAGE_LOCAL_SHARE
    assert created.enforcement == rate_limit_pb2.ENFORCEMENT_EXACT
    listed = await limiter.limits.ListRateLimits(ListRateLimitsRequest())
    assert list(listed.rate_limits) == [created]


async def test_limits_are_listed_in_pages(limiter: RateLimiter) -> None:
    for name in ("c", "a", "b"):
        await limiter.limits.CreateRateLimit(
            CreateRateLimitRequest(rate_limit_id=name, rate_limit=a_limit(keys=[name]))
        )
    first = await limiter.limits.ListRateLimits(ListRateLimitsRequest(page_size=2))
    rest = await limiter.limits.ListRateLimits(ListRateLimitsRequest(page_size=2, page_token=first.next_page_token))
    names = [limit.name for page in (first, rest) for limit in page.rate_limits]
    assert names == ["rateLimits/a", "rateLimits/b", "rateLimits/c"]
    assert not rest.next_page_token


async def test_what_was_counted_stays_counted_when_a_limit_changes(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5)
    assert await limiter.admitted(10, user="ada") == 5
    changed = await update(limiter, limit=8)
    await eventually(lambda: _at(limiter, changed))
    assert await limiter.admitted(10, user="ada") == 3


async def test_a_change_is_live_on_every_replica_within_a_second(limiter: RateLimiter, database: Database) -> None:
    await limiter.limit("five", 5)
    loop, took = asyncio.get_running_loop(), []
    async with running(database) as second, running(database) as third:
        for number in range(6, 12):
            changed, began = await update(limiter, limit=number), loop.time()
            for replica in (limiter, second, third):
                await eventually(partial(_at, replica, changed))
            took.append(loop.time() - began)
    # The least of them: the machine may have been busy with something else.
    assert min(took) < 1


async def test_a_stale_writer_is_refused(limiter: RateLimiter) -> None:
    stale = await limiter.limit("five", 5)
    await update(limiter, limit=6)
    stale.limit = 7
    request = UpdateRateLimitRequest(rate_limit=stale)
    assert (await refused(limiter.limits.UpdateRateLimit(request))).reason == "ETAG_MISMATCH"
    request_ = DeleteRateLimitRequest(name="rateLimits/five", etag=stale.etag)
    assert (await refused(limiter.limits.DeleteRateLimit(request_))).reason == "ETAG_MISMATCH"


async def test_a_replayed_write_is_done_once(limiter: RateLimiter) -> None:
    request = CreateRateLimitRequest(rate_limit_id="five", rate_limit=a_limit(), request_id=str(uuid.uuid4()))
    first, again = [await limiter.limits.CreateRateLimit(request) for _ in range(2)]
    assert first == again
    request.request_id = str(uuid.uuid4())
    assert (await refused(limiter.limits.CreateRateLimit(request))).reason == "RATE_LIMIT_EXISTS"


async def test_every_state_is_in_the_history_and_can_be_gone_back_to(limiter: RateLimiter) -> None:
    created = await limiter.limit("five", 5)
    await update(limiter, limit=50, display_name="Too many")
    await limiter.limits.DeleteRateLimit(DeleteRateLimitRequest(name="rateLimits/five"))
    history = await limiter.limits.ListRateLimitVersions(ListRateLimitVersionsRequest(parent="rateLimits/five"))
    assert [(one.rate_limit.limit, one.deleted) for one in history.versions] == [(50, True), (50, False), (5, False)]
    assert all(one.actor for one in history.versions)
    gone = await refused(limiter.limits.GetRateLimit(GetRateLimitRequest(name="rateLimits/five")))
    assert gone.reason == "RATE_LIMIT_NOT_FOUND"
    back = await limiter.limits.RollBackRateLimit(
        RollBackRateLimitRequest(name="rateLimits/five", version=int(created.etag))
    )
    assert (back.limit, back.display_name) == (5, "")
    assert int(back.etag) == int(history.versions[0].version) + 1
    await eventually(lambda: _at(limiter, back))
    assert await limiter.admitted(10, user="ada") == 5


async def test_a_rollback_is_reviewed_like_any_write(limiter: RateLimiter) -> None:
    loose = await limiter.limit("five", 50)
    await update(limiter, limit=5)
    await limiter.limits.CreateRateLimit(
        CreateRateLimitRequest(rate_limit_id="ten", rate_limit=a_limit(4, keys=["team"]))
    )
    change = rate_limit_pb2.RateLimit(name="rateLimits/ten", keys=["user"], limit=10)
    shadowed = await refused(limiter.limits.UpdateRateLimit(UpdateRateLimitRequest(rate_limit=change)))
    assert shadowed.reason == "RULE_UNREACHABLE"
    back = RollBackRateLimitRequest(name="rateLimits/five", version=int(loose.etag))
    assert (await limiter.limits.RollBackRateLimit(back)).limit == 50


async def test_what_others_replace_cannot_be_deleted(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5)
    await limiter.limit("five-ada", 7, base="rateLimits/five", keys=None, subject="ada")
    assert (await limiter.admitted(10, user="ada"), await limiter.admitted(10, user="bob")) == (7, 5)
    in_use = await refused(limiter.limits.DeleteRateLimit(DeleteRateLimitRequest(name="rateLimits/five")))
    assert (in_use.reason, in_use.metadata["replacement"]) == ("RATE_LIMIT_IN_USE", "rateLimits/five-ada")


async def test_a_replacement_goes_on_with_what_its_base_has_counted(limiter: RateLimiter) -> None:
    await limiter.limit("five", 5)
    assert await limiter.admitted(10, user="ada") == 5
    await limiter.limit("five-ada", 7, base="rateLimits/five", keys=None, subject="ada")
    assert await limiter.admitted(10, user="ada") == 2


async def test_of_writers_at_once_each_is_reviewed_against_the_others(limiter: RateLimiter) -> None:
    requests = [CreateRateLimitRequest(rate_limit_id=f"same-{number}", rate_limit=a_limit()) for number in range(8)]
    outcomes = await asyncio.gather(
        *(limiter.limits.CreateRateLimit(request) for request in requests), return_exceptions=True
    )
    assert sum(isinstance(outcome, rate_limit_pb2.RateLimit) for outcome in outcomes) == 1


async def test_changes_are_watched_and_resumed(limiter: RateLimiter) -> None:
    stream = limiter.limits.WatchRateLimits(WatchRateLimitsRequest())
    first = await anext(aiter(stream))
    assert not first.HasField("change")
    await limiter.limit("five", 5)
    seen = await anext(aiter(stream))
    assert (seen.change.rate_limit.name, seen.change.deleted) == ("rateLimits/five", False)
    stream.cancel()
    await limiter.limits.DeleteRateLimit(DeleteRateLimitRequest(name="rateLimits/five"))
    resumed = limiter.limits.WatchRateLimits(WatchRateLimitsRequest(resume_token=seen.resume_token))
    missed = [await anext(aiter(resumed)) for _ in range(2)][1]
    assert missed.change.deleted
    resumed.cancel()


async def test_a_token_of_somebody_else_is_refused(limiter: RateLimiter) -> None:
    stream = limiter.limits.WatchRateLimits(WatchRateLimitsRequest(resume_token="made up"))  # noqa: S106  it is no secret
    assert (await refused(anext(aiter(stream)))).reason == "RESUME_TOKEN_INVALID"


async def test_every_write_is_announced(limiter: RateLimiter, database: Database) -> None:
    await limiter.limit("five", 5)
    await limiter.rule("crawler", "DENY", cidr="192.0.2.0/24")
    async with database.connect() as connection:
        rows = await connection.fetch("SELECT topic, key, payload FROM ratelimit.outbox ORDER BY id")
    assert [(row["topic"], row["key"]) for row in rows] == [
        ("mesh.ratelimit.v1.RateLimitChanged", "rateLimits/five"),
        ("mesh.ratelimit.v1.AccessRuleChanged", "accessRules/crawler"),
    ]
    assert event_pb2.RateLimitChanged.FromString(rows[0]["payload"]).change.rate_limit.limit == 5


async def _at(limiter: RateLimiter, limit: rate_limit_pb2.RateLimit) -> bool:
    return await limiter.version() >= int(limit.etag)
