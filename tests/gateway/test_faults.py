"""Rehearsed faults: only where they are switched on, and in the shape of real ones."""

import time
from collections.abc import Callable

import grpc
import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller
from tests.gateway.edge import Edge, Replica
from tests.gateway.ports import wait_until

FAIL = {"x-mesh-fault-status": "503"}


def test_a_delay(http: httpx.Client) -> None:
    began = time.monotonic()
    assert http.get("/v1/probes/key", headers={"x-mesh-fault-delay": "300"}).status_code == 200
    assert time.monotonic() - began > 0.3


def test_an_error(http: httpx.Client, call: GrpcCaller) -> None:
    answer = http.get("/v1/probes/key", headers=FAIL)
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    with pytest.raises(grpc.RpcError) as failed:
        call(f"{PROBE}/Read", {}, metadata=tuple(FAIL.items()))
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_body_too_large_meanwhile(call: GrpcCaller) -> None:
    """It is refused as any other, and not held until its deadline."""
    with pytest.raises(grpc.RpcError) as refused:
        call(f"{PROBE}/Write", {"padding": "x" * (5 << 20)}, metadata=(("x-mesh-fault-delay", "300"),))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_only_in_our_words(http: httpx.Client) -> None:
    assert http.get("/v1/probes/key", headers={"x-envoy-fault-abort-request": "503"}).status_code == 200


def test_not_unless_switched_on(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    fresh_edge.place({"probe": [replica("a")]})
    fresh_edge.start()
    wait_until(lambda: bool(fresh_edge.healthy("probe")), "the replica is healthy")
    assert httpx.get(f"{fresh_edge.url}/v1/probes/key", headers=FAIL).status_code == 200
