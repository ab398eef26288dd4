"""An API key stands for an access token; the edge asks for it once in a while."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.gateway.edge import Edge, Replica
from tests.gateway.issuer import Issuer, sign
from tests.gateway.ports import wait_until
from tests.gateway.test_authentication import GUARDED, assert_unauthenticated, bearer

INVALID = 'Bearer realm="mesh", error="invalid_key"'


def by_key(key: str) -> dict[str, str]:
    return {"x-api-key": key}


def test_a_key_is_asked_about_once(anyone: httpx.Client, issuer: Issuer) -> None:
    key = issuer.api_key("prober")
    for _ in range(5):
        assert anyone.get(GUARDED, headers=by_key(key)).status_code == 200
    assert issuer.asked[key] == 1


def test_keys_are_told_apart(anyone: httpx.Client, issuer: Issuer) -> None:
    for allowed in (True, False) * 20:
        key = issuer.api_key("prober" if allowed else "customer")
        for _ in range(2):
            assert anyone.get(GUARDED, headers=by_key(key)).status_code == (200 if allowed else 403)


def test_a_key_that_does_not_hold(anyone: httpx.Client, issuer: Issuer) -> None:
    for key in ("mk_unknown", "", "mk_" + "x" * 4000):
        answer = anyone.get(GUARDED, headers=by_key(key))
        assert_unauthenticated(answer, INVALID)
        assert "no such key" not in answer.text


def test_a_key_decides_over_a_token(anyone: httpx.Client, issuer: Issuer) -> None:
    key = issuer.api_key("customer")
    for _ in range(2):
        both = by_key(key) | bearer(issuer.token("prober"))
        assert anyone.get(GUARDED, headers=both).status_code == 403


def test_services_never_see_a_key(anyone: httpx.Client, issuer: Issuer) -> None:
    key = issuer.api_key("prober")
    for _ in range(2):
        seen = anyone.post("/v1/probes:guarded", json={"key": "headers"}, headers=by_key(key)).json()["headers"]
        assert "x-api-key" not in seen
        assert seen["authorization"].startswith("Bearer ey")


def test_a_signed_call_is_always_asked_about(anyone: httpx.Client, issuer: Issuer) -> None:
    """A signature holds once, and for the body: nobody but identity can say whether it does."""
    key, body = issuer.api_key("prober"), b'{"key": "signed"}'
    headers = by_key(key) | {"x-signature": sign(body)}
    for _ in range(3):
        assert anyone.post("/v1/probes:guarded", content=body, headers=headers).status_code == 200
    assert_unauthenticated(anyone.post("/v1/probes:guarded", content=b"{}", headers=headers), INVALID)
    assert issuer.asked[key] == 4


def test_a_token_is_not_used_to_its_end(anyone: httpx.Client, issuer: Issuer) -> None:
    key = issuer.api_key("prober", exp=int(time.time()) + 20)
    for _ in range(3):
        assert anyone.get(GUARDED, headers=by_key(key)).status_code == 200
    assert issuer.asked[key] == 3


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.stop()


def test_known_keys_hold_while_identity_is_away(
    fresh_edge: Edge, own_issuer: Issuer, replica: Callable[[str], Replica]
) -> None:
    fresh_edge.issuer = own_issuer
    fresh_edge.place({"probe": [replica("a")]})
    fresh_edge.start()
    known, unknown = own_issuer.api_key("prober"), own_issuer.api_key("prober")
    with httpx.Client(base_url=fresh_edge.url) as http:
        wait_until(lambda: http.get(GUARDED, headers=by_key(known)).status_code == 200, "the key is known")
        own_issuer.stop()
        wait_until(lambda: not fresh_edge.healthy("identity"), "identity is known to be away")
        assert http.get(GUARDED, headers=by_key(known)).status_code == 200
        answer = http.get(GUARDED, headers=by_key(unknown))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["details"][0]["reason"] == "SERVICE_UNAVAILABLE"
        own_issuer.start()
        wait_until(lambda: http.get(GUARDED, headers=by_key(unknown)).status_code == 200, "it is asked again")


def test_a_revoked_key_is_forgotten(
    fresh_edge: Edge, own_issuer: Issuer, replica: Callable[[str], Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api_keys.REMEMBERED", 1)
    fresh_edge.issuer = own_issuer
    fresh_edge.place({"probe": [replica("a")]})
    fresh_edge.start()
    key = own_issuer.api_key("prober")
    with httpx.Client(base_url=fresh_edge.url) as http:
        wait_until(lambda: http.get(GUARDED, headers=by_key(key)).status_code == 200, "the key is known")
        del own_issuer.keys[key]
        wait_until(lambda: http.get(GUARDED, headers=by_key(key)).status_code == 401, "it is revoked", seconds=3)


def test_memory_is_bounded(
    fresh_edge: Edge, own_issuer: Issuer, replica: Callable[[str], Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two keys of three are kept at most twice over: the first is forgotten, the last is not."""
    monkeypatch.setattr("gateway.api_keys.CAPACITY", 2)
    fresh_edge.issuer = own_issuer
    fresh_edge.place({"probe": [replica("a")]})
    fresh_edge.start()
    keys = [own_issuer.api_key("prober") for _ in range(6)]
    with httpx.Client(base_url=fresh_edge.url) as http:
        wait_until(lambda: http.get(GUARDED, headers=by_key(keys[0])).status_code == 200, "keys are known")
        for key in (*keys, keys[-1], keys[0]):
            assert http.get(GUARDED, headers=by_key(key)).status_code == 200
    assert own_issuer.asked[keys[-1]] == 1
    assert own_issuer.asked[keys[0]] == 2
