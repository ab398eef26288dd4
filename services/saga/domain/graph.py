"""Orders of steps: what comes before what, and where an order bites its own tail."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def cycle(after: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """A cycle of the order, each node after the one before it, the first again at the end; empty when there is none."""
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def ancestors(after: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """All that comes before each node. The order must have no cycle."""
    found: dict[str, frozenset[str]] = {}
    for node in TopologicalSorter(after).static_order():
        before = after.get(node, ())
        found[node] = frozenset(before).union(*(found[each] for each in before))
    return found
