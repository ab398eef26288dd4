"""Values of strategies, drawn outside of a test."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def searching(examples: int, *, anew: bool, phases: Sequence[Phase] = (Phase.generate,)) -> settings:
    """How hypothesis goes through so many examples: the same ones each time, or `anew` others."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not anew,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def draw(strategy: SearchStrategy[T], count: int, *, anew: bool) -> list[T]:
    """So many values of a strategy, the simplest first; fewer when there are no more."""
    drawn: list[T] = []

    @searching(count, anew=anew)
    @given(strategy)
    def keep(value: T) -> None:
        drawn.append(value)

    with suppress(Unsatisfiable):
        keep()
    return drawn
