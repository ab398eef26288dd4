"""Filters: what is accepted means what it says; what is not is refused with a reason, never with a crash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.inventory.v1 import reservation_pb2
from services._platform import filters
from services._platform.errors import InvalidArgument
from services._platform.filters import EQUALITY, ORDER, Comparison, Filter

FIELDS = {"state": EQUALITY, "available": ORDER, "labels.": frozenset({"="})}
LEAST, GREATEST = -(2**31), 2**31 - 1
_STATES = reservation_pb2.ReservationState.DESCRIPTOR


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


VALUES = st.text(st.characters(exclude_categories=["Cs"]))
COMPARISONS = st.one_of(
    st.builds(Comparison, st.just("state"), st.sampled_from(sorted(EQUALITY)), VALUES),
    st.builds(Comparison, st.just("available"), st.sampled_from(sorted(ORDER)), st.integers().map(str)),
    st.builds(Comparison, st.from_regex(r"labels\.[a-z0-9._-]+", fullmatch=True), st.just("="), VALUES),
)


@given(st.lists(COMPARISONS), st.lists(VALUES))
def test_what_is_written_is_read_back(comparisons: list[Comparison], terms: list[str]) -> None:
    parts = [f"{c.field} {c.op} {quoted(c.value)}" for c in comparisons]
    text = " AND ".join([*parts, *map(quoted, terms)])
    assert filters.parse(text, FIELDS, search=True) == Filter(tuple(comparisons), tuple(terms))


@given(st.text(), st.booleans())
def test_any_text_is_read_or_refused(text: str, search: bool) -> None:
    _read_or_refuse(text, search)


@given(
    st.lists(
        st.sampled_from(
            ["state", "available", "labels.a", "AND", "OR", "NOT", "=", "!=", "<", '"', '"x"', "7", "(", "\\"]
        )
    ).map(" ".join),
    st.booleans(),
)
def test_anything_that_looks_like_a_filter_is_read_or_refused(text: str, search: bool) -> None:
    _read_or_refuse(text, search)


def _read_or_refuse(text: str, search: bool) -> None:
    try:
        found = filters.parse(text, FIELDS, search=search)
        low, high = found.bounds("available")
        assert LEAST <= low <= GREATEST
        assert LEAST <= high <= GREATEST
        assert all(LEAST <= number <= GREATEST for number in found.integers("available", "!="))
        found.numbers("state", "=", _STATES)
    except InvalidArgument as refused:
        if (refused.reason, refused.violations[0].field) != ("FILTER_INVALID", "filter"):
            raise


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("colour = red", "there is no field 'colour'; there are available, labels., state"),
        ("labels = red", "there is no field 'labels'; there are available, labels., state"),
        ("state < HELD", "'state' cannot be compared with <"),
        ("labels.a != b", "'labels.a' cannot be compared with !="),
        ("state = HELD available > 1", "expected AND before 'available'"),
        ("state = HELD OR state = X", "expected AND before 'OR'"),
        ("state = HELD AND", "ends after AND"),
        ("state", "expected a comparison at 'state'"),
        ("state =", "expected a comparison at 'state'"),
        ("= HELD", "expected a comparison at '='"),
        ("AND state = HELD", "expected a comparison at 'AND'"),
        ("state = HELD AND (available > 1)", "cannot read it at character 17"),
        ('state = "HELD', "cannot read it at character 8"),
        ("state : HELD", "cannot read it at character 6"),
    ],
)
def test_each_mistake_is_told_apart(text: str, why: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        filters.parse(text, FIELDS)
    assert [(one.field, one.description) for one in refused.value.violations] == [("filter", why)]


@pytest.mark.parametrize("text", ["OR", "NOT mug", "mug OR cup", "mug state ="])
def test_a_search_has_no_operators_of_its_own(text: str) -> None:
    with pytest.raises(InvalidArgument):
        filters.parse(text, FIELDS, search=True)


def test_words_and_phrases_are_searched_for_beside_comparisons() -> None:
    found = filters.parse('blue "big mug" AND state = HELD cup', FIELDS, search=True)
    assert found == Filter((Comparison("state", "=", "HELD"),), ("blue", "big mug", "cup"))


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("", (LEAST, GREATEST)),
        ("available > 3 AND available <= 9", (4, 9)),
        ("available >= 3 AND available < 9", (3, 8)),
        ("available = 5 AND available >= 2", (5, 5)),
        ("available = 5 AND available = 6", (GREATEST, LEAST)),
        ("available > 2147483647", (GREATEST, LEAST)),
        ("available < -2147483648", (GREATEST, LEAST)),
        ("available >= 99999999999", (GREATEST, LEAST)),
        ("available = 99999999999", (GREATEST, LEAST)),
        ("available <= 99999999999", (LEAST, GREATEST)),
        ("available != 3", (LEAST, GREATEST)),
    ],
)
def test_bounds_are_inclusive_fit_postgres_and_may_be_empty(text: str, bounds: tuple[int, int]) -> None:
    assert filters.parse(text, FIELDS).bounds("available") == bounds


def test_unequal_integers_that_no_row_can_have_do_not_count() -> None:
    assert filters.parse("available != 3 AND available != 99999999999", FIELDS).integers("available", "!=") == [3]


@pytest.mark.parametrize("value", ["x", "1.5", '"1_0"', '" 1"', '"٣"', '""', "9" * 19, "9" * 5000])
def test_a_whole_number_is_digits(value: str) -> None:
    with pytest.raises(InvalidArgument, match="'available' is compared with a whole number"):
        filters.parse(f"available = {value}", FIELDS).bounds("available")


def test_an_enum_is_compared_with_its_values() -> None:
    held = filters.parse("state = RESERVATION_STATE_HELD", FIELDS)
    assert held.numbers("state", "=", _STATES) == [reservation_pb2.RESERVATION_STATE_HELD]
    with pytest.raises(InvalidArgument, match="'state' is compared with a value of ReservationState, not 'HELD'"):
        filters.parse("state = HELD", FIELDS).numbers("state", "=", _STATES)


def test_pairs_and_ids() -> None:
    found = filters.parse('labels.colour = "blue sky" AND labels.a.b = c AND state = products/mug', FIELDS)
    assert found.pairs("labels.", "=") == [("colour", "blue sky"), ("a.b", "c")]
    assert found.ids("state", "=") == ["mug"]
