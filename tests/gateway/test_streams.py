"""Streams over JSON: a document a line, or server-sent events for who asks for them."""

import json
import time

import grpc
import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller

COUNT = "/v1/probes:count"


def test_one_document_a_line(http: httpx.Client, call: GrpcCaller) -> None:
    answer = http.get(COUNT, params={"failures": 3})
    assert answer.headers["content-type"] == "application/json"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    streamed = list(call.stream(f"{PROBE}/Count", {"failures": 3}))
    assert [line["attempts"] for line in lines] == [one["attempts"] for one in streamed] == [1, 2, 3]


def test_server_sent_events(http: httpx.Client) -> None:
    answer = http.get(COUNT, params={"failures": 2}, headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"] == "text/event-stream"
    events = answer.text.removesuffix("\n\n").split("\n\n")
    assert [json.loads(event.removeprefix("data: "))["attempts"] for event in events] == [1, 2]


def test_asking_for_events_changes_nothing_else(http: httpx.Client) -> None:
    asking = {"accept": "text/event-stream"}
    assert http.get("/v1/probes/key", headers=asking).headers["content-type"] == "application/json"
    assert http.get("/v1/unknown", headers=asking).json()["details"][0]["reason"] == "ROUTE_UNKNOWN"
    assert http.post("/v1/probes:internal", headers=asking).status_code == 404


def test_messages_come_as_they_are_made(http: httpx.Client) -> None:
    delay = 0.5
    with http.stream("GET", COUNT, params={"failures": 2, "delay": f"{delay}s"}) as answer:
        lines = answer.iter_lines()
        assert json.loads(next(lines))["attempts"] == 1
        came = time.monotonic()
        assert json.loads(next(lines))["attempts"] == 2
        assert time.monotonic() - came > delay / 2


def test_an_error_before_the_first_message(http: httpx.Client) -> None:
    answer = http.get(COUNT, params={"code": 9})
    assert (answer.status_code, answer.json()["code"]) == (400, 9)


def test_an_error_in_the_middle_reaches_grpc_callers(call: GrpcCaller) -> None:
    """A JSON caller over HTTP/1.1 sees the stream end: a contract that needs more sends an end message."""
    stream = call.stream(f"{PROBE}/Count", {"failures": 2, "code": 8})
    assert [next(stream)["attempts"], next(stream)["attempts"]] == [1, 2]
    with pytest.raises(grpc.RpcError) as ended:
        next(stream)
    assert ended.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_streamed_request(http: httpx.Client, call: GrpcCaller) -> None:
    """As a whole it may be larger than one message may be."""
    messages = [{"padding": "x" * (1 << 20)}] * 6
    assert http.post("/v1/probes:sum", json=messages).json()["padding"] == str(6 << 20)
    assert call.upload(f"{PROBE}/Sum", messages)["padding"] == str(6 << 20)
