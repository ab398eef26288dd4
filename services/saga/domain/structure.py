"""What a definition's order may not be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.saga.domain import graph
from services.saga.domain.definition import Action, Definition, Step, StepClass


@dataclass(frozen=True, slots=True)
class Mistake:
    """A place in the definition, by its path below it, and what is wrong there."""

    path: str
    description: str
    rule: str


def misordered(steps: Sequence[Step]) -> Iterator[Mistake]:
    """Mistakes that leave no order to look at any further: ids, references, cycles."""
    ids = [step.id for step in steps]
    for place, step in enumerate(steps):
        if step.id in ids[:place]:
            yield Mistake(f"steps[{place}].id", f"{step.id} is there twice", "STEP_TWICE")
        for unknown in sorted(set(step.after) - set(ids)):
            yield Mistake(f"steps[{place}].after", f"there is no step {unknown}", "STEP_UNKNOWN")
    known = {step.id: [other for other in step.after if other in ids] for step in steps}
    if found := graph.cycle(known):
        yield Mistake(f"steps[{ids.index(found[0])}].after", " > ".join(found), "STEPS_CYCLIC")


def misclassed(definition: Definition) -> Iterator[Mistake]:
    """Steps whose class does not fit the order: whatever can fail or be undone comes before what cannot be."""
    steps = list(definition.steps.values())
    pivots = [place for place, step in enumerate(steps) if step.step_class is StepClass.PIVOT]
    for place in pivots[1:]:
        yield Mistake(f"steps[{place}].step_class", f"{steps[pivots[0]].id} is the pivot already", "PIVOT_TWICE")
    for place, step in enumerate(steps):
        path = f"steps[{place}]"
        yield from _early(definition, step, path)
        if step.undoable and step.step_class is not StepClass.COMPENSATABLE:
            yield Mistake(f"{path}.compensation", "only a compensatable step has one", "COMPENSATION_UNWANTED")
        if step.deadline and (step.action is not Action.CALL or step.step_class is StepClass.RETRIABLE):
            yield Mistake(f"{path}.deadline", "only a call that may fail has one", "DEADLINE_UNWANTED")


def _early(definition: Definition, step: Step, path: str) -> Iterator[Mistake]:
    """A step that decides, or cannot fail, comes after all that may yet fail or be undone."""
    if step.step_class is StepClass.COMPENSATABLE:
        return
    for other in definition.steps.values():
        if other.step_class.value < step.step_class.value and other.id not in definition.ancestors[step.id]:
            said = f"{step.id} ({step.step_class.name}) does not wait for {other.id} ({other.step_class.name})"
            yield Mistake(f"{path}.after", said, "PIVOT_ORDER")
