"""Workflows: steps that wait for one another, in no circle."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from services.jobs.domain.refusals import Cycle, StepUnknown


def check(waits_for: Mapping[str, Sequence[str]]) -> None:
    """Refuses a step that waits for one that is not there, and a circle, which is named in the order of waiting."""
    for parents in waits_for.values():
        for parent in parents:
            if parent not in waits_for:
                raise StepUnknown(parent)
    try:
        TopologicalSorter(waits_for).prepare()
    except CycleError as error:
        # Each step of what is reported is waited for by the next.
        raise Cycle(list(reversed(error.args[1]))) from error
