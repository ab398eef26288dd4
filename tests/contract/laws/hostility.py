"""What no honest caller sends is refused cleanly: the server answers, goes on, and stays within its memory."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.rpc import code_pb2

from clients.contract import Access, Method
from tests.contract.faces.web_face import frame
from tests.contract.http2 import Exchange, exchange
from tests.contract.law import Law, Trial, all_rpcs, fresh_id, with_id
from tests.contract.laws.faces import NO_EDGE
from tests.contract.subject import copy, fields

_MEBIBYTE = 1 << 20
_TOO_LARGE = 5 * _MEBIBYTE
_GROWTH = 96 * _MEBIBYTE
"""Room for allocators; a message that was kept, or a bomb that went off, takes more."""

_CHUNK = 16_384
# grpcio waits for the rest of a message although its stream has ended.
_SOON = (("grpc-timeout", "200m"),)
_TRICKS = {
    "right to left": "\u202egnp.exe",
    "invisible": "a\u200b\u200d\ufeffb",
    "combining": "e" + "\u0301" * 30,
    "astral": "\U0001f468\u200d\U0001f469",
    "not a character": "\ufffe\uffff",
    "overlong look-alike": "ＡＢＣ",  # noqa: RUF001
}


def judge(trial: Trial) -> None:
    """Sends hostile bytes, hostile text and hostile HTTP; then an honest call."""
    process = trial.mesh.servers.process(trial.rpc)
    before = process.memory_info().rss if process else 0
    _hostile_bytes(trial)
    _hostile_http(trial)
    _hostile_text(trial)
    _hostile_json(trial)
    outcome = trial.call(*trial.seed())
    assert outcome.ok, f"after hostile calls an honest one is refused: {outcome}"
    if process is None:
        trial.evidence.cannot_know("whether the server stays within its memory: its process is elsewhere")
        return
    grown = process.memory_info().rss - before
    assert grown < _GROWTH, f"the server grew by {grown // _MEBIBYTE} MiB"
    trial.evidence.saw("memory bound kept")


def _hostile_bytes(trial: Trial) -> None:
    honest = trial.seed()[0].SerializeToString()
    # Its length is said first: nobody needs to wait for all of it.
    oversized = b"\0" + _TOO_LARGE.to_bytes(4, "big") + honest + bytes(_CHUNK)
    _assert_refused(trial, oversized, "oversized", {code_pb2.RESOURCE_EXHAUSTED})
    _assert_refused(trial, frame(b"\x0b" * 10_000), "deeply nested", {code_pb2.INVALID_ARGUMENT})
    _assert_refused(trial, frame(b"\xff" * 20), "garbage", {code_pb2.INVALID_ARGUMENT})
    # grpcio takes half a message at the end of a stream for its end, and does not look at flags it does not know.
    streams = bool(trial.rpc.descriptor.client_streaming)
    _ends(trial, b"\0" + (1000).to_bytes(4, "big") + honest, "truncated", _SOON, may_succeed=streams)
    _ends(trial, b"\xff" + frame(honest)[1:], "unknown frame flags", may_succeed=True)


def _hostile_http(trial: Trial) -> None:
    body = frame(trial.seed()[0].SerializeToString())
    _ends(trial, body, "wrong content type", (("content-type", "text/html"),), may_succeed=True)
    twice = ("x-request-id", "one"), ("x-request-id", "two"), ("authorization", "a"), ("authorization", "b")
    _ends(trial, body, "duplicate metadata", twice, may_succeed=True)
    if not _endless(trial.rpc):
        _ends(trial, body, "unreadable deadline", (("grpc-timeout", "soon"),), may_succeed=True)


def _hostile_text(trial: Trial) -> None:
    """Characters that fool people, or programs, in each text of the request."""
    for request, field in _with_text(trial.seed(fresh_id())[0]):
        for text in _TRICKS.values():
            made = with_id(request, fresh_id())
            setattr(made, field.name, text)
            outcome = trial.mesh.direct.call(
                trial.rpc, made, metadata=trial.caller, timeout=0.2 if _endless(trial.rpc) else 5, take=1
            )
            late = _endless(trial.rpc) and outcome.code == code_pb2.DEADLINE_EXCEEDED
            defect = outcome.code in (code_pb2.INTERNAL, code_pb2.UNKNOWN)
            assert late or not defect, f"{field.full_name} = {text!a}: {outcome}"
        for raw, kind in ((b"\0", "U+0000"), (b"\xed\xa0\x80", "a surrogate"), (b"\xff", "no UTF-8")):
            body = request.SerializeToString() + _tag(field) + _varint(len(raw)) + raw
            _assert_refused(trial, frame(body), f"{kind} in {field.name}", {code_pb2.INVALID_ARGUMENT})
        trial.evidence.saw("texts")


def _hostile_json(trial: Trial) -> None:
    if trial.mesh.edge is None:
        trial.evidence.cannot_know(NO_EDGE)
        return
    if trial.rpc.access is Access.SERVICE:
        return
    headers = list(trial.caller)
    with httpx.Client(base_url=trial.mesh.edge.url, timeout=10, headers=headers) as http:
        for rule in trial.rpc.http:
            path = rule.path.partition("{")[0] + "x"
            if not rule.body:
                answer = http.request(rule.verb, path, params={"no_such_field": "x" * 6_000})
                _assert_status(answer, "asked with an unknown query parameter")
                continue
            large = http.request(rule.verb, path, content=b"{}", headers={"x-large": "x" * 32_000})
            _assert_status(large, "under large headers")
            for kind, body in _bodies():
                _assert_status(http.request(rule.verb, path, content=body), kind)
                trial.evidence.saw(f"JSON refused: {kind}")


def _bodies() -> Iterator[tuple[str, bytes]]:
    yield "broken", b'{"a": '
    yield "deeply nested", b'{"a":' * 20_000 + b"1" + b"}" * 20_000
    yield "oversized", json.dumps({"note": "x" * _TOO_LARGE}).encode()
    yield "not an object", b"[[[]]]"


def _assert_status(answer: httpx.Response, kind: str) -> None:
    assert 400 <= answer.status_code < 500, f"JSON that is {kind}: {answer.status_code} {answer.text[:200]}"
    assert answer.json()["code"], f"JSON that is {kind} is not answered with a status: {answer.text[:200]}"


def _assert_refused(trial: Trial, body: bytes, kind: str, codes: set[int]) -> None:
    outcome = _exchanged(trial, body).grpc
    assert outcome is not None and outcome.code in codes, f"{kind}: {outcome}"  # noqa: PT018
    trial.evidence.saw(f"refused: {kind}")


def _ends(trial: Trial, body: bytes, kind: str, headers: Any = (), *, may_succeed: bool = False) -> None:
    """The exchange is over, and not with success unless what is odd about it may be ignored."""
    ended = _exchanged(trial, body, headers)
    outcome = ended.grpc
    fine = may_succeed and outcome is not None and (outcome.ok or outcome.code == code_pb2.DEADLINE_EXCEEDED)
    cut = ended.reset is not None or ended.headers.get(":status", "200") != "200" or not ended.headers
    assert fine or cut or (outcome is not None and not outcome.ok), f"{kind}: {ended}"
    trial.evidence.saw(f"ended: {kind}")


def _exchanged(trial: Trial, body: bytes, headers: Any = ()) -> Exchange:
    given = (*trial.caller, *headers)
    if not any(name == "grpc-timeout" for name, _ in given):
        given = (*given, ("grpc-timeout", "200m" if _endless(trial.rpc) else "5S"))
    return exchange(trial.mesh.servers.target(trial.rpc), trial.rpc.path, body, given)


def _with_text(request: Message) -> Iterator[tuple[Message, FieldDescriptor]]:
    """The request, once for every text that it has at its top."""
    for field in fields(request):
        if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
            yield copy(request), field


def _endless(rpc: Method) -> bool:
    return bool(rpc.descriptor.server_streaming)


def _tag(field: FieldDescriptor) -> bytes:
    return _varint(field.number << 3 | 2)


def _varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


LAW = Law("hostility", "refuses what no honest caller sends, and goes on", all_rpcs, judge)
