"""Whatever the edge itself answers has the shape of every other error, for every kind of caller."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller, status_json, status_of
from tests.gateway.edge import Edge, Replica
from tests.gateway.ports import wait_until

ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def assert_refused(answer: httpx.Response, http_status: int, code: int, reason: str, says: str = "") -> None:
    assert answer.status_code == http_status
    assert answer.headers["content-type"] == "application/json"
    status = answer.json()
    assert set(status) == {"code", "message", "details"}
    assert status["code"] == code
    assert status["details"][0] == {"@type": ERROR_INFO, "reason": reason, "domain": "mesh"}
    assert status["message"]
    assert says in status["message"]
    assert "upstream" not in status["message"]


@pytest.mark.parametrize(
    ("verb", "path", "http_status", "code", "reason"),
    [
        ("GET", "/", 404, 5, "ROUTE_UNKNOWN"),
        ("GET", "/v1/unknown?x=1", 404, 5, "ROUTE_UNKNOWN"),
        ("POST", "/v1/probes:unknown", 404, 5, "ROUTE_UNKNOWN"),
        ("POST", f"/{PROBE}/Read", 404, 5, "ROUTE_UNKNOWN"),
        ("POST", "/v1/probes:internal", 404, 5, "ROUTE_UNKNOWN"),
        ("POST", f"/{PROBE}/Internal", 404, 5, "ROUTE_UNKNOWN"),
        ("GET", "/grpc.health.v1.Health/Check", 404, 5, "ROUTE_UNKNOWN"),
        ("DELETE", "/v1/probes/key", 405, 12, "VERB_NOT_ALLOWED"),
        ("OPTIONS", "/v1/products/mug?x=1", 405, 12, "VERB_NOT_ALLOWED"),
        ("GET", "/v1/probes/key?unknown=1", 400, 3, "REQUEST_MALFORMED"),
        ("GET", "/v1/probes/key?failures=many", 400, 3, "REQUEST_MALFORMED"),
        ("GET", "/v1/probes/a%2Fb", 400, 3, "REQUEST_MALFORMED"),
    ],
)
def test_refused_by_path(http: httpx.Client, verb: str, path: str, http_status: int, code: int, reason: str) -> None:
    assert_refused(http.request(verb, path), http_status, code, reason)


def test_a_refused_verb_comes_with_those_allowed(http: httpx.Client) -> None:
    assert http.delete("/v1/products/mug").headers["allow"] == "GET, PATCH"
    assert http.get("/v1/reservations/one:confirm").headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"key": ', "not JSON (RFC 8259) from byte 8 on"),
        ("key=1", "not JSON (RFC 8259) from byte 3 on"),
        ('{"failures": "many"}', 'failures: invalid value "many"'),
        ('{"failures": 5.5}', "failures: invalid value 5.5"),
        ('{"failures": 3000000000}', "failures: invalid value 3000000000"),
        ('{"delay": "soon"}', "delay"),
        ('{"key": {"a": 1}}', "key"),
    ],
)
def test_a_refused_body_says_where(http: httpx.Client, body: str, says: str) -> None:
    answer = http.post("/v1/probes:write", content=body, headers={"content-type": "application/json"})
    assert_refused(answer, 400, 3, "REQUEST_MALFORMED", says)


def test_too_large(http: httpx.Client, call: GrpcCaller) -> None:
    padding = "x" * (4 << 20)
    assert_refused(http.post("/v1/probes:write", json={"padding": padding}), 413, 8, "REQUEST_TOO_LARGE")
    assert_refused(http.get("/v1/probes/key", headers={"x-a": "a" * 9000}), 431, 8, "REQUEST_TOO_LARGE")
    with pytest.raises(grpc.RpcError) as refused:
        call(f"{PROBE}/Write", {"padding": padding})
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status_of(refused.value)["details"][0]["reason"] == "REQUEST_TOO_LARGE"


def test_as_large_as_a_service_takes(http: httpx.Client) -> None:
    size = (4 << 20) - 1000
    answer = http.post("/v1/probes:write", json={"key": "large", "padding": "x" * size})
    assert answer.json()["padding"] == str(size)


def test_suspicious_headers_are_refused(http: httpx.Client) -> None:
    assert_refused(http.get("/v1/probes/key", headers={"x_request_id": "1"}), 400, 3, "REQUEST_MALFORMED")
    many = {f"x-{number}": "1" for number in range(101)}
    assert_refused(http.get("/v1/probes/key", headers=many), 431, 8, "REQUEST_TOO_LARGE")


def test_no_replica(fresh_edge: Edge) -> None:
    fresh_edge.place({})
    fresh_edge.start()
    answer = httpx.get(f"{fresh_edge.url}/v1/probes/key")
    assert_refused(answer, 503, 14, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["details"][1]["retryDelay"] == "1s"
    with grpc.insecure_channel(fresh_edge.target) as channel, pytest.raises(grpc.RpcError) as refused:
        GrpcCaller(channel, fresh_edge.image)(f"{PROBE}/Read", {})
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert [detail.get("reason") for detail in status_of(refused.value)["details"]] == [
        "SERVICE_UNAVAILABLE",
        None,
    ]


def test_too_many_calls_at_once(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    fresh_edge.place({"probe": [replica("a")]})
    clusters = json.loads((fresh_edge.folder / "clusters.json").read_text())
    for cluster in clusters["resources"]:
        if cluster["name"] == "probe":
            cluster["circuit_breakers"]["thresholds"][0]["max_requests"] = 1
    (fresh_edge.folder / "clusters.json").write_text(json.dumps(clusters))
    fresh_edge.start()
    wait_until(lambda: bool(fresh_edge.healthy("probe")), "the replica is healthy")
    with httpx.Client(base_url=fresh_edge.url) as client, ThreadPoolExecutor(1) as other:
        first = other.submit(client.get, "/v1/probes/first", params={"delay": "0.8s"})
        wait_until(lambda: fresh_edge.stat(r"cluster\.probe\.upstream_rq_active") == 1, "it is under way")
        answer = client.get("/v1/probes/second")
        assert first.result().status_code == 200
    assert_refused(answer, 429, 8, "OVERLOADED")
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["details"][1]["retryDelay"] == "1s"


@pytest.mark.parametrize("rpc", [f"{PROBE}/Internal", "mesh.probe.v1.ProbeService/None", "grpc.health.v1.Health/Check"])
def test_grpc_calls_outside_of_the_contract(edge: Edge, rpc: str) -> None:
    with grpc.insecure_channel(edge.target) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(f"/{rpc}", bytes, bytes)(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert refused.value.details() == "The contract has no such path."
    assert status_of(refused.value)["details"][0]["reason"] == "ROUTE_UNKNOWN"


def test_http2_callers_read_the_same(edge: Edge) -> None:
    with httpx.Client(base_url=edge.url, http1=False, http2=True) as http2:
        assert_refused(http2.get("/v1/unknown"), 404, 5, "ROUTE_UNKNOWN")
        answer = http2.post("/v1/probes:write", content="{", headers={"content-type": "application/json"})
        assert_refused(answer, 400, 3, "REQUEST_MALFORMED")
        assert http2.get("/v1/probes/key").json()["replica"] == "a"


def test_a_caller_cannot_pass_for_another_kind(edge: Edge, http: httpx.Client) -> None:
    """What Envoy leaves in headers for itself is not taken from outside."""
    headers = {"content-type": "application/grpc", "x-envoy-original-path": "/v1/probes/key"}
    answer = http.post(f"/{PROBE}/Internal", headers=headers)
    assert answer.headers["grpc-status"] == "12"
    assert status_json(answer.headers["grpc-status-details-bin"])["details"][0]["reason"] == "ROUTE_UNKNOWN"
