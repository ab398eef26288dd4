"""What no honest caller sends is refused cleanly: the server answers, goes on, and stays within its memory."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
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
from tests.contract.outcome import Metadata
from tests.contract.subject import copy, fields

_MEBIBYTE = 1 << 20
_TOO_LARGE = 4 * _MEBIBYTE + (64 << 10)
"""A little more than what is taken: an edge that refuses it need not keep the rest of it waiting."""
_GROWTH = 96 * _MEBIBYTE
"""Room for allocators; a message that was kept, or a bomb that went off, takes more."""

_CHUNK = 16_384
# grpcio waits for the rest of a message although its stream has ended.
_SOON = (("grpc-timeout", "50m"),)
_ENDLESS_UNTIL = (("grpc-timeout", "200m"),)
_REFUSED_BY = (("grpc-timeout", "5S"),)
_TRICKS = {
    "right to left": "\u202egnp.exe",
    "invisible": "a\u200b\u200d\ufeffb",
    "combining": "e" + "\u0301" * 30,
    "astral": "\U0001f468\u200d\U0001f469",
    "not a character": "\ufffe\uffff",
    "overlong look-alike": "ＡＢＣ",  # noqa: RUF001
}
_BROKEN_TEXTS = {"U+0000": b"\0", "a surrogate": b"\xed\xa0\x80", "no UTF-8": b"\xff"}


def judge(trial: Trial) -> None:
    """Sends hostile bytes, hostile text and hostile HTTP, all at once; then an honest call."""
    process = trial.mesh.servers.process(trial.rpc)
    before = process.memory_info().rss if process else 0
    for seen in trial.together([*_hostile_bytes(trial), *_hostile_text(trial), *_hostile_json(trial)]):
        trial.evidence.saw(seen)
    outcome = trial.call(*trial.seed())
    assert outcome.ok, f"after hostile calls an honest one is refused: {outcome}"
    if process is None:
        trial.evidence.cannot_know("whether the server stays within its memory: its process is elsewhere")
        return
    grown = process.memory_info().rss - before
    assert grown < _GROWTH, f"the server grew by {grown // _MEBIBYTE} MiB"
    trial.evidence.saw("memory bound kept")


_Attack = Callable[[], str]
"""Fails when it is not met as it should be; returns what was seen."""


def _hostile_bytes(trial: Trial) -> Iterator[_Attack]:
    honest = trial.seed()[0].SerializeToString()
    refused, ends = partial(_refused, trial, trial.caller), partial(_ended, trial, trial.caller)
    # Its length is said first: nobody needs to wait for all of it.
    oversized = b"\0" + _TOO_LARGE.to_bytes(4, "big") + honest + bytes(_CHUNK)
    yield partial(refused, oversized, "oversized", code_pb2.RESOURCE_EXHAUSTED)
    yield partial(refused, frame(b"\x0b" * 10_000), "deeply nested", code_pb2.INVALID_ARGUMENT)
    yield partial(refused, frame(b"\xff" * 20), "garbage", code_pb2.INVALID_ARGUMENT)
    # grpcio takes half a message at the end of a stream for its end, and does not look at flags it does not know.
    streams = bool(trial.rpc.descriptor.client_streaming)
    yield partial(ends, b"\0" + (1000).to_bytes(4, "big") + honest, "truncated", _SOON, may_succeed=streams)
    yield partial(ends, b"\xff" + frame(honest)[1:], "unknown frame flags", may_succeed=True)
    yield partial(ends, frame(honest), "wrong content type", (("content-type", "text/html"),), may_succeed=True)
    twice = ("x-request-id", "one"), ("x-request-id", "two"), ("authorization", "a"), ("authorization", "b")
    yield partial(ends, frame(honest), "duplicate metadata", twice, may_succeed=True)
    if not _endless(trial.rpc):
        soon = (("grpc-timeout", "soon"),)
        yield partial(ends, frame(honest), "unreadable deadline", soon, may_succeed=True)


def _hostile_text(trial: Trial) -> Iterator[_Attack]:
    """Characters that fool people, or programs, in each text of the request."""
    first = trial.seed(fresh_id())[0]
    caller = trial.caller
    for request, field in _with_text(first):
        for kind, text in _TRICKS.items():
            made = with_id(request, fresh_id())
            setattr(made, field.name, text)
            yield partial(_tricked, trial, caller, made, f"{kind} text", f"{field.full_name} = {text!a}")
        for kind, raw in _BROKEN_TEXTS.items():
            body = request.SerializeToString() + _tag(field) + _varint(len(raw)) + raw
            yield partial(_refused, trial, caller, frame(body), f"{kind} in {field.name}", code_pb2.INVALID_ARGUMENT)


def _tricked(trial: Trial, caller: Metadata, request: Message, kind: str, told: str) -> str:
    endless = _endless(trial.rpc)
    timeout = 0.2 if endless else 5
    outcome = trial.mesh.direct.call(trial.rpc, request, metadata=caller, timeout=timeout, take=1)
    late = endless and outcome.code == code_pb2.DEADLINE_EXCEEDED
    assert late or outcome.code not in (code_pb2.INTERNAL, code_pb2.UNKNOWN), f"{told}: {outcome}"
    return kind


def _hostile_json(trial: Trial) -> Iterator[_Attack]:
    if trial.mesh.edge is None:
        trial.evidence.cannot_know(NO_EDGE)
        return
    if trial.rpc.access is Access.SERVICE:
        return
    ask = partial(_refused_json, trial.mesh.edge.http, headers=list(trial.caller))
    for rule in trial.rpc.http:
        path = rule.path.partition("{")[0] + "x"
        if not rule.body:
            query = {"no_such_field": "x" * 6_000}
            yield partial(ask, "asked with an unknown query parameter", rule.verb, path, params=query)
            continue
        large = [*trial.caller, ("x-large", "x" * 32_000)]
        yield partial(ask, "under large headers", rule.verb, path, content=b"{}", headers=large)
        for kind, body in _bodies().items():
            yield partial(ask, kind, rule.verb, path, content=body)


def _refused_json(http: httpx.Client, kind: str, verb: str, path: str, **sent: Any) -> str:
    answer = http.request(verb, path, timeout=10, **sent)
    assert 400 <= answer.status_code < 500, f"JSON that is {kind}: {answer.status_code} {answer.text[:200]}"
    assert answer.json()["code"], f"JSON that is {kind} is not answered with a status: {answer.text[:200]}"
    return f"JSON refused: {kind}"


@cache
def _bodies() -> Mapping[str, bytes]:
    return {
        "broken": b'{"a": ',
        "deeply nested": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        "oversized": json.dumps({"note": "x" * _TOO_LARGE}).encode(),
        "not an object": b"[[[]]]",
    }


def _refused(trial: Trial, caller: Metadata, body: bytes, kind: str, code: int) -> str:
    outcome = _exchanged(trial, caller, body, _REFUSED_BY).grpc
    assert outcome is not None and outcome.code == code, f"{kind}: {outcome}"  # noqa: PT018
    return f"refused: {kind}"


def _ended(
    trial: Trial, caller: Metadata, body: bytes, kind: str, headers: Metadata = (), *, may_succeed: bool = False
) -> str:
    """The exchange is over, and not with success unless what is odd about it may be ignored."""
    ended = _exchanged(trial, caller, body, headers)
    outcome = ended.grpc
    fine = may_succeed and outcome is not None and (outcome.ok or outcome.code == code_pb2.DEADLINE_EXCEEDED)
    cut = ended.reset is not None or ended.headers.get(":status", "200") != "200" or not ended.headers
    assert fine or cut or (outcome is not None and not outcome.ok), f"{kind}: {ended}"
    return f"ended: {kind}"


def _exchanged(trial: Trial, caller: Metadata, body: bytes, headers: Metadata = ()) -> Exchange:
    given = (*caller, *headers)
    if not any(name == "grpc-timeout" for name, _ in given):
        given = (*given, *(_ENDLESS_UNTIL if _endless(trial.rpc) else _REFUSED_BY))
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
