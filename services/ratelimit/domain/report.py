"""Reports: what limits did, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ratelimit.domain.usage import Count


@dataclass(frozen=True, slots=True)
class HourOfLimit:
    """What a limit did in the hour that began at an instant."""

    hour: datetime
    limit: str
    count: Count


@dataclass(frozen=True, slots=True)
class SubjectCalls:
    """How often something befell a subject of a limit."""

    limit: str
    subject: str
    calls: int


@dataclass(frozen=True, slots=True)
class Report:
    """Hours by time and limit; the subjects that were refused, and those that came close to it, most often first."""

    hours: Sequence[HourOfLimit]
    blocked: Sequence[SubjectCalls]
    near: Sequence[SubjectCalls]
