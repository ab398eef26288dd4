"""The state machines, move by move, and the alerts' hysteresis."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.domain import reservations, transfers
from services.inventory.domain.alerts import Severity, severity
from services.inventory.domain.refusals import ReservationClosed, ReservationExpired, TransferClosed
from services.inventory.domain.reservations import Line, Reservation, ReservationState
from services.inventory.domain.transfers import Receipt, Transfer, TransferLine, TransferState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HELD = Reservation("1", "", (Line("mug", "main", 3),), ReservationState.HELD, NOW + timedelta(seconds=1), NOW, NOW)
SENT = Transfer("1", "a", "b", (TransferLine("mug", 3),), TransferState.IN_TRANSIT, "", NOW, NOW)


@pytest.mark.parametrize("state", ReservationState)
@pytest.mark.parametrize("event", reservations.MOVES)
def test_a_reservation_makes_only_the_moves_of_its_table(event: str, state: ReservationState) -> None:
    before = replace(HELD, state=state)
    target = reservations.MOVES[event].get(state)
    if target is None:
        expected = ReservationExpired if state is ReservationState.EXPIRED and event != "expire" else ReservationClosed
        if event == "expire" and state is ReservationState.EXPIRED:
            expected = ReservationExpired
        with pytest.raises(expected):
            before.moved(event, NOW)
    else:
        assert before.moved(event, NOW).state is target


def test_a_hold_is_void_from_its_instant_on() -> None:
    at = HELD.expire_time
    assert HELD.state_at(at - timedelta(microseconds=1)) is ReservationState.HELD
    assert HELD.state_at(at) is ReservationState.EXPIRED
    given_back_elsewhere = replace(HELD, lines=(replace(HELD.lines[0], open=False),))
    assert given_back_elsewhere.state_at(NOW) is ReservationState.EXPIRED
    for event in ("confirm", "extend"):
        with pytest.raises(ReservationExpired):
            given_back_elsewhere.moved(event, NOW)


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("event", transfers.MOVES)
def test_a_transfer_makes_only_the_moves_of_its_table(event: str, state: TransferState) -> None:
    before = replace(SENT, state=state)
    if state in transfers.MOVES[event]:
        before.require(event)
    else:
        with pytest.raises(TransferClosed):
            before.require(event)


def test_a_transfer_closes_when_nothing_is_under_way() -> None:
    nothing = SENT.received((Receipt("mug", 0, 0),), final=False, now=NOW)
    assert nothing.state is TransferState.IN_TRANSIT
    part = nothing.received((Receipt("mug", 1, 1),), final=False, now=NOW)
    assert part.state is TransferState.PARTIALLY_RECEIVED
    assert part.received((), final=False, now=NOW).state is TransferState.RECEIVED
    assert part.received((), final=True, now=NOW).lines == (TransferLine("mug", 3, 1, 1, 1),)


@given(minimum=st.integers(1, 1000), walk=st.lists(st.integers(0, 1200), min_size=1))
def test_an_alert_wavers_no_more_than_its_slack(minimum: int, walk: list[int]) -> None:
    slack = max(1, minimum // 10)
    present: Severity | None = None
    for available in walk:
        found = severity(available, minimum, present)
        if available <= minimum // 2:
            assert found is Severity.CRITICAL
        elif available <= minimum:
            assert found is not None
        elif available > minimum + slack:
            assert found is None
        else:
            assert (found is None) == (present is None)
        present = found


def test_no_minimum_raises_nothing() -> None:
    assert severity(0, 0, None) is None
    assert severity(0, 0, Severity.CRITICAL) is None
