"""What edges are lent, as Envoy reports and hears of it."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration

from mesh.ratelimit.v1 import envoy_pb2 as pb
from services.ratelimit.convert.spans import duration
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.limits import SECOND


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
