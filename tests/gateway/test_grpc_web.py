"""gRPC-Web: browsers call the same RPCs and read the same errors."""

import base64

import httpx
import pytest

from tests.gateway.callers import PROBE, GrpcCaller, Json, status_json

WEB = "application/grpc-web+proto"
TEXT = "application/grpc-web-text+proto"


@pytest.mark.parametrize("content_type", [WEB, TEXT])
def test_a_call(http: httpx.Client, call: GrpcCaller, content_type: str) -> None:
    body = call.encode(f"{PROBE}/Read", {"key": "web"})
    answer = _post(http, "Read", base64.b64encode(body) if content_type == TEXT else body, content_type)
    assert answer.headers["content-type"] == content_type
    # In grpc-web-text every frame may be base64 of its own.
    content = answer.content
    if content_type == TEXT:
        content = b"".join(base64.b64decode(part + b"==") for part in content.replace(b"=", b"= ").split())
    frames = _frames(content)
    assert call.decode(f"{PROBE}/Read", frames[0])["requestId"] == answer.headers["x-request-id"]
    assert b"grpc-status:0" in frames[1]


def test_an_error_of_the_service(http: httpx.Client, call: GrpcCaller) -> None:
    request: Json = {"key": "web-fails", "failures": 1, "code": 9}
    answer = _post(http, "WriteOnce", call.encode(f"{PROBE}/WriteOnce", request))
    assert (answer.status_code, answer.headers["grpc-status"]) == (200, "9")
    assert len(status_json(answer.headers["grpc-status-details-bin"])["details"]) == 6


def test_an_answer_of_the_edge(http: httpx.Client, call: GrpcCaller) -> None:
    answer = _post(http, "Internal", call.encode(f"{PROBE}/Internal", {}))
    assert (answer.status_code, answer.headers["content-type"]) == (200, WEB)
    assert answer.headers["grpc-status"] == "12"
    details = status_json(answer.headers["grpc-status-details-bin"])["details"]
    assert details[0]["reason"] == "ROUTE_UNKNOWN"


def _post(http: httpx.Client, rpc: str, body: bytes, content_type: str = WEB) -> httpx.Response:
    headers = {"content-type": content_type, "accept": content_type, "x-grpc-web": "1"}
    return http.post(f"/{PROBE}/{rpc}", content=body, headers=headers)


def _frames(content: bytes) -> list[bytes]:
    frames = []
    while content:
        size = int.from_bytes(content[1:5], "big")
        frames.append(content[5 : 5 + size])
        content = content[5 + size :]
    return frames
