"""Verdicts, from what the ledger says of the limits that a plan asks for."""

from collections.abc import Iterator, Sequence

from services.ratelimit.domain.decision import Verdict
from services.ratelimit.domain.rules import Claim
from services.ratelimit.store import wire
from services.ratelimit.store.plans import Plan
from services.ratelimit.store.wire import Answer, Line


class Verdicts:
    """The verdicts of each descriptor, in order, made when somebody looks at them: of most calls nobody does."""

    __slots__ = ("_answer", "_made", "_plan")

    def __init__(self, plan: Plan, answer: Answer) -> None:
        self._plan = plan
        self._answer = answer
        self._made: Sequence[Sequence[Verdict]] | None = None

    def __iter__(self) -> Iterator[Sequence[Verdict]]:
        if self._made is None:
            self._made = placed(self._plan, list(map(_verdict, self._plan.claims, self._answer.lines)))
        return iter(self._made)


def placed(plan: Plan, verdicts: Sequence[Verdict]) -> Sequence[Sequence[Verdict]]:
    """The verdicts of a plan's claims, by descriptor."""
    if len(plan.places) == 1:
        return (verdicts,)
    return [[verdicts[place] for place in places] for places in plan.places]


def _verdict(claim: Claim, line: Line) -> Verdict:
    limit, subject, _, _ = claim
    flags, capacity, remaining, retry, reset, delay = line
    allowed = flags & wire.ALLOWED != 0
    return Verdict(limit, subject, allowed, capacity, remaining, retry, reset, delay, flags >= wire.PENALISED)
