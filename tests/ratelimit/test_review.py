"""What CI and a new mesh do with a file of limits."""

import json
from pathlib import Path
from typing import Any

import pytest

from mesh.ratelimit.v1.rate_limit_service_pb2 import DeleteRateLimitRequest, ListRateLimitsRequest
from services.ratelimit.bootstrap import ensure_limits
from services.ratelimit.convert import limit_file
from services.ratelimit.review import complaints
from tests.conftest import Database, settings
from tests.ratelimit.conftest import RateLimiter

READS = {
    "name": "rateLimits/reads",
    "match": {"class": "read"},
    "keys": ["identity"],
    "algorithm": "ALGORITHM_TOKEN_BUCKET",
    "limit": 10,
    "window": "60s",
}


def test_the_limits_of_a_new_mesh_hold() -> None:
    assert complaints(limit_file.SHIPPED) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"match": {"class": "raed"}}, "rateLimits/mine: no call has the class 'raed'"),
        ({"match": {"method": "mesh.cart.v9.Nobody/Ever"}}, "no call has the method 'mesh.cart.v9.Nobody/Ever'"),
        ({"match": {"role": "king"}}, "no call has the role 'king'"),
        ({"limit": 20}, "rateLimits/mine: reads counts the same calls and is at least as strict: it is always first"),
        (
            {"match": {"class": "read", "priority": "bulk"}, "limit": 10},
            "rateLimits/mine: reads counts the same calls and is at least as strict: it is always first",
        ),
        ({"limit": 0}, "rate_limits[1].limit: must be greater than or equal to 1"),
        ({"algorithm": "ALGORITHM_MAGIC"}, "ALGORITHM_MAGIC"),
        ({"limits": 5}, 'no field named "limits"'),
        (
            {"base": "rateLimits/reads", "match": {}, "keys": [], "subject": "a|b"},
            "a subject of reads is identity, so a|b is none",
        ),
        ({"base": "rateLimits/gone", "match": {}, "keys": [], "subject": "a"}, "there is no limit gone"),
    ],
)
def test_a_file_is_told_what_is_wrong_with_it(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    file = tmp_path / "limits.json"
    file.write_text(json.dumps({"rateLimits": [READS, READS | {"name": "rateLimits/mine", "limit": 5} | changes]}))
    found = complaints(file)
    assert len(found) == 1
    assert complaint in found[0]


async def test_a_new_mesh_is_limited_once(limiter: RateLimiter, database: Database) -> None:
    own = settings(database, "ratelimit")
    await ensure_limits(own, limit_file.SHIPPED)
    shipped = {limit.name for limit in limit_file.read(limit_file.SHIPPED)}
    assert await names(limiter) == shipped
    await limiter.limits.DeleteRateLimit(DeleteRateLimitRequest(name="rateLimits/sign-in"))
    await ensure_limits(own, limit_file.SHIPPED)
    assert await names(limiter) == shipped - {"rateLimits/sign-in"}, "what an operator deleted stays deleted"


async def names(limiter: RateLimiter) -> set[str]:
    """The limits that there are."""
    return {limit.name for limit in (await limiter.limits.ListRateLimits(ListRateLimitsRequest())).rate_limits}
