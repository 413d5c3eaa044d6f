"""Values of platforms become the declared type without loss, or are refused; nothing else."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.core.coerce import CoercionError, coercer

WHOLE, MOMENT, DAY = pa.int64(), pa.timestamp("us", tz="UTC"), pa.date32()
MONEY, LINES = pa.decimal128(18, 2), pa.list_(pa.struct([("n", pa.int64())]))
KINDS = (pa.string(), WHOLE, pa.float64(), pa.bool_(), MOMENT, DAY, MONEY, LINES)

REFUSED = [
    pytest.param(WHOLE, True, id="a flag as a count"),
    pytest.param(WHOLE, "1_000", id="a number as Python writes it"),
    pytest.param(WHOLE, 2**63, id="more than 64 bits"),
    pytest.param(WHOLE, 0.5, id="half a count"),
    pytest.param(WHOLE, float("inf"), id="infinity"),
    pytest.param(MOMENT, "0001-01-01 00:00:00", id="a moment of year 1"),
    pytest.param(MOMENT, "9999-12-31T23:59:59-12:00", id="a moment of year 10000"),
    pytest.param(MOMENT, 20260415, id="a day as a unix time"),
    pytest.param(DAY, "0001-01-01", id="a day of year 1"),
    pytest.param(DAY, "2026-02-30", id="a day that never was"),
    pytest.param(MONEY, "1e30", id="more than the decimal holds"),
    pytest.param(MONEY, "0.001", id="a tenth of a fen"),
    pytest.param(pa.string(), 0.5, id="a float as an id"),
    pytest.param(LINES, "x", id="text as lines"),
]


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_what_cannot_be_the_type_is_refused(kind, value):
    with pytest.raises(CoercionError):
        coercer(kind)(value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.string(), "cut \ud83d", "cut \ufffd"),
        (WHOLE, "1,234", 1234),
        (WHOLE, "12.0", 12),
        (WHOLE, "-", None),
        (pa.float64(), "6.5%", 0.065),
        (pa.bool_(), 1, True),
        (MOMENT, 1776182400, datetime(2026, 4, 14, 16, tzinfo=UTC)),
        (MOMENT, 1776182400000, datetime(2026, 4, 14, 16, tzinfo=UTC)),
        (MOMENT, 0, None),
        (DAY, "20260415", date(2026, 4, 15)),
        (MONEY, "19.90", Decimal("19.90")),
        (LINES, {"n": "3"}, [{"n": 3}]),
    ],
    ids=repr,
)
def test_what_platforms_write_becomes_the_type(kind, value, expected):
    assert coercer(kind)(value) == expected


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["\ud83d", "a\ude00b", "\x00"]),
    st.from_regex(r"-?[0-9_,.]{1,45}(e[0-9]{1,4})?%?", fullmatch=True),
    st.datetimes().map(str),
    st.dates().map(str),
)
anything = st.recursive(
    scalars, lambda s: st.one_of(st.lists(s), st.dictionaries(st.text(), s)), max_leaves=5
)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(value=anything)
def test_any_value_is_taken_whole_or_refused_as_such(kind, value):
    try:
        found = coercer(kind)(value)
    except CoercionError:
        return

    assert pa.array([found], kind).to_pylist() == [found]
