"""The state machine by itself: whatever happens in whatever order, it ends well, and never undoes what was not done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.saga.domain import decisions, graph, machine
from services.saga.domain.definition import Action, Definition, Step, StepClass
from services.saga.domain.retries import Failure, Retry
from services.saga.domain.run import ACTIVE, Kind, Saga, State, StepState, Transition
from services.saga.domain.structure import misclassed, misordered

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATE = timedelta(seconds=2)
LOST = Failure("UNAVAILABLE", "", "lost")
BUSY = Failure("ABORTED", "", "busy")
NO = Failure("FAILED_PRECONDITION", "", "no")


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Any order of compensatable steps, then perhaps a pivot, then retriable ones."""
    early = draw(st.integers(1, 4))
    after = [draw(st.sets(st.integers(0, place - 1))) if place else set() for place in range(early)]
    steps = [_step(f"s{n}", {f"s{m}" for m in after[n]}, StepClass.COMPENSATABLE) for n in range(early)]
    before = {step.id for step in steps}
    if draw(st.booleans()):
        steps.append(_step("pivot", before, StepClass.PIVOT))
        before = {"pivot"}
    steps += [_step(f"r{n}", before, StepClass.RETRIABLE) for n in range(draw(st.integers(0, 2)))]
    assert not [*misordered(steps)]
    definition = Definition({step.id: step for step in steps}, timedelta(hours=1))
    assert not [*misclassed(definition)]
    return definition


def _step(id: str, after: set[str], step_class: StepClass) -> Step:
    undoable = step_class is StepClass.COMPENSATABLE
    return Step(id, tuple(sorted(after)), step_class, Action.CALL, undoable, late=LATE, undo_late=LATE)


def begun(definition: Definition) -> Saga:
    """A saga at its start."""
    saga = Saga("x", "d", 1, "", "users/ada", b"", NOW, NOW + definition.deadline, NOW)
    return machine.begin(definition, saga)


@settings(max_examples=300, deadline=None)
@given(definitions(), st.data())
def test_it_ends_with_all_or_nothing_and_undoes_only_what_was_done(definition: Definition, data: st.DataObject) -> None:
    saga, now = begun(definition), NOW
    done: set[str] = set()
    undone: list[str] = []
    transitions: list[Transition] = []
    troubles = 12
    while not saga.ended:
        active = [step for step, run in saga.runs.items() if run.state in ACTIVE]
        stuck = [step for step, run in saga.runs.items() if run.state is StepState.STUCK]
        assert active or stuck, "nothing goes on, and nobody is asked"
        now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 3])))
        step = data.draw(st.sampled_from(active or stuck))
        run, trouble = saga.runs[step], troubles > 0 and data.draw(st.booleans())
        troubles -= trouble
        transition: Transition | None
        if not active:
            transition = decisions.resolved(saga, step, Kind.STEP_RETRIED, b"", "users/op", "again", now)
        elif not trouble:
            (undone.append if run.undoing else done.add)(step)
            transition = decisions.succeeded(saga, step, b"reply", now)
        else:
            transition = data.draw(st.sampled_from([_failed, _cancelled, _recovered]))(
                definition, saga, step, now, data
            )
        if transition is not None:
            before, saga = saga, machine.apply(definition, saga, transition)
            transitions.append(transition)
            assert before.past_pivot(definition) <= (saga.past_pivot(definition) or saga.aborting)
    assert machine.replay(definition, begun(definition), transitions) == saga
    if saga.state is State.COMPLETED:
        assert done == set(definition.steps)
        assert not undone
    else:
        assert sorted(undone) == sorted(done)
        places = {step: place for place, step in enumerate(undone)}
        for step in undone:
            assert all(places[other] < places[step] for other in definition.dependents[step] if other in places)


def _failed(definition: Definition, saga: Saga, step: str, now: datetime, data: st.DataObject) -> Transition | None:
    return decisions.failed(definition, saga, step, data.draw(st.sampled_from([LOST, BUSY, NO])), now)


def _cancelled(
    definition: Definition, saga: Saga, _step: str, now: datetime, _data: st.DataObject
) -> Transition | None:
    return None if saga.past_pivot(definition) else decisions.cancelled(definition, saga, "users/ada", "", now)


def _recovered(
    _definition: Definition, saga: Saga, _step: str, now: datetime, _data: st.DataObject
) -> Transition | None:
    return decisions.recovered(saga.sequence, "another", now)


def test_a_refusal_counts_only_when_nothing_can_arrive_any_more() -> None:
    definition = Definition({"a": _step("a", set(), StepClass.COMPENSATABLE)}, timedelta(hours=1))
    saga = machine.apply(definition, begun(definition), decisions.failed(definition, begun(definition), "a", LOST, NOW))
    assert saga.runs["a"].state is StepState.UNKNOWN
    early = decisions.failed(definition, saga, "a", NO, NOW + LATE / 2)
    assert (early.kind, early.wake) == (Kind.ATTEMPT_REFUSED, NOW + LATE)
    saga = machine.apply(definition, saga, early)
    assert saga.runs["a"].state is StepState.UNKNOWN
    assert decisions.failed(definition, saga, "a", NO, NOW + LATE).kind is Kind.STEP_FAILED


def test_what_is_unknown_for_an_hour_is_looked_at() -> None:
    definition = Definition({"a": _step("a", set(), StepClass.COMPENSATABLE)}, timedelta(hours=1))
    saga = machine.apply(definition, begun(definition), decisions.failed(definition, begun(definition), "a", LOST, NOW))
    later = decisions.failed(definition, saga, "a", LOST, NOW + timedelta(hours=1))
    assert later.kind is Kind.STEP_STUCK
    assert machine.apply(definition, saga, later).state is State.NEEDS_ATTENTION


def test_a_transition_that_is_not_the_next_is_no_transition() -> None:
    definition = Definition({"a": _step("a", set(), StepClass.PIVOT)}, timedelta(hours=1))
    saga = begun(definition)
    next_one = decisions.succeeded(saga, "a", b"", NOW)
    with pytest.raises(ValueError, match="does not follow"):
        machine.apply(definition, saga, replace(next_one, sequence=3))
    with pytest.raises(ValueError, match="does not follow"):
        machine.apply(definition, machine.apply(definition, saga, next_one), replace(next_one, sequence=3))


def test_waits_double_up_to_the_longest() -> None:
    retry = Retry(initial_delay=timedelta(milliseconds=50), max_delay=timedelta(seconds=1))
    assert [retry.delay(n).total_seconds() for n in (1, 2, 3, 9, 10_000)] == [0.05, 0.1, 0.2, 1, 1]


def test_a_cycle_is_named() -> None:
    assert graph.cycle({"a": ["b"], "b": ["c"], "c": ["a"]})[0] in "abc"
    assert graph.cycle({"a": ["b"], "b": []}) == ()
    assert graph.ancestors({"a": [], "b": ["a"], "c": ["b"]})["c"] == {"a", "b"}
