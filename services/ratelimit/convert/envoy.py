"""Decisions, as Envoy asks for and hears of them."""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc import status_pb2

from mesh.ratelimit.v1 import envoy_pb2 as pb
from services._platform import status
from services.ratelimit.convert import decisions
from services.ratelimit.convert.headers import headers
from services.ratelimit.convert.spans import duration
from services.ratelimit.domain.decision import Decision, Verdict, binding
from services.ratelimit.domain.descriptors import ADDRESS, Descriptor
from services.ratelimit.domain.limits import SECOND

_UNITS = {
    SECOND: pb.RLS_UNIT_SECOND,
    60 * SECOND: pb.RLS_UNIT_MINUTE,
    3600 * SECOND: pb.RLS_UNIT_HOUR,
    86_400 * SECOND: pb.RLS_UNIT_DAY,
}
_NAMES = {"remote_address": ADDRESS}
"""Entries that Envoy names itself."""
_MOST = 2**32 - 1
_KEPT = 10_000


class Asked(NamedTuple):
    """A question: whose limits, and what is known of the call."""

    domain: str
    descriptors: tuple[Descriptor, ...]


@lru_cache(_KEPT)  # The same callers come again and again, and say the same.
def asked(message: bytes) -> Asked:
    """What Envoy asks. A descriptor that weighs nothing is only looked at. Raises `DecodeError`."""
    request = pb.RlsRequest.FromString(message)
    descriptors = (
        Descriptor.of(
            {_NAMES.get(entry.key, entry.key): entry.value for entry in one.entries}, _weight(one, request.hits_addend)
        )
        for one in request.descriptors
    )
    return Asked(request.domain, tuple(descriptors))


def passed(descriptors: int) -> bytes:
    """The answer when no limit counts the call."""
    statuses = [pb.RlsStatus(code=pb.RLS_CODE_OK)] * descriptors
    return pb.RlsResponse(overall_code=pb.RLS_CODE_OK, statuses=statuses).SerializeToString()


def answer(decision: Decision, now: datetime) -> bytes:
    """What Envoy is answered, and through it the caller."""
    verdicts = tuple([tuple([_in_seconds(one) for one in verdicts]) for verdicts in decision.verdicts])
    if decision.allowed:
        return _passing(verdicts)
    refusal = decisions.refusal(decision, now, blocked="CALLER_BLOCKED", reached="RATE_LIMITED")
    message = status.status(refusal)
    # For a caller who speaks gRPC, to whom the body says nothing.
    told = [("grpc-message", message.message), (status.TRAILER, _binary(message))]
    return _written(decision._replace(verdicts=verdicts), told, _json(message).encode(), refusal.retry_after)


@lru_cache(_KEPT)  # Most callers are far from their limits, and are told the same figures again and again.
def _passing(verdicts: tuple[tuple[Verdict, ...], ...]) -> bytes:
    return _written(Decision(True, verdicts))


def _in_seconds(verdict: Verdict) -> Verdict:
    limit, _, allowed, capacity, remaining, *_ = verdict
    return Verdict(limit, "", allowed, capacity, remaining, verdict.retry, -(-verdict.reset // SECOND) * SECOND)


def _written(
    decision: Decision, told: Sequence[tuple[str, str]] = (), body: bytes = b"", retry_after: float | None = None
) -> bytes:
    response = pb.RlsResponse(
        overall_code=_code(allowed=decision.allowed),
        statuses=[_status(verdicts, decision) for verdicts in decision.verdicts],
        raw_body=body,
    )
    for key, value in (*told, *headers(decision, retry_after)):
        response.response_headers_to_add.add(key=key, value=value)
    return response.SerializeToString()


def _status(verdicts: Sequence[Verdict], decision: Decision) -> pb.RlsStatus:
    denied = (decision.access is not None and not decision.allowed) or any(one.denies for one in verdicts)
    binds = binding(verdicts)
    if binds is None:
        return pb.RlsStatus(code=_code(allowed=not denied))
    unit = _UNITS.get(binds.limit.window, pb.RLS_UNIT_UNSPECIFIED)
    return pb.RlsStatus(
        code=_code(allowed=not denied),
        current_limit=pb.RlsLimit(requests_per_unit=min(binds.capacity, _MOST), unit=unit, name=binds.limit.id),
        limit_remaining=min(binds.remaining, _MOST),
        duration_until_reset=duration(binds.reset),
    )


def _code(*, allowed: bool) -> "pb.RlsCode.ValueType":
    return pb.RLS_CODE_OK if allowed else pb.RLS_CODE_OVER_LIMIT


def _weight(descriptor: pb.RlsDescriptor, default: int) -> int:
    return descriptor.hits_addend.value if descriptor.HasField("hits_addend") else default or 1


def _json(message: Message) -> str:
    return MessageToJson(message, indent=None, always_print_fields_with_no_presence=True)


def _binary(message: status_pb2.Status) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode().rstrip("=")
