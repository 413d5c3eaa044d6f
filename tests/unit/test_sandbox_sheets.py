"""The workbooks that operators of the launch would drop say what no API does."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from extractors.core.exports import parse_file
from sandbox.sheets import drop_sheets
from tidemark.clock import SHANGHAI

EXPORTED_AT = datetime(2026, 6, 20, 9, tzinfo=SHANGHAI)
CLAIMED_AT = datetime(2026, 6, 20, 10, tzinfo=SHANGHAI)


@pytest.fixture
def drop(launch_world, tmp_path):
    """Drop the sheets of some days and return what a reader finds in them."""

    def dropped(since, until):
        paths = drop_sheets(tmp_path, since, until, EXPORTED_AT, launch_world)
        assert {path.parent for path in paths} == {tmp_path / "douyin_acme"}
        parsed = [parse_file(path.name, path.read_bytes(), CLAIMED_AT) for path in paths]
        return {one.stream.name: one for one in parsed}

    return dropped


def test_the_first_load_brings_the_accounts_history_until_the_end_of_march(drop):
    sheet = drop(date(2026, 3, 1), date(2026, 4, 15))["account_days"]

    assert (sheet.window.since, sheet.window.until) == (date(2026, 3, 1), date(2026, 3, 31))
    assert sheet.exported_at == EXPORTED_AT
    assert len(sheet.rows) == 31


def test_history_knows_unfollows_and_leaves_saves_blank(drop):
    row = drop(date(2026, 3, 1), date(2026, 3, 10))["account_days"].rows[0]

    assert row["stat_date"] == date(2026, 3, 1)
    assert (row["plays"], row["likes"], row["comments"], row["shares"]) == (4_000, 120, 20, 20)
    assert (row["new_followers"], row["unfollows"], row["followers"]) == (300, 20, 120_280)
    assert row["saves"] is None


def test_days_without_a_live_room_are_covered_and_empty(drop):
    sheet = drop(date(2026, 3, 1), date(2026, 4, 15))["live_sessions"]

    assert (sheet.window.since, sheet.window.until) == (date(2026, 3, 1), date(2026, 4, 15))
    assert sheet.rows == ()


def test_a_day_of_may_has_its_live_room_and_no_history(drop):
    sheets = drop(date(2026, 5, 11), date(2026, 5, 11))
    (room,) = sheets["live_sessions"].rows

    assert sheets.keys() == {"live_sessions"}
    assert (room["session_viewers"], room["product_clicks"], room["session_buyers"]) == (
        5000,
        500,
        25,
    )
    assert (room["paid_orders"], room["paid_cny"]) == (28, Decimal("2240.00"))
    assert len(room["live_id"]) == 19


def test_files_have_the_names_that_people_give_them(launch_world, tmp_path):
    paths = drop_sheets(tmp_path, date(2026, 3, 1), date(2026, 3, 31), EXPORTED_AT, launch_world)

    assert sorted(path.name for path in paths) == [
        "直播场次_2026-03-01_2026-03-31.xlsx",
        "账号日数据_2026-03-01_2026-03-31.xlsx",
    ]
    assert sorted((tmp_path / "douyin_acme").iterdir()) == sorted(paths)
