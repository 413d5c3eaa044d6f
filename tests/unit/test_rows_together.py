"""Many items at once become the rows that each of them becomes alone."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.core.model import Field, Stream
from extractors.core.rows import ROW_ERRORS, Normaliser, RowRefused

STREAM = Stream(
    name="comments",
    label_zh="评论",
    label_en="Comments",
    fields=(
        Field("id", pa.string(), required=True),
        Field("likes", pa.int64()),
        Field("top", pa.bool_()),
        Field("at", pa.timestamp("us", tz="UTC")),
        Field("price", pa.decimal128(18, 2)),
        Field("fan", pa.string(), personal=True),
        Field("tags", pa.list_(pa.string())),
    ),
    key=("id",),
    merge="upsert_version",
    read=None,
)
USUAL = st.fixed_dictionaries(
    {
        "id": st.text(min_size=1, max_size=4),
        "likes": st.integers(0, 99),
        "top": st.booleans(),
        "at": st.integers(1_700_000_000, 1_800_000_000),
        "price": st.integers(0, 99),
        "fan": st.text(max_size=3),
        "tags": st.none(),
    }
)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["\ud83d", "1,234", "2026-04-15", "a\x00b", 2**63, 1e30]),
)
ODD = st.one_of(
    st.dictionaries(st.sampled_from([*STREAM.schema.names[:7], "new"]), ANYTHING),
    st.builds(
        lambda item, name, v: {**item, name: v},
        USUAL,
        st.sampled_from(["id", "at", "fan"]),
        ANYTHING,
    ),
    st.none(),
    st.integers(),
)


def made():
    return Normaliser(STREAM, lambda: lambda text: f"k:{text}")


def said(row):
    return str(row) if isinstance(row, Exception) else row


def alone_of(normaliser, item):
    try:
        return normaliser.row(item)
    except ROW_ERRORS as error:
        return str(error)


@given(st.lists(st.one_of(USUAL, USUAL, USUAL, ODD), max_size=8))
@settings(max_examples=300, deadline=None)
def test_items_together_become_what_each_becomes_alone(items):
    together, alone = made(), made()

    found = [said(row) for row in together.rows(items)]

    assert found == [alone_of(alone, item) for item in items]
    assert together.drift.report() == alone.drift.report()


def test_one_odd_item_costs_no_other():
    good = {"id": 1, "likes": "1,234", "top": None, "at": 1_776_000_000, "price": "2.50"}
    good |= {"fan": "x", "tags": ["a"]}

    first, odd, last = made().rows([good, {**good, "likes": "many"}, {**good, "id": "2"}])

    assert first == {
        "id": "1",
        "likes": 1234,
        "top": None,
        "at": datetime.fromtimestamp(1_776_000_000, UTC),
        "price": pytest.approx(2.5),
        "fan": "k:x",
        "tags": ["a"],
    }
    assert isinstance(odd, RowRefused)
    assert odd.rule == "bad_value"
    assert last["id"] == "2"
