"""What the contract says of single RPCs: how large, how it leaves, and when another replica is asked."""

from collections.abc import Callable

import grpc
import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller, status_of
from tests.gateway.edge import Edge, Replica
from tests.gateway.ports import wait_until


def test_a_deprecated_rpc_says_so(http: httpx.Client, call: GrpcCaller) -> None:
    answer = http.get("/v1/old")
    assert answer.headers["deprecation"] == "@1793491200"
    assert answer.headers["sunset"] == "Sat, 01 May 2027 00:00:00 GMT"
    assert "deprecation" not in http.get("/v1/probes/key").headers


def test_a_message_larger_than_the_rpc_takes(call: GrpcCaller) -> None:
    assert call(f"{PROBE}/Guarded", {"padding": "x" * 1900})["padding"] == "1900"
    with pytest.raises(grpc.RpcError) as refused:
        call(f"{PROBE}/Guarded", {"padding": "x" * 100_000})
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status_of(refused.value)["details"][0]["reason"] == "REQUEST_TOO_LARGE"


def test_versions_stand_side_by_side(http: httpx.Client) -> None:
    """Each with its own shapes, answered by one area."""
    assert http.post("/v1/probes:write", json={"key": "v1"}).status_code == 200
    assert http.post("/v2/probes:write", json={"name": "v2"}).json() == {"name": "v2"}
    assert http.post("/v2/probes:write", json={"key": "v1"}).json()["details"][0]["reason"] == "FIELD_UNKNOWN"


def test_the_first_answer_counts(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    """A replica that is slow once for a key is overtaken by the other."""
    a, b = replica("a"), replica("b")
    fresh_edge.place({"probe": [a, b]})
    fresh_edge.start()
    wait_until(lambda: fresh_edge.healthy("probe") == {a.port, b.port}, "both are healthy")
    with httpx.Client(base_url=fresh_edge.url) as http:
        for _ in range(12):
            answer = http.get("/v1/hedged/slow", params={"slowReplica": "a", "delay": "0.9s"})
            assert answer.json()["replica"] == "b"
    assert fresh_edge.stat(r"cluster\.probe\.upstream_rq_retry") >= 1


def test_late_answers_do_not_cost_a_replica_its_place(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    """DEADLINE_EXCEEDED, from the replica or the edge, may be the request's fault. UNAVAILABLE is the replica's."""
    a, b = replica("a"), replica("b")
    fresh_edge.place({"probe": [a, b]})
    fresh_edge.start()
    wait_until(lambda: fresh_edge.healthy("probe") == {a.port, b.port}, "both are healthy")
    ejected = r"cluster\.probe\.outlier_detection\.ejections_active"
    with httpx.Client(base_url=fresh_edge.url) as http:
        for number in range(12):
            said = http.post("/v1/probes:writeOnce", json={"key": f"late{number}", "failures": 9, "code": 4})
            assert said.json()["code"] == 4
        for _ in range(8):
            late = http.get("/v1/probes/late", params={"delay": "2s"}, headers={"grpc-timeout": "200m"})
            assert late.status_code == 504
        assert fresh_edge.stat(ejected) == 0
        for number in range(12):
            http.post("/v1/probes:writeOnce", json={"key": f"away{number}", "failures": 9, "code": 14})
        wait_until(lambda: fresh_edge.stat(ejected) == 1, "one is left alone")
