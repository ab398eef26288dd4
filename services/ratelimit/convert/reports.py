"""Reports and simulations, as messages."""

from mesh.ratelimit.v1 import rate_limit_service_pb2 as pb
from services._platform.times import timestamp
from services.ratelimit.convert import names
from services.ratelimit.domain.report import HourOfLimit, Report, SubjectCalls
from services.ratelimit.domain.simulation import Simulated


def report(report: Report) -> pb.GetReportResponse:
    """A report as a message."""
    return pb.GetReportResponse(
        hours=map(_hour, report.hours),
        top_blocked=map(_calls, report.blocked),
        near_limit=map(_calls, report.near),
    )


def simulation(
    proposed: Simulated, present: Simulated | None, limit: str, unrecorded: int
) -> pb.SimulateRateLimitResponse:
    """What a limit would have done, beside what the present one does."""
    return pb.SimulateRateLimitResponse(
        calls=proposed.calls,
        denied_calls=proposed.denied,
        denied_calls_at_present=present.denied if present else 0,
        subjects=[
            pb.SubjectCount(rate_limit=limit, subject=subject, calls=count) for subject, count in proposed.subjects
        ],
        unrecorded_calls=unrecorded,
    )


def _hour(one: HourOfLimit) -> pb.HourlyUsage:
    return pb.HourlyUsage(
        start_time=timestamp(one.hour),
        rate_limit=names.RATE_LIMIT.name(one.limit),
        allowed_calls=one.count.allowed,
        blocked_calls=one.count.blocked,
        shadow_blocked_calls=one.count.shadow_blocked,
    )


def _calls(one: SubjectCalls) -> pb.SubjectCount:
    return pb.SubjectCount(rate_limit=names.RATE_LIMIT.name(one.limit), subject=one.subject, calls=one.calls)
