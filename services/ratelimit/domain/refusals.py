"""Every way in which the rate limiter says no. The reasons are those of `mesh.ratelimit.v1.ErrorReason`."""

from services._platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    NotFound,
    ResourceExhausted,
)
from services.ratelimit.domain.access import AccessRule
from services.ratelimit.domain.decision import Verdict


class RateLimitNotFound(NotFound):
    """No such limit."""

    reason = "RATE_LIMIT_NOT_FOUND"

    def __init__(self, limit: str) -> None:
        super().__init__(f"there is no limit {limit}", metadata={"rateLimit": f"rateLimits/{limit}"})


class RateLimitExists(AlreadyExists):
    """The id is taken."""

    reason = "RATE_LIMIT_EXISTS"

    def __init__(self, limit: str) -> None:
        super().__init__(f"there is a limit {limit} already", metadata={"rateLimit": f"rateLimits/{limit}"})


class RateLimitInUse(FailedPrecondition):
    """Others replace it."""

    reason = "RATE_LIMIT_IN_USE"

    def __init__(self, limit: str, replacement: str) -> None:
        super().__init__(
            f"{replacement} replaces {limit} for some: delete that first",
            metadata={"rateLimit": f"rateLimits/{limit}", "replacement": f"rateLimits/{replacement}"},
        )


class RuleContradictory(FailedPrecondition):
    """The limit and another cannot both hold."""

    reason = "RULE_CONTRADICTORY"

    def __init__(self, limit: str, other: str, why: str) -> None:
        super().__init__(why, metadata=_both(limit, other))


class RuleUnreachable(FailedPrecondition):
    """No call could ever be refused by the limit."""

    reason = "RULE_UNREACHABLE"

    def __init__(self, limit: str, other: str, why: str) -> None:
        super().__init__(why, metadata=_both(limit, other))


class VersionNotFound(NotFound):
    """The limit has never been in this version."""

    reason = "VERSION_NOT_FOUND"

    def __init__(self, limit: str, version: int) -> None:
        super().__init__(
            f"{limit} has no version {version}", metadata={"version": f"rateLimits/{limit}/versions/{version}"}
        )


class AccessRuleNotFound(NotFound):
    """No such access rule."""

    reason = "ACCESS_RULE_NOT_FOUND"

    def __init__(self, rule: str) -> None:
        super().__init__(f"there is no access rule {rule}", metadata={"accessRule": f"accessRules/{rule}"})


class AccessRuleExists(AlreadyExists):
    """The id is taken."""

    reason = "ACCESS_RULE_EXISTS"

    def __init__(self, rule: str) -> None:
        super().__init__(f"there is an access rule {rule} already", metadata={"accessRule": f"accessRules/{rule}"})


class LimitReached(ResourceExhausted):
    """A limit does not allow the units."""

    reason = "LIMIT_REACHED"

    def __init__(self, verdict: Verdict, retry: int | None, *, reason: str = "") -> None:
        super().__init__(
            f"{verdict.limit.name} allows no more to {verdict.subject or 'all callers together'} for now",
            reason=reason,
            metadata={
                "subject": verdict.subject or verdict.limit.name,
                "rateLimit": verdict.limit.name,
                "limit": verdict.capacity,
                "remaining": verdict.remaining,
            },
            retry_after=None if retry is None else retry / 1e6,
        )


class SubjectBlocked(ResourceExhausted):
    """An access rule refuses the subject."""

    reason = "SUBJECT_BLOCKED"

    def __init__(self, rule: AccessRule, retry_after: float | None, *, reason: str = "") -> None:
        super().__init__(
            "the caller is blocked", reason=reason, metadata={"accessRule": rule.name}, retry_after=retry_after
        )


class ReservationNotFound(NotFound):
    """It has expired, or never was."""

    reason = "RESERVATION_NOT_FOUND"

    def __init__(self, reservation: str) -> None:
        super().__init__(f"there is no reservation {reservation}", metadata={"reservation": reservation})


class ReservationSettled(FailedPrecondition):
    """It was settled before, in another way."""

    reason = "RESERVATION_SETTLED"

    def __init__(self, reservation: str) -> None:
        super().__init__("the reservation was settled in another way", metadata={"reservation": reservation})


def _both(limit: str, other: str) -> dict[str, str | int]:
    """The limits that do not go together; one that is still to be created has no name unless it was given one."""
    return {**({"rateLimit": f"rateLimits/{limit}"} if limit else {}), "other": f"rateLimits/{other}"}
