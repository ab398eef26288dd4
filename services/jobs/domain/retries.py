"""What follows a failed run: another after a random delay, or the dead-letter queue."""

import hashlib
import random
import re
from dataclasses import dataclass

from services.jobs.domain.jobs import Failure, FailureClass, Job

POISON_LOSSES = 3
_CHANGING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE)


def fingerprint(task: str, failure: Failure) -> str:
    """The same for failures of one kind: what changes from run to run, numbers, ids and quotations, is left out."""
    shape = _CHANGING.sub("#", failure.message)
    text = "\x00".join((task, str(int(failure.kind)), failure.code, shape))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def given_up(job: Job, failure: Failure) -> bool:
    """Whether a job whose counts include this failure is not tried again."""
    match failure.kind:
        case FailureClass.PERMANENT:
            return True
        case FailureClass.LOST:
            return job.losses >= POISON_LOSSES
        case FailureClass.THROTTLED:
            return False
        case FailureClass.TRANSIENT | FailureClass.TIMEOUT:
            return job.failures >= job.policy.max_attempts


def delay(job: Job, failure: Failure, chance: random.Random) -> float:
    """Seconds until the next run: full jitter (Brooker, "Exponential Backoff And Jitter", 2015).

    A throttled run waits as long as it was told, and a little more, so that those told the same do not meet again.
    """
    policy = job.policy
    most = min(policy.max_delay, policy.initial_delay * 2.0 ** min(max(job.failures, 1) - 1, 60))
    if failure.kind is FailureClass.THROTTLED:
        told = failure.retry_delay or most
        return told * (1 + 0.2 * chance.random())
    return most * chance.random()


@dataclass(slots=True)
class RetryBudget:
    """How many retries a target takes: a tenth of what succeeds, so that retries never become the load (gRFC A6).

    It starts full. A retry that finds it empty waits `max_delay` instead of its own delay; none is dropped.
    """

    tokens: float = 100.0
    most: float = 100.0

    def earn(self, successes: int) -> None:
        """Counts successes."""
        self.tokens = min(self.most, self.tokens + 0.1 * successes)

    def spend(self) -> bool:
        """Takes one retry out; False when there is none."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
