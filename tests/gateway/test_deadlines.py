"""Every call has a deadline: the caller's up to the contract's maximum, or the contract's default."""

import os
import signal
import time
from collections.abc import Callable

import grpc
import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller, Json, status_json, status_of
from tests.gateway.edge import Edge, Replica
from tests.gateway.ports import wait_until

# Of the probe contract, in seconds.
DEFAULT, MAXIMUM = 1.0, 2.0
SLACK = 0.25


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(None, DEFAULT), ("500m", 0.5), ("1500m", 1.5), ("9S", MAXIMUM), ("1H", MAXIMUM)],
)
def test_the_service_sees_the_deadline(http: httpx.Client, sent: str | None, expected: float) -> None:
    headers = {"grpc-timeout": sent} if sent else {}
    seen = http.get("/v1/probes/deadline", headers=headers).json()["secondsLeft"]
    assert seen == pytest.approx(expected, abs=SLACK)


@pytest.mark.parametrize(("sent", "expected"), [(None, DEFAULT), (0.5, 0.5), (60.0, MAXIMUM)])
def test_the_service_sees_the_deadline_over_grpc(call: GrpcCaller, sent: float | None, expected: float) -> None:
    seen = call(f"{PROBE}/Read", {"key": "deadline"}, timeout=sent)["secondsLeft"]
    assert seen == pytest.approx(expected, abs=SLACK)


@pytest.mark.parametrize(("sent", "expected"), [({}, DEFAULT), ({"grpc-timeout": "100m"}, 0.1)])
def test_the_edge_ends_a_late_call(http: httpx.Client, sent: dict[str, str], expected: float) -> None:
    began = time.monotonic()
    answer = http.get("/v1/probes/late", params={"delay": "5s"}, headers=sent)
    assert time.monotonic() - began == pytest.approx(expected, abs=SLACK)
    assert answer.status_code == 504
    assert answer.json()["code"] == 4


def test_the_edge_answers_for_a_service_that_hangs(fresh_edge: Edge, replica: Callable[[str], Replica]) -> None:
    """To every kind of caller, with the reason."""
    hanging = replica("a")
    fresh_edge.place({"probe": [hanging]})
    fresh_edge.start()
    wait_until(lambda: bool(fresh_edge.healthy("probe")), "the replica is healthy")
    os.kill(hanging.process.pid, signal.SIGSTOP)
    with grpc.insecure_channel(fresh_edge.target) as channel, httpx.Client(base_url=fresh_edge.url) as http:
        call = GrpcCaller(channel, fresh_edge.image)
        soon = {"grpc-timeout": "200m"}
        answer = http.get("/v1/probes/late", headers=soon)
        assert (answer.status_code, answer.json()["code"]) == (504, 4)
        assert answer.json()["details"][0]["reason"] == "DEADLINE_EXCEEDED"

        with pytest.raises(grpc.RpcError) as late:
            call(f"{PROBE}/Read", {})
        assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert status_of(late.value)["details"][0]["reason"] == "DEADLINE_EXCEEDED"

        web = {**soon, "content-type": "application/grpc-web+proto"}
        answer = http.post(f"/{PROBE}/Read", content=call.encode(f"{PROBE}/Read", {}), headers=web)
        assert (answer.status_code, answer.headers["grpc-status"]) == (200, "4")
        assert status_json(answer.headers["grpc-status-details-bin"])["code"] == 4


def test_a_request_that_does_not_arrive_is_given_up(http: httpx.Client) -> None:
    def trickle() -> object:
        yield b'{"key": "'
        time.sleep(DEFAULT + SLACK)  # the behaviour of a slow caller, not a wait for something
        yield b'"}'

    answer = http.post("/v1/probes:write", content=trickle(), headers={"content-type": "application/json"})  # type: ignore[arg-type]
    assert answer.status_code == 504
    assert answer.json()["details"][0]["reason"] == "DEADLINE_EXCEEDED"


def test_a_stream_has_the_maximum(call: GrpcCaller) -> None:
    answers: list[Json] = list(call.stream(f"{PROBE}/Count", {"failures": 1}))
    assert answers[0]["secondsLeft"] == pytest.approx(MAXIMUM, abs=SLACK)
