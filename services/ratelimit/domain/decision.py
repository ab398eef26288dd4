"""What was decided on a call, and by which limit."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.ratelimit.domain.access import AccessRule
from services.ratelimit.domain.limits import Limit
from services.ratelimit.domain.terms import NEVER


class Verdict(NamedTuple):
    """What one limit says of one subject. Spans in microseconds; `retry` is 0 when it allows the call, or NEVER.

    A tuple, because several are made for every call: it takes a fifth of the time of a frozen dataclass.
    """

    limit: Limit
    subject: str
    allowed: bool
    capacity: int
    remaining: int
    retry: int
    reset: int
    delay: int = 0
    penalised: bool = False

    @property
    def denies(self) -> bool:
        """Whether the call is refused because of it."""
        return not self.allowed and not self.limit.shadow

    @property
    def near(self) -> bool:
        """Whether less than a fifth is left."""
        return self.remaining * 5 < self.capacity


class Decision(NamedTuple):
    """What the limits and access rules say of a call: the verdicts of each descriptor, in order."""

    allowed: bool
    verdicts: Iterable[Sequence[Verdict]]
    access: AccessRule | None = None
    degraded: bool = False
    version: int = 0
    """Of the book that decided."""
    at: int = 0
    """When the ledger decided, in microseconds since 1970. 0 when it was not asked."""
    replayed: bool = False
    """Decided when the call came before, under the same request id."""

    @property
    def binding(self) -> Verdict | None:
        """The limit that refuses the call, for longest; of a call that is allowed, the one with the least left."""
        return binding([verdict for verdicts in self.verdicts for verdict in verdicts])

    @property
    def retry(self) -> int | None:
        """Microseconds until the call is allowed; None when it is, or never will be, or nobody knows."""
        binds = self.binding
        if self.allowed or binds is None or binds.allowed or binds.retry == NEVER:
            return None
        return binds.retry

    @property
    def delay(self) -> int:
        """Microseconds that the call waits for its turn."""
        return max((one.delay for verdicts in self.verdicts for one in verdicts if not one.limit.shadow), default=0)


def binding(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Of several verdicts the one that refuses, for longest; when none does, the one with the least left."""
    enforced = [verdict for verdict in verdicts if not verdict.limit.shadow]
    if len(enforced) < 2:
        return enforced[0] if enforced else None
    refusing = [verdict for verdict in enforced if not verdict.allowed]
    if refusing:
        return max(refusing, key=lambda one: float("inf") if one.retry == NEVER else one.retry)
    return min(enforced, key=lambda one: one.remaining / max(1, one.capacity))
