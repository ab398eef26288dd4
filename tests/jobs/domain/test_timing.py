"""When schedules fire, over years and all zones."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.domain.refusals import ScheduleInvalid
from services.jobs.domain.schedules import Missed, Overlap, Plan, Rules, plan, ready_time
from services.jobs.domain.timing import Timing

unhurried = settings(deadline=None)


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES = sorted(available_timezones())


def local(timing: Timing, after: datetime, count: int) -> list[str]:
    zone = ZoneInfo(timing.zone)
    return [fire.astimezone(zone).strftime("%m-%d %H:%M") for fire in islice(timing.after(after), count)]


def test_an_hour_that_is_left_out_and_one_that_comes_twice() -> None:
    berlin = Timing(cron="30 2 * * *", zone="Europe/Berlin")
    spring = local(berlin, datetime(2026, 3, 28, 12, tzinfo=UTC), 2)
    assert spring == ["03-29 03:00", "03-30 02:30"] or spring == ["03-29 03:30", "03-30 02:30"]
    assert local(berlin, datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == ["10-25 02:30", "10-26 02:30"]


@unhurried
@given(
    zone=st.sampled_from(ZONES),
    day=st.integers(0, 365 * 12),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_a_daily_schedule_fires_once_a_day_in_every_zone(zone: str, day: int, hour: int, minute: int) -> None:
    timing = Timing(cron=f"{minute} {hour} * * *", zone=zone)
    start = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(days=day)
    fires = list(islice(timing.after(start), 20))
    assert fires == sorted(set(fires))
    gaps = [after - before for before, after in pairwise(fires)]
    # A zone may skip a whole day, as Samoa did in 2011; since 2018 none has.
    assert all(timedelta(hours=21) < gap < timedelta(hours=27) for gap in gaps)


@unhurried
@given(
    days=st.floats(0, 6000),
    cron=st.sampled_from(["*/7 * * * *", "0 9 * * MON-FRI", "15 10 L * *", "*/20 * * * * *", "0 0 29 2 *"]),
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_from_wherever_one_looks_the_fires_are_the_same(days: float, cron: str, zone: str) -> None:
    after = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(days=days)
    timing = Timing(cron=cron, zone=zone)
    fires = list(islice(timing.after(after), 6))
    assert all(fire > after for fire in fires)
    for place, fire in enumerate(fires[:-1]):
        assert next(timing.after(fire)) == fires[place + 1]


def test_intervals_bounds_and_exclusions() -> None:
    timing = Timing(interval=timedelta(hours=6), start=NOON, end=NOON + timedelta(days=1), days=frozenset({"06-02"}))
    assert local(timing, NOON - timedelta(days=9), 9) == ["06-01 12:00", "06-01 18:00"]
    weekdays = Timing(cron="0 8 * * *", weekdays=frozenset({6, 7}))
    assert local(weekdays, datetime(2026, 6, 5, tzinfo=UTC), 3) == ["06-05 08:00", "06-08 08:00", "06-09 08:00"]
    never = Timing(cron="0 8 25 12 *", days=frozenset({"12-25"}))
    assert list(never.after(NOON)) == []
    assert list(Timing(once=NOON).after(NOON)) == []


@pytest.mark.parametrize(
    ("cron", "field", "position"),
    [
        ("61 * * * *", "minute", 1),
        ("* 25 * * *", "hour", 2),
        ("* * 32 * *", "day-of-month", 3),
        ("* * * JANUARY *", "month", 4),
        ("* * * * 9", "day-of-week", 5),
        ("77 * * * * *", "second", 1),
        ("* * * *", "cron", 4),
        ("0 0 31 2 *", "day-of-month", 3),
    ],
)
def test_a_bad_expression_is_refused_with_its_field(cron: str, field: str, position: int) -> None:
    with pytest.raises(ScheduleInvalid) as caught:
        Timing(cron=cron).check()
    assert caught.value.metadata == {"field": field, "position": str(position)}


def test_an_unknown_zone_is_refused() -> None:
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(ScheduleInvalid):
            Timing(cron="* * * * *", zone=zone).check()


HOURLY = Timing(interval=timedelta(hours=1))
FIVE_LATE = NOON - timedelta(hours=4)


def decided(overlap: Overlap, missed: Missed = Missed.CATCH_UP, *, running: bool = False) -> Plan:
    rules = Rules(HOURLY, overlap, missed, timedelta(hours=3))
    return plan(rules, FIVE_LATE, (), running, NOON)


@pytest.mark.parametrize(
    ("missed", "hours"), [(Missed.SKIP, [12]), (Missed.COALESCE, [11, 12]), (Missed.CATCH_UP, [9, 10, 11, 12])]
)
def test_fires_that_were_missed(missed: Missed, hours: list[int]) -> None:
    made = decided(Overlap.ALLOW, missed)
    assert [fire.hour for fire in made.enqueue] == hours
    assert made.skipped == 5 - len(hours)
    assert made.next_time == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("overlap", "running", "enqueued", "buffered", "cancels"),
    [
        (Overlap.SKIP, False, [9], [], False),
        (Overlap.SKIP, True, [], [], False),
        (Overlap.BUFFER_ONE, False, [9], [10], False),
        (Overlap.BUFFER_ONE, True, [], [9], False),
        (Overlap.BUFFER_ALL, True, [], [9, 10, 11, 12], False),
        (Overlap.CANCEL_OTHER, True, [12], [], True),
        (Overlap.ALLOW, True, [9, 10, 11, 12], [], False),
    ],
)
def test_fires_that_overlap(
    overlap: Overlap, running: bool, enqueued: list[int], buffered: list[int], cancels: bool
) -> None:
    made = decided(overlap, running=running)
    assert [fire.hour for fire in made.enqueue] == enqueued
    assert [fire.hour for fire in made.buffered] == buffered
    assert made.cancel_last == cancels
    assert made.skipped == 5 - len(enqueued) - len(buffered)


@unhurried
@given(steps=st.lists(st.integers(1, 7200), max_size=60), zone=st.sampled_from(["UTC", "Europe/Berlin"]))
def test_no_fire_is_lost_or_doubled_however_unevenly_it_is_looked(steps: list[int], zone: str) -> None:
    timing = Timing(cron="*/13 * * * *", zone=zone)
    rules = Rules(timing, Overlap.ALLOW, Missed.CATCH_UP, timedelta(days=31))
    start = now = datetime(2026, 10, 24, 22, tzinfo=UTC)
    fired: list[datetime] = []
    next_time = next(timing.after(now))
    for step in steps:
        now += timedelta(seconds=step)
        made = plan(rules, next_time, (), False, now)
        fired += made.enqueue
        assert made.next_time is not None
        next_time = made.next_time
    assert fired == list(takewhile(lambda fire: fire <= now, timing.after(start)))


def test_jitter_is_below_its_bound_and_the_same_for_one_fire() -> None:
    rules = Rules(HOURLY, jitter=timedelta(minutes=10))
    times = [ready_time(rules, "s", NOON + timedelta(hours=hour)) for hour in range(50)]
    assert times == [ready_time(rules, "s", NOON + timedelta(hours=hour)) for hour in range(50)]
    offsets = {time - (NOON + timedelta(hours=hour)) for hour, time in enumerate(times)}
    assert len(offsets) > 40
    assert all(timedelta() <= offset < timedelta(minutes=10) for offset in offsets)
