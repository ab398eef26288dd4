"""Whoever calls what is not open to anyone shows an access token that holds."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.gateway.callers import PROBE, GrpcCaller, status_json, status_of
from tests.gateway.edge import Edge, Replica
from tests.gateway.issuer import Issuer
from tests.gateway.ports import wait_until

GUARDED, OPEN = "/v1/guarded/key", "/v1/probes/key"
Token = Callable[[Issuer], str]


def _forged(part: dict[str, Any], issuer: Issuer) -> str:
    """A good token with another header, and no signature."""
    header = base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    return f"{header}.{issuer.token('prober').split('.')[1]}."


INVALID: dict[str, Token] = {
    "not a token": lambda issuer: "abc",
    "expired": lambda issuer: issuer.token("prober", exp=int(time.time()) - 60),
    "never expires": lambda issuer: issuer.token("prober", exp=None),
    "not yet": lambda issuer: issuer.token("prober", nbf=int(time.time()) + 60),
    "signed by another": lambda issuer: issuer.token("prober", key=Ed25519PrivateKey.generate()),
    "unknown key": lambda issuer: issuer.token("prober", kid="2"),
    "unsigned": lambda issuer: _forged({"alg": "none"}, issuer),
    "of another algorithm": lambda issuer: _forged({"alg": "HS256", "kid": "1"}, issuer),
    "of another issuer": lambda issuer: issuer.token("prober", iss="https://elsewhere"),
    "for another": lambda issuer: issuer.token("prober", aud=["shop"]),
    "cut": lambda issuer: issuer.token("prober")[:-4],
}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def assert_unauthenticated(answer: httpx.Response, challenge: str) -> None:
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json()["code"] == 16
    (info,) = answer.json()["details"]
    assert (info["reason"], info["domain"]) == ("CREDENTIALS_INVALID", "mesh")


def test_a_good_token(anyone: httpx.Client, issuer: Issuer) -> None:
    assert anyone.get(GUARDED, headers=bearer(issuer.token("prober"))).status_code == 200


def test_no_token(anyone: httpx.Client) -> None:
    for headers in ({}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}):
        assert_unauthenticated(anyone.get(GUARDED, headers=headers), 'Bearer realm="mesh"')


@pytest.mark.parametrize("kind", INVALID)
def test_a_token_that_does_not_hold(anyone: httpx.Client, issuer: Issuer, kind: str) -> None:
    answer = anyone.get(GUARDED, headers=bearer(INVALID[kind](issuer)))
    description = ', error_description="expired"' if kind == "expired" else ""
    assert_unauthenticated(answer, f'Bearer realm="mesh", error="invalid_token"{description}')


@pytest.mark.parametrize("kind", INVALID)
def test_what_is_open_to_anyone_asks_for_no_token(anyone: httpx.Client, issuer: Issuer, kind: str) -> None:
    assert anyone.get(OPEN, headers=bearer(INVALID[kind](issuer))).status_code == 200


def test_clocks_may_differ_a_little(anyone: httpx.Client, issuer: Issuer) -> None:
    late = issuer.token("prober", exp=int(time.time()) - 2)
    assert anyone.get(GUARDED, headers=bearer(late)).status_code == 200


def test_tokens_elsewhere_are_not_looked_for(anyone: httpx.Client, issuer: Issuer) -> None:
    assert anyone.get(f"{GUARDED}?access_token={issuer.token('prober')}").status_code == 400


def test_who_calls_is_not_taken_from_outside(anyone: httpx.Client) -> None:
    assert anyone.get(GUARDED, headers={"x-mesh-principal": "users/root"}).status_code == 401


def test_over_grpc(edge: Edge, issuer: Issuer) -> None:
    with grpc.insecure_channel(edge.target) as channel:
        GrpcCaller(channel, edge.image, issuer.token("prober"))(f"{PROBE}/Guarded", {})
        for token in ("", "abc"):
            with pytest.raises(grpc.RpcError) as refused:
                GrpcCaller(channel, edge.image, token)(f"{PROBE}/Guarded", {})
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
            assert status_of(refused.value)["details"][0]["reason"] == "CREDENTIALS_INVALID"


def test_over_grpc_web(anyone: httpx.Client, issuer: Issuer, call: GrpcCaller) -> None:
    web = {"content-type": "application/grpc-web+proto"}
    request = call.encode(f"{PROBE}/Guarded", {})
    allowed = anyone.post(f"/{PROBE}/Guarded", content=request, headers=web | bearer(issuer.token("prober")))
    assert b"grpc-status:0" in allowed.content
    refused = anyone.post(f"/{PROBE}/Guarded", content=request, headers=web)
    assert (refused.status_code, refused.headers["grpc-status"]) == (200, "16")
    assert status_json(refused.headers["grpc-status-details-bin"])["details"][0]["reason"] == "CREDENTIALS_INVALID"


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.stop()


def test_tokens_hold_while_identity_is_away(
    fresh_edge: Edge, own_issuer: Issuer, replica: Callable[[str], Replica]
) -> None:
    fresh_edge.issuer = own_issuer
    fresh_edge.place({"probe": [replica("a")]})
    fresh_edge.start()
    good, bad = bearer(own_issuer.token("prober")), bearer(own_issuer.token("prober", kid="2"))
    with httpx.Client(base_url=fresh_edge.url) as http:
        wait_until(lambda: http.get(GUARDED, headers=good).status_code == 200, "the edge has the keys")
        own_issuer.stop()
        wait_until(lambda: not fresh_edge.healthy("identity"), "identity is known to be away")
        assert http.get(GUARDED, headers=bearer(own_issuer.token("prober"))).status_code == 200
        assert http.get(GUARDED, headers=bad).status_code == 401


def test_without_identity_only_what_is_open_is_served(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    token = fresh_edge.issuer.token("prober") if fresh_edge.issuer else ""
    fresh_edge.issuer = None
    fresh_edge.place({"probe": [replica("a")]})
    fresh_edge.start()
    wait_until(lambda: bool(fresh_edge.healthy("probe")), "the replica is healthy")
    with httpx.Client(base_url=fresh_edge.url) as http:
        assert http.get(OPEN).status_code == 200
        assert_unauthenticated(http.get(GUARDED), 'Bearer realm="mesh"')
        answer = http.get(GUARDED, headers=bearer(token))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["details"][0]["reason"] == "SERVICE_UNAVAILABLE"


def test_trust_local_trusts_everyone(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    fresh_edge.place({"probe": [replica("a")]}, trust_local=True)
    fresh_edge.start()
    wait_until(lambda: bool(fresh_edge.healthy("probe")), "the replica is healthy")
    assert httpx.get(f"{fresh_edge.url}{GUARDED}").status_code == 200
    assert httpx.get(f"{fresh_edge.url}/v1/forgotten").status_code == 200
