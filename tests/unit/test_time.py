"""Moments and business days: the same whatever a platform writes and wherever the machine is."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.core.asking import asked_days, asked_window
from extractors.core.coerce import CoercionError, coercer
from extractors.core.model import Account, Stream, Window
from tidemark.clock import SHANGHAI, business_date, file_clock
from tidemark.errors import TidemarkError

EPOCH, DAY_SECONDS, SHANGHAI_SECONDS = date(1970, 1, 1), 86_400, 8 * 3600
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
MILLISECONDS_OF_A_CENTURY = 100 * 365 * DAY_SECONDS * 1000
HALF_PAST_TEN = datetime(2028, 3, 1, 2, 30, tzinfo=UTC)  # in Shanghai
ACCOUNT = Account("a", "p", "1", "A", "acme")

moment_of = coercer(pa.timestamp("us", tz="UTC"))
instants = st.integers(0, MILLISECONDS_OF_A_CENTURY).map(
    lambda n: FIRST + timedelta(milliseconds=n)
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
days = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@given(instants, offsets)
def test_a_business_day_is_that_of_shanghai_in_whatever_zone_the_moment_is_told(instant, zone):
    seconds = int(instant.timestamp()) + SHANGHAI_SECONDS

    expected = EPOCH + timedelta(days=seconds // DAY_SECONDS)

    assert business_date(instant.astimezone(zone)) == expected


@given(instants)
def test_every_spelling_of_a_moment_is_the_same_moment(instant):
    milliseconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    local = instant.astimezone(SHANGHAI)

    spelled = [
        milliseconds,
        str(milliseconds),
        f"{milliseconds / 1000:.3f}",
        local.isoformat(),
        local.replace(tzinfo=None).isoformat(sep=" "),
        local.replace(tzinfo=None),
        instant.isoformat().replace("+00:00", "Z"),
    ]

    assert {moment_of(text) for text in spelled} == {instant}


MIDNIGHT = datetime(2026, 4, 14, 16, tzinfo=UTC)
LAST_SECOND = datetime(2026, 4, 15, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (1776182400, 1776268799),
        ("1776182400", "1776268799"),
        (1776182400000, 1776268799000),
        ("1776182400000", "1776268799000"),
        ("2026-04-15 00:00:00", "2026-04-15 23:59:59"),
        ("2026/04/15 00:00:00", "2026/04/15 23:59:59"),
        ("2026-04-15T00:00:00", "2026-04-15T23:59:59"),
        ("2026-04-15T00:00:00+08:00", "2026-04-15T23:59:59+0800"),
        ("2026-04-14T16:00:00Z", "2026-04-15T15:59:59Z"),
        ("2026-04-14T09:00:00-07:00", "2026-04-15T08:59:59-07:00"),
        (datetime(2026, 4, 15), datetime(2026, 4, 15, 23, 59, 59)),
    ],
    ids=[
        "seconds",
        "seconds-as-text",
        "milliseconds",
        "milliseconds-as-text",
        "no-zone",
        "slashes",
        "iso-no-zone",
        "shanghai",
        "utc",
        "los-angeles",
        "spreadsheet",
    ],
)
def test_the_first_and_the_last_second_of_a_day_belong_to_it(first, last):
    moments = [moment_of(first), moment_of(last)]

    assert moments == [MIDNIGHT, LAST_SECOND]
    assert [business_date(moment) for moment in moments] == [date(2026, 4, 15)] * 2


@pytest.mark.parametrize(
    "digits", ["20260415", 20260415, "20260415103000", 1776182400000000, -1, "202604"]
)
def test_digits_that_are_no_unix_time_of_this_century_are_refused(digits):
    with pytest.raises(CoercionError, match="no unix time between 2000 and 2100"):
        moment_of(digits)


def test_a_moment_without_zone_has_no_business_day():
    with pytest.raises(ValueError, match="2026-04-15T23:59:59 has no zone"):
        business_date(datetime(2026, 4, 15, 23, 59, 59))


@pytest.mark.parametrize(
    "text", ["2026-04-16T10:45:00", "", "soon"], ids=["no-zone", "empty", "words"]
)
def test_a_clock_file_that_holds_no_moment_with_zone_says_so(tmp_path, text):
    path = tmp_path / "clock"
    path.write_text(text)

    with pytest.raises(TidemarkError, match=r"clock: '.*' (is no ISO moment|has no zone); "):
        file_clock(path)()


@given(days, st.integers(0, 800), st.integers(1, 90))
def test_parts_of_a_window_hold_each_day_once_in_order(since, length, at_most):
    window = Window(since, since + timedelta(days=length))

    parts = window.split(at_most)

    assert [day for part in parts for day in part.days()] == window.days()
    assert all(1 <= len(part.days()) <= at_most for part in parts)


def stream(**options) -> Stream:
    """Return a stream that is read by day."""
    given_by_day = {"merge": "replace_slice", "read": lambda *_: iter(()), "day": lambda row: row}
    return Stream("s", "流", "s", (), (), **{**given_by_day, **options})


@given(
    days,
    st.integers(0, 120),
    st.one_of(st.none(), st.integers(1, 60)),
    st.one_of(st.none(), st.integers(1, 40)),
    st.booleans(),
)
def test_each_asked_day_is_read_or_refused_exactly_once(since, length, reach, at_most, is_snapshot):
    window = Window(since, since + timedelta(days=length))
    asked = stream(reach_days=reach, max_window_days=at_most, is_snapshot=is_snapshot)

    windows, refused = asked_days(asked, ACCOUNT, window, HALF_PAST_TEN)

    read = [day for part in windows for day in part.days()]
    assert sorted([*read, *(outcome.day for outcome in refused)]) == window.days()
    assert all(len(part.days()) <= (at_most or len(read)) for part in windows)
    assert all(day < date(2028, 3, 1) for day in read)


@given(days, st.integers(0, 40))
def test_look_back_reads_that_many_days_more(day, lookback):
    asked = asked_window(stream(lookback_days=lookback), Window(day, day))

    assert len(asked.days()) == lookback + 1
    assert asked.until == day


def test_a_leap_day_stands_in_windows_and_look_backs():
    after = Window(date(2028, 3, 1), date(2028, 3, 1))
    year = Window(date(2028, 1, 1), date(2028, 12, 31))
    leap_day = date(2028, 2, 29)

    windows, refused = asked_days(stream(), ACCOUNT, Window(leap_day, leap_day), HALF_PAST_TEN)

    assert asked_window(stream(lookback_days=2), after).days() == [
        date(2028, 2, 28),
        leap_day,
        date(2028, 3, 1),
    ]
    assert len(year.days()) == 366
    assert [len(part.days()) for part in year.split(30)] == [30] * 12 + [6]
    assert (windows, refused) == ((Window(leap_day, leap_day),), ())


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2028-02-29T22:59:59", "not_ready"),
        ("2028-02-29T23:00:00", None),
        ("2028-03-01T10:00:00", None),
        ("2028-03-01T10:00:01", "missing"),
    ],
    ids=["day-not-over", "an-hour-early", "in-time", "too-late"],
)
def test_a_snapshot_is_read_within_its_tolerance_only(at, status):
    now = datetime.fromisoformat(f"{at}+08:00").astimezone(UTC)
    leap_day = Window(date(2028, 2, 29), date(2028, 2, 29))

    windows, refused = asked_days(stream(is_snapshot=True), ACCOUNT, leap_day, now)

    assert [outcome.status for outcome in refused] == ([status] if status else [])
    assert list(windows) == ([] if status else [leap_day])


def test_a_day_is_asked_for_from_its_ready_time_on():
    leap_day = Window(date(2028, 2, 29), date(2028, 2, 29))
    early = datetime.fromisoformat("2028-03-01T10:29:59+08:00")

    windows, refused = asked_days(stream(ready_at=time(10, 30)), ACCOUNT, leap_day, early)
    later, _ = asked_days(stream(ready_at=time(10, 30)), ACCOUNT, leap_day, HALF_PAST_TEN)

    assert (windows, [outcome.status for outcome in refused]) == ((), ["not_ready"])
    assert list(later) == [leap_day]
