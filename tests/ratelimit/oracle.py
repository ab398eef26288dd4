"""What every algorithm must keep to, said as plainly as can be: over all windows, however they lie."""

from collections.abc import Sequence

from services.ratelimit.domain.limits import Algorithm

Admitted = Sequence[tuple[int, int]]
"""Instants with the units that were let through, oldest first."""


def worst_window(admitted: Admitted, window: int) -> int:
    """The most units in any window: of all windows, one that ends with a call holds the most."""
    return max(
        (sum(units for at, units in admitted if end - window < at <= end) for end, _ in admitted),
        default=0,
    )


def bound(algorithm: Algorithm, limit: int, capacity: int) -> int:
    """The most units that an algorithm may let through in any window: docs/ratelimit.md."""
    match algorithm:
        case Algorithm.SLIDING_LOG:
            return limit
        case Algorithm.TOKEN_BUCKET | Algorithm.LEAKY_BUCKET:
            return capacity + limit
        case Algorithm.FIXED_WINDOW:
            return 2 * limit
        case Algorithm.SLIDING_WINDOW:
            return 2 * limit - 1 if limit > 1 else 2
    raise ValueError(algorithm)


def exact_log(calls: Sequence[tuple[int, int]], limit: int, window: int) -> list[bool]:
    """Which calls an exact limit lets through: those after which no window holds more."""
    admitted: list[tuple[int, int]] = []
    verdicts = []
    for now, units in calls:
        used = sum(weight for at, weight in admitted if at > now - window)
        verdicts.append(used + units <= limit)
        if verdicts[-1]:
            admitted.append((now, units))
    return verdicts


def bucket(calls: Sequence[tuple[int, int]], limit: int, capacity: int, window: int) -> list[bool]:
    """Which calls a bucket lets through: those after which no span, of whatever length, holds more than is in a full
    bucket and what flows in during the span. All spans, so the time that it takes grows with the cube."""
    admitted: list[tuple[int, int]] = []
    verdicts = []
    for now, units in calls:
        held = [(at, weight) for at, weight in admitted] + [(now, units)]
        verdicts.append(
            all(
                sum(weight for at, weight in held if at >= start) * window <= capacity * window + limit * (now - start)
                for start, _ in held
            )
        )
        if verdicts[-1]:
            admitted.append((now, units))
    return verdicts
