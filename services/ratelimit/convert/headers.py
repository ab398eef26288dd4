"""What the caller is told in headers: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), the
older `X-RateLimit-*` of most clients, and `Retry-After` (RFC 9110)."""

from collections.abc import Iterator, Sequence
from math import ceil

from services.ratelimit.domain.decision import Decision, Verdict
from services.ratelimit.domain.limits import SECOND

_MOST_LISTED = 8


def headers(decision: Decision, retry_after: float | None) -> Iterator[tuple[str, str]]:
    """Names and values."""
    listed = _listed(decision)
    if listed:
        yield "ratelimit-policy", ", ".join(map(_policy, listed))
        yield "ratelimit", ", ".join(f'"{one.limit.id}";r={one.remaining};t={_seconds(one.reset)}' for one in listed)
    binding = decision.binding
    if binding is not None:
        yield "x-ratelimit-limit", str(binding.capacity)
        yield "x-ratelimit-remaining", str(binding.remaining)
        yield "x-ratelimit-reset", str(_seconds(binding.reset))
    if audited := [one.limit.id for verdicts in decision.verdicts for one in verdicts if _audited(one)]:
        yield "x-ratelimit-shadow", ", ".join(audited)
    if retry_after is not None and not decision.allowed:
        yield "retry-after", str(ceil(retry_after))


def _listed(decision: Decision) -> Sequence[Verdict]:
    seen: dict[str, Verdict] = {}
    for verdicts in decision.verdicts:
        for verdict in verdicts:
            if not verdict.limit.shadow:
                seen.setdefault(verdict.limit.id, verdict)
    return list(seen.values())[:_MOST_LISTED]


def _policy(verdict: Verdict) -> str:
    window = f";w={_seconds(verdict.limit.window)}" if verdict.limit.window else ""
    return f'"{verdict.limit.id}";q={verdict.capacity}{window}'


def _audited(verdict: Verdict) -> bool:
    return verdict.limit.shadow and not verdict.allowed


def _seconds(span: int) -> int:
    return -(-span // SECOND)
