"""Rate limits through a real Envoy and a real rate limiter."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from redis.asyncio import Redis

from gateway import rate_limits
from mesh.ratelimit.v1 import rate_limit_pb2
from mesh.ratelimit.v1.rate_limit_service_pb2 import UpdateRateLimitRequest
from services.ratelimit.store import link
from tests.conftest import Backends, Database, eventually
from tests.gateway.callers import PROBE, GrpcCaller, status_json, status_of
from tests.gateway.edge import Edge, Replica
from tests.gateway.issuer import Issuer
from tests.gateway.ports import free_port, wait_until
from tests.ratelimit.conftest import HOUR, PATIENT, RateLimiter, running


@dataclass(frozen=True)
class Limited:
    """An edge whose calls are limited."""

    edge: Edge
    issuer: Issuer
    places: dict[str, list[str]]
    limiter: RateLimiter
    http: httpx.AsyncClient
    call: GrpcCaller

    async def get(self, path: str = "/v1/probes/k", **headers: str) -> httpx.Response:
        """A call; without headers, of nobody."""
        return await self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def statuses(self, count: int, path: str = "/v1/probes/k", **headers: str) -> list[int]:
        """The statuses of calls that come one after the other."""
        return [(await self.get(path, **headers)).status_code for _ in range(count)]

    def bearer(self, *roles: str, **claims: Any) -> str:
        """The header of somebody who has signed in."""
        return f"Bearer {self.issuer.token(*roles, **claims)}"


@pytest.fixture(scope="module")
def backend(stubs: Path) -> Iterator[Replica]:
    replica = Replica("a", stubs)
    yield replica
    replica.kill()


@pytest.fixture
async def limited(
    backends: Backends,
    database: Database,
    image: Path,
    tmp_path: Path,
    backend: Replica,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Limited]:
    """An edge of its own, with one rate limiter, which is waited for however busy the machine is."""
    monkeypatch.setattr(rate_limits, "TIMEOUT", PATIENT)
    monkeypatch.setattr(link, "TIMEOUT", PATIENT)
    async with Redis.from_url(backends.redis) as redis:
        await redis.flushdb()
    port = free_port()
    edge = Edge(image, tmp_path, issuer)
    places = {"probe": [backend.address], "ratelimit": [f"127.0.0.1:{port}"]}
    edge.place_releases(places)

    def ready() -> bool:
        keys = edge.stat(r"http\.edge\.jwt_authn\.jwks_fetch_success")
        return edge.healthy("ratelimit") == {port} and bool(edge.healthy("probe")) and keys > 0

    async with running(database, listen=f"127.0.0.1:{port}") as limiter:
        await asyncio.to_thread(edge.start)
        await asyncio.to_thread(wait_until, ready, "all are healthy, and keys are there")
        with grpc.insecure_channel(edge.target) as channel:
            async with httpx.AsyncClient(base_url=edge.url, timeout=10) as http:
                yield Limited(edge, issuer, places, limiter, http, GrpcCaller(channel, image))
        edge.stop()


async def test_a_json_caller_is_told_everything(limited: Limited) -> None:
    await limited.limiter.limit("reads", 2, match={"class": "read"}, keys=["identity"], window=HOUR)
    first = await limited.get()
    assert first.status_code == 200
    assert first.headers["ratelimit-policy"] == '"reads";q=2;w=3600'
    assert first.headers["ratelimit"] == '"reads";r=1;t=1800'
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("2", "1")
    await limited.get()
    refused = await limited.get()
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/json"
    assert 1790 < int(refused.headers["retry-after"]) <= 1800
    assert refused.headers["ratelimit"] == '"reads";r=0;t=3600'
    body = refused.json()
    details = {detail["@type"].rpartition(".")[2]: detail for detail in body["details"]}
    assert body["code"] == 8
    assert details["ErrorInfo"]["reason"] == "RATE_LIMITED"
    assert details["ErrorInfo"]["metadata"]["rateLimit"] == "rateLimits/reads"
    assert details["QuotaFailure"]["violations"][0]["subject"] == "127.0.0.1"
    assert details["RetryInfo"]["retryDelay"].startswith("179")


async def test_a_grpc_caller_is_told_the_same(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["identity"], window=HOUR)
    json_ = [(await limited.get()).json() for _ in range(2)][1]
    with pytest.raises(grpc.RpcError) as refused:
        await asyncio.to_thread(limited.call, f"{PROBE}/Read", {"key": "k"})
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    status = status_of(error)
    assert status["message"] == json_["message"] == error.details()
    assert [one["@type"] for one in status["details"]] == [one["@type"] for one in json_["details"]]
    assert dict(error.trailing_metadata())["ratelimit"].startswith('"reads";r=0')


async def test_a_grpc_web_caller_is_told_the_same(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["identity"], window=HOUR)
    await limited.get()
    request = limited.call.encode(f"{PROBE}/Read", {"key": "k"})
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    refused = await limited.http.post(f"/{PROBE}/Read", content=request, headers=headers)
    assert (refused.status_code, refused.headers["grpc-status"]) == (200, "8")
    details = status_json(refused.headers["grpc-status-details-bin"])["details"]
    assert details[0]["reason"] == "RATE_LIMITED"


async def test_every_tier_has_its_limit(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["identity"], window=HOUR)
    base = {"keys": None, "window": HOUR, "base": "rateLimits/reads"}
    await limited.limiter.limit("reads-premium", 2, tier=rate_limit_pb2.TIER_PREMIUM, **base)
    await limited.limiter.limit("reads-enterprise", 3, tier=rate_limit_pb2.TIER_ENTERPRISE, **base)
    await limited.limiter.limit("reads-ada", 4, subject="users/ada", **base)
    admitted = {}
    for sub, tier in (("bob", "free"), ("cyd", "premium"), ("dan", "enterprise"), ("ada", "free"), ("eve", "made-up")):
        found = await limited.statuses(6, authorization=limited.bearer(sub=f"users/{sub}", tier=tier))
        admitted[sub] = found.count(200)
    assert admitted == {"bob": 1, "cyd": 2, "dan": 3, "ada": 4, "eve": 1}


async def test_an_api_key_is_counted_by_itself_and_by_its_tier(limited: Limited) -> None:
    await limited.limiter.limit("keys", 1, match={"class": "read"}, keys=["api_key"], window=HOUR)
    premium = {"keys": None, "window": HOUR, "base": "rateLimits/keys", "tier": rate_limit_pb2.TIER_PREMIUM}
    await limited.limiter.limit("keys-premium", 3, **premium)
    free, paid = limited.issuer.api_key("prober"), limited.issuer.api_key("prober", tier="premium")
    assert await limited.statuses(3, x_api_key=free) == [200, 429, 429]
    assert await limited.statuses(4, x_api_key=paid) == [200, 200, 200, 429]
    assert await limited.statuses(4) == [200, 200, 200, 200], "who has no key is not counted"


async def test_of_several_roles_the_one_that_holds_most_is_known(limited: Limited) -> None:
    await limited.limiter.limit("staff", 1, match={"role": "manager"}, keys=["user"], window=HOUR)
    found = {}
    for roles in ((), ("customer",), ("customer", "manager"), ("manager", "admin")):
        found[roles] = (await limited.statuses(2, authorization=limited.bearer(*roles))).count(429)
    assert found == {(): 0, ("customer",): 0, ("customer", "manager"): 1, ("manager", "admin"): 0}


async def test_nobody_is_who_they_say_without_a_token_that_holds(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["identity"], window=HOUR)
    forged = [limited.bearer(sub=f"users/{number}", iss="https://elsewhere") for number in range(3)]
    answers = [await limited.get(authorization=one) for one in forged]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[2].json()["details"][0]["metadata"]["subject"] == "127.0.0.1"


async def test_who_may_not_is_told_so_and_charges_nothing(limited: Limited) -> None:
    await limited.limiter.limit("writes", 1, match={"class": "write"}, keys=["identity"], window=HOUR)
    for _ in range(3):
        refused = await limited.http.post("/v1/probes:guarded", json={"key": "k"})
        assert refused.status_code == 401
    headers = {"authorization": limited.bearer("prober")}
    answers = [await limited.http.post("/v1/probes:guarded", json={"key": "k"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]


async def test_heavy_methods_weigh_more_and_give_way(limited: Limited) -> None:
    await limited.limiter.limit("reads", 10, match={"class": "read"}, keys=[], window=HOUR, reserved={"critical": 0.2})
    assert (await limited.statuses(4, "/v1/heavy/k")).count(200) == 2
    assert (await limited.statuses(4)).count(200) == 2


async def test_a_shadow_limit_lets_through_and_tells(limited: Limited) -> None:
    await limited.limiter.limit(
        "audit", 1, match={"class": "read"}, keys=["identity"], mode=rate_limit_pb2.MODE_SHADOW, window=HOUR
    )
    answers = [await limited.get() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.headers.get("x-ratelimit-shadow") for answer in answers] == [None, "audit", "audit"]


async def test_a_blocked_caller_is_told_so(limited: Limited) -> None:
    await limited.limiter.rule("crawler", "DENY", cidr="127.0.0.0/8")
    refused = await limited.get()
    assert refused.status_code == 429
    assert refused.json()["details"][0]["reason"] == "CALLER_BLOCKED"
    assert refused.json()["details"][0]["metadata"] == {"accessRule": "accessRules/crawler"}


async def test_the_address_is_that_of_the_connection_whatever_the_caller_says(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["ip"], window=HOUR)
    forged = [
        {"x-forwarded-for": f"192.0.2.{number}", "x-envoy-external-address": "192.0.2.9"} for number in range(1, 4)
    ]
    answers = [await limited.http.get("/v1/probes/k", headers=headers) for headers in forged]
    assert [answer.status_code for answer in answers] == [200, 429, 429]


async def test_behind_proxies_of_ours_the_address_is_the_one_that_they_saw(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["ip"], window=HOUR)
    assert await limited.statuses(2) == [200, 429]
    limited.edge.place_releases(limited.places, trusted_hops=1)

    async def seen(address: str) -> httpx.Response:
        headers = {"x-forwarded-for": f"192.0.2.1, {address}"}
        # A connection stays with the configuration that it met.
        async with httpx.AsyncClient(base_url=limited.edge.url) as caller:
            return await caller.get("/v1/probes/k", headers=headers)

    async def taken_over() -> bool:
        answer = await seen("198.51.100.1")
        # Until the new configuration has met the rate limiter, calls pass uncounted.
        return answer.status_code == 200 and "ratelimit" in answer.headers

    await eventually(taken_over)
    answers = [await seen(address) for address in ("198.51.100.7", "198.51.100.7", "198.51.100.8")]
    assert [answer.status_code for answer in answers] == [200, 429, 200]


async def test_a_changed_limit_is_live_on_every_replica_within_a_second(limited: Limited, database: Database) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["identity"], window=HOUR)
    async with running(database) as other:
        await eventually(lambda: _knows(other, "reads"))
        loop, took = asyncio.get_running_loop(), []
        for number in (50, 60, 70):
            change = rate_limit_pb2.RateLimit(name="rateLimits/reads", limit=number)
            written = await limited.limiter.limits.UpdateRateLimit(UpdateRateLimitRequest(rate_limit=change))
            began = loop.time()
            for replica in (limited.limiter, other):
                await eventually(partial(_reached, replica, int(written.etag)))
            took.append(loop.time() - began)
        # The least of them: the machine may have been busy with something else.
        assert min(took) < 1
    assert (await limited.statuses(10)).count(429) == 0


async def test_the_edge_stays_up_without_the_rate_limiter(limited: Limited) -> None:
    await limited.limiter.limit("reads", 1, match={"class": "read"}, keys=["identity"], window=HOUR)
    assert await limited.statuses(2) == [200, 429]
    limited.edge.place_releases(limited.places | {"ratelimit": []})
    await eventually(lambda: _passes(limited))


async def test_what_is_lent_to_the_edge_is_decided_there(limited: Limited) -> None:
    await limited.limiter.limit(
        "lent", 20, match={"class": "lent"}, keys=[], window=HOUR, enforcement=rate_limit_pb2.ENFORCEMENT_QUOTA
    )
    await limited.get("/v1/lent/k")

    async def refused() -> bool:
        return (await limited.get("/v1/lent/k")).status_code == 429

    await eventually(refused, seconds=20)
    answer = await limited.get("/v1/lent/k")
    assert answer.json()["details"][0]["reason"] == "RATE_LIMITED"
    asked = limited.edge.stat("cluster.ratelimit.ratelimit.ok")
    assert (await limited.statuses(50, "/v1/lent/k")).count(429) >= 40
    assert limited.edge.stat("cluster.ratelimit.ratelimit.ok") == asked, "nobody was asked"


async def _knows(limiter: RateLimiter, id_: str) -> bool:
    return bool((await limiter.check(**{"class": "read", "user": "warm"})).binding_rate_limit == f"rateLimits/{id_}")


async def _reached(limiter: RateLimiter, version: int) -> bool:
    return await limiter.version() >= version


async def _passes(limited: Limited) -> bool:
    return await limited.statuses(3) == [200, 200, 200]
