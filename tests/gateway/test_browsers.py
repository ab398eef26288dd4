"""What browsers are told: whose pages may call, what may be done with an answer, and how small it can be sent."""

import gzip
import json
import time

import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller
from tests.gateway.conftest import ORIGIN
from tests.gateway.edge import Edge

PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, x-api-key"}
LARGE = {"key": "large", "padding": "x"}


@pytest.mark.parametrize("path", ["/v1/products", f"/{PROBE}/Read"])
def test_a_preflight_of_our_pages(anyone: httpx.Client, path: str) -> None:
    answer = anyone.options(path, headers={"origin": ORIGIN} | PREFLIGHT)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "x-api-key", "x-grpc-web"} <= set(allowed)
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", "http://shop.example"])
def test_pages_of_others_read_nothing(anyone: httpx.Client, origin: str) -> None:
    for answer in (
        anyone.options("/v1/products", headers={"origin": origin} | PREFLIGHT),
        anyone.get("/v1/probes/key", headers={"origin": origin}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(("path", "status"), [("/v1/probes/key", 200), ("/v1/guarded/key", 401)])
def test_our_pages_read_answers_and_errors(anyone: httpx.Client, path: str, status: int) -> None:
    answer = anyone.get(path, headers={"origin": ORIGIN})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, ORIGIN)
    assert "grpc-status-details-bin" in answer.headers["access-control-expose-headers"]


def test_no_origin_is_allowed_by_default(fresh_edge: Edge) -> None:
    fresh_edge.place({})
    fresh_edge.start()
    answer = httpx.options(f"{fresh_edge.url}/v1/products", headers={"origin": ORIGIN} | PREFLIGHT)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/probes/key", "/v1/guarded/key", "/v1/unknown", "/v1/probes/a%2Fb"])
def test_answers_are_safe_to_show(anyone: httpx.Client, path: str) -> None:
    headers = anyone.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_large_answers_are_compressed(http: httpx.Client, encoding: str) -> None:
    http.post("/v1/products?productId=large", json={"sku": "LARGE", "displayName": "Large", "description": "x" * 4000})
    with http.stream("GET", "/v1/products/large", headers={"accept-encoding": encoding}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert len(body) < 1000
    if encoding == "gzip":
        assert json.loads(gzip.decompress(body))["description"] == "x" * 4000


def test_unwilling_callers_get_answers_plain(http: httpx.Client) -> None:
    assert "content-encoding" not in http.get("/v1/probes/key", headers={"accept-encoding": "identity"}).headers
    assert "content-encoding" not in http.get("/v1/products/large", headers={"accept-encoding": "identity"}).headers


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_messages_of_a_stream_do_not_wait(http: httpx.Client, accept: str) -> None:
    headers = {"accept-encoding": "gzip, br", "accept": accept}
    with http.stream("GET", "/v1/probes:count", params={"failures": 2, "delay": "0.5s"}, headers=headers) as answer:
        lines = answer.iter_lines()
        assert '"attempts":1' in next(lines)
        came = time.monotonic()
        assert any('"attempts":2' in line for line in lines)
        assert time.monotonic() - came > 0.25


def test_grpc_answers_are_left_alone(call: GrpcCaller) -> None:
    seen = call(f"{PROBE}/Read", {"key": "grpc"}, metadata=[("accept-encoding", "gzip")])
    assert seen["attempts"] == 1
