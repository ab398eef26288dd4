"""What an answer and the access log say of a request, and what they keep to themselves."""

import uuid

import httpx

from tests.gateway.callers import PROBE, GrpcCaller
from tests.gateway.edge import Edge


def test_the_edge_names_every_request(http: httpx.Client) -> None:
    answers = [http.get(path) for path in ("/v1/probes/key", "/v1/probes/key", "/v1/unknown")]
    ids = [uuid.UUID(answer.headers["x-request-id"]) for answer in answers]
    assert len(set(ids)) == 3
    assert answers[0].json()["requestId"] == str(ids[0])


def test_an_id_from_outside_is_not_taken(http: httpx.Client) -> None:
    mine = str(uuid.uuid4())
    answer = http.get("/v1/probes/key", headers={"x-request-id": mine})
    assert answer.headers["x-request-id"] == answer.json()["requestId"] != mine


def test_answers_do_not_tell_what_is_behind(http: httpx.Client) -> None:
    for path in ("/v1/probes/key", "/v1/unknown", "/v1/probes/a%2Fb"):
        headers = http.get(path).headers
        assert headers["server"] == "mesh"
        assert not [name for name in headers if name.startswith("x-envoy")]


def test_callers_do_not_steer_envoy(http: httpx.Client) -> None:
    answer = http.get("/v1/probes/key", params={"delay": "0.2s"}, headers={"x-envoy-upstream-rq-timeout-ms": "10"})
    assert answer.status_code == 200


def test_the_access_log_tells_a_request(http: httpx.Client, edge: Edge) -> None:
    answer = http.get("/v1/probes/key", params={"padding": "secret"}, headers={"authorization": "Bearer secret"})
    line = edge.access_log(answer.headers["x-request-id"])
    assert line["method"] == "GET"
    assert line["path"] == "/v1/probes/key"
    assert line["rpc"] == f"{PROBE}/Read"
    assert (line["status"], line["cluster"], line["tries"]) == (200, "probe", 1)
    assert "secret" not in str(line)


def test_the_access_log_tells_a_grpc_call(call: GrpcCaller, edge: Edge) -> None:
    request_id = call(f"{PROBE}/Read", {"key": "logged"})["requestId"]
    line = edge.access_log(request_id)
    assert (line["path"], line["grpc_status"]) == (f"/{PROBE}/Read", 0)
    assert line["protocol"] == "HTTP/2"


def test_paths_have_one_spelling(http: httpx.Client) -> None:
    for path in ("/v1//probes/key", "/v1/./probes/key", "/v1/x/../probes/key"):
        assert http.get(path).status_code == 200
    assert http.post("/v1//probes:write", json={}).status_code == 200
