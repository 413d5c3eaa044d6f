"""The audience in fct_audience_share: a month is its last reading, shares are of their whole."""

from datetime import date

import pytest

from tests.warehouse_fixture import make_build_db, query, run_dbt

ACCOUNT = "douyin_acme"


def told(day, dimension, item, value, whole=None):
    row = {"account_key": ACCOUNT, "dt": day, "dimension": dimension, "item": item}
    return {**row, "value": value, "whole": whole, "all_fans_num": 400}


FEBRUARY, MARCH, APRIL, LATER = (
    date(2026, 2, 27),
    date(2026, 3, 30),
    date(2026, 4, 9),
    date(2026, 4, 20),
)
ROWS = [
    told(date(2026, 2, 3), "gender", "1", 100),
    told(FEBRUARY, "gender", "1", 300),
    told(FEBRUARY, "gender", "2", 100),
    told(FEBRUARY, "flow", "follow", 30, 40),
    told(FEBRUARY, "flow", "search", 5, 100),
    told(MARCH, "gender", "1", 0),
    told(APRIL, "gender", "1", 50),
    told(APRIL, "gender", "2", 150),
    told(LATER, "gender", "1", 99),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("audience") / "build.duckdb"
    make_build_db(path, {"douyin__audience": ROWS})
    run_dbt(path, "run", "--select", "+fct_audience_share", as_of=date(2026, 4, 10))
    return path


def test_the_last_reading_of_each_month_is_published_in_shares_of_its_whole(built):
    found = query(
        built,
        "select snapshot_on, dimension, item, share from marts.fct_audience_share "
        "where account_key = 'douyin_acme' order by 1, 2, 3",
    )

    assert found == [
        (FEBRUARY, "flow", "follow", 0.75),
        (FEBRUARY, "flow", "search", 0.05),
        (FEBRUARY, "gender", "1", 0.75),
        (FEBRUARY, "gender", "2", 0.25),
        (MARCH, "gender", "1", None),
        (APRIL, "gender", "1", 0.25),
        (APRIL, "gender", "2", 0.75),
    ]
