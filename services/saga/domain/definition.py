"""What a definition says, as far as the order of steps goes: what it calls is the plan's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cached_property

from services.saga.domain import graph
from services.saga.domain.retries import Retry

SETTLE = timedelta(hours=1)
"""How long the outcome of a call may stay unknown before somebody is asked to look."""


class StepClass(Enum):
    """What can be done about a step when the saga fails. The values are the contract's."""

    COMPENSATABLE = 1
    PIVOT = 2
    RETRIABLE = 3


class Action(Enum):
    """What a step does."""

    CALL = "call"
    TIMER = "timer"
    SIGNAL = "signal"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    id: str
    after: tuple[str, ...]
    step_class: StepClass
    action: Action
    undoable: bool
    """Whether there is a call that undoes it."""
    retries: tuple[Retry, ...] = ()
    deadline: timedelta | None = None
    wait: timedelta | None = None
    """How long a timer runs, or a signal is awaited. None: until the expression says, or the saga expires."""
    late: timedelta = timedelta(0)
    """How long after it was sent a call may still take effect: its deadline on the wire, and some grace."""
    undo_late: timedelta = timedelta(0)
    """The same of its compensation."""


@dataclass(frozen=True)
class Definition:
    """The steps of one version of a definition, in the order in which they were written."""

    steps: Mapping[str, Step]
    deadline: timedelta

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """The steps that come directly after each."""
        return {each: tuple(s.id for s in self.steps.values() if each in s.after) for each in self.steps}

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """The steps that come before each, directly or not."""
        return graph.ancestors({step.id: step.after for step in self.steps.values()})

    @cached_property
    def deciding(self) -> tuple[str, ...]:
        """The steps past which nothing is undone: the pivot, and those that cannot fail."""
        return tuple(each for each, step in self.steps.items() if step.step_class is not StepClass.COMPENSATABLE)
