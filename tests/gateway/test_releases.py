"""Releases of one area side by side: by weight, by header, and the same for the same caller."""

import ssl
from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from tests.gateway.edge import Edge, Replica
from tests.gateway.load import load
from tests.gateway.ports import wait_until
from tests.gateway.test_authentication import GUARDED, bearer

READ = "/v1/probes/key"
NO_TLS = ssl.create_default_context()
"""Made once: it takes longer than a call."""


def placed(stable: Replica, canary: Replica, weight: int) -> dict[str, object]:
    """The canary gets `weight` of a hundred."""
    return {
        "probe": {
            "stable": {"weight": 100 - weight, "replicas": [stable.address]},
            "canary": {"weight": weight, "replicas": [canary.address]},
        }
    }


@pytest.fixture
def replicas(replica: Callable[[str], Replica]) -> tuple[Replica, Replica]:
    return replica("stable"), replica("canary")


@pytest.fixture
def canary_edge(fresh_edge: Edge, replicas: tuple[Replica, Replica]) -> Edge:
    fresh_edge.place_releases(placed(*replicas, weight=30))
    fresh_edge.start()
    wait_until(lambda: all(fresh_edge.healthy(f"probe.{name}") for name in ("stable", "canary")), "both are healthy")
    return fresh_edge


def met(answer: httpx.Response) -> str:
    return str(answer.json()["replica"])


def test_by_weight(canary_edge: Edge) -> None:
    seen: Counter[str] = Counter()
    with httpx.Client(base_url=canary_edge.url) as http:
        for _ in range(200):
            seen[met(http.get(READ))] += 1
            http.cookies.clear()
    assert 30 < seen["canary"] < 95


def test_a_cookie_keeps_a_caller_where_it_is(canary_edge: Edge) -> None:
    for _ in range(6):
        with httpx.Client(base_url=canary_edge.url) as http:
            first = http.get(READ)
            assert "HttpOnly" in first.headers["set-cookie"]
            assert {met(http.get(READ)) for _ in range(8)} == {met(first)}


def test_a_signed_in_caller_stays_without_a_cookie(canary_edge: Edge) -> None:
    issuer = canary_edge.issuer
    assert issuer is not None
    seen = set()
    with httpx.Client(base_url=canary_edge.url) as http:
        wait_until(lambda: http.get(GUARDED, headers=bearer(issuer.token("prober"))).status_code == 200, "keys")
    for user in range(20):
        tokens = [issuer.token("prober", sub=f"users/{user}") for _ in range(3)]
        found = {met(httpx.get(canary_edge.url + GUARDED, headers=bearer(token), verify=NO_TLS)) for token in tokens}
        assert len(found) == 1
        seen |= found
    assert seen == {"stable", "canary"}


def test_by_header(canary_edge: Edge) -> None:
    for name in ("stable", "canary"):
        answers = [httpx.get(canary_edge.url + READ, headers={"x-mesh-release": name}) for _ in range(10)]
        assert {met(answer) for answer in answers} == {name}
    assert httpx.get(canary_edge.url + READ, headers={"x-mesh-release": "none"}).status_code == 200


def test_weights_change_and_releases_go_without_a_lost_call(
    canary_edge: Edge, replicas: tuple[Replica, Replica]
) -> None:
    stable, canary = replicas
    with load(canary_edge, "WriteOnce", "/v1/probes:writeOnce") as calls:
        calls.more("stable", "canary")
        canary_edge.place_releases(placed(stable, canary, weight=100))
        calls.more("canary")
        canary_edge.place_releases({"probe": {"canary": {"weight": 1, "replicas": [canary.address]}}})
        wait_until(lambda: not canary_edge.healthy("probe.stable"), "the old release is gone")
        calls.more("canary")
        canary_edge.place_releases(placed(stable, canary, weight=100))
        wait_until(lambda: bool(canary_edge.healthy("probe.stable")), "it is back, and well")
        canary_edge.place_releases(placed(stable, canary, weight=50))
        calls.more("stable", "canary", answers=30)
    assert calls.failed == []
