"""A call is repeated only where the contract says that this has the effect of one."""

import uuid

import grpc
import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller
from tests.gateway.edge import Edge

UNAVAILABLE, ABORTED, INTERNAL = 14, 10, 13


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def test_an_idempotent_write_is_repeated_under_one_key(http: httpx.Client, key: str) -> None:
    seen = http.post("/v1/probes:write", json={"key": key, "failures": 2}).json()
    assert seen["attempts"] == 3
    assert seen["idempotencyKeys"] == [seen["requestId"]] * 3
    assert uuid.UUID(seen["requestId"])


def test_other_requests_have_other_keys(http: httpx.Client, key: str) -> None:
    http.post("/v1/probes:write", json={"key": key})
    seen = http.post("/v1/probes:write", json={"key": key}).json()
    assert len(set(seen["idempotencyKeys"])) == 2


def test_the_callers_own_key_is_kept(http: httpx.Client, call: GrpcCaller, key: str) -> None:
    seen = http.post("/v1/probes:write", json={"key": key, "failures": 1}, headers={"idempotency-key": "mine"})
    assert seen.json()["idempotencyKeys"] == ["mine", "mine"]
    over_grpc = call(f"{PROBE}/Write", {"key": key}, metadata=[("idempotency-key", "mine")])
    assert over_grpc["idempotencyKeys"] == ["mine"] * 3


def test_a_read_is_repeated(call: GrpcCaller, key: str) -> None:
    assert call(f"{PROBE}/Read", {"key": key, "failures": 3})["attempts"] == 4


def test_a_large_write_is_repeated(http: httpx.Client, key: str) -> None:
    size = 3 << 20
    seen = http.post("/v1/probes:write", json={"key": key, "failures": 1, "padding": "x" * size}).json()
    assert (seen["attempts"], seen["padding"]) == (2, str(size))


def test_tries_are_bounded(call: GrpcCaller, key: str) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        call(f"{PROBE}/Write", {"key": key, "failures": 9})
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
    assert failed.value.details() == "as asked for"
    assert call(f"{PROBE}/Write", {"key": key})["attempts"] == 5


@pytest.mark.parametrize("code", [ABORTED, INTERNAL])
def test_refusals_are_final(http: httpx.Client, key: str, code: int) -> None:
    refused = http.post("/v1/probes:write", json={"key": key, "failures": 1, "code": code})
    assert refused.json()["code"] == code
    assert http.post("/v1/probes:write", json={"key": key}).json()["attempts"] == 2


STEERING = {"x-envoy-retry-on": "5xx", "x-envoy-retry-grpc-on": "unavailable", "x-envoy-max-retries": "5"}


@pytest.mark.parametrize("headers", [{}, STEERING])
def test_other_calls_are_never_repeated(http: httpx.Client, key: str, headers: dict[str, str]) -> None:
    """Not even when the caller asks Envoy for it in Envoy's own headers."""
    refused = http.post("/v1/probes:writeOnce", json={"key": key, "failures": 1}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (503, UNAVAILABLE)
    seen = http.post("/v1/probes:writeOnce", json={"key": key}).json()
    assert seen["attempts"] == 2
    assert seen["idempotencyKeys"] == ["", ""]


def test_tries_are_told_in_the_access_log(http: httpx.Client, edge: Edge, key: str) -> None:
    answer = http.post("/v1/probes:write", json={"key": key, "failures": 1})
    assert edge.access_log(answer.headers["x-request-id"])["tries"] == 2
