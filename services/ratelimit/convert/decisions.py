"""Descriptors and decisions, as messages."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mesh.ratelimit.v1 import limiter_service_pb2 as pb
from services._platform.errors import Refusal
from services.ratelimit.convert.spans import duration
from services.ratelimit.domain.decision import Decision, Verdict
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.refusals import LimitReached, SubjectBlocked
from services.ratelimit.domain.terms import NEVER


def to_descriptors(messages: Iterable[pb.Descriptor]) -> tuple[Descriptor, ...]:
    """Descriptors from messages; a call without units weighs 1."""
    return tuple(Descriptor.of(message.entries, message.units or 1) for message in messages)


def decision(decision: Decision) -> pb.Decision:
    """A decision as a message."""
    binding, retry = decision.binding, decision.retry
    return pb.Decision(
        allowed=decision.allowed,
        binding_rate_limit=binding.limit.name if binding else "",
        access_rule=decision.access.name if decision.access else "",
        statuses=[_status(verdicts, decision) for verdicts in decision.verdicts],
        retry_after=None if retry is None else duration(retry),
        delay=duration(decision.delay) if decision.allowed and decision.delay else None,
        degraded=decision.degraded,
        version=decision.version,
    )


def refusal(decision: Decision, now: datetime, *, blocked: str = "", reached: str = "") -> Refusal:
    """Why a decision does not allow a call; under other reasons than those of the area, if given."""
    if decision.access is not None:
        expires = decision.access.expire_time
        left = None if expires is None else max(0.0, (expires - now).total_seconds())
        return SubjectBlocked(decision.access, left, reason=blocked)
    binding = decision.binding
    assert binding is not None
    return LimitReached(binding, decision.retry, reason=reached)


def _status(verdicts: Sequence[Verdict], whole: Decision) -> pb.DescriptorStatus:
    denied = whole.access is not None and not whole.allowed
    return pb.DescriptorStatus(
        allowed=not denied and not any(verdict.denies for verdict in verdicts), limits=map(_limit, verdicts)
    )


def _limit(verdict: Verdict) -> pb.LimitStatus:
    return pb.LimitStatus(
        rate_limit=verdict.limit.name,
        subject=verdict.subject,
        allowed=verdict.allowed,
        shadow=verdict.limit.shadow,
        limit=verdict.capacity,
        window=duration(verdict.limit.window) if verdict.limit.window else None,
        remaining=verdict.remaining,
        reset_after=duration(verdict.reset),
        retry_after=None if verdict.allowed or verdict.retry == NEVER else duration(verdict.retry),
    )
