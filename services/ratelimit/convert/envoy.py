"""Decisions, as Envoy asks for and hears of them."""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc import status_pb2

from mesh.ratelimit.v1 import envoy_pb2 as pb
from services._platform import status
from services.ratelimit.convert import decisions
from services.ratelimit.convert.headers import headers
from services.ratelimit.convert.spans import duration
from services.ratelimit.domain.decision import Decision, Verdict
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


def to_descriptors(request: pb.RlsRequest) -> tuple[Descriptor, ...]:
    """The descriptors of a request. One that weighs nothing is only looked at."""
    return tuple(
        Descriptor.of(
            {_NAMES.get(entry.key, entry.key): entry.value for entry in one.entries}, _weight(one, request.hits_addend)
        )
        for one in request.descriptors
    )


def passed(descriptors: int) -> pb.RlsResponse:
    """The answer when no limit counts the call."""
    statuses = [pb.RlsStatus(code=pb.RLS_CODE_OK)] * descriptors
    return pb.RlsResponse(overall_code=pb.RLS_CODE_OK, statuses=statuses)


def response(decision: Decision, now: datetime) -> pb.RlsResponse:
    """What Envoy is answered, and through it the caller."""
    answer = pb.RlsResponse(
        overall_code=_code(allowed=decision.allowed),
        statuses=[_status(verdicts, decision) for verdicts in decision.verdicts],
    )
    told: list[tuple[str, str]] = []
    retry_after = None
    if not decision.allowed:
        refusal = decisions.refusal(decision, now, blocked="CALLER_BLOCKED", reached="RATE_LIMITED")
        retry_after = refusal.retry_after
        message = status.status(refusal)
        answer.raw_body = _json(message).encode()
        # For a caller who speaks gRPC, to whom the body says nothing.
        told += [("grpc-message", message.message), (status.TRAILER, _binary(message))]
    told += headers(decision, retry_after)
    answer.response_headers_to_add.extend(pb.RlsHeader(key=key, value=value) for key, value in told)
    return answer


def _status(verdicts: Sequence[Verdict], decision: Decision) -> pb.RlsStatus:
    denied = (decision.access is not None and not decision.allowed) or any(one.denies for one in verdicts)
    binding = Decision(not denied, [verdicts]).binding
    if binding is None:
        return pb.RlsStatus(code=_code(allowed=not denied))
    unit = _UNITS.get(binding.limit.window, pb.RLS_UNIT_UNSPECIFIED)
    return pb.RlsStatus(
        code=_code(allowed=not denied),
        current_limit=pb.RlsLimit(requests_per_unit=min(binding.capacity, _MOST), unit=unit, name=binding.limit.id),
        limit_remaining=min(binding.remaining, _MOST),
        duration_until_reset=duration(binding.reset),
    )


def _code(*, allowed: bool) -> "pb.RlsCode.ValueType":
    return pb.RLS_CODE_OK if allowed else pb.RLS_CODE_OVER_LIMIT


def _weight(descriptor: pb.RlsDescriptor, default: int) -> int:
    return descriptor.hits_addend.value if descriptor.HasField("hits_addend") else default or 1


def _json(message: Message) -> str:
    return MessageToJson(message, indent=None, always_print_fields_with_no_presence=True)


def _binary(message: status_pb2.Status) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode().rstrip("=")


def bucket(usage: pb.QuotaUsage) -> Descriptor:
    """The descriptor that a bucket of an edge stands for."""
    return Descriptor.of(usage.bucket_id.bucket)


def demand(usage: pb.QuotaUsage, window: int) -> int:
    """How many calls would come in a window (microseconds) at the pace of a report."""
    elapsed = max(SECOND // 10, usage.time_elapsed.ToMicroseconds())
    return (usage.num_requests_allowed + usage.num_requests_denied) * window // elapsed


def action(usage: pb.QuotaUsage, strategy: pb.QuotaStrategy, ttl: int) -> pb.QuotaAction:
    """What a bucket goes by from now on, for `ttl` microseconds."""
    return pb.QuotaAction(
        bucket_id=usage.bucket_id,
        quota_assignment_action=pb.QuotaAssignment(assignment_time_to_live=duration(ttl), rate_limit_strategy=strategy),
    )


def strategy(units: int, window: int) -> pb.QuotaStrategy:
    """Units per window, as a bucket that is filled in up to ten steps: at most a step more in any window."""
    if units == 0:
        return pb.QuotaStrategy(blanket_rule=pb.QUOTA_BLANKET_DENY_ALL)
    steps = min(10, units)
    tokens = units // steps
    bucket = pb.QuotaTokens(max_tokens=tokens, fill_interval=_interval(window * tokens, units))
    bucket.tokens_per_fill.value = tokens
    return pb.QuotaStrategy(token_bucket=bucket)


def _interval(dividend: int, divisor: int) -> Duration:
    """Rounded up: never faster than the rate. Envoy fills no more often than every 50 ms."""
    return duration(max(50_000, -(-dividend // divisor)))


def answer(actions: Iterable[pb.QuotaAction]) -> pb.QuotaResponse:
    """What an edge is told."""
    return pb.QuotaResponse(bucket_action=actions)
