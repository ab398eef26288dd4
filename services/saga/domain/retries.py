"""What a failed try means, and when the next one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


@dataclass(frozen=True, slots=True)
class Failure:
    """How a try failed: a canonical code by name, an `ErrorInfo.reason`, and words."""

    code: str
    reason: str
    message: str


class ErrorClass(Enum):
    """What a failure tells about the effect of the call."""

    UNKNOWN = "unknown"
    """Whether it took effect is not known."""
    FOR_NOW = "for now"
    """It took none; a later try may succeed."""
    FOR_GOOD = "for good"
    """It took none, and a later try will not either."""


_UNKNOWN = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL", "DATA_LOSS"})
_FOR_NOW = frozenset({"ABORTED", "RESOURCE_EXHAUSTED"})


@dataclass(frozen=True, slots=True)
class Retry:
    """A rule: failures of these codes and reasons (all when empty) get so many attempts, so far apart.

    `attempts` is None where nothing but time sets an end.
    """

    codes: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    attempts: int | None = None
    initial_delay: timedelta = timedelta(milliseconds=50)
    max_delay: timedelta = timedelta(seconds=30)

    def matches(self, failure: Failure) -> bool:
        """Whether the rule is for such a failure."""
        return (not self.codes or failure.code in self.codes) and (not self.reasons or failure.reason in self.reasons)

    def delay(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts: doubling, up to the longest."""
        return min(self.max_delay, self.initial_delay * (1 << min(attempts - 1, 40)))

    def left(self, attempts: int) -> bool:
        """Whether there are attempts left after so many."""
        return self.attempts is None or attempts < self.attempts


_DEFAULTS = {
    ErrorClass.UNKNOWN: Retry(),
    ErrorClass.FOR_NOW: Retry(attempts=5, max_delay=timedelta(seconds=5)),
    ErrorClass.FOR_GOOD: Retry(attempts=1),
}


def error_class(failure: Failure) -> ErrorClass:
    """What a failure tells about the effect of the call."""
    if failure.code in _UNKNOWN:
        return ErrorClass.UNKNOWN
    return ErrorClass.FOR_NOW if failure.code in _FOR_NOW else ErrorClass.FOR_GOOD


def rule(rules: Sequence[Retry], failure: Failure) -> Retry:
    """The first rule that matches, else the default of the failure's class."""
    return next((rule for rule in rules if rule.matches(failure)), _DEFAULTS[error_class(failure)])
