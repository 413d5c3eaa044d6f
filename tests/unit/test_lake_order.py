"""The order of commits: it decides between readings of one slice, and never between versions."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.core.lake import open_lake
from tests.unit.test_lake import DAY, DAYS, ORDERS, START, current, land

ROWS = st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9), min_size=1)
#: what a batch brings, its version and its day; its place in the list is when it was captured
VERSIONS = st.lists(st.tuples(ROWS, st.integers(1, 3), st.integers(0, 2)), min_size=2, max_size=5)
#: what a reading of the day brings to each of two accounts, and whether the gate judged it
READINGS = st.lists(
    st.tuples(ROWS | st.just("failed"), ROWS | st.just({}) | st.just("failed"), st.booleans()),
    min_size=2,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), batches=VERSIONS)
def test_the_highest_version_wins_in_whatever_order_batches_are_committed(data, batches):
    order = data.draw(st.permutations(range(len(batches))))

    with TemporaryDirectory() as folder:
        lake = open_lake(Path(folder).as_uri())
        for nth, batch in enumerate(order):
            rows, version, day = batches[batch]
            captured, dt = START + timedelta(hours=batch), DAY + timedelta(days=day)
            named = {"dt": dt, "batch_id": f"b{batch}"}
            land(lake, ORDERS, nth, {"a": rows}, version=version, captured=captured, **named)
        found = current(lake, ORDERS)

    by_version = sorted(range(len(batches)), key=lambda batch: (batches[batch][1], batch))
    expected = {("a", key): n for b in by_version for key, n in batches[b][0].items()}
    assert found == expected


@settings(max_examples=40, deadline=None)
@given(readings=READINGS)
def test_the_last_good_reading_of_each_account_wins_whole_whenever_it_was_captured(readings):
    with TemporaryDirectory() as folder:
        lake = open_lake(Path(folder).as_uri())
        for nth, (first, second, gate) in enumerate(readings):
            captured = START - timedelta(hours=nth)
            slices = {"a": first, "b": second}
            land(lake, DAYS, nth, slices, gate=gate, captured=captured)
        found = current(lake, DAYS)

    good = {"a": {}, "b": {}}
    for first, second, gate in readings:
        for account, rows in (("a", first), ("b", second)):
            if gate and rows != "failed":
                good[account] = rows
    assert found == {(name, key): n for name, rows in good.items() for key, n in rows.items()}
